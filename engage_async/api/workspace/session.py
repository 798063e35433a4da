"""The life of an agent's session: initialize, activate, look up, log out.

Must live here: the routes of the group and one method for each, in the same order. Must not: anything that branches;
the order in which a session uses them (`sessions.workspace`).

Methods raise `InvalidArgument` for arguments that cannot be sent, `ApiError` when the server refuses, `NotSent` and
`OutcomeUnknown` when no answer came, `MalformedResponse` for an answer that is none. Those that give an `Operation`
raise what `VoiceApi` does. `timeout` is in seconds.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from engage_async.api.module import ApiModule
from engage_async.api.results import (
    a_configuration,
    a_current_session,
    a_user,
    nothing,
    the_data,
    these_action_codes,
    these_business_attributes,
    these_devices,
    these_settings,
    these_transactions,
)
from engage_async.models.enums import AgentWorkMode
from engage_async.models.session import (
    ActionCode,
    BusinessAttribute,
    Configuration,
    CurrentSession,
    SettingsSection,
    Transaction,
    User,
)
from engage_async.models.voice import Dn
from engage_async.operation import Operation
from engage_async.protocol import completion as when
from engage_async.protocol.repeat import Repeat
from engage_async.protocol.route import Family

REPEATABLE = Repeat.REPEATABLE

_WIRE = {
    "work_mode": "agentWorkMode",
    "redirect_uri": "redirect_uri",
    "optimize_config": "optimize_config",
    "include_state": "include_state",
    "login_type": "type",
}
_LOGIN_QUERY = ("redirect_uri", "login_type", "locale", "include_state")
_INITIALIZE_QUERY = ("code", "redirect_uri", "state", "optimize_config")

_session = Family("/workspace/v3", "session", wire=_WIRE, gives=nothing)
_voice = Family("/workspace/v3", "session", wire=_WIRE, gives=nothing, domain="voice")
_media = Family("/workspace/v3", "session", wire=_WIRE, gives=nothing, domain="media")

_LOGIN = _session.get("login", query=_LOGIN_QUERY, needs=("redirect_uri",), redirects=True)
_INITIALIZE_WORKSPACE = _session.post(
    "initialize_workspace",
    when.initialized,
    query=_INITIALIZE_QUERY,
    body="none",
    repeat=REPEATABLE,
    domain="initialization",
    gives=a_user,
)
_ACTIVATE_CHANNELS = _session.post("activate_channels", repeat=REPEATABLE, operation_id=False)
_ACTIVATE_VOICE = _voice.post(
    "activate_voice", when.agent_becomes("in"), path="/voice/activate", repeat=REPEATABLE, operation_id=False
)
_ACTIVATE_MEDIA = _media.post(
    "activate_media", when.channels_activate, path="/media/activate", repeat=REPEATABLE, operation_id=False
)
_DEACTIVATE_VOICE = _voice.post(
    "deactivate_voice", when.agent_leaves, path="/voice/deactivate", repeat=REPEATABLE, body="none"
)
_DEACTIVATE_MEDIA = _media.post(
    "deactivate_media", when.accepted, path="/media/deactivate", repeat=REPEATABLE, body="none"
)
_GET_CURRENT_SESSION = _session.get("get_current_session", path="/current-session", gives=a_current_session)
_GET_USER_INFO = _session.get("get_user_info", path="/userinfo", gives=a_current_session)
_GET_CONFIGURATION = _session.get("get_configuration", path="/configuration", query=("types",), gives=a_configuration)
_GET_DEVICES_FOR_PLACE = _session.get(
    "get_devices_for_place",
    path="/configuration/places/{place_name}/dns",
    query=("place_status",),
    gives=these_devices,
)
_GET_BUSINESS_ATTRIBUTE_HIERARCHY = _session.get(
    "get_business_attribute_hierarchy", path="/configuration/business-attribute/{attribute_id}", gives=the_data
)
_AUTH_KEEP_ALIVE = _session.get("auth_keep_alive", enveloped=False)
_LOGOUT = _session.post("logout", repeat=REPEATABLE, body="none")
_LOGOUT_REDIRECT = _session.get("logout_redirect", path="/logout", query=("redirect_uri",), redirects=True)
_START = _session.get("start", query=("code", "redirect_uri"), needs=("code", "redirect_uri"), redirects=True)
_GET_SETTINGS = _session.get("get_settings", path="/configuration/settings", items="settings", gives=these_settings)
_GET_ACTION_CODES = _session.get(
    "get_action_codes", path="/configuration/action-codes", items="actionCodes", gives=these_action_codes
)
_GET_BUSINESS_ATTRIBUTES = _session.get(
    "get_business_attributes",
    path="/configuration/business-attributes",
    items="businessAttributes",
    gives=these_business_attributes,
)
_GET_TRANSACTIONS = _session.get(
    "get_transactions", path="/configuration/transactions", items="transactions", gives=these_transactions
)


class SessionApi(ApiModule):
    """Session operations of one agent. `WorkspaceSession` calls the ones that open and close it."""

    async def login(
        self,
        redirect_uri: str,
        *,
        login_type: str | None = None,
        locale: str | None = None,
        include_state: bool | None = None,
        timeout: float | None = None,
    ) -> str:
        """Give the address of the login page to send a browser to; it comes back to `redirect_uri` with a code.

        `login_type` is the kind of login that the page offers; the service does not document which there are.
        """
        address: str = await self._request(
            _LOGIN,
            redirect_uri=redirect_uri,
            login_type=login_type,
            locale=locale,
            include_state=include_state,
            timeout=timeout,
        )
        return address

    def initialize_workspace(
        self,
        *,
        code: str | None = None,
        redirect_uri: str | None = None,
        state: str | None = None,
        optimize_config: bool | None = None,
        timeout: float | None = None,
    ) -> Operation[User]:
        """Open the agent's session on the server, by bearer token or by authorization code and redirect URI.

        Settles with the user once the initialization is ``Complete``; ``Failed`` raises `OperationFailed`. Its
        `progress` holds the ``WorkspaceInitializationProgress`` payloads.
        """
        return self._start(
            _INITIALIZE_WORKSPACE,
            code=code,
            redirect_uri=redirect_uri,
            state=state,
            optimize_config=optimize_config,
            timeout=timeout,
        )

    async def activate_channels(
        self,
        *,
        agent_id: str | None = None,
        dn: str | None = None,
        place_name: str | None = None,
        queue_name: str | None = None,
        work_mode: AgentWorkMode | str | None = None,
        dynamic_phone_number: str | None = None,
        auto_complete_call: bool | None = None,
        channels: Sequence[str] | None = None,
        timeout: float | None = None,
    ) -> None:
        """Activate the voice channel on a DN or place, and the media channels named.

        Synchronous: the state of what was activated comes later as events. `WorkspaceSession.activate_channels` has the
        vendor's defaults and waits for them.
        """
        await self._request(
            _ACTIVATE_CHANNELS,
            agent_id=agent_id,
            dn=dn,
            place_name=place_name,
            queue_name=queue_name,
            work_mode=work_mode,
            dynamic_phone_number=dynamic_phone_number,
            auto_complete_call=auto_complete_call,
            channels=channels,
            timeout=timeout,
        )

    def activate_voice(
        self,
        *,
        agent_id: str | None = None,
        dn: str | None = None,
        place_name: str | None = None,
        queue_name: str | None = None,
        work_mode: AgentWorkMode | str | None = None,
        dynamic_phone_number: str | None = None,
        auto_complete_call: bool | None = None,
        timeout: float | None = None,
    ) -> Operation[None]:
        """Activate the voice channel, in a session whose channels were activated before.

        Settles at once when the server answers with code 0, else when the DN's agent is logged in.
        """
        return self._start(
            _ACTIVATE_VOICE,
            agent_id=agent_id,
            dn=dn,
            place_name=place_name,
            queue_name=queue_name,
            work_mode=work_mode,
            dynamic_phone_number=dynamic_phone_number,
            auto_complete_call=auto_complete_call,
            timeout=timeout,
        )

    def activate_media(
        self, channels: Collection[str], *, place_name: str | None = None, timeout: float | None = None
    ) -> Operation[None]:
        """Activate media channels (``chat``, ``email`` …), in a session whose channels were activated before.

        Settles at once when the server answers with code 0, else when every channel reports a state.
        """
        return self._start(_ACTIVATE_MEDIA, channels=list(channels), place_name=place_name, timeout=timeout)

    def deactivate_voice(self, *, timeout: float | None = None) -> Operation[None]:
        """Deactivate the voice channel.

        Settles at once when the server answers with code 0, else when the DN's agent is logged out, or one second after
        acceptance: whether an event comes is not documented.
        """
        return self._start(_DEACTIVATE_VOICE, timeout=timeout)

    def deactivate_media(self, *, timeout: float | None = None) -> Operation[None]:
        """Deactivate all media channels.

        Settles at once when the server answers with code 0, else one second after acceptance: whether an event comes is
        not documented.
        """
        return self._start(_DEACTIVATE_MEDIA, timeout=timeout)

    async def get_current_session(self, *, timeout: float | None = None) -> CurrentSession:
        """The session as the server has it: the user, calls, channels, and a pending initialization."""
        result: CurrentSession = await self._request(_GET_CURRENT_SESSION, timeout=timeout)
        return result

    async def get_user_info(self, *, timeout: float | None = None) -> CurrentSession:
        """The logged-in user, in the form of the current session."""
        result: CurrentSession = await self._request(_GET_USER_INFO, timeout=timeout)
        return result

    async def get_configuration(
        self, *, types: Collection[str] | None = None, timeout: float | None = None
    ) -> Configuration:
        """The configuration of the agent's environment.

        `types`: of ``actionCodes``, ``agentGroups``, ``settings``, ``workspaceTransactions``, ``businessAttributes``;
        the server's default is the first three.
        """
        result: Configuration = await self._request(_GET_CONFIGURATION, types=types, timeout=timeout)
        return result

    async def get_devices_for_place(
        self, place_name: str, *, place_status: bool | None = None, timeout: float | None = None
    ) -> tuple[Dn, ...]:
        """The DNs of a place; with `place_status` also who uses them."""
        result: tuple[Dn, ...] = await self._request(
            _GET_DEVICES_FOR_PLACE, place_name=place_name, place_status=place_status, timeout=timeout
        )
        return result

    async def get_business_attribute_hierarchy(
        self, attribute_id: int, *, timeout: float | None = None
    ) -> Mapping[str, Any]:
        """A business attribute with its tree of values, as the server sends it."""
        result: Mapping[str, Any] = await self._request(
            _GET_BUSINESS_ATTRIBUTE_HIERARCHY, attribute_id=attribute_id, timeout=timeout
        )
        return result

    async def auth_keep_alive(self, *, timeout: float | None = None) -> None:
        """Keep the authentication session alive; the workspace session does so by itself."""
        await self._request(_AUTH_KEEP_ALIVE, timeout=timeout)

    async def logout(self, *, timeout: float | None = None) -> None:
        """Log out of all channels and end the session on the server."""
        await self._request(_LOGOUT, timeout=timeout)

    async def logout_redirect(self, *, redirect_uri: str | None = None, timeout: float | None = None) -> str:
        """Log out, and give the address that a browser should go to afterwards."""
        address: str = await self._request(_LOGOUT_REDIRECT, redirect_uri=redirect_uri, timeout=timeout)
        return address

    # --- beyond the vendor's API definition: what its agent API simulator has -----------------------------------------

    async def start(self, code: str, redirect_uri: str, *, timeout: float | None = None) -> str:
        """Let the service begin a cookie session with an authorization code, and give the address to go on to.

        This is where the login page sends a browser. The session's cookies replace those of this session; it is not
        initialized yet.
        """
        address: str = await self._request(_START, code=code, redirect_uri=redirect_uri, timeout=timeout)
        return address

    async def get_settings(self, *, timeout: float | None = None) -> tuple[SettingsSection, ...]:
        """The workspace's settings, section by section."""
        found: tuple[SettingsSection, ...] = await self._request(_GET_SETTINGS, timeout=timeout)
        return found

    async def get_action_codes(self, *, timeout: float | None = None) -> tuple[ActionCode, ...]:
        """The reasons for changes of state and for the ways in which calls end."""
        found: tuple[ActionCode, ...] = await self._request(_GET_ACTION_CODES, timeout=timeout)
        return found

    async def get_business_attributes(self, *, timeout: float | None = None) -> tuple[BusinessAttribute, ...]:
        """The business attributes with their values."""
        found: tuple[BusinessAttribute, ...] = await self._request(_GET_BUSINESS_ATTRIBUTES, timeout=timeout)
        return found

    async def get_transactions(self, *, timeout: float | None = None) -> tuple[Transaction, ...]:
        """The transaction objects of the configuration."""
        found: tuple[Transaction, ...] = await self._request(_GET_TRANSACTIONS, timeout=timeout)
        return found
