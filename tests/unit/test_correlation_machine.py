"""Correlation against a model that looks at everything: any interleaving settles each operation once, as it must."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, TypeVar

from correlation_desk import MEDIA, VOICE, Desk, call_event, dn_event, error_event
from correlation_model import CODES as MODEL_CODES
from correlation_model import PARTS, AgentEvent, CallEvent, ErrorEvent, Model, Op
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from engage_async.protocol.correlation import Pending
from engage_async.protocol.notices import Notice
from engage_async.protocol.snapshot import snapshot_notices

T = TypeVar("T")

CALLS = ["c0", "c1", "c2"]
NEW = [f"n{n}" for n in range(4)]
ALIASES = ["alias-0", "alias-1"]
NUMBERS = ["5551212", "95551212", "5553434"]
STATES = ["Dialing", "Ringing", "Established", "Established", "Held", "Held", "Released", "Completed"]
KINDS = ["StateChange", "StateChange", "StateChange", "AttachedDataChanged", "ParticipantsUpdated", "CallRecovered"]
PARTIES = [None, frozenset(), frozenset({"5551"}), frozenset({"5551", "5552"}), frozenset({"5551", "5552", "5553"})]

WHICH = st.integers(0, 11)
NAMES = st.integers(-8, 11)
"""Which of the ids that are about (those of operations, aliases, a foreign one) an event names; negative for none."""

STARTS = st.lists(
    st.fixed_dictionaries(
        {
            "kind": WHICH,
            "call": st.sampled_from(CALLS),
            "other": st.sampled_from(CALLS),
            "to": st.sampled_from([*NUMBERS, "sales"]),
            "reason": st.sampled_from(["", "Lunch", "Break"]),
            "value": st.sampled_from(["Gold", "Silver"]),
            "timeout": st.sampled_from([3.0, 15.0, 60.0]),
            "sent": st.sampled_from([True, True, True, False]),
        }
    ),
    min_size=1,
    max_size=3,
)
CALL_EVENTS = st.builds(
    CallEvent,
    id=st.sampled_from(CALLS + NEW[:2]),
    state=st.sampled_from(STATES),
    kind=st.sampled_from(KINDS),
    data=st.sampled_from([None, "Gold", "Silver", "another key"]),
    parties=st.sampled_from(PARTIES),
    recording=st.sampled_from([None, None, "Recording", "Stopped"]),
)
SNAPSHOT_CALLS = st.builds(
    CallEvent,
    id=st.sampled_from(CALLS + NEW),
    state=st.sampled_from(["Dialing", "Established", "Held", "Released"]),
    kind=st.none(),
    to=st.sampled_from([None, *NUMBERS]),
    data=st.sampled_from([None, "Gold"]),
    parties=st.sampled_from(PARTIES),
    snapshot=st.just(value=True),
)
NEW_CALLS = st.builds(
    CallEvent,
    id=st.sampled_from(NEW),
    state=st.sampled_from(["Dialing", "Dialing", "Established", "Released"]),
    to=st.sampled_from([None, *NUMBERS, "1"]),
    consult=st.booleans(),
)
CODES = [56, 56, *MODEL_CODES]


class CorrelationMachine(RuleBasedStateMachine):
    """Does the same to both, and compares after each step."""

    def __init__(self) -> None:
        super().__init__()
        self.count = 0
        self.pendings: dict[Op, Pending] = {}
        self.last: tuple[Notice, CallEvent | AgentEvent | ErrorEvent] | None = None

    @initialize(
        guess=st.sampled_from(["oldest", "none"]),
        kinds=st.lists(st.sampled_from(sorted(PARTS)), min_size=1, max_size=4),
        starts=STARTS,
    )
    def open(self, guess: Literal["oldest", "none"], kinds: list[str], starts: list[dict[str, Any]]) -> None:
        """A session that uses few kinds of operations, so that they meet."""
        self.desk = Desk(guess)
        self.model = Model(guess == "oldest", self.desk.now)
        self.kinds = kinds
        self.start(starts)

    # --- what a session does ------------------------------------------------------------------------------------------

    @precondition(lambda self: len(self.model.ops) < 8)
    @rule(starts=STARTS)
    def start(self, starts: list[dict[str, Any]]) -> None:
        for given in starts:
            self._start(self.kinds[given["kind"] % len(self.kinds)], **{k: v for k, v in given.items() if k != "kind"})

    @precondition(lambda self: any(not op.sent for op in self.model.ops))
    @rule(which=WHICH)
    def send(self, which: int) -> None:
        op = self._pick([op for op in self.model.ops if not op.sent], which)
        self.desk.send(self.pendings[op])
        self.model.send(op)

    @precondition(lambda self: self.pendings)
    @rule(which=WHICH, alias=st.sampled_from([None, "own", *ALIASES]), open_one=st.booleans())
    def reply_with_code_1(self, which: int, alias: str | None, open_one: bool) -> None:
        op = self._pick(self.model.ops if open_one and self.model.ops else list(self.pendings)[-8:], which)
        alias = op.operation_id if alias == "own" else alias
        self.desk.accept(self.pendings[op], alias)
        self.model.accept(op, alias)

    @precondition(lambda self: self.pendings)
    @rule(which=WHICH)
    def reply_that_settles_or_cancellation(self, which: int) -> None:
        op = self._pick(list(self.pendings)[-8:], which)
        assert self.desk.correlator.discard(self.pendings[op]) == self.model.remove(op)

    @rule(seconds=st.sampled_from([0.5, 1.0, 2.0, 8.0]))
    def time_passes(self, seconds: float) -> None:
        self.desk.wait(seconds)
        self.model.wait(seconds)

    # --- what comes ---------------------------------------------------------------------------------------------------

    @precondition(lambda self: self.model.ops)
    @rule(which=WHICH, part=st.booleans(), event=CALL_EVENTS, names=NAMES)
    def event_that_an_operation_waits_for(self, which: int, part: bool, event: CallEvent, names: int) -> None:
        op = self._pick(self.model.ops, which)
        event.id, what = list(op.parts())[-part]
        if what in ("agent", "dnd"):
            state = {"ready": "Ready", "logout": "LoggedOut"}.get(op.name, "NotReady")
            self._feed_agent(AgentEvent(state, None, op.reason if part else "Lunch", dnd=True), names)
            return
        if what in ("consult", "new call"):
            event.id, event.state, event.to = NEW[which % len(NEW)], "Dialing", op.to
            event.consult, event.parent = what == "consult", op.call if what == "consult" and part else None
        elif what in ("Held", "Established", "Completed"):
            event.state = what
        elif what == "ended":
            event.state = "Released" if part else "Completed"
        self._feed_call(event, names)

    @rule(event=CALL_EVENTS, names=NAMES)
    def event_of_a_call(self, event: CallEvent, names: int) -> None:
        self._feed_call(event, names)

    @rule(event=CALL_EVENTS, previous=st.sampled_from(CALLS + NEW), names=NAMES)
    def event_of_a_call_that_changed_its_id(self, event: CallEvent, previous: str, names: int) -> None:
        event.previous = previous
        self._feed_call(event, names)

    @rule(event=NEW_CALLS, parent=st.sampled_from([None, *CALLS, *NEW[:2]]), names=NAMES)
    def event_of_a_new_call(self, event: CallEvent, parent: str | None, names: int) -> None:
        event.parent = parent if event.consult else None
        self._feed_call(event, names)

    @rule(
        state=st.sampled_from(["Ready", "NotReady", "NotReady", "LoggedOut"]),
        reason=st.sampled_from(["Lunch", "Break", "Tea"]),
        dnd=st.booleans(),
        names=NAMES,
    )
    def event_of_the_dn(self, state: str, reason: str, dnd: bool, names: int) -> None:
        self._feed_agent(AgentEvent(state, None, reason, dnd), names)

    @precondition(lambda self: self.model.ops)
    @rule(which=WHICH, form=st.sampled_from(["call", "uuid", "code", "nothing"]), fitting=st.booleans())
    def error_that_an_operation_may_get(self, which: int, form: str, fitting: bool) -> None:
        op = self._pick(self.model.ops, which)
        codes = [code for code, names in MODEL_CODES.items() if op.name in names]
        code = self._pick(codes, which) if codes and (fitting or form == "code") else 56
        call = op.other or op.call if which % 2 else op.call
        event = ErrorEvent(code)
        if form == "call":
            event.call = call or None
        elif form == "uuid":
            event.uuid = f"u-{call}"
        self._feed(_error_notice(event), event)

    @rule(
        code=st.sampled_from(CODES),
        names=NAMES,
        call=st.sampled_from([None, None, None, *CALLS, "n0", "unknown"]),
        uuid=st.sampled_from([None, None, None, "u-c0", "u-n0", "u-unknown"]),
        dn=st.sampled_from([None, None, "own", "foreign"]),
        voice=st.sampled_from([True, True, True, False]),
    )
    def error(self, code: int, names: int, call: str | None, uuid: str | None, dn: str | None, voice: bool) -> None:
        uuid, call = (None, call) if call else (uuid, None)
        event = ErrorEvent(code, self._id(names), call if voice else None, uuid if voice else None, dn, voice)
        self._feed(_error_notice(event), event)

    @precondition(lambda self: self.last is not None)
    @rule()
    def the_same_again(self) -> None:
        assert self.last is not None
        self._feed(*self.last)

    @precondition(lambda self: self.model.now % 2 == 1)
    @rule(
        calls=st.lists(SNAPSHOT_CALLS, max_size=3, unique_by=lambda event: event.id),
        agent=st.none() | st.builds(AgentEvent, st.sampled_from(["Ready", "NotReady"]), snapshot=st.just(True)),
        session=st.sampled_from(["open", "open", "none", "not told"]),
    )
    def notifications_are_lost(self, calls: list[CallEvent], agent: AgentEvent | None, session: str) -> None:
        told: list[CallEvent | AgentEvent] = []
        if session == "open":
            told = [*([agent] if agent else []), *calls]
        listed = {event.id for event in told if isinstance(event, CallEvent)}
        gone = sorted(min(call) for call in self.model.live_calls() if session != "not told" and not call & listed)
        active: Any = {"calls": [_call_notice(event).payload["call"] for event in calls]}
        if agent:
            active["dn"] = _agent_notice(agent).payload["dn"]
        data = {"user": {"activeSession": active if session == "open" else None} if session != "not told" else {}}
        self.desk.lose(*snapshot_notices(data, self.desk.correlator.live_calls()))
        self.model.lose(told + [CallEvent(call_id, "Completed", kind=None, snapshot=True) for call_id in gone])

    # --- both agree ---------------------------------------------------------------------------------------------------

    @invariant()
    def the_same_operations_wait_and_the_same_calls_are_known(self) -> None:
        if not hasattr(self, "model"):
            return
        ours = {op: (s.outcome, s.matched) for op, p in self.pendings.items() if (s := self.desk.settlements.get(p))}
        assert ours == self.model.settled
        assert list(self.desk.correlator.pending) == [self.pendings[op] for op in self.model.ops]
        assert set(self.desk.correlator.live_calls()) == self.model.live_calls()
        assert self.desk.correlator.next_due() == min((op.due for op in self.model.ops), default=None)
        assert self.desk.correlator.is_empty() == (not self.model.ops)
        for op, pending in self.pendings.items():
            assert pending.settled == (op not in self.model.ops)

    def teardown(self) -> None:
        if hasattr(self, "model"):
            self.time_passes(1_000.0)
            self.the_same_operations_wait_and_the_same_calls_are_known()
            assert self.desk.correlator.is_empty()

    # ------------------------------------------------------------------------------------------------------------------

    def _start(
        self, name: str, *, call: str, other: str, to: str, reason: str, value: str, timeout: float, sent: bool
    ) -> None:
        wheres = {where for where, _ in PARTS[name]}
        call, other = call if "call" in wheres else "", other if "other" in wheres else ""
        arguments: dict[str, Any] = {
            "call_id": call or None, "held_call_id": other, "parent_call_id": other or None, "destination": to,
            "reason_code": reason or None, "user_data": {"Segment": value}, "digits": "1",
        }  # fmt: skip
        pending = self.desk.start(name, sent=sent, timeout=timeout, **arguments)
        reason = reason if name == "not_ready" else ""
        op = Op(name, pending.expectation.operation_id, pending.due, call, other, to, reason, value, self.model.now)
        self.pendings[op] = pending
        self.model.start(op)
        if sent:
            self.model.send(op)

    def _feed_agent(self, event: AgentEvent, names: int) -> None:
        event.names = self._id(names)
        self._feed(_agent_notice(event), event)

    def _feed_call(self, event: CallEvent, names: int) -> None:
        event.names, event.uuid = self._id(names), f"u-{event.id}"
        self._feed(_call_notice(event), event)

    def _feed(self, notice: Notice, event: CallEvent | AgentEvent | ErrorEvent) -> None:
        self.last = notice, event
        self.desk.feed(notice)
        if isinstance(event, CallEvent):
            self.model.call_event(event)
        elif isinstance(event, AgentEvent):
            self.model.agent_event(event)
        else:
            self.model.error_event(event)

    def _id(self, names: int) -> str | None:
        if names < 0:
            return None
        ids = ["foreign", *ALIASES, *(op.operation_id for op in list(self.pendings)[-8:])]
        return ids[names % len(ids)]

    @staticmethod
    def _pick(choices: Sequence[T], which: int) -> T:
        return choices[which % len(choices)]


def _call_notice(event: CallEvent) -> Notice:
    data = None if event.data is None else {"Other": "x"} if event.data == "another key" else {"Segment": event.data}
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


def test_any_interleaving_settles_every_operation_once_and_as_the_rules_say() -> None:
    run_state_machine_as_test(CorrelationMachine, settings=settings(stateful_step_count=40))
