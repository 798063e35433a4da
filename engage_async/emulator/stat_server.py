"""The Stat Server of the emulated contact centre: it watches agents, and knows the value of every statistic.

Must live here: what is counted, and of which objects. Must not: subscriptions, HTTP, what agents do.

Objects and their statistics (numbers are ``{"longValue": n}``, texts ``{"stringValue": …}``; times in whole seconds):

* ``Agent`` (an employee id or a user name): ``CurrentAgentState`` (one of `AGENT_STATES`), ``TimeInCurrentState``,
  ``TotalLoginTime``, ``TotalReadyTime``, ``TotalNotReadyTime``, ``TotalTalkTime``, ``TotalHoldTime`` (since the
  emulator was made), ``InboundCalls``, ``OutboundCalls``, ``InternalCalls``, ``ConsultCalls`` (connected ones),
  ``CallsHandled`` (ended ones), ``MissedCalls``, ``AverageHandlingTime``; ``ReadyDuration``, ``TalkDuration`` and
  ``HoldDuration`` are the simulator's names for three of the times;
* ``GroupAgents`` (an agent group of the directory): ``AgentsLoggedIn``, ``AgentsReady``, ``AgentsNotReady``,
  ``AgentsOnCall`` (now);
* ``Queue`` (a virtual queue): ``CallbacksWaiting``, ``ExpectedWaitTime`` (-1: nobody is logged in).

Sources: the names of agents' statistics and the form of values are those of the vendor's tutorials and of its agent API
simulator, the states those of its Stat Server; the real service has whatever was configured for the contact centre.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from attrs import frozen

from engage_async.emulator.activity import Activity, AgentActivity, Clock, Stopwatch
from engage_async.emulator.calls import CallType
from engage_async.emulator.directory import Directory

__all__ = ["AGENT_STATES", "GROWING", "QueueView", "StatObject", "StatServer", "UnknownStatistic"]

StatObject = tuple[str, str]
"""An object's type and id."""

_ON_CALL = ("CallInbound", "CallOutbound", "CallInternal", "CallConsult")
_OF_CALLS = (("Established", ""), ("Dialing", "CallDialing"), ("Ringing", "CallRinging"), ("Held", "CallOnHold"))

AGENT_STATES = (
    "LoggedOut", "NotReadyForNextCall", "AfterCallWork", "WaitForNextCall", "CallDialing", "CallRinging", "CallOnHold",
    *_ON_CALL,
)  # fmt: skip
"""What ``CurrentAgentState`` can be. An agent with several calls is in the state of the one that counts most."""


class UnknownStatistic(LookupError):
    """There is no such statistic, or no such object; the text says which."""


@frozen(eq=False)
class _Agent:
    """An agent as the statistics see one: the time in each state, and what else was counted."""

    clock: Stopwatch
    done: AgentActivity

    def seconds(self, now: float, *states: str) -> int:
        """The time spent in states so far."""
        return int(sum(self.clock.seconds(state, now) for state in states))


def _total(*states: str) -> Callable[[_Agent, float], Any]:
    return lambda agent, now: agent.seconds(now, *states)


def _calls(call_type: CallType) -> Callable[[_Agent, float], Any]:
    return lambda agent, _: agent.done.connected[call_type.value]


_AGENT: Mapping[str, Callable[[_Agent, float], Any]] = {
    "CurrentAgentState": lambda agent, _: agent.clock.state,
    "TimeInCurrentState": lambda agent, now: int(now - agent.clock.since),
    "TotalLoginTime": _total(*AGENT_STATES[1:]),
    "TotalReadyTime": _total("WaitForNextCall"),
    "TotalNotReadyTime": _total("NotReadyForNextCall", "AfterCallWork"),
    "TotalTalkTime": _total(*_ON_CALL),
    "TotalHoldTime": _total("CallOnHold"),
    "InboundCalls": _calls(CallType.INBOUND),
    "OutboundCalls": _calls(CallType.OUTBOUND),
    "InternalCalls": _calls(CallType.INTERNAL),
    "ConsultCalls": _calls(CallType.CONSULT),
    "CallsHandled": lambda agent, _: agent.done.handled,
    "MissedCalls": lambda agent, _: agent.done.missed,
    "AverageHandlingTime": lambda agent, _: round(agent.done.handling / max(1, agent.done.handled)),
    "ReadyDuration": _total("WaitForNextCall"),
    "TalkDuration": _total(*_ON_CALL),
    "HoldDuration": _total("CallOnHold"),
}
_GROUP: Mapping[str, Callable[[str], bool]] = {
    "AgentsLoggedIn": lambda state: state != "LoggedOut",
    "AgentsReady": lambda state: state == "WaitForNextCall",
    "AgentsNotReady": lambda state: state in ("NotReadyForNextCall", "AfterCallWork"),
    "AgentsOnCall": lambda state: state in _ON_CALL,
}

GROWING = frozenset(name for name in _AGENT if "Time" in name or name.endswith("Duration")) - {"AverageHandlingTime"}
"""The statistics that change by the passing of time."""

_DEFINED = {("CurrentState", "AgentStatus"): ("Agent", "CurrentAgentState")}


@frozen
class QueueView:
    """A virtual queue now: how many wait, and how long, in seconds, a new one would."""

    waiting: int = 0
    expected_wait: int = 0


class StatServer:
    """Every statistic of a contact centre. `on_change` is called with the objects whose statistics may have changed.

    `queues` are the virtual queues by name, each as a function that gives its present view.
    """

    def __init__(self, activity: Activity, directory: Directory, clock: Clock) -> None:
        self.on_change: Callable[[frozenset[StatObject]], None] = _nothing
        self.queues: dict[str, Callable[[], QueueView]] = {}
        self._activity, self._now = activity, clock.now
        self._clocks = {user: Stopwatch("LoggedOut", clock.now()) for user in directory.users}
        self._user_of = {user.employee_id: name for name, user in directory.users.items()}
        self._groups = _groups(directory)
        activity.on_change.append(self._watch)

    # --- watching -----------------------------------------------------------------------------------------------------

    def changed(self, objects: Iterable[StatObject]) -> None:
        """Statistics of these objects may have changed."""
        self.on_change(frozenset(objects))

    def logged_in(self) -> int:
        """How many agents are logged in."""
        return sum(clock.state != "LoggedOut" for clock in self._clocks.values())

    def _watch(self, user: str) -> None:
        """Something happened to an agent."""
        clock = self._clocks.get(user)
        if clock is not None:
            clock.enter(_state(self._activity.of(user)), self._now())
            groups = [("GroupAgents", name) for name, members in self._groups.items() if user in members]
            self.changed([("Agent", user), *groups, *(("Queue", name) for name in self.queues)])

    # --- values -------------------------------------------------------------------------------------------------------

    def identify(self, name: str, object_type: str, object_id: str) -> StatObject:
        """The object that a statistic is about, by its one true id. Raises `UnknownStatistic`."""
        kinds = {"Agent": _AGENT, "GroupAgents": _GROUP, "Queue": _QUEUE}
        known: Mapping[str, Any] | None = kinds.get(object_type)
        if known is None:
            raise UnknownStatistic(f"Unknown object type {object_type[:60]!r}")
        if name not in known:
            raise UnknownStatistic(f"Unknown statistic {name[:60]!r} for objects of type {object_type}")
        own = self._user_of.get(object_id, object_id) if object_type == "Agent" else object_id
        found = {
            "Agent": own in self._clocks,
            "GroupAgents": own in self._groups,
            "Queue": own in self.queues,
        }
        if not found[object_type]:
            raise UnknownStatistic(f"Unknown object {object_id[:60]!r} of type {object_type}")
        return object_type, own

    def defined(self, definition: Mapping[str, Any], object_type: str) -> str:
        """The name of the statistic that a definition amounts to. Raises `UnknownStatistic`."""
        key = (str(definition.get("category")), str(definition.get("subject")))
        kind, name = _DEFINED.get(key, ("", ""))
        if kind != object_type:
            raise UnknownStatistic(f"No statistic of category {key[0][:40]!r} and subject {key[1][:40]!r}")
        return name

    def value(self, name: str, of: StatObject) -> dict[str, Any]:
        """The present value, in wire form, of an object that `identify` gave."""
        object_type, object_id = of
        if object_type == "Agent":
            agent = _Agent(self._clocks[object_id], self._activity.of(object_id))
            return _wire(_AGENT[name](agent, self._now()))
        if object_type == "GroupAgents":
            counts = _GROUP[name]
            return _wire(sum(counts(self._clocks[user].state) for user in self._groups[object_id]))
        return _wire(_QUEUE[name](self.queues[object_id]()))


_QUEUE: Mapping[str, Callable[[QueueView], int]] = {
    "CallbacksWaiting": lambda queue: queue.waiting,
    "ExpectedWaitTime": lambda queue: queue.expected_wait,
}


def _state(agent: AgentActivity) -> str:
    if agent.dn.state == "LoggedOut":
        return "LoggedOut"
    for state, name in _OF_CALLS:
        for call in agent.calls.values():
            if call.clock.state == state:
                return name or f"Call{call.call_type}"
    if agent.dn.state == "Ready":
        return "WaitForNextCall"
    return "AfterCallWork" if agent.work_mode == "AfterCallWork" else "NotReadyForNextCall"


def _groups(directory: Directory) -> dict[str, frozenset[str]]:
    names = [str(group.get("name")) for group in directory.configuration["agentGroups"]]
    return {name: frozenset(user for user, each in directory.users.items() if name in each.groups) for name in names}


def _wire(value: Any) -> dict[str, Any]:
    return {"stringValue": value} if isinstance(value, str) else {"longValue": value}


def _nothing(_: object) -> None:
    """Nobody wants to know."""
