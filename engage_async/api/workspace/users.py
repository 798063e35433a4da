"""Users: the agents of the contact centre, and what a supervisor does to them.

Must live here: the routes of the group and one method for each, in the same order; then the list that pages by itself.
Must not: anything that branches.

Methods raise `InvalidArgument` for arguments that cannot be sent, `ApiError` when the server refuses, `NotSent` and
`OutcomeUnknown` when no answer came, `MalformedResponse` for an answer that is none. Those that give an `Operation`
raise what `VoiceApi` does. `timeout` is in seconds.

What a supervisor asks for is told to the agent, not to the supervisor, so that no event completes it; the server also
accepts what changes nothing. Look at the agent's availability (`get_users`, `TargetsApi.get_target`) for what came of
it. Sources: the vendor's C# client for `supervisor_remote_operation`, its agent API simulator for the others.
"""

from __future__ import annotations

from typing import Literal

from engage_async.api.arguments import count
from engage_async.api.module import ApiModule
from engage_async.api.pages import ByIndex, Page, Pages
from engage_async.api.results import nothing
from engage_async.api.target_results import found_users, page_of_users
from engage_async.models.targets import FoundUsers, ListedUser
from engage_async.operation import Operation
from engage_async.protocol import completion as when
from engage_async.protocol.repeat import Repeat
from engage_async.protocol.route import Family

AgentStateWord = Literal["ready", "not-ready", "logout"]

REPEATABLE = Repeat.REPEATABLE

_QUERY = ("search_term", "group_id", "sort", "limit", "offset")

_users = Family("/workspace/v3", "users", "/users/{dbid}/", gives=nothing, domain="voice")
_media = Family("/workspace/v3", "users", "/users/{dbid}/", gives=nothing, domain="media")

_GET_USERS = _users.get("get_users", path="/users", query=_QUERY, gives=found_users)
_SUPERVISOR_REMOTE_OPERATION = _users.post(
    "supervisor_remote_operation", when.accepted, path="/supervisor/voice/{operation_name}", repeat=REPEATABLE,
    operation_id=False, needs=("user_name", "dn"),
)  # fmt: skip
_SET_VOICE_STATE = _users.post(
    "set_voice_state", when.accepted, path="/users/{dbid}/voice/{state}", repeat=REPEATABLE, body="none"
)
_SET_MEDIA_STATE = _media.post(
    "set_media_state", when.accepted, path="/users/{dbid}/media/{state}", repeat=REPEATABLE, body="none"
)
_SET_CHANNEL_STATE = _media.post(
    "set_channel_state", when.accepted, path="/users/{dbid}/media/{channel}/{state}", repeat=REPEATABLE, body="none"
)


class UsersApi(ApiModule):
    """The agents of the contact centre."""

    async def get_users(
        self,
        *,
        search_term: str | None = None,
        group_id: int | None = None,
        sort: Literal["asc", "desc"] | None = None,
        limit: int | None = None,
        offset: int | None = None,
        timeout: float | None = None,
    ) -> FoundUsers:
        """Agents by name, with their availability; `group_id` restricts them to one agent group.

        At most `limit` of them (the server's default is 100), from the one with the index `offset` on. `search` pages
        by itself.
        """
        found: FoundUsers = await self._request(
            _GET_USERS,
            search_term=search_term,
            group_id=group_id,
            sort=sort,
            limit=count("limit", limit),
            offset=count("offset", offset, least=0),
            timeout=timeout,
        )
        return found

    def supervisor_remote_operation(
        self, operation_name: str, user_name: str, dn: str, *, timeout: float | None = None
    ) -> Operation[None]:
        """Do a voice operation (``ready``, ``not-ready``, ``logout``) for the agent of this user name on this DN.

        Settles at once when the server answers with code 0, else one second after acceptance, unless an error comes
        before: no event tells of success.
        """
        return self._start(
            _SUPERVISOR_REMOTE_OPERATION, operation_name=operation_name, user_name=user_name, dn=dn, timeout=timeout
        )

    def set_voice_state(
        self, dbid: int, state: AgentStateWord | str, *, timeout: float | None = None
    ) -> Operation[None]:
        """Make an agent, by the id in the configuration, ready or not ready on the voice channel, or log the agent out.

        Settles at once when the server answers with code 0, else one second after acceptance, unless an error comes
        before: no event tells of success.
        """
        return self._start(_SET_VOICE_STATE, dbid=dbid, state=state, timeout=timeout)

    def set_media_state(
        self, dbid: int, state: AgentStateWord | str, *, timeout: float | None = None
    ) -> Operation[None]:
        """The same on all media channels of an agent.

        Settles at once when the server answers with code 0, else one second after acceptance, unless an error comes
        before: no event tells of success.
        """
        return self._start(_SET_MEDIA_STATE, dbid=dbid, state=state, timeout=timeout)

    def set_channel_state(
        self, dbid: int, channel: str, state: AgentStateWord | str, *, timeout: float | None = None
    ) -> Operation[None]:
        """The same on one media channel of an agent.

        Settles at once when the server answers with code 0, else one second after acceptance, unless an error comes
        before: no event tells of success.
        """
        return self._start(_SET_CHANNEL_STATE, dbid=dbid, channel=channel, state=state, timeout=timeout)

    # --- searching --------------------------------------------------------------------------------------------------

    def search(
        self,
        search_term: str | None = None,
        *,
        group_id: int | None = None,
        sort: Literal["asc", "desc"] | None = None,
        page_size: int = 100,
        limit: int | None = None,
        timeout: float | None = None,
    ) -> Pages[ListedUser]:
        """Agents by name, page by page: ``async for user in agent.users.search("smith")``; without a term all of them.

        At most `limit` of them. `timeout` is in seconds for each page. See `Pages` for what it raises.
        """

        async def fetch(offset: int, size: int) -> Page[ListedUser]:
            found = await self.get_users(
                search_term=search_term, group_id=group_id, sort=sort, limit=size, offset=offset, timeout=timeout
            )
            return page_of_users(found)

        return Pages(ByIndex(fetch), name="users.search", key=_user_key, page_size=page_size, limit=limit)


def _user_key(user: ListedUser) -> tuple[int | None, str]:
    return user.dbid, user.user_name
