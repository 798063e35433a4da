"""Media management: snapshots of the interactions in queues and workbins, and what a supervisor does with many at once.

Must live here: the routes of the group and one method for each, in the same order; then the snapshot that pages by
itself. Must not: anything that branches.

Operations send nothing until they are awaited, and raise `InvalidArgument`, `ApiError` (also for a snapshot that the
service does not know), `OperationFailed`, `OperationTimeout` after `timeout` seconds (default: the setting
`operation_timeout`), `OperationLost`, `NotSent`, and `MalformedResponse` for an answer without what it is about.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence

from engage_async.api.arguments import names, some_names
from engage_async.api.module import ApiModule
from engage_async.api.pages import ByIndex, Page, Pages
from engage_async.api.results import nothing
from engage_async.api.workspace.ucs_results import a_live_interaction, a_snapshot
from engage_async.errors import EngageError
from engage_async.models.interactions import Interaction
from engage_async.models.workbins import Snapshot
from engage_async.operation import Operation
from engage_async.protocol.kvlist import KeyValues
from engage_async.protocol.repeat import Repeat
from engage_async.protocol.route import Family
from engage_async.protocol.ucs_completion import answered, snapshot_taken, snapshots

log: logging.Logger = logging.getLogger("engage_async.api")

SAFE, REPEATABLE = Repeat.SAFE, Repeat.REPEATABLE

_WIRE = {"added": "addedUserData", "updated": "updatedUserData", "deleted": "deletedUserData"}
_management = Family(
    "/workspace/v3",
    "media_management",
    "/media-management/",
    wire=_WIRE,
    domain="media-management",
    gives=nothing,
    key_values=frozenset({"added", "updated"}),
)

_GET_SNAPSHOT = _management.post("get_snapshot", snapshot_taken, gives=a_snapshot)
_GET_SNAPSHOT_CONTENT = _management.post(
    "get_snapshot_content",
    snapshots("SnapshotContent", snapshot="snapshot_id"),
    path="/media-management/{snapshot_id}/get-snapshot-content",
    repeat=SAFE,
    gives=a_snapshot,
)
_RELEASE_SNAPSHOT = _management.post(
    "release_snapshot",
    snapshots("SnapshotReleased", snapshot="snapshot_id"),
    path="/media-management/{snapshot_id}/release-snapshot",
    repeat=REPEATABLE,
    body="bare",
)
_GET_DETAILS = _management.post(
    "get_details",
    answered,
    path="/media-management/interactions/{interaction_id}/get-details",
    repeat=SAFE,
    body="bare",
    gives=a_live_interaction,
)
_MANAGE_USER_DATA = _management.post("manage_user_data", snapshots("ManageUserData"))
_MOVE_TO_QUEUE = _management.post("move_to_queue", snapshots("MoveToQueue"), repeat=REPEATABLE, needs=("queue",))
_MOVE_TO_WORKBIN = _management.post(
    "move_to_workbin", snapshots("MoveToWorkbin"), repeat=REPEATABLE, needs=("workbin_id",)
)
_COMPLETE = _management.post("complete", snapshots("complete"), repeat=REPEATABLE)
_CANCEL = _management.post("cancel", snapshots("cancel"), repeat=REPEATABLE)


class MediaManagementApi(ApiModule):
    """Snapshots, and operations on many interactions. `interactions` are ids of interactions, at least one."""

    def get_snapshot(
        self,
        *,
        condition: str | None = None,
        start_index: int | None = None,
        size: int | None = None,
        order: str | None = None,
        timeout: float | None = None,
    ) -> Operation[Snapshot]:
        """Take a snapshot of the interactions that fulfil a condition, and give its first page.

        Settles with ``SnapshotContent``. `condition` is that of an SQL ``WHERE`` over the properties of interactions
        (``MediaType='email' AND Priority > 5``), `order` that of an ``ORDER BY``. The snapshot stays until it is
        released; `snapshot` pages and releases by itself.
        """
        return self._start(
            _GET_SNAPSHOT, condition=condition, start_index=start_index, size=size, order=order, timeout=timeout
        )

    def get_snapshot_content(
        self,
        snapshot_id: str,
        *,
        start_index: int | None = None,
        size: int | None = None,
        timeout: float | None = None,
    ) -> Operation[Snapshot]:
        """A page of a snapshot: `size` interactions from the one with this index on (0 is the first).

        Settles with ``SnapshotContent``.
        """
        return self._start(
            _GET_SNAPSHOT_CONTENT, snapshot_id=snapshot_id, start_index=start_index, size=size, timeout=timeout
        )

    def release_snapshot(self, snapshot_id: str, *, timeout: float | None = None) -> Operation[None]:
        """Let the service forget a snapshot.

        Settles with ``SnapshotReleased``.
        """
        return self._start(_RELEASE_SNAPSHOT, snapshot_id=snapshot_id, timeout=timeout)

    def get_details(self, interaction_id: str, *, timeout: float | None = None) -> Operation[Interaction]:
        """An interaction, wherever it is.

        Settles with the answer that names the operation: which event that is, is not documented.
        """
        return self._start(_GET_DETAILS, interaction_id=interaction_id, timeout=timeout)

    def manage_user_data(
        self,
        interactions: Sequence[str],
        *,
        added: KeyValues | None = None,
        updated: KeyValues | None = None,
        deleted: Sequence[str] | None = None,
        timeout: float | None = None,
    ) -> Operation[None]:
        """Add, update and delete pairs of the attached data of interactions.

        Settles with ``ManageUserData``. `added` and `updated` are key/value lists, `deleted` names keys.
        """
        return self._start(
            _MANAGE_USER_DATA,
            interactions=some_names("interactions", interactions),
            added=added,
            updated=updated,
            deleted=names("deleted", deleted),
            timeout=timeout,
        )

    def move_to_queue(
        self, interactions: Sequence[str], queue: str, *, timeout: float | None = None
    ) -> Operation[None]:
        """Move interactions to a queue, by its name.

        Settles with ``MoveToQueue``.
        """
        return self._start(
            _MOVE_TO_QUEUE, interactions=some_names("interactions", interactions), queue=queue, timeout=timeout
        )

    def move_to_workbin(
        self,
        interactions: Sequence[str],
        workbin_id: str,
        *,
        owner_id: str | None = None,
        timeout: float | None = None,
    ) -> Operation[None]:
        """Move interactions to a workbin: this agent's own part of it, or that of `owner_id` (a user name).

        Settles with ``MoveToWorkbin``.
        """
        return self._start(
            _MOVE_TO_WORKBIN,
            interactions=some_names("interactions", interactions),
            workbin_id=workbin_id,
            owner_id=owner_id,
            timeout=timeout,
        )

    def complete(self, interactions: Sequence[str], *, timeout: float | None = None) -> Operation[None]:
        """Complete interactions.

        Settles with a ``SnapshotMessage`` of the type ``complete``.
        """
        return self._start(_COMPLETE, interactions=some_names("interactions", interactions), timeout=timeout)

    def cancel(self, interactions: Sequence[str], *, timeout: float | None = None) -> Operation[None]:
        """Cancel interactions: drafts that shall not be sent.

        Settles with a ``SnapshotMessage`` of the type ``cancel``.
        """
        return self._start(_CANCEL, interactions=some_names("interactions", interactions), timeout=timeout)

    # --- the snapshot that pages by itself ----------------------------------------------------------------------------

    def snapshot(
        self,
        condition: str | None = None,
        *,
        order: str | None = None,
        page_size: int = 50,
        limit: int | None = None,
        timeout: float | None = None,
    ) -> Pages[Interaction]:
        """The interactions that fulfil a condition, fetched page by page from one snapshot that is released at the end.

        ``async with agent.media_management.snapshot("MediaType='email'") as found: async for interaction in found``.
        At most `limit` of them. `timeout` is in seconds for each request. See `Pages` for what it raises.
        """
        return Pages(
            _OfSnapshot(self, condition, order, timeout),
            name="media_management.snapshot",
            page_size=page_size,
            limit=limit,
        )


class _OfSnapshot(ByIndex[Interaction]):
    """The pages of one snapshot, which is taken with the first of them."""

    def __init__(
        self, api: MediaManagementApi, condition: str | None, order: str | None, timeout: float | None
    ) -> None:
        super().__init__(self._fetch_page)
        self._api, self._condition, self._order, self._timeout = api, condition, order, timeout
        self._id = ""

    async def _fetch_page(self, start: int, size: int) -> Page[Interaction]:
        if not self._id:
            taken = await self._api.get_snapshot(
                condition=self._condition, start_index=start, size=size, order=self._order, timeout=self._timeout
            )
            self._id = taken.id
        else:
            taken = await self._api.get_snapshot_content(self._id, start_index=start, size=size, timeout=self._timeout)
        return Page(taken.interactions, taken.number_of_interactions)

    async def close(self) -> None:
        """Release the snapshot. One that cannot be released is logged: what was read from it is as good as before."""
        if self._id:
            try:
                await self._api.release_snapshot(self._id, timeout=self._timeout)
            except EngageError as error:
                log.warning("snapshot %s was not released: %s", self._id, error)
