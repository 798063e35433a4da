"""Users: list, get, make, change, remove.

Must live here: the routes of users and one method for each, in the same order, and the iterator over them. Must not:
anything that branches; the same operations under their deprecated addresses (`users_deprecated`).

Methods raise `InvalidArgument` for arguments that cannot be sent, `ApiError` when the server refuses (`NotFound` for a
user that does not exist, `Unauthorized` for a session that is gone or an administrator who may not), `NotSent` and
`OutcomeUnknown` when no answer came, `MalformedResponse` for an answer that is none. `timeout` is in seconds. A user's
id is the `dbid`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from engage_async.api.module import SynchronousModule
from engage_async.api.pages import Page, Pages
from engage_async.api.provisioning.paging import MOST_PER_PAGE, ByOffset, dbid_of
from engage_async.api.provisioning.results import a_new_user, a_user, users_page
from engage_async.errors import InvalidArgument
from engage_async.models.provisioning.enums import SortOrder
from engage_async.models.provisioning.users import NewUser, UserChanges, UserObject
from engage_async.protocol.repeat import Repeat
from engage_async.protocol.route import Family

__all__ = ["USER_FILTERS", "USER_WIRE", "UsersApi", "arguments_of"]

USER_WIRE = {"employee_id": "employeeID", "external_id": "externalID", "keep_places": "keep_places"}
USER_FILTERS = (
    "limit", "offset", "order", "sort_by", "filter_name", "filter_parameters", "roles", "skills", "user_enabled",
)  # fmt: skip

_users = Family("/provisioning/v3", "users", "/objects/users", wire=USER_WIRE, gives=a_user)

_GET_PAGE = _users.get("get_page", path="/objects/users", query=USER_FILTERS, gives=users_page)
_GET = _users.get("get", path="/objects/users/{dbid}")
_GET_CURRENT = _users.get("get_current", path="/objects/users/me")
_ADD = _users.request("POST", "add", path="/objects/users", body="data", gives=a_new_user)
_UPDATE = _users.request(
    "PUT", "update", path="/objects/users/{dbid}", body="data", repeat=Repeat.REPEATABLE, gives=None
)
_DELETE = _users.request("DELETE", "delete", path="/objects/users/{dbid}", query=("keep_places",), gives=None)


def arguments_of(given: Any, kind: type[NewUser | UserChanges]) -> dict[str, Any]:
    """What a request says of a user. Raises `InvalidArgument` for anything but one of this kind."""
    if not isinstance(given, kind):
        raise InvalidArgument(f"users: expected {kind.__name__}, got {type(given).__name__}")
    return given.arguments()


class UsersApi(SynchronousModule):
    """The users of a contact centre."""

    def iter(
        self,
        *,
        order: SortOrder | str | None = None,
        sort_by: Sequence[str] | None = None,
        filter_name: str | None = None,
        filter_parameters: str | None = None,
        roles: Sequence[str] | None = None,
        skills: Sequence[str] | None = None,
        user_enabled: bool | None = None,
        limit: int | None = None,
        page_size: int = MOST_PER_PAGE,
        timeout: float | None = None,
    ) -> Pages[UserObject]:
        """The users that fit, fetched page by page while they are read: ``async for user in users.iter(skills=…)``.

        The filters are those of `get_page`. `limit` is how many users are given at most (None: all of them).
        `page_size` (up to 100) is how many are fetched at once; `timeout` is for each page. Users that come and go
        meanwhile make it neither skip nor repeat another.
        """

        async def fetch(count: int, offset: int) -> Page[UserObject]:
            return await self.get_page(
                limit=count,
                offset=offset,
                order=order,
                sort_by=sort_by,
                filter_name=filter_name,
                filter_parameters=filter_parameters,
                roles=roles,
                skills=skills,
                user_enabled=user_enabled,
                timeout=timeout,
            )

        return Pages(ByOffset(fetch), name="users", key=dbid_of, page_size=page_size, limit=limit)

    async def get_page(
        self,
        *,
        limit: int | None = None,
        offset: int | None = None,
        order: SortOrder | str | None = None,
        sort_by: Sequence[str] | None = None,
        filter_name: str | None = None,
        filter_parameters: str | None = None,
        roles: Sequence[str] | None = None,
        skills: Sequence[str] | None = None,
        user_enabled: bool | None = None,
        timeout: float | None = None,
    ) -> Page[UserObject]:
        """One page of the users that fit; its `total` is how many fit in all.

        `limit` (the service's default is 100) and `offset` say which page. `sort_by` names fields: ``firstName``,
        ``lastName``, ``userName``. `filter_name` is ``FirstNameOrLastNameMatches``, with a part of a name as
        `filter_parameters`. `roles` and `skills` keep those users who have them, `user_enabled` those who are enabled,
        or who are not.
        """
        page: Page[UserObject] = await self._request(
            _GET_PAGE,
            limit=limit,
            offset=offset,
            order=order,
            sort_by=sort_by,
            filter_name=filter_name,
            filter_parameters=filter_parameters,
            roles=roles,
            skills=skills,
            user_enabled=user_enabled,
            timeout=timeout,
        )
        return page

    async def get(self, dbid: str, *, timeout: float | None = None) -> UserObject:
        """The user with this id. Raises `NotFound` when there is none."""
        user: UserObject = await self._request(_GET, dbid=dbid, timeout=timeout)
        return user

    async def get_current(self, *, timeout: float | None = None) -> UserObject:
        """The user whose session this is."""
        user: UserObject = await self._request(_GET_CURRENT, timeout=timeout)
        return user

    async def add(self, user: NewUser, *, timeout: float | None = None) -> UserObject:
        """Make a user with all that belongs to it (logins, DNs, skills, agent groups), and give what became of it."""
        made: UserObject = await self._request(_ADD, **arguments_of(user, NewUser), timeout=timeout)
        return made

    async def update(self, dbid: str, changes: UserChanges, *, timeout: float | None = None) -> None:
        """Change a user; see `UserChanges` for what stays."""
        await self._request(_UPDATE, dbid=dbid, **arguments_of(changes, UserChanges), timeout=timeout)

    async def delete(self, dbid: str, *, keep_places: bool | None = None, timeout: float | None = None) -> None:
        """Remove a user with the logins that belong to it.

        Places and DNs are removed too when `keep_places` is False; the service's default is to keep them.
        """
        await self._request(_DELETE, dbid=dbid, keep_places=keep_places, timeout=timeout)
