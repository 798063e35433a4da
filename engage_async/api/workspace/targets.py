"""Targets: whom and what an agent can reach, and what the agent keeps of them.

Must live here: the routes of the group and one method for each, in the same order; then the search that pages by
itself. Must not: anything that branches.

All operations are synchronous. Methods raise `InvalidArgument` for arguments that cannot be sent, `ApiError` when the
server refuses, `NotSent` and `OutcomeUnknown` when no answer came, `MalformedResponse` for an answer that is none.
`timeout` is in seconds.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Literal

from engage_async.api.arguments import count, names
from engage_async.api.module import SynchronousModule
from engage_async.api.pages import ByWindow, Page, Pages
from engage_async.api.results import nothing
from engage_async.api.target_results import a_target, found_targets, page_of_targets, recent_use, target_types
from engage_async.models.targets import FoundTargets, Target, TargetType, target_information
from engage_async.protocol.repeat import Repeat
from engage_async.protocol.route import Family

Sort = Literal["asc", "desc"]

REPEATABLE = Repeat.REPEATABLE

_QUERY = (
    "search_term", "filter_name", "types", "exclude_group", "restrict_group", "exclude_from_group",
    "restrict_to_group", "sort", "limit", "match_type",
)  # fmt: skip

_targets = Family("/workspace/v3", "targets", "/targets/", gives=found_targets)

_GET_TARGETS = _targets.get("get_targets", path="/targets", query=_QUERY, needs=("search_term",))
_GET_TARGET = _targets.get("get_target", path="/targets/{target_type}/{target_id}", gives=a_target)
_GET_PERSONAL_FAVORITES = _targets.get("get_personal_favorites", path="/targets/personal-favorites", query=("limit",))
_SAVE_PERSONAL_FAVORITE = _targets.request(
    "POST", "save_personal_favorite", path="/targets/personal-favorites/save", body="data", needs=("category",),
    gives=nothing,
)  # fmt: skip
_DELETE_PERSONAL_FAVORITE = _targets.request(
    "POST", "delete_personal_favorite", path="/targets/personal-favorites/delete/{target_type}/{target_id}",
    repeat=REPEATABLE, gives=nothing,
)  # fmt: skip
_GET_RECENT = _targets.get("get_recent", path="/targets/recents", query=("limit",))
_ADD_RECENT = _targets.request("POST", "add_recent", path="/targets/recents/add", body="data", gives=nothing)
_ACK_RECENT_MISSED_CALLS = _targets.request(
    "POST", "ack_recent_missed_calls", path="/targets/recents/ack-missed-calls", repeat=REPEATABLE, gives=nothing
)


class TargetsApi(SynchronousModule):
    """Targets of every type, the agent's favourites and recents."""

    async def get_targets(
        self,
        search_term: str,
        *,
        types: Collection[TargetType | str] | None = None,
        filter_name: str | None = None,
        exclude_group: Collection[str] | None = None,
        restrict_group: Collection[str] | None = None,
        exclude_from_group: Collection[str] | None = None,
        restrict_to_group: Collection[str] | None = None,
        sort: Sort | None = None,
        match_type: Literal["exact"] | None = None,
        limit: int | None = None,
        timeout: float | None = None,
    ) -> FoundTargets:
        """The first targets that a search finds, at most `limit` (the server's default is 50). See `search`."""
        found: FoundTargets = await self._request(
            _GET_TARGETS,
            search_term=search_term,
            types=target_types(types),
            filter_name=filter_name,
            exclude_group=names("exclude_group", exclude_group),
            restrict_group=names("restrict_group", restrict_group),
            exclude_from_group=names("exclude_from_group", exclude_from_group),
            restrict_to_group=names("restrict_to_group", restrict_to_group),
            sort=sort,
            match_type=match_type,
            limit=count("limit", limit),
            timeout=timeout,
        )
        return found

    async def get_target(
        self,
        target_type: TargetType | str,
        target_id: int | str,
        *,
        timeout: float | None = None,
    ) -> Target:
        """One target, by its type and its id in the configuration (`Target.dbid`). Raises `NotFound` for none."""
        target: Target = await self._request(
            _GET_TARGET, target_type=str(target_type), target_id=target_id, timeout=timeout
        )
        return target

    async def get_personal_favorites(self, *, limit: int | None = None, timeout: float | None = None) -> FoundTargets:
        """The agent's favourites, at most `limit` (the server's default is 50), each with its `category`."""
        found: FoundTargets = await self._request(_GET_PERSONAL_FAVORITES, limit=count("limit", limit), timeout=timeout)
        return found

    async def save_personal_favorite(
        self, target: Target, category: str, *, ignore_duplication: bool | None = None, timeout: float | None = None
    ) -> None:
        """Make a target a favourite, in a category of the agent's own; with `ignore_duplication` also if it is one."""
        await self._request(
            _SAVE_PERSONAL_FAVORITE,
            target=target_information(target),
            category=category,
            ignore_duplication=ignore_duplication,
            timeout=timeout,
        )

    async def delete_personal_favorite(
        self,
        target_type: TargetType | str,
        target_id: int | str,
        *,
        timeout: float | None = None,
    ) -> None:
        """Make a target a favourite no more, by its type and its `Target.id` among the favourites."""
        await self._request(
            _DELETE_PERSONAL_FAVORITE, target_type=str(target_type), target_id=target_id, timeout=timeout
        )

    async def get_recent(self, *, limit: int | None = None, timeout: float | None = None) -> FoundTargets:
        """The targets used recently, missed calls among them, at most `limit` (the server's default is 50)."""
        found: FoundTargets = await self._request(_GET_RECENT, limit=count("limit", limit), timeout=timeout)
        return found

    async def add_recent(
        self, target: Target, media: str, *, time: datetime | None = None, timeout: float | None = None
    ) -> None:
        """Enter a target among the recents: used on which medium (``voice``, ``chat`` …), and when (default: now)."""
        await self._request(
            _ADD_RECENT, target=target_information(target), recent_information=recent_use(media, time), timeout=timeout
        )

    async def ack_recent_missed_calls(self, *, timeout: float | None = None) -> None:
        """Say that the agent has seen the missed calls among the recents."""
        await self._request(_ACK_RECENT_MISSED_CALLS, timeout=timeout)

    # --- searching --------------------------------------------------------------------------------------------------

    def search(
        self,
        search_term: str,
        *,
        types: Collection[TargetType | str] | None = None,
        filter_name: str | None = None,
        exclude_group: Collection[str] | None = None,
        restrict_group: Collection[str] | None = None,
        exclude_from_group: Collection[str] | None = None,
        restrict_to_group: Collection[str] | None = None,
        sort: Sort | None = None,
        match_type: Literal["exact"] | None = None,
        page_size: int = 50,
        limit: int | None = None,
        timeout: float | None = None,
    ) -> Pages[Target]:
        """Search targets by name: ``async for target in agent.targets.search("smith", types=["agent"])``.

        At most `limit` of them. `types` restricts the search to these types. `exclude_group` and `restrict_group` name
        agent groups that are left out or alone considered, `exclude_from_group` and `restrict_to_group` do so with the
        agents who belong to them. ``match_type="exact"`` takes no part of a name for the whole.

        The service has no paging: each further request asks for twice as many targets, and `EndlessPages` says when it
        gives no more although it counts more. `timeout` is in seconds for each request. See `Pages` for what it raises.
        """

        async def fetch(window: int) -> Page[Target]:
            found = await self.get_targets(
                search_term,
                types=types,
                filter_name=filter_name,
                exclude_group=exclude_group,
                restrict_group=restrict_group,
                exclude_from_group=exclude_from_group,
                restrict_to_group=restrict_to_group,
                sort=sort,
                match_type=match_type,
                limit=window,
                timeout=timeout,
            )
            return page_of_targets(found)

        target_types(types)  # a wrong one is told now, not at the first target
        pages = ByWindow(fetch, name="targets.search", limit=limit)
        return Pages(pages, name="targets.search", key=lambda target: target.key, page_size=page_size, limit=limit)
