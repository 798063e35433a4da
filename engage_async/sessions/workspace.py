"""An agent's session of the Workspace API.

Must live here: the order in which a workspace session is opened, recovered, kept alive and closed, and the vendor's
defaults for activating channels. Must not: single operations (`api.workspace`), correlation.

    initialize ──► handshake, subscribe, poll ──► initialization Complete ──► current session ──► open
    close: pending operations fail ──► disconnect ──► log out ──► streams and handlers end
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Self

from engage_async.api.workspace.campaigns import CampaignsApi
from engage_async.api.workspace.documentation import DocumentationApi
from engage_async.api.workspace.email import EmailApi
from engage_async.api.workspace.feedback import FeedbackApi
from engage_async.api.workspace.media import MediaApi
from engage_async.api.workspace.media_management import MediaManagementApi
from engage_async.api.workspace.notifications import WorkspaceNotificationsApi
from engage_async.api.workspace.reporting import ReportingApi
from engage_async.api.workspace.security import SecurityApi
from engage_async.api.workspace.session import SessionApi
from engage_async.api.workspace.standard_responses import StandardResponsesApi
from engage_async.api.workspace.targets import TargetsApi
from engage_async.api.workspace.topics import TopicsApi
from engage_async.api.workspace.ucs import UcsApi
from engage_async.api.workspace.users import UsersApi
from engage_async.api.workspace.voice import VoiceApi
from engage_async.config import Settings
from engage_async.errors import EngageError, InvalidArgument, SessionClosed, Unauthorized, WaitTimeout
from engage_async.io.http import HttpSession
from engage_async.models.codec import unstructure
from engage_async.models.enums import AgentWorkMode
from engage_async.models.events import ChannelStateChanged, DnStateChanged, Event
from engage_async.models.media import Channel
from engage_async.models.session import Configuration, CurrentSession, User
from engage_async.models.voice import Dn
from engage_async.operation import Operation
from engage_async.protocol.bayeux import LossReason
from engage_async.protocol.notices import Notice
from engage_async.protocol.route import Route
from engage_async.protocol.snapshot import snapshot_notices
from engage_async.sessions.conversation import ChatDesk
from engage_async.sessions.interactions import Interactions
from engage_async.sessions.service import ServiceSession
from engage_async.sessions.state import Calls, LiveState
from engage_async.sessions.workbins import WorkbinDesk

log: logging.Logger = logging.getLogger("engage_async.sessions")

_BASE = "/workspace/v3"
CHANNELS = tuple(
    f"{_BASE}/{name}"
    for name in (
        "initialization",
        "voice",
        "media",
        "media/chat",
        "media/email",
        "media/workitem",
        "media/outboundpreview",
        "media/topics",
        "contacts",
        "workbins",
        "media-management",
        "statistics",
    )
)

_CHANNEL_NAME = re.compile(r"[\w!~()$@-]{1,64}", re.ASCII)
_MOST_CHANNELS = 128

_GONE_STATES = frozenset({"LoggedOut", "OutOfService", ""})
_SILENCE = 5.0  # seconds without an initialization event after which the current session is asked instead

Progress = Callable[[int], object]


class WorkspaceSession(ServiceSession):
    """One agent: operations, events and live state. Opened by ``async with engage.workspace() as agent``.

    The groups of operations are its attributes: `voice`, `session`, `media`, `chat`, `email`, `ucs`,
    `standard_responses`, `workbins`, `media_management`, `targets`, `reporting`, `users`, `topics`, `campaigns`,
    `security`, `feedback`, `documentation`, `notifications`. `calls`, `dn`, `channels`, `interactions`, `user` and
    `configuration` follow the events.
    """

    def __init__(
        self,
        http: HttpSession,
        settings: Settings,
        *,
        name: str,
        code: str | None = None,
        redirect_uri: str | None = None,
        state: str | None = None,
        on_progress: Progress | None = None,
        log_out: bool = True,
    ) -> None:
        self._state = LiveState()
        super().__init__(
            http,
            settings,
            name=name,
            path=f"{_BASE}/notifications",
            channels=CHANNELS,
            authenticate=code is None,
            known=self._state,
        )
        self.voice: VoiceApi = VoiceApi(self)
        self.session: SessionApi = SessionApi(self)
        self.media: MediaApi = MediaApi(self, channels=self._state.channel_names)
        self.email: EmailApi = EmailApi(self)
        self.chat: ChatDesk = ChatDesk(self, media=self.media, interactions=self._state.interactions)
        self.ucs: UcsApi = UcsApi(self)
        self.standard_responses: StandardResponsesApi = StandardResponsesApi(self)
        self.workbins: WorkbinDesk = WorkbinDesk(self, own_names=self._state.own_names)
        self.media_management: MediaManagementApi = MediaManagementApi(self)
        self.targets: TargetsApi = TargetsApi(self)
        self.reporting: ReportingApi = ReportingApi(self)
        self.users: UsersApi = UsersApi(self)
        self.topics: TopicsApi = TopicsApi(self)
        self.campaigns: CampaignsApi = CampaignsApi(self)
        self.security: SecurityApi = SecurityApi(self)
        self.feedback: FeedbackApi = FeedbackApi(self)
        self.documentation: DocumentationApi = DocumentationApi(self)
        self.notifications: WorkspaceNotificationsApi = WorkspaceNotificationsApi(self)
        self._login = {"code": code, "redirect_uri": redirect_uri, "state": state}
        self._on_progress = on_progress
        self._log_out = log_out
        self._logged_in = False
        self._activation: dict[str, Any] | None = None
        self._reopening: Operation[User] | None = None
        self._heard: set[str] = set()  # beside those of `CHANNELS`

    # --- live state -------------------------------------------------------------------------------------------------

    @property
    def calls(self) -> Calls:
        """The agent's calls by id."""
        return self._state.calls

    @property
    def dn(self) -> Dn | None:
        """The agent's DN as last reported; None while no voice channel is active."""
        return self._state.dn

    @property
    def channels(self) -> Mapping[str, Channel]:
        """The media channels by name."""
        return self._state.channels

    @property
    def interactions(self) -> Interactions:
        """The interactions on the agent's desk by id, chats with their transcripts."""
        return self._state.interactions

    @property
    def user(self) -> User | None:
        """The agent."""
        return self._state.user

    @property
    def configuration(self) -> Configuration | None:
        """The configuration that came with the initialization."""
        return self._state.configuration

    # --- what is more than one operation ----------------------------------------------------------------------------

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
    ) -> Dn | None:
        """Activate the agent's voice channel and the media channels named, and wait until they report their state.

        Defaults as in the vendor's clients: `agent_id` is the user's agent login, else the employee id; without `dn`
        and `place_name` the user's default place is used. `channels` names what to activate (``voice``, ``chat``,
        ``email`` …); the server's default is all that the agent has. Gives the DN when voice was activated, else None.

        Raises `InvalidArgument` when neither a DN nor a place is to be had, `ApiError`, and `WaitTimeout` when the
        server said yes but the state did not come within `timeout` seconds (default: the setting `operation_timeout`).
        """
        self._must_be_open()
        user = self.user
        agent_id = agent_id or (user and (user.agent_login or user.employee_id)) or None
        if dn is None and place_name is None:
            place_name = (user and user.default_place) or None
        if dn is None and place_name is None:
            raise InvalidArgument("activate_channels: name a dn or a place_name; the user has no default place")
        limit = self._settings.operation_timeout if timeout is None else timeout
        activation: dict[str, Any] = {
            "agent_id": agent_id,
            "dn": dn,
            "place_name": place_name,
            "queue_name": queue_name,
            "work_mode": work_mode,
            "dynamic_phone_number": dynamic_phone_number,
            "auto_complete_call": auto_complete_call,
            "channels": channels,
        }
        voice = channels is None or "voice" in channels
        media = [name for name in channels or () if name != "voice"]
        async with self._listeners.stream((DnStateChanged, ChannelStateChanged)) as reports:
            await self.session.activate_channels(**activation, timeout=limit)
            self._activation = activation
            missing = ({"voice"} if voice else set()) | set(media)
            try:
                async with asyncio.timeout(limit):
                    while missing:
                        missing -= _activated(await anext(reports), dn)
            except TimeoutError as error:
                raise WaitTimeout(
                    f"activated, but no state of {', '.join(sorted(missing))} within {limit:g} s"
                ) from error
        return self.dn if voice else None

    # --- opening ----------------------------------------------------------------------------------------------------

    async def __aenter__(self) -> Self:
        self._begin()
        try:
            await self._initialize()
            await self._catch_up()
        except BaseException:
            await self.aclose()
            raise
        if self._settings.keep_alive_interval is not None:
            self._spawn(self._keep_alive(self._settings.keep_alive_interval), "keep-alive")
        return self

    async def _initialize(self) -> None:
        """Open the session on the server; its outcome comes as notifications, which need the session's cookie."""
        operation = self._initialize_operation()
        await operation.accepted()
        self._logged_in = True
        await self._notifications.open(deadline=self._settings.initialization_timeout)
        watch = self._spawn(self._watch_silence(operation), "initialization")
        try:
            await operation
        finally:
            watch.cancel()

    def _initialize_operation(self) -> Operation[User]:
        operation = self.session.initialize_workspace(
            code=self._login["code"],
            redirect_uri=self._login["redirect_uri"],
            state=self._login["state"],
            optimize_config=self._settings.optimize_config or None,
            timeout=self._settings.initialization_timeout,
        )
        # What ends the session first is told elsewhere: then nobody asks for this outcome.
        operation.add_done_callback(lambda ended: ended.cancelled() or ended.exception())
        return operation

    async def _watch_silence(self, operation: Operation[User]) -> None:
        """Ask the current session when no initialization event comes: its ``pendingLoginAsync`` has the same states."""
        silence = min(_SILENCE, self._settings.initialization_timeout / 4)
        while not operation.done():
            await asyncio.sleep(silence)
            try:
                session = await self.session.get_current_session()
            except EngageError as error:
                log.debug("session %s: current session not to be had: %s", self.name, error)
                continue
            pending = session.pending_login
            if pending is not None and pending.state in ("Complete", "Failed"):
                self._take(_initialization_notice(session))

    async def _catch_up(self) -> None:
        """Learn what exists already: calls and channels of a session that was open before."""
        data = await self._current_session_data()
        for notice in snapshot_notices(data, ()):
            self._take(notice)
        self._fill_transcripts()

    # --- what the base asks -----------------------------------------------------------------------------------------

    def _default_timeout(self, route: Route) -> float:
        initializing = route.name == "session.initialize_workspace"
        return self._settings.initialization_timeout if initializing else self._settings.operation_timeout

    def _needs_notifications(self, route: Route) -> bool:
        return route.name != "session.initialize_workspace"

    def _observe(self, notice: Notice) -> bool:
        if self._on_progress is not None and notice.channel.endswith("/initialization"):
            self._tell_progress(notice)
        readable = self._state.feed(notice)
        if notice.message_type == "ChannelStateChanged":
            self._listen_to_channels()
        elif notice.message_type == "WorkbinsMessage":
            self.workbins.feed(notice.payload)
        return readable

    def _listen_to_channels(self) -> None:
        """Media types are the deployment's own: hear of the interactions of each one that the agent has."""
        names = (name for name in self._state.channel_names() if _CHANNEL_NAME.fullmatch(name))
        channels = (f"{_BASE}/media/{name}" for name in names)
        new = [channel for channel in channels if channel not in CHANNELS and channel not in self._heard]
        if new and len(self._heard) < _MOST_CHANNELS:
            self._heard.update(new)
            self._spawn(self._subscribe(new), "subscribe")

    async def _subscribe(self, channels: list[str]) -> None:
        try:
            await self._notifications.subscribe(channels)
        except EngageError as error:
            log.warning("session %s: no notifications of %s: %s", self.name, ", ".join(channels), error)

    def _fill_transcripts(self) -> None:
        """Of chats that were under way, learn what was said meanwhile."""
        for interaction_id, mediatype in self._state.interactions.chats():
            self._spawn(self._fill_transcript(interaction_id, mediatype), "transcript")

    async def _fill_transcript(self, interaction_id: str, mediatype: str) -> None:
        try:
            messages = await self.chat.get_messages(interaction_id, mediatype=mediatype)
        except EngageError as error:
            log.info("session %s: no transcript of chat %s: %s", self.name, interaction_id, error)
            return
        self._state.interactions.feed_messages({"interactionId": interaction_id, "messages": unstructure(messages)})

    def _tell_progress(self, notice: Notice) -> None:
        progress = notice.payload.get("progress")
        percent = progress.get("percentComplete") if isinstance(progress, dict) else None
        if notice.payload.get("state") == "Complete":
            percent = 100
        if isinstance(percent, int | float) and self._on_progress is not None:
            try:
                self._on_progress(int(percent))
            except (Exception, asyncio.CancelledError):
                log.exception("session %s: the callback on_progress failed", self.name)

    async def _recover(self, reason: LossReason) -> None:
        await self._learn_what_was_lost(reason)
        if self.workbins.is_following:
            self._spawn(self.workbins.resume(), "workbins")

    async def _learn_what_was_lost(self, reason: LossReason) -> None:
        if self._reopening is None:
            try:
                data = await self._current_session_data()
            except Unauthorized:
                await self._reopen(reason)
            except EngageError as error:
                log.warning("session %s: no current session after a loss: %s", self.name, error)
                self._lost(reason, ())
                return
            else:
                self._lost(reason, self._told_by(data))
                self._fill_transcripts()
                return
        await self._reopened()

    async def _renew(self, reason: LossReason) -> None:
        try:
            await self.session.get_current_session()
        except Unauthorized:
            await self._reopen(reason)

    async def _reopen(self, reason: LossReason) -> None:
        """The server has forgotten the session and all that was in it: open it again, if that needs no user."""
        self._lost(reason, self._told_by({"user": {"activeSession": None}}))
        if self._login["code"] is not None:
            raise SessionClosed(f"session {self.name} is gone on the server, and its authorization code is spent")
        log.warning("session %s is gone on the server; opening it again", self.name)
        self._reopening = await self._initialize_operation().accepted()

    async def _reopened(self) -> None:
        """Notifications flow again: wait for the session that was opened again, and activate the agent's channels."""
        if self._reopening is not None:
            operation, self._reopening = self._reopening, None
            await operation
        if self._activation is not None:
            await self.session.activate_channels(**self._activation)

    async def _current_session_data(self) -> Any:
        data = (await self.session.get_current_session()).raw
        self._state.feed_session(data)
        return data

    def _told_by(self, data: Any) -> list[Notice]:
        """What the current session tells of the calls and interactions that are known here."""
        calls = [*self._outcomes.live_calls(), *(frozenset({call_id}) for call_id in self._state.calls)]
        return list(snapshot_notices(data, calls, self._state.interactions.payloads()))

    async def _keep_alive(self, interval: float) -> None:
        while True:
            await asyncio.sleep(interval)
            try:
                await self.session.auth_keep_alive()
            except EngageError as error:
                log.warning("session %s: keep-alive failed: %s", self.name, error)

    def _end(self, error: EngageError | None) -> None:
        super()._end(error)
        self._state.close(error)
        self.workbins.close(error)

    async def _farewell(self) -> None:
        if self._logged_in and self._log_out:
            await self.session.logout(timeout=self._settings.close_timeout)


def _initialization_notice(session: CurrentSession) -> Notice:
    """The event that a pending login's outcome would have been."""
    data = unstructure(session)
    state = str(session.pending_login.state) if session.pending_login is not None else ""
    payload = {"messageType": "WorkspaceInitializationComplete", "state": state, "data": data}
    return Notice(f"{_BASE}/initialization", "WorkspaceInitializationComplete", payload)


def _activated(event: Event, dn: str | None) -> set[str]:
    """Which of the channels asked for report that they are active."""
    if isinstance(event, DnStateChanged):
        fits = event.dn.agent_state not in _GONE_STATES and (dn is None or event.dn.number in (dn, ""))
        return {"voice"} if fits else set()
    if isinstance(event, ChannelStateChanged):
        return {channel.name for channel in event.channels if channel.state not in _GONE_STATES}
    return set()
