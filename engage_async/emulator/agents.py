"""Agents at work: at which place each is, on which channels each is logged in, and how their sessions look.

Must live here: activation and its refusals, log-out, the wire form of a user with the active session. Must not: cookie
sessions, HTTP, what an agent does on a channel.

    nobody ──activate──► at a place: on a DN (exchange), on media channels (media) ──log_out──► nobody

An agent's session is the contact centre's, not the browser's: it outlives a cookie session that is lost, and is found
again by the next one. An agent is at one place at a time, and a place serves one agent at a time.
"""

from __future__ import annotations

from typing import Any

from attrs import evolve, field, frozen

from engage_async.emulator.exchange import Exchange
from engage_async.emulator.media_channels import MediaChannels
from engage_async.emulator.tlib_errors import Refused, TLibError

__all__ = ["Activation", "ActivationRefused", "AgentSession", "Agents"]


@frozen
class Activation:
    """A well-formed request to activate channels: `voice`, the `media` channels named, and the resources to use.

    What is None is not named, and taken from the agent's session or the directory.
    """

    voice: bool = True
    media: tuple[str, ...] = ()
    dn: str | None = None
    place: str | None = None
    agent_id: str | None = None
    queue: str | None = None
    work_mode: str | None = None
    phone: str | None = None
    auto_complete: bool | None = None


class ActivationRefused(Exception):
    """Channels cannot be activated: a text, and what a program may read about it."""

    def __init__(self, text: str, **detail: Any) -> None:
        super().__init__(text)
        self.text: str = text
        self.detail: dict[str, Any] = detail

    @classmethod
    def by(cls, code: TLibError, **detail: Any) -> ActivationRefused:
        """A refusal of the switch."""
        return cls(code.text, errorCode=code.value, **detail)


@frozen
class AgentSession:
    """What an agent has activated with. It lasts until the agent logs out, also while no channel is active.

    `queue` is where calls are delivered from, `phone` the telephone behind the DN (as the agent named it).
    """

    place: str
    number: str
    agent_id: str
    queue: str | None = None
    phone: str | None = field(default=None, repr=False)
    auto_complete: bool = True


class Agents:
    """Every agent at work, by user name."""

    def __init__(self, exchange: Exchange, media: MediaChannels) -> None:
        self._exchange, self._media = exchange, media
        self._directory = exchange.directory
        self._sessions: dict[str, AgentSession] = {}

    def session(self, user: str) -> AgentSession | None:
        """What the agent has activated with; None before the first activation and after the log-out."""
        return self._sessions.get(user)

    def is_active(self, user: str) -> bool:
        """Whether the agent has a channel active."""
        return self._exchange.dn_of(user) is not None or bool(self._media.of(user))

    # --- what agents do -----------------------------------------------------------------------------------------------

    def activate(self, user: str, wanted: Activation) -> None:
        """Log the agent in on the channels, and tell their states. What is active already stays as it is.

        Raises `ActivationRefused`, and then nothing has changed.
        """
        session = self._prepare(user, wanted)
        if wanted.voice:
            self._enter_voice(user, session, wanted.work_mode)
        if wanted.media:
            self._media.activate(user, wanted.media)
        self._sessions[user] = session

    def deactivate_voice(self, user: str) -> None:
        """End the agent's calls, log the agent out of the DN and free it."""
        self._exchange.unseat(user)

    def deactivate_media(self, user: str) -> None:
        """Log the agent out of every media channel."""
        self._media.deactivate(user)

    def log_out(self, user: str) -> None:
        """Log the agent out of everything and forget where that was."""
        self.deactivate_voice(user)
        self.deactivate_media(user)
        self._sessions.pop(user, None)

    def recover(self, user: str) -> None:
        """Tell an agent who comes back how the DN, the calls and the channels stand."""
        dn = self._exchange.dn_of(user)
        if dn is not None:
            self._exchange.tell_dn(dn)
            for leg in list(dn.legs):
                self._exchange.tell(leg, "CallRecovered")
        self._media.tell(user, self._media.of(user))

    # --- how it looks -------------------------------------------------------------------------------------------------

    def user_view(self, name: str) -> dict[str, Any]:
        """A user in wire form, with the active session."""
        user = self._directory.users[name]
        return {
            "userName": user.user_name,
            "employeeId": user.employee_id,
            "agentLogin": user.agent_login,
            "defaultPlace": user.default_place,
            "firstName": user.first_name,
            "lastName": user.last_name,
            "dbid": user.dbid,
            "userProperties": user.user_properties,
            "activeSession": self._session_view(name),
        }

    def _session_view(self, user: str) -> dict[str, Any] | None:
        if not self.is_active(user):
            return None
        dn, session = self._exchange.dn_of(user), self._sessions.get(user)
        return {
            "autoCompleteCall": session is None or session.auto_complete,
            "currentPlace": self._place_of(user),
            "dn": dn.view(self._exchange.scheduler.now()) if dn is not None else None,
            "calls": self._exchange.calls_of(user),
            "media": {"channels": self._media.views(user)},
            "services": [{"serviceName": name, "serviceState": "AVAILABLE"} for name in ("VOICE", "IXN")],
            "agentReserved": 0,
        }

    def _place_of(self, user: str) -> str | None:
        dn, session = self._exchange.dn_of(user), self._sessions.get(user)
        if dn is not None:
            return self._directory.place_of[dn.number]
        return session.place if session is not None else None

    # --- activation ---------------------------------------------------------------------------------------------------

    def _prepare(self, user: str, wanted: Activation) -> AgentSession:
        """The session that the activation leads to, once its channels, place and DN are free for the agent."""
        for name in wanted.media:
            if name not in self._directory.media_channels:
                raise ActivationRefused("Resource not found", channel=name)
        place, number = self._station(user, wanted)
        at = self._exchange.dn_of(user)
        if self.is_active(user) and (place != self._place_of(user) or (at is not None and at.number != number)):
            raise ActivationRefused.by(TLibError.SIGNED_IN_ELSEWHERE, placeName=self._place_of(user))
        if any(
            other != user and self._place_of(other) == place for other in filter(self.is_active, self._directory.users)
        ):
            raise ActivationRefused.by(TLibError.RESOURCE_SEIZED, placeName=place)
        named: dict[str, Any] = {
            "agent_id": wanted.agent_id,
            "queue": wanted.queue,
            "phone": wanted.phone,
            "auto_complete": wanted.auto_complete,
        }
        session = self._sessions.get(user) or AgentSession(place, number, self._directory.users[user].agent_login)
        return evolve(
            session, place=place, number=number, **{name: value for name, value in named.items() if value is not None}
        )

    def _station(self, user: str, wanted: Activation) -> tuple[str, str]:
        """The place and the DN."""
        old = self._sessions.get(user)
        if wanted.dn is not None:
            place = self._directory.place_of.get(wanted.dn)
            if place is None:
                raise ActivationRefused("Resource not found", errorCode=TLibError.DN_NOT_CONFIGURED.value, dn=wanted.dn)
            if wanted.place not in {None, place}:
                raise ActivationRefused(f"DN {wanted.dn} is not at the place named", placeName=wanted.place)
            return place, wanted.dn
        if wanted.place is None:
            if old is None:
                raise ActivationRefused("No channels have been activated in this session")
            return old.place, old.number
        if wanted.place not in self._directory.places:
            raise ActivationRefused("Resource not found", placeName=wanted.place)
        if old is not None and old.place == wanted.place:
            return old.place, old.number
        return wanted.place, self._directory.places[wanted.place].dns[0]

    def _enter_voice(self, user: str, session: AgentSession, work_mode: str | None) -> None:
        who, dn = self._directory.users[user], self._exchange.dn_of(user)
        if session.agent_id and session.agent_id not in {who.agent_login, who.employee_id}:
            raise ActivationRefused.by(TLibError.INVALID_AGENT_ID, agentId=session.agent_id)
        seated = dn is not None
        if dn is None:
            dn = self._exchange.dns[session.number]
            self._exchange.seat(user, dn)
        dn.auto_complete = session.auto_complete
        if dn.logged_in:
            self._exchange.tell_dn(dn)
            return
        dn.agent_id = session.agent_id or None
        try:
            self._exchange.log_in(dn, work_mode)
        except Refused as refusal:
            if not seated:
                self._exchange.unseat(user)
            raise ActivationRefused.by(refusal.code) from refusal
