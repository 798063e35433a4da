"""Native operations of the service: some are answered by a message, some are for the vendor's own pages.

Must live here: the routes of the group and one method for each, in the same order. Must not: anything that branches.

Those that give an `Operation` send nothing until it is awaited, and raise `InvalidArgument` for arguments that cannot
be sent, `ApiError` when the server refuses the request, `OperationFailed` when its answer is a failure,
`OperationTimeout` after `timeout` seconds (default: four times the setting `operation_timeout`), `OperationLost` when
notifications were lost meanwhile, `NotSent` when nothing left this machine. The others raise what `UsersApi` does.

What the operations without arguments do is not documented, nor what a request of theirs may hold: they are sent as the
vendor's definition has them, and settle with the reply. Messages about them come as `ProvisioningMessage` events.
"""

from __future__ import annotations

from collections.abc import Sequence

from engage_async.api.module import ApiModule
from engage_async.api.pages import Page
from engage_async.api.provisioning.results import the_answered_skills, the_answered_users
from engage_async.api.provisioning.users import USER_FILTERS
from engage_async.api.results import nothing
from engage_async.models.provisioning.enums import SortOrder
from engage_async.models.provisioning.objects import SkillObject
from engage_async.models.provisioning.users import UserObject
from engage_async.operation import Operation
from engage_async.protocol import completion as when
from engage_async.protocol.provisioning import answered
from engage_async.protocol.repeat import Repeat
from engage_async.protocol.route import Family

_operations = Family("/provisioning/v3", "operations", "/operations/", gives=nothing)

_GET_USERS = _operations.request(
    "POST", "get_users", settles=answered, id_query="_aioId", query=USER_FILTERS, repeat=Repeat.SAFE,
    gives=the_answered_users,
)  # fmt: skip
_GET_USED_SKILLS = _operations.request(
    "POST", "get_used_skills", settles=answered, id_query="_aioId", repeat=Repeat.SAFE, gives=the_answered_skills
)
_POST_CHECK_IMPORT_STATUS = _operations.request(
    "POST", "post_check_import_status", settles=when.accepted, path="/operations/check-import-status",
    repeat=Repeat.SAFE,
)  # fmt: skip
_POST_USERS = _operations.request("POST", "post_users")
_PUT_USERS = _operations.request("PUT", "put_users")
_DELETE_USERS = _operations.request("POST", "delete_users", path="/operations/delete-users/{dbid}")
_POST_IMPORT = _operations.request("POST", "post_import", path="/operations/import")
_POST_VALIDATE_IMPORT = _operations.request("POST", "post_validate_import", path="/operations/validate-import")
_POST_WATCH_OBJECTS = _operations.request(
    "POST", "post_watch_objects", path="/operations/watch-objects", body="plain", repeat=Repeat.REPEATABLE
)
_DELETE_WATCH_OBJECTS = _operations.request(
    "DELETE", "delete_watch_objects", path="/operations/watch-objects", repeat=Repeat.REPEATABLE
)
_CHECK_INACTIVITY = _operations.request("POST", "check_inactivity", path="/operations/inactivity")
_GET_SUB = _operations.get("get_sub", path="/operations/stub")


class OperationsApi(ApiModule):
    """Native operations. `UsersApi` and `ImportsApi` are the comfortable ways to most of what they do."""

    def get_users(
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
    ) -> Operation[Page[UserObject]]:
        """One page of the users that fit, by a message instead of the reply; the filters are those of `UsersApi`.

        Settles with the first message that has its id. Further ones come as `ProvisioningMessage` events.
        """
        return self._start(
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

    def get_used_skills(self, *, timeout: float | None = None) -> Operation[tuple[SkillObject, ...]]:
        """All skills that a user has.

        Settles with the first message that has its id. Further ones come as `ProvisioningMessage` events.
        """
        return self._start(_GET_USED_SKILLS, timeout=timeout)

    def post_check_import_status(self, *, timeout: float | None = None) -> Operation[None]:
        """Ask for messages on how far imports are; `ImportsApi.get_status` gives that as its reply.

        Settles a moment after acceptance: which message answers it is not documented.
        """
        return self._start(_POST_CHECK_IMPORT_STATUS, timeout=timeout)

    async def post_users(self, *, timeout: float | None = None) -> None:
        """Make users (see above); `UsersApi.add` makes one, `ImportsApi.users` many."""
        await self._request(_POST_USERS, timeout=timeout)

    async def put_users(self, *, timeout: float | None = None) -> None:
        """Change users (see above); `UsersApi.update` changes one."""
        await self._request(_PUT_USERS, timeout=timeout)

    async def delete_users(self, dbid: str, *, timeout: float | None = None) -> None:
        """Remove the user with this id, as `UsersApi.delete` does too."""
        await self._request(_DELETE_USERS, dbid=dbid, timeout=timeout)

    async def post_import(self, *, timeout: float | None = None) -> None:
        """Import users (see above); `ImportsApi.users` is the way to do so."""
        await self._request(_POST_IMPORT, timeout=timeout)

    async def post_validate_import(self, *, timeout: float | None = None) -> None:
        """Validate an import (see above); `ImportsApi.validate_file` is the way to do so."""
        await self._request(_POST_VALIDATE_IMPORT, timeout=timeout)

    async def post_watch_objects(self, types: Sequence[str], *, timeout: float | None = None) -> None:
        """Be told when objects of these types change, by `ProvisioningMessage` events."""
        await self._request(_POST_WATCH_OBJECTS, types=types, timeout=timeout)

    async def delete_watch_objects(self, *, timeout: float | None = None) -> None:
        """Be told no more of objects that change."""
        await self._request(_DELETE_WATCH_OBJECTS, timeout=timeout)

    async def check_inactivity(self, *, timeout: float | None = None) -> None:
        """Let the service check for how long the session has been inactive."""
        await self._request(_CHECK_INACTIVITY, timeout=timeout)

    async def get_sub(self, *, timeout: float | None = None) -> None:
        """A stub of the service: it does nothing that is documented."""
        await self._request(_GET_SUB, timeout=timeout)
