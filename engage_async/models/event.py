"""What every notification is.

Must live here: the base class, so that each family of events can have a file of its own. Must not: any one event
(`events`, `media_events` …).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from attrs import frozen

from engage_async.models.record import NOTHING_MORE, Record, local

__all__ = ["Event"]


@frozen(kw_only=True)
class Event(Record):
    """Any notification.

    `channel` is the one it came on. `operation_id` is set when the service says which request it answers. `raw` is the
    payload as it came.
    """

    needs: ClassVar[tuple[str, ...]] = ()
    """The members, outermost first, without which such an event says nothing."""

    message_type: str = ""
    operation_id: str | None = None
    channel: str = local("")
    raw: Mapping[str, Any] = local(NOTHING_MORE, shown=False)
