"""Users under their deprecated addresses: the same as `UsersApi`, which is to be used instead.

Must live here: the routes of the group and one method for each, in the same order. Must not: anything that branches.

Methods raise what those of `UsersApi` do, and warn with a `DeprecationWarning`.
"""

from __future__ import annotations

from collections.abc import Sequence

from engage_async.api.deprecation import deprecated
from engage_async.api.module import SynchronousModule
from engage_async.api.pages import Page
from engage_async.api.provisioning.results import a_new_user, a_user, users_page
from engage_async.api.provisioning.users import USER_FILTERS, USER_WIRE, arguments_of
from engage_async.models.provisioning.enums import SortOrder
from engage_async.models.provisioning.users import NewUser, UserChanges, UserObject
from engage_async.protocol.repeat import Repeat
from engage_async.protocol.route import Family

_users = Family("/provisioning/v3", "users_deprecated", wire=USER_WIRE, gives=a_user)

_GET_USERS = _users.get("get_users", path="/users", query=USER_FILTERS, gives=users_page, deprecated="users.get_page")
_GET_USER = _users.get("get_user", path="/users/{dbid}", deprecated="users.get")
_GET_CURRENT_USER = _users.get("get_current_user", path="/users/me", deprecated="users.get_current")
_ADD_USER = _users.request("POST", "add_user", path="/users", body="data", gives=a_new_user, deprecated="users.add")
_UPDATE_USER = _users.request(
    "PUT", "update_user", path="/users/{dbid}", body="data", repeat=Repeat.REPEATABLE, gives=None,
    deprecated="users.update",
)  # fmt: skip
_DELETE_USER = _users.request(
    "DELETE", "delete_user", path="/users/{dbid}", query=("keep_places",), gives=None, deprecated="users.delete"
)


class UsersDeprecatedApi(SynchronousModule):
    """The users of a contact centre, as `UsersApi` has them too."""

    @deprecated("use users.get_page, or users.iter for all pages")
    async def get_users(
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
        """One page of the users that fit. Deprecated: use `UsersApi.get_page`."""
        page: Page[UserObject] = await self._request(
            _GET_USERS,
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

    @deprecated("use users.get")
    async def get_user(self, dbid: str, *, timeout: float | None = None) -> UserObject:
        """The user with this id. Deprecated: use `UsersApi.get`."""
        user: UserObject = await self._request(_GET_USER, dbid=dbid, timeout=timeout)
        return user

    @deprecated("use users.get_current")
    async def get_current_user(self, *, timeout: float | None = None) -> UserObject:
        """The user whose session this is. Deprecated: use `UsersApi.get_current`."""
        user: UserObject = await self._request(_GET_CURRENT_USER, timeout=timeout)
        return user

    @deprecated("use users.add")
    async def add_user(self, user: NewUser, *, timeout: float | None = None) -> UserObject:
        """Make a user with all that belongs to it. Deprecated: use `UsersApi.add`."""
        made: UserObject = await self._request(_ADD_USER, **arguments_of(user, NewUser), timeout=timeout)
        return made

    @deprecated("use users.update")
    async def update_user(self, dbid: str, changes: UserChanges, *, timeout: float | None = None) -> None:
        """Change a user. Deprecated: use `UsersApi.update`."""
        await self._request(_UPDATE_USER, dbid=dbid, **arguments_of(changes, UserChanges), timeout=timeout)

    @deprecated("use users.delete")
    async def delete_user(self, dbid: str, *, keep_places: bool | None = None, timeout: float | None = None) -> None:
        """Remove a user. Deprecated: use `UsersApi.delete`."""
        await self._request(_DELETE_USER, dbid=dbid, keep_places=keep_places, timeout=timeout)
