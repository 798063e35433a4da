"""What each agent has done so far, learnt from the events that tell it.

Must live here: counting and timing of agent states, calls and media channels. Must not: which statistics are made of it
(stat_server.py), who asks for them.

    LoggedOut ──► … ──► Ready ──► …       time is added up state by state, for the agent and for each call
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from attrs import Factory, define

__all__ = ["Activity", "AgentActivity", "CallActivity", "Clock", "Stopwatch"]

_ENDED = frozenset({"Released", "Completed"})
_HANDLING = ("Established", "Held")


class Clock(Protocol):
    """A clock."""

    def now(self) -> float:
        """Seconds since 1970."""
        ...


@define(eq=False)
class Stopwatch:
    """The time spent in each of several states, one after the other. `since` is when the present one began."""

    state: str
    since: float
    spent: dict[str, float] = Factory(dict)

    def enter(self, state: str, now: float) -> None:
        """Go over to another state; entering the present one again changes nothing."""
        if state != self.state:
            self.spent[self.state] = self.seconds(self.state, now)
            self.state, self.since = state, now

    def seconds(self, state: str, now: float) -> float:
        """The time in a state, the present one included."""
        running = max(0.0, now - self.since) if state == self.state else 0.0
        return self.spent.get(state, 0.0) + running


@define(eq=False)
class CallActivity:
    """A call of an agent that goes on. `connected` is whether it ever was."""

    call_type: str
    clock: Stopwatch
    connected: bool = False


@define(eq=False)
class AgentActivity:
    """One agent. `dn` times the agent states on the voice channel, `channels` those on each media channel.

    `calls` go on now, by id. `connected` counts calls by type that reached the agent, `missed` those that rang in vain,
    `handled` those that are over; `time_in` is the time of all ended calls by state, `handling` that of handled ones.
    """

    dn: Stopwatch
    work_mode: str = ""
    channels: dict[str, Stopwatch] = Factory(dict)
    calls: dict[str, CallActivity] = Factory(dict)
    connected: Counter[str] = Factory(Counter)
    missed: int = 0
    handled: int = 0
    handling: float = 0.0
    time_in: dict[str, float] = Factory(dict)

    def seconds_in_calls(self, state: str, now: float) -> float:
        """The time that calls, also present ones, have spent in a state; of calls at the same time the sum."""
        running = sum(call.clock.seconds(state, now) for call in self.calls.values())
        return self.time_in.get(state, 0.0) + running


class Activity:
    """Every agent, by user name. Calls that an agent only monitors do not count.

    `on_change` functions hear of each event that may have changed something, with the user; `on_missed` ones of a call
    that stopped ringing unanswered, with the user and the call in wire form.
    """

    def __init__(self, clock: Clock) -> None:
        self.on_change: list[Callable[[str], object]] = []
        self.on_missed: list[Callable[[str, Mapping[str, Any]], object]] = []
        self._clock = clock
        self._agents: dict[str, AgentActivity] = {}
        self._readers: Mapping[str, Callable[[AgentActivity, Mapping[str, Any], str], None]] = {
            "DnStateChanged": self._dn,
            "CallStateChanged": self._call,
            "ChannelStateChanged": self._channels,
        }

    def of(self, user: str) -> AgentActivity:
        """What an agent has done; one who never logged in has done nothing."""
        known = self._agents.get(user)
        return known or AgentActivity(Stopwatch("LoggedOut", self._clock.now()))

    def hear(self, user: str, event: Mapping[str, Any]) -> None:
        """Take an event that is told to an agent."""
        reader = self._readers.get(str(event.get("messageType")))
        if reader is None:
            return
        agent = self._agents.get(user)
        if agent is None:
            agent = self._agents[user] = self.of(user)
        reader(agent, event, user)
        for told in self.on_change:
            told(user)

    def _dn(self, agent: AgentActivity, event: Mapping[str, Any], _user: str) -> None:
        dn = event["dn"]
        agent.dn.enter(dn["agentState"], self._clock.now())
        agent.work_mode = dn.get("agentWorkMode") or ""

    def _channels(self, agent: AgentActivity, event: Mapping[str, Any], _user: str) -> None:
        now = self._clock.now()
        for channel in event["media"]["channels"]:
            clock = agent.channels.get(channel["name"])
            if clock is None:
                agent.channels[channel["name"]] = Stopwatch(channel["state"], now)
            else:
                clock.enter(channel["state"], now)

    def _call(self, agent: AgentActivity, event: Mapping[str, Any], user: str) -> None:
        view, now = event["call"], self._clock.now()
        if view.get("isMonitoredByMe"):
            return
        call_id, state = view["id"], view["state"]
        call = agent.calls.get(call_id) or agent.calls.pop(view.get("previousConnId") or "", None)
        if call is None:
            if state in _ENDED:
                return
            call = CallActivity(view["callType"], Stopwatch(state, now))
        agent.calls[call_id] = call
        was = call.clock.state
        call.clock.enter(state, now)
        if state == "Established" and not call.connected:
            call.connected = True
            agent.connected[call.call_type] += 1
        if state in _ENDED:
            del agent.calls[call_id]
            _over(agent, call, now)
            if was == "Ringing":
                agent.missed += 1
                for told in self.on_missed:
                    told(user, view)


def _over(agent: AgentActivity, call: CallActivity, now: float) -> None:
    """A call has ended: its time is the agent's."""
    for state in call.clock.spent:
        agent.time_in[state] = agent.time_in.get(state, 0.0) + call.clock.seconds(state, now)
    if call.connected:
        agent.handled += 1
        agent.handling += sum(call.clock.seconds(state, now) for state in _HANDLING)
