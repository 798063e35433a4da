"""Notifications about contacts, standard responses, workbins and snapshots.

Must live here: one class per ``messageType`` of these services. Must not: how a notice becomes an event (`events`).

All three answer requests; what the answer holds depends on its name, and is in `raw`.
"""

from __future__ import annotations

from attrs import frozen

from engage_async.models.event import Event
from engage_async.models.interactions import Interaction
from engage_async.models.workbins import ContentChange, Workbin

__all__ = ["SnapshotMessage", "UcsMessage", "WorkbinsMessage"]


@frozen(kw_only=True)
class UcsMessage(Event):
    """An answer of the contact server; `name` says what it is (``EventContactInserted`` …)."""

    name: str = ""
    contact_id: str | None = None
    interaction_id: str | None = None


@frozen(kw_only=True)
class WorkbinsMessage(Event):
    """An answer about workbins, or the news that the content of a subscribed one changed.

    `name` is ``EventWorkbinContentChanged`` for the latter; then `workbin_content_operation` says whether `interaction`
    came or went, `workbin` which one it is (and whose), `operation` what was done with the interaction.
    """

    name: str = ""
    operation: str | None = None
    workbin_id: str | None = None
    workbin: Workbin | None = None
    interaction: Interaction | None = None
    workbin_content_operation: ContentChange | None = None


@frozen(kw_only=True)
class SnapshotMessage(Event):
    """An answer about snapshots or the interactions in them; `notification_type` says what it is."""

    notification_type: str = ""
    snapshot_id: str | None = None
    number_of_interactions: int | None = None
    interactions: tuple[Interaction, ...] = ()
