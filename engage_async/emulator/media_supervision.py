"""Supervisors who follow the interactions of agents: unseen, seen by the agents alone, or seen by all.

Must live here: what supervisors watch, and when they come and go. Must not: who sees what in a chat (chats.py), HTTP.

    start-monitoring ──> Watch ──(an interaction is accepted, or was)──> the supervisor is on it as an observer
                           └── NextInteraction: ends with the first one; AllInteractions: until stop-monitoring
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from attrs import define

from engage_async.emulator.chats import WATCHING, ChatSession, entering
from engage_async.emulator.interaction_store import MediaRequest
from engage_async.emulator.interactions import SWITCHING, Interaction, InteractionState, Party, PartyRole
from engage_async.emulator.media_floor import Control, MediaFloor
from engage_async.emulator.tlib_errors import Refused, TLibError

__all__ = ["MediaSupervision"]


@define(eq=False)
class Watch:
    """A supervisor's standing request to follow what an agent does on a channel. `mode` is that of new interactions.

    `once` ends it after one interaction.
    """

    supervisor: str
    agent: str
    mediatype: str
    mode: str
    once: bool


class MediaSupervision:
    """Every watch. `on_interaction` and `on_channel` are the requests of supervisors, by operation."""

    def __init__(self, floor: MediaFloor) -> None:
        self._floor = floor
        self._watches: dict[tuple[str, str], Watch] = {}
        self._followed: dict[Interaction, dict[str, Watch]] = {}
        floor.store.on_left = self._left
        self.on_interaction: Control = {operation: partial(self._switch, mode) for operation, mode in SWITCHING.items()}
        self.on_channel: dict[str, Callable[[MediaRequest], None]] = {
            "start-monitoring": self._start,
            "stop-monitoring": self._stop,
        }

    def taken(self, interaction: Interaction, user: str) -> None:
        """An agent has an interaction at hand: whoever watches the agent follows it."""
        watch = self._watch_on(user, interaction.mediatype)
        if watch is not None and watch.supervisor not in interaction.parties:
            self._follow(interaction, watch)

    # --- what supervisors ask -----------------------------------------------------------------------------------------

    def _start(self, request: MediaRequest) -> None:
        floor, data, mediatype = self._floor, request.data, request.mediatype or ""
        if not floor.directory.users[request.user].supervisor:
            raise Refused(TLibError.ACCESS_RESTRICTED)
        agent = floor.routing.agent_named(data["agentId"], mediatype).user_name
        if agent == request.user:
            raise Refused(TLibError.INVALID_ATTRIBUTE)
        if self._watch_on(agent, mediatype) is not None:
            raise Refused(TLibError.ALREADY_SO)
        once = data["monitoringNextInteractionType"] == "NextInteraction"
        self._watches[agent, mediatype] = Watch(request.user, agent, mediatype, data["monitoringMode"], once)
        if not once:
            for interaction in floor.store.of(agent, mediatype):
                if _is_at_hand(interaction.parties[agent]):
                    self.taken(interaction, agent)

    def _stop(self, request: MediaRequest) -> None:
        agent = self._floor.routing.agent_named(request.data["agentId"], request.mediatype or "").user_name
        watch = self._watch_on(agent, request.mediatype or "")
        if watch is None or watch.supervisor != request.user:
            raise Refused(TLibError.INVALID_STATE)
        self._end(watch)

    def _switch(self, mode: str, floor: MediaFloor, interaction: Interaction, party: Party, _: MediaRequest) -> None:
        party.watch = mode
        session = interaction.content
        if isinstance(session, ChatSession) and (part := session.part_of(party.user)) is not None:
            session.show(part, WATCHING[mode])
        floor.store.tell_all(interaction)

    # --- inside -------------------------------------------------------------------------------------------------------

    def _watch_on(self, agent: str, mediatype: str) -> Watch | None:
        """Who watches an agent on a channel; a supervisor who has logged out of it does not any more."""
        watch = self._watches.get((agent, mediatype))
        if watch is not None:
            channel = self._floor.channels.find(watch.supervisor, mediatype)
            if channel is None or not channel.logged_in:
                self._forget(watch)
                return None
        return watch

    def _follow(self, interaction: Interaction, watch: Watch) -> None:
        floor = self._floor
        self._followed.setdefault(interaction, {})[watch.supervisor] = watch
        if watch.once:
            self._forget(watch)
        supervisor, mode = floor.directory.users[watch.supervisor], watch.mode
        with entering(interaction, supervisor, kind="Supervisor", visibility=WATCHING[mode]):
            floor.store.join(interaction, watch.supervisor, PartyRole.OBSERVER, InteractionState.PROCESSING, watch=mode)

    def _left(self, interaction: Interaction, party: Party) -> None:
        """An agent leaves an interaction, and with the agent whoever watched; or the supervisor leaves."""
        followers = self._followed.get(interaction, {})
        followers.pop(party.user, None)
        for supervisor, watch in list(followers.items()):
            if watch.agent == party.user and supervisor in interaction.parties:
                self._floor.store.leave(interaction, supervisor, InteractionState.COMPLETED)
        if not followers:
            self._followed.pop(interaction, None)

    def _end(self, watch: Watch) -> None:
        self._forget(watch)
        for interaction, followers in list(self._followed.items()):
            if followers.get(watch.supervisor) is watch:
                self._floor.store.leave(interaction, watch.supervisor, InteractionState.COMPLETED)

    def _forget(self, watch: Watch) -> None:
        self._watches.pop((watch.agent, watch.mediatype), None)


def _is_at_hand(party: Party) -> bool:
    return party.works and party.role is not PartyRole.OBSERVER and party.state is not InteractionState.LEFT_CHAT
