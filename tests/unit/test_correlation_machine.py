"""Correlation against a model that looks at everything: any interleaving settles each operation once, as it must."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any, Literal, TypeVar

import pytest
from correlation_desk import MEDIA, VOICE, Desk, call_event, dn_event, error_event
from correlation_model import CODES, PARTS, AgentEvent, CallEvent, ErrorEvent, Model, Op
from hypothesis import HealthCheck, note, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from engage_async.protocol import remembered
from engage_async.protocol.correlation import Pending
from engage_async.protocol.notices import Notice
from engage_async.protocol.readings import MARKER_KEY
from engage_async.protocol.snapshot import snapshot_notices

T = TypeVar("T")

OUTCOMES: list[Literal["known", "refused", "unknown"]] = ["unknown", "known", "refused"]
ALIASES = ["alias-0", "alias-1"]
NUMBERS = ["5551212", "95551212", "5553434"]
STATES = ["Established", "Held", "Dialing", "Ringing", "Established", "Held", "Released", "Completed"]
KINDS = ["StateChange", "StateChange", "AttachedDataChanged", "ParticipantsUpdated", "CallRecovered"]
PARTIES = [None, frozenset(), frozenset({"5551"}), frozenset({"5551", "5552"}), frozenset({"5551", "5552", "5553"})]
DATA = [None, "Gold", "Silver", "another key"]


THEMES = [
    ["hold", "retrieve", "alternate", "answer", "release", "complete"],
    ["make_call", "make_call", "make_call", "hold", "attach_user_data"],
    ["make_call", "initiate_transfer", "initiate_transfer", "hold", "ready"],
    ["not_ready", "not_ready", "ready", "logout", "dnd_on"],
    ["complete_conference", "complete_transfer", "reconnect", "alternate", "single_step_transfer"],
    ["attach_user_data", "attach_user_data", "send_dtmf", "start_recording", "complete"],
    ["hold", "ready", "send_dtmf", "make_call"],
]


class Dice:
    """Many throws, as one value to draw: the first choice is the simplest."""

    def __init__(self, throws: bytes) -> None:
        self._throws = itertools.chain(throws, itertools.repeat(0))

    def of(self, choices: Sequence[T]) -> T:
        return choices[next(self._throws) % len(choices)]

    def rarely(self) -> bool:
        return next(self._throws) % 4 == 3


def throws(count: int = 32) -> st.SearchStrategy[Dice]:
    return st.binary(min_size=count, max_size=count).map(Dice)


class CorrelationMachine(RuleBasedStateMachine):
    """Does the same to both, and compares after each step."""

    def __init__(self) -> None:
        super().__init__()
        self.desk = Desk()
        self.model = Model(guesses=True, now=self.desk.now)
        self.kinds: list[str] = []
        self.actions: list[Callable[[CorrelationMachine, Dice], None]] = []
        self.calls = ["c1", "c2"]
        self.numbers = itertools.count(3)
        self.pendings: dict[Op, Pending] = {}
        self.last: tuple[Notice, Callable[[], None]] | None = None

    @initialize(dice=throws(6_000), guesses=st.booleans(), actions=st.integers(0, 400))
    def open(self, dice: Dice, guesses: bool, actions: int) -> None:
        """A session that uses few kinds of operations, so that they meet; much has happened in it already."""
        self.desk = Desk("oldest" if guesses else "none")
        self.model = Model(guesses=guesses, now=self.desk.now)
        self.kinds = dice.of([[dice.of(sorted(PARTS)) for _ in range(4)], *THEMES])
        self.actions = [CorrelationMachine.start, *(dice.of(ACTIONS) for _ in range(dice.of([12, 8, 5])))]
        self.much_happens(dice, actions)

    @rule(dice=throws(400), actions=st.integers(1, 25))
    def much_happens(self, dice: Dice, actions: int) -> None:
        for _ in range(actions):
            dice.of(self.actions)(self, dice)
            self.the_same_operations_wait_and_the_same_calls_are_known()

    # --- what a session does ------------------------------------------------------------------------------------------

    @rule(dice=throws())
    def start(self, dice: Dice) -> None:
        if len(self.model.ops) < 8:
            self._start(dice)

    @rule(dice=throws())
    def send_or_reply(self, dice: Dice) -> None:
        """A reply of code 1, with or without an alias; or one that settles the operation, or it is cancelled."""
        waiting = self._waiting(dice)
        op = dice.of(list(self.pendings)[-8:] if dice.rarely() else waiting)
        if not op.sent and op in self.model.ops:
            note(f"send {op.operation_id}")
            self.desk.send(self.pendings[op])
            self.model.send(op)
        elif op in self.model.ops and dice.rarely():
            note(f"send {op.operation_id} again")
            self.desk.correlator.repeating(self.pendings[op], self.desk.now)
            self.model.repeat(op)
        elif dice.rarely():
            outcome = dice.of(OUTCOMES)
            note(f"discard {op.operation_id}: {outcome}")
            assert self.desk.discard(self.pendings[op], outcome) == self.model.remove(op, outcome)
        else:
            alias = dice.of([None, *ALIASES, op.operation_id])
            note(f"accept {op.operation_id} as {alias}")
            self.desk.accept(self.pendings[op], alias)
            self.model.accept(op, alias)

    @rule(dice=throws())
    def time_passes(self, dice: Dice) -> None:
        self._wait(dice.of([0.5, 1.0, 2.0, 8.0]))

    def _wait(self, seconds: float) -> None:
        note(f"wait {seconds} s")
        self.desk.wait(seconds)
        self.model.wait(seconds)

    # --- what comes ---------------------------------------------------------------------------------------------------

    @rule(dice=throws())
    def event_that_an_operation_waits_for(self, dice: Dice) -> None:
        op = dice.of(self._waiting(dice))
        call_id, what = dice.of(list(op.parts()))
        if what in ("agent", "dnd"):
            state = {"ready": "Ready", "logout": "LoggedOut"}.get(op.name, "NotReady")
            self._feed_agent(AgentEvent(state, None, dice.of([op.reason, "Lunch"]), dnd=True), dice)
            return
        event = self._any_call_event(dice)
        if what in ("consult", "new call"):
            event = CallEvent(self._new(dice), dice.of(["Dialing", "Established", "Released"]))
            event.to = dice.of([op.to, None, *NUMBERS])
            event.consult = what == "consult"
            event.parent = dice.of([op.call, None]) if event.consult else None
            event.mark = dice.of([None, None, op.operation_id])
        elif what in ("Held", "Established", "Completed"):
            event.state = what
        elif what == "ended":
            event.state = dice.of(["Released", "Completed"])
        event.id = call_id or event.id
        self._feed_call(event, dice)

    @rule(dice=throws())
    def event_of_a_call(self, dice: Dice) -> None:
        event = self._any_call_event(dice)
        if dice.rarely():
            event.previous, event.id = self._call(dice), dice.of([event.id, self._new(dice)])
        self._feed_call(event, dice)

    @rule(dice=throws())
    def event_of_a_new_call(self, dice: Dice) -> None:
        event = CallEvent(self._new(dice), dice.of(["Dialing", "Established", "Released"]))
        event.to, event.consult = dice.of([*NUMBERS, None, "1"]), dice.of([False, True])
        if event.consult:
            event.parent = dice.of([None, self._call(dice)])
        self._feed_call(event, dice)

    @rule(dice=throws())
    def event_of_the_dn(self, dice: Dice) -> None:
        state = dice.of(["NotReady", "Ready", "NotReady", "LoggedOut"])
        self._feed_agent(AgentEvent(state, None, dice.of(["Lunch", "Break", "Tea"]), dice.of([False, True])), dice)

    @rule(dice=throws())
    def error_that_an_operation_may_get(self, dice: Dice) -> None:
        op = dice.of(self._waiting(dice))
        event = ErrorEvent(dice.of([56, 43, *(code for code, names in CODES.items() if op.name in names)]))
        call_id = dice.of([op.call, op.other or op.call]) or None
        form = dice.of(["nothing", "nothing", "call", "uuid", "operation"])
        if form == "call":
            event.call = call_id
        elif form == "uuid":
            event.uuid = f"u-{call_id}"
        elif form == "operation":
            event.names = op.operation_id
        self._feed_error(event)

    @rule(dice=throws())
    def error(self, dice: Dice) -> None:
        event = ErrorEvent(dice.of([56, 43, *CODES]), self._id(dice), voice=not dice.rarely())
        event.dn = dice.of([None, "own", "foreign"])
        if event.voice:
            event.call = dice.of([None, None, self._call(dice), "unknown"])
            event.uuid = dice.of([None, f"u-{self._call(dice)}", "u-unknown"]) if event.call is None else None
        self._feed_error(event)

    @rule(_dice=st.none())
    def the_same_again(self, _dice: Dice | None) -> None:
        if self.last is not None:
            notice, tell_the_model = self.last
            note("the same again")
            self.desk.feed(notice)
            tell_the_model()

    @rule(dice=throws())
    def notifications_are_lost(self, dice: Dice) -> None:
        if not dice.rarely():
            return
        self._waiting(dice)
        session = dice.of(["open", "open", "none", "not told"])
        calls = [self._any_call_event(dice) for _ in range(dice.of([0, 1, 2]) if session == "open" else 0)]
        calls = list({event.id: event for event in calls}.values())
        for event in calls:
            event.kind, event.snapshot, event.to = None, True, dice.of([None, *NUMBERS])
        agent = [AgentEvent(dice.of(["NotReady", "Ready"]), snapshot=True)] if dice.of([0, 1]) else []
        agent = agent if session == "open" else []
        listed = {event.id for event in calls}
        gone = sorted(min(ids) for ids in self.model.live_calls() if session != "not told" and not ids & listed)
        active: Any = {"calls": [_call_notice(event).payload["call"] for event in calls]}
        if agent:
            active["dn"] = _agent_notice(agent[0]).payload["dn"]
        data = {"user": {"activeSession": active if session == "open" else None} if session != "not told" else {}}
        note(f"lost: {agent} {calls}, not there any more: {gone}")
        self.desk.lose(*snapshot_notices(data, self.desk.correlator.live_calls()))
        absent = [CallEvent(call_id, "Completed", kind=None, snapshot=True) for call_id in gone]
        self.model.lose([*agent, *calls, *absent])

    # --- both agree ---------------------------------------------------------------------------------------------------

    @invariant()
    def the_same_operations_wait_and_the_same_calls_are_known(self) -> None:
        ours = {op: (s.outcome, s.matched) for op, p in self.pendings.items() if (s := self.desk.settlements.get(p))}
        assert ours == self.model.settled
        assert list(self.desk.correlator.pending) == [self.pendings[op] for op in self.model.ops]
        assert set(self.desk.correlator.live_calls()) == self.model.live_calls()
        assert self.desk.correlator.is_empty() == (not self.model.ops)
        if self.model.ops:
            assert self.desk.correlator.next_due() == min(op.due for op in self.model.ops)
        for op, pending in self.pendings.items():
            assert pending.settled == (op not in self.model.ops)

    def teardown(self) -> None:
        self._wait(1_000.0)
        self.the_same_operations_wait_and_the_same_calls_are_known()
        assert self.desk.correlator.is_empty()

    # ------------------------------------------------------------------------------------------------------------------

    def _start(self, dice: Dice) -> None:
        name = dice.of(self.kinds)
        wheres = {where for where, _ in PARTS[name]}
        call, other = (self._call(dice) if where in wheres else "" for where in ("call", "other"))
        to, reason, value = (
            dice.of([*NUMBERS, "sales", "sales"]),
            dice.of(["", "Lunch", "Break"]),
            dice.of(["Gold", "Silver"]),
        )
        timeout, sent = dice.of([15.0, 60.0, 3.0]), not dice.rarely()
        arguments: dict[str, Any] = {
            "call_id": call or None, "held_call_id": other, "parent_call_id": other or None, "destination": to,
            "reason_code": reason or None, "user_data": {"Segment": value}, "digits": "1",
        }  # fmt: skip
        marked = name in ("make_call", "initiate_transfer") and dice.rarely()
        pending = self.desk.start(name, sent=sent, timeout=timeout, marked=marked, **arguments)
        reason = reason if name == "not_ready" else ""
        operation_id, now = pending.expectation.operation_id, self.model.now
        op = Op(name, operation_id, pending.due, timeout, call, other, to, reason, value, now)
        op.marked = marked
        note(f"start {op}")
        self.pendings[op] = pending
        self.model.start(op)
        if sent:
            self.model.send(op)

    def _waiting(self, dice: Dice) -> list[Op]:
        """The operations that wait: some, so that there is a choice."""
        while len(self.model.ops) < 2:
            self._start(dice)
        return self.model.ops

    def _call(self, dice: Dice) -> str:
        """One of the calls that are about: mostly alive, some perhaps not seen yet."""
        alive = [call_id for call_id in self.calls[-4:] if call_id not in self.model.ended]
        while len(alive) < 2:
            self.calls.append(f"c{next(self.numbers)}")
            alive.append(self.calls[-1])
        return dice.of(self.calls[-4:] if dice.rarely() else alive)

    def _new(self, dice: Dice) -> str:
        """The id of a call that was not seen yet, most probably."""
        if not dice.rarely():
            self.calls.append(f"c{next(self.numbers)}")
        return self.calls[-1]

    def _any_call_event(self, dice: Dice) -> CallEvent:
        return CallEvent(
            self._call(dice),
            dice.of(STATES),
            dice.of(KINDS),
            data=dice.of(DATA),
            parties=dice.of(PARTIES),
            recording=dice.of([None, "Recording", "Stopped"]),
        )

    def _id(self, dice: Dice) -> str | None:
        """Which of the ids that are about an event names; mostly none."""
        if not dice.rarely():
            return None
        return dice.of([*(op.operation_id for op in list(self.pendings)[-6:]), *ALIASES, "foreign"])

    def _feed_call(self, event: CallEvent, dice: Dice) -> None:
        event.names, event.uuid = self._id(dice), f"u-{event.id}"
        self._feed(_call_notice(event), event, lambda: self.model.call_event(event))

    def _feed_agent(self, event: AgentEvent, dice: Dice) -> None:
        event.names = self._id(dice)
        self._feed(_agent_notice(event), event, lambda: self.model.agent_event(event))

    def _feed_error(self, event: ErrorEvent) -> None:
        self._feed(_error_notice(event), event, lambda: self.model.error_event(event))

    def _feed(self, notice: Notice, event: object, tell_the_model: Callable[[], None]) -> None:
        note(str(event))
        self.last = notice, tell_the_model
        self.desk.feed(notice)
        tell_the_model()


ACTIONS: list[Callable[[CorrelationMachine, Dice], None]] = [
    CorrelationMachine.time_passes,
    CorrelationMachine.start,
    CorrelationMachine.start,
    CorrelationMachine.send_or_reply,
    CorrelationMachine.send_or_reply,
    CorrelationMachine.event_that_an_operation_waits_for,
    CorrelationMachine.event_that_an_operation_waits_for,
    CorrelationMachine.event_that_an_operation_waits_for,
    CorrelationMachine.event_of_a_call,
    CorrelationMachine.event_of_a_call,
    CorrelationMachine.event_of_a_new_call,
    CorrelationMachine.event_of_the_dn,
    CorrelationMachine.error_that_an_operation_may_get,
    CorrelationMachine.error,
    CorrelationMachine.the_same_again,
    CorrelationMachine.notifications_are_lost,
]


def _call_notice(event: CallEvent) -> Notice:
    data = None if event.data is None else {"Other": "x"} if event.data == "another key" else {"Segment": event.data}
    data = {**(data or {}), MARKER_KEY: event.mark} if event.mark else data
    more: dict[str, Any] = {
        "callType": "Consult" if event.consult else "Outbound", "parentConnId": event.parent, "callUuid": event.uuid,
        "previousConnId": event.previous, "userData": data, "recordingState": event.recording,
    }  # fmt: skip
    return call_event(
        event.state,
        event.id,
        kind=event.kind,
        operation_id=event.names,
        snapshot=event.snapshot,
        to=event.to,
        parties=None if event.parties is None else sorted(event.parties),
        **more,
    )


def _agent_notice(event: AgentEvent) -> Notice:
    reasons = [{"key": "ReasonCode", "type": "str", "value": event.reason}]
    return dn_event(event.state, snapshot=event.snapshot, operation_id=event.names, reasons=reasons, dnd=event.dnd)


def _error_notice(event: ErrorEvent) -> Notice:
    named = {
        "operationId": event.names,
        "connId": event.call,
        "callUuid": event.uuid,
        "dn": {"own": "7001", "foreign": "7002", None: None}[event.dn],
    }
    return error_event(event.code, channel=VOICE if event.voice else MEDIA, **named)


def test_any_interleaving_settles_every_operation_once_and_as_the_rules_say(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remembered, "LIMIT", 10_000)
    large = [HealthCheck.too_slow, HealthCheck.large_base_example, HealthCheck.data_too_large]
    often = settings(max_examples=2 * settings().max_examples, stateful_step_count=10, suppress_health_check=large)
    run_state_machine_as_test(CorrelationMachine, settings=often)
