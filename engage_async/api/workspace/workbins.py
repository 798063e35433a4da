"""Workbins: where agents put interactions that they go on with later.

Must live here: the routes of the group and one method for each, in the same order. Must not: anything that branches,
live state (`sessions.workbins`).

Operations send nothing until they are awaited, and raise `InvalidArgument`, `ApiError` (also for a workbin that the
service does not know), `OperationFailed`, `OperationTimeout` after `timeout` seconds (default: the setting
`operation_timeout`), `OperationLost`, `NotSent`, and `MalformedResponse` for an answer without what it is about.

A workbin holds a part for each agent: this agent's own is meant unless `owner_id` (a user name) names another's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from engage_async.api.arguments import some_names
from engage_async.api.module import ApiModule
from engage_async.api.results import nothing
from engage_async.api.workspace.ucs_results import (
    a_live_interaction,
    a_workbin,
    these_workbins,
    workbins_by_id,
)
from engage_async.models.codec import unstructure
from engage_async.models.interactions import Interaction, InteractionReason
from engage_async.models.workbins import Workbin
from engage_async.operation import Operation
from engage_async.protocol.kvlist import KeyValues
from engage_async.protocol.repeat import Repeat
from engage_async.protocol.route import Family
from engage_async.protocol.ucs_completion import placed_in_workbin, workbins, workbins_acknowledged

SAFE, REPEATABLE = Repeat.SAFE, Repeat.REPEATABLE

_workbins = Family(
    "/workspace/v3",
    "workbins",
    "/workbins/",
    domain="workbins",
    gives=nothing,
    key_values=frozenset({"extension"}),
)

_GET_WORKBINS = _workbins.post(
    "get_workbins", workbins("EventWorkbins"), repeat=SAFE, body="bare", gives=these_workbins
)
_GET_CONTENTS = _workbins.post("get_contents", workbins("EventWorkbinsContent"), repeat=SAFE, gives=workbins_by_id)
_GET_CONTENT = _workbins.post(
    "get_content",
    workbins("EventWorkbinContent", workbin="workbin_id"),
    path="/workbins/{workbin_id}/get-content",
    repeat=SAFE,
    gives=a_workbin,
)
_ADD_INTERACTION = _workbins.post(
    "add_interaction",
    placed_in_workbin,
    path="/workbins/{workbin_id}/add-interaction",
    needs=("interaction_id",),
)
_GET_INTERACTION_DETAILS = _workbins.post(
    "get_interaction_details",
    workbins("EventGetInteractionDetails", record="interaction_id"),
    path="/workbins/interactions/{interaction_id}/get-details",
    repeat=SAFE,
    body="bare",
    gives=a_live_interaction,
)
_SUBSCRIBE = _workbins.post(
    "subscribe",
    workbins("EventAck", workbin="workbin_id"),
    path="/workbins/{workbin_id}/subscribe",
    repeat=REPEATABLE,
)
_UNSUBSCRIBE = _workbins.post(
    "unsubscribe",
    workbins("EventAck", workbin="workbin_id"),
    path="/workbins/{workbin_id}/unsubscribe",
    repeat=REPEATABLE,
)
_SUBSCRIBE_MANY = _workbins.post("subscribe_many", workbins_acknowledged, path="/workbins/subscribe", repeat=REPEATABLE)
_UNSUBSCRIBE_MANY = _workbins.post(
    "unsubscribe_many", workbins_acknowledged, path="/workbins/unsubscribe", repeat=REPEATABLE
)


class WorkbinsApi(ApiModule):
    """Workbins and their content."""

    def get_workbins(self, *, timeout: float | None = None) -> Operation[tuple[Workbin, ...]]:
        """The workbins that this agent can use, without their content.

        Settles with ``EventWorkbins``.
        """
        return self._start(_GET_WORKBINS, timeout=timeout)

    def get_contents(
        self, workbin_ids: Sequence[str], *, owner_id: str | None = None, timeout: float | None = None
    ) -> Operation[Mapping[str, Workbin]]:
        """Several workbins with their content, by id; one that the service does not know is left out.

        Settles with ``EventWorkbinsContent``.
        """
        return self._start(
            _GET_CONTENTS,
            workbin_ids=",".join(some_names("workbin_ids", workbin_ids)),
            owner_id=owner_id,
            timeout=timeout,
        )

    def get_content(
        self, workbin_id: str, *, owner_id: str | None = None, timeout: float | None = None
    ) -> Operation[Workbin]:
        """A workbin with its content. `follow` keeps it up to date.

        Settles with ``EventWorkbinContent``.
        """
        return self._start(_GET_CONTENT, workbin_id=workbin_id, owner_id=owner_id, timeout=timeout)

    def add_interaction(
        self,
        workbin_id: str,
        interaction_id: str,
        *,
        owner_id: str | None = None,
        reason: InteractionReason | None = None,
        extension: KeyValues | None = None,
        timeout: float | None = None,
    ) -> Operation[None]:
        """Put an interaction that this agent has into a workbin.

        Settles once the interaction is ``InWorkbin``, or the workbin's content says that it came. `extension` is a
        key/value list.
        """
        return self._start(
            _ADD_INTERACTION,
            workbin_id=workbin_id,
            interaction_id=interaction_id,
            owner_id=owner_id,
            reason=unstructure(reason),
            extension=extension,
            timeout=timeout,
        )

    def get_interaction_details(self, interaction_id: str, *, timeout: float | None = None) -> Operation[Interaction]:
        """An interaction that lies in a workbin.

        Settles with ``EventGetInteractionDetails``.
        """
        return self._start(_GET_INTERACTION_DETAILS, interaction_id=interaction_id, timeout=timeout)

    def subscribe(
        self,
        workbin_id: str,
        *,
        owner_id: str | None = None,
        notify_property_changes: bool | None = None,
        timeout: float | None = None,
    ) -> Operation[None]:
        """Be told of each change of a workbin's content, by ``EventWorkbinContentChanged`` (a `WorkbinsMessage`).

        Settles with ``EventAck``. With `notify_property_changes` also of changes of the interactions in it.
        """
        return self._start(
            _SUBSCRIBE,
            workbin_id=workbin_id,
            owner_id=owner_id,
            notify_property_changes=notify_property_changes,
            timeout=timeout,
        )

    def unsubscribe(
        self, workbin_id: str, *, owner_id: str | None = None, timeout: float | None = None
    ) -> Operation[None]:
        """Be told no more.

        Settles with ``EventAck``.
        """
        return self._start(_UNSUBSCRIBE, workbin_id=workbin_id, owner_id=owner_id, timeout=timeout)

    def subscribe_many(
        self, workbin_ids: Sequence[str], *, owner_id: str | None = None, timeout: float | None = None
    ) -> Operation[None]:
        """Be told of each change of the content of several workbins.

        Settles with ``EventAck``, else soon after acceptance: its event is likely, and not documented.
        """
        return self._start(
            _SUBSCRIBE_MANY,
            workbin_ids=",".join(some_names("workbin_ids", workbin_ids)),
            owner_id=owner_id,
            timeout=timeout,
        )

    def unsubscribe_many(
        self, workbin_ids: Sequence[str], *, owner_id: str | None = None, timeout: float | None = None
    ) -> Operation[None]:
        """Be told no more of several workbins.

        Settles with ``EventAck``, else soon after acceptance: its event is likely, and not documented.
        """
        return self._start(
            _UNSUBSCRIBE_MANY,
            workbin_ids=",".join(some_names("workbin_ids", workbin_ids)),
            owner_id=owner_id,
            timeout=timeout,
        )
