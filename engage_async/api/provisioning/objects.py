"""Configuration objects: DNs, skills, groups, and who may do what with them.

Must live here: the routes of the group and one method for each, in the same order, and the iterators over objects. Must
not: anything that branches; users (`users`).

Methods raise what those of `UsersApi` do. Of several objects that are named by their ids some may be missing: each of
those is one `ApiError` in the result's `errors`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypedDict, TypeVar, Unpack, cast

from engage_async.api.module import SynchronousModule
from engage_async.api.pages import Page, Pages
from engage_async.api.provisioning.paging import MOST_PER_PAGE, ByOffset, dbid_of
from engage_async.api.provisioning.results import an_object_page, permissions
from engage_async.errors import InvalidArgument
from engage_async.models.provisioning.enums import MatchMethod, ObjectType, SortMethod
from engage_async.models.provisioning.objects import (
    AccessGroupObject,
    AgentGroupObject,
    ConfigObject,
    DnGroupObject,
    DnObject,
    ObjectPermissions,
    SkillObject,
)
from engage_async.protocol.envelope import PartialResult
from engage_async.protocol.repeat import Repeat
from engage_async.protocol.route import Family

Obj = TypeVar("Obj", bound=ConfigObject)

_QUERY = (
    "dn_type", "dn_groups", "group_type", "limit", "offset", "search_term", "search_key", "match_method", "sort_key",
    "sort_ascending", "sort_method", "dbids", "in_use",
)  # fmt: skip
_WIRE = {
    **{name: name for name in (*_QUERY, "folder_type")},
    "object_ids": "objectIds",
}

_objects = Family("/provisioning/v3", "objects", wire=_WIRE)

_GET = _objects.get("get", path="/objects/{object_type}", query=_QUERY, bulk=True, gives=an_object_page)
_GET_PERMISSIONS = _objects.get(
    "get_permissions", path="/objects/{object_type}/permissions", query=("dbids", "dn_type", "folder_type"),
    bulk=True, gives=permissions,
)  # fmt: skip
_GET_PERMISSIONS_POST = _objects.request(
    "POST", "get_permissions_post", path="/objects/{object_type}/permissions", body="data", repeat=Repeat.SAFE,
    bulk=True, gives=permissions,
)  # fmt: skip


class ObjectFilters(TypedDict, total=False):
    """What may be asked of an iteration over objects; see `ObjectsApi.get` and `ObjectsApi.iter`."""

    dn_type: str | None
    dn_groups: Sequence[str] | None
    group_type: str | None
    search_term: str | None
    search_key: str | None
    match_method: MatchMethod | str | None
    sort_key: str | None
    sort_ascending: bool | None
    sort_method: SortMethod | str | None
    dbids: Sequence[str] | None
    in_use: bool | None
    limit: int | None
    page_size: int
    timeout: float | None


class ObjectsApi(SynchronousModule):
    """The configuration objects of a contact centre."""

    async def get(
        self,
        object_type: ObjectType | str,
        *,
        dn_type: str | None = None,
        dn_groups: Sequence[str] | None = None,
        group_type: str | None = None,
        limit: int | None = None,
        offset: int | None = None,
        search_term: str | None = None,
        search_key: str | None = None,
        match_method: MatchMethod | str | None = None,
        sort_key: str | None = None,
        sort_ascending: bool | None = None,
        sort_method: SortMethod | str | None = None,
        dbids: Sequence[str] | None = None,
        in_use: bool | None = None,
        timeout: float | None = None,
    ) -> PartialResult[Page[ConfigObject]]:
        """One page of the objects of a type that fit; its `total` is how many fit in all.

        `limit` (up to 100) and `offset` say which page. `search_term` is looked for in the attribute `search_key` (a
        name of Configuration Server: ``number``, ``name``), by `match_method`. `sort_key`, `sort_ascending` and
        `sort_method` say in which order. For DNs: `dn_type` (a CfgDNType such as ``CFGRoutingPoint``), `dn_groups` and
        `dbids` narrow them. For agent groups: `group_type`. For skills: `in_use` keeps those that an agent has.
        """
        result: PartialResult[Page[ConfigObject]] = await self._request(
            _GET,
            object_type=object_type,
            dn_type=dn_type,
            dn_groups=dn_groups,
            group_type=group_type,
            limit=limit,
            offset=offset,
            search_term=search_term,
            search_key=search_key,
            match_method=match_method,
            sort_key=sort_key,
            sort_ascending=sort_ascending,
            sort_method=sort_method,
            dbids=dbids,
            in_use=in_use,
            timeout=timeout,
        )
        return result

    async def get_permissions(
        self,
        object_type: str,
        dbids: Sequence[str],
        *,
        dn_type: str | None = None,
        folder_type: str | None = None,
        timeout: float | None = None,
    ) -> PartialResult[tuple[ObjectPermissions, ...]]:
        """Who may do what with the objects of these ids.

        `object_type` is any type of Configuration Server (``folders``, ``business-attributes`` …). `dn_type` of DNs, or
        `folder_type` of folders, may make it faster.
        """
        result: PartialResult[tuple[ObjectPermissions, ...]] = await self._request(
            _GET_PERMISSIONS,
            object_type=object_type,
            dbids=dbids,
            dn_type=dn_type,
            folder_type=folder_type,
            timeout=timeout,
        )
        return result

    async def get_permissions_post(
        self,
        object_type: str,
        object_ids: Sequence[Mapping[str, Any]],
        *,
        dn_type: str | None = None,
        folder_type: str | None = None,
        timeout: float | None = None,
    ) -> PartialResult[tuple[ObjectPermissions, ...]]:
        """The same as `get_permissions` for objects each given as ``{"id": …}``, or as ``{"name": …}`` without one."""
        result: PartialResult[tuple[ObjectPermissions, ...]] = await self._request(
            _GET_PERMISSIONS_POST,
            object_type=object_type,
            object_ids=[dict(each) for each in object_ids],
            dn_type=dn_type,
            folder_type=folder_type,
            timeout=timeout,
        )
        return result

    # --- all pages --------------------------------------------------------------------------------------------------

    def dns(self, **filters: Unpack[ObjectFilters]) -> Pages[DnObject]:
        """All DNs that fit, fetched page by page while they are read. `filters` are those of `iter`."""
        return self._all(DnObject, ObjectType.DNS, filters)

    def skills(self, **filters: Unpack[ObjectFilters]) -> Pages[SkillObject]:
        """All skills that fit, fetched page by page while they are read. `filters` are those of `iter`."""
        return self._all(SkillObject, ObjectType.SKILLS, filters)

    def agent_groups(self, **filters: Unpack[ObjectFilters]) -> Pages[AgentGroupObject]:
        """All agent groups that fit, fetched page by page while they are read. `filters` are those of `iter`."""
        return self._all(AgentGroupObject, ObjectType.AGENT_GROUPS, filters)

    def dn_groups(self, **filters: Unpack[ObjectFilters]) -> Pages[DnGroupObject]:
        """All DN groups that fit, fetched page by page while they are read. `filters` are those of `iter`."""
        return self._all(DnGroupObject, ObjectType.DN_GROUPS, filters)

    def access_groups(self, **filters: Unpack[ObjectFilters]) -> Pages[AccessGroupObject]:
        """All access groups that fit, fetched page by page while they are read. `filters` are those of `iter`."""
        return self._all(AccessGroupObject, ObjectType.ACCESS_GROUPS, filters)

    def iter(
        self,
        object_type: ObjectType | str,
        **filters: Unpack[ObjectFilters],
    ) -> Pages[ConfigObject]:
        """All objects of a type that fit, fetched page by page while they are read.

        `filters` are the arguments of `get` but for `offset`; `timeout` is for each page. `limit` is how many objects
        are given at most (None: all), `page_size` (up to 100) how many are fetched at once. Objects that come and go
        meanwhile make it neither skip nor repeat another.
        """
        unknown = sorted(filters.keys() - ObjectFilters.__annotations__.keys())
        if unknown:
            raise InvalidArgument(f"objects: there is no filter {unknown[0]!r}")
        asked: dict[str, Any] = {**filters}
        limit, page_size = asked.pop("limit", None), asked.pop("page_size", MOST_PER_PAGE)

        async def fetch(count: int, offset: int) -> Page[ConfigObject]:
            result = await self.get(object_type, limit=count, offset=offset, **asked)
            return result.raise_for_errors()

        return Pages(ByOffset(fetch), name=str(object_type), key=dbid_of, page_size=page_size, limit=limit)

    def _all(self, _kind: type[Obj], object_type: ObjectType, filters: ObjectFilters) -> Pages[Obj]:
        return cast("Pages[Obj]", self.iter(object_type, **filters))
