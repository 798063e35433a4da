"""What correlation costs, and what it holds: hostile streams, unreadable events, thousands of pending operations."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any

import pytest
from correlation_desk import VOICE, Desk, call_event, data_event, dn_event, error_event, monitoring_event, open_desk
from hypothesis import given
from hypothesis import strategies as st

from engage_async.protocol import objects, remembered
from engage_async.protocol.notices import Notice

desk = pytest.fixture(name="desk")(open_desk)


# --- memory -----------------------------------------------------------------------------------------------------------


def entries(thing: object) -> int:
    """How many entries all collections inside an object of ours have."""
    seen: set[int] = set()

    def count(value: Any) -> int:
        if id(value) in seen or isinstance(value, str | int | float | type(None)):
            return 0
        seen.add(id(value))
        if isinstance(value, dict):
            return len(value) + sum(count(k) + count(v) for k, v in value.items())
        if isinstance(value, list | tuple | set | frozenset):
            return len(value) + sum(count(v) for v in value)
        names = [name for cls in type(value).__mro__ for name in getattr(cls, "__slots__", ())]
        return sum(count(getattr(value, name, None)) for name in [*names, *getattr(value, "__dict__", ())])

    return count(thing)


def many_calls(n: int) -> Notice:
    return call_event("Established", f"hostile-{n}", callUuid=f"uuid-{n}")


def many_ended_calls(n: int) -> Notice:
    return call_event("Released", f"hostile-{n}", callUuid=f"uuid-{n}")


def many_names_of_one_call(n: int) -> Notice:
    event = call_event("Established", "same")
    event.payload["call"]["connId"] = f"hostile-{n}"
    return event


def one_call_that_changes_its_id(n: int) -> Notice:
    return call_event("Established", f"hostile-{n + 1}", previousConnId=f"hostile-{n}")


def calls_that_swallow_each_other(n: int) -> Notice:
    return call_event("Established", f"hostile-{n % 50}", previousConnId=f"hostile-{n * 7 % 50}")


def many_errors(n: int) -> Notice:
    return error_event(50, operationId=f"foreign-{n}", inside={"operationId": f"foreign too {n}"})


STREAMS = [
    many_calls,
    many_ended_calls,
    many_names_of_one_call,
    one_call_that_changes_its_id,
    calls_that_swallow_each_other,
    many_errors,
    lambda n: monitoring_event("Started", f"{n}"),
    lambda n: dn_event(f"State {n}", number=f"{n}"),
    lambda n: data_event([{"key": f"{n}", "type": "str", "value": n}], f"hostile-{n}"),
]


@pytest.fixture
def small_limits(desk: Desk) -> Iterator[int]:
    """The limits of memory made small enough to reach; gives more events than any of them."""
    before = objects.IDLE_LIMIT, objects.ENDED_LIMIT
    objects.IDLE_LIMIT, objects.ENDED_LIMIT = 100, 50
    yield 300
    objects.IDLE_LIMIT, objects.ENDED_LIMIT = before


@pytest.mark.parametrize("stream", STREAMS)
@pytest.mark.parametrize("waiting", [False, True])
def test_hostile_stream_fills_no_memory(
    desk: Desk, small_limits: int, stream: Callable[[int], Notice], *, waiting: bool
) -> None:
    if waiting:
        for n in range(30):
            desk.start("hold", call_id=f"ours-{n}")
        for call_id in ("same", "hostile-0", "hostile-7"):
            desk.start("hold", call_id=call_id)
    sizes = []
    for n in range(2 * small_limits):
        desk.feed(stream(n))
        if n + 1 in (small_limits, 2 * small_limits):
            sizes.append(entries(desk.correlator))
    assert sizes[1] <= sizes[0]
    desk.feed(call_event("Held", "ours-0"))
    assert len(desk.settlements) >= waiting
    assert len(list(desk.correlator.pending)) < 34


def test_limits_are_those_that_the_tests_make_smaller() -> None:
    assert (objects.IDLE_LIMIT, objects.ENDED_LIMIT, objects.KEYS_LIMIT) == (10_000, 1_024, 16)


def test_call_heard_of_lately_is_remembered_longer_than_one_that_is_silent(desk: Desk, small_limits: int) -> None:
    desk.feed(call_event("Held", "silent"), call_event("Held", "heard of"))
    for n in range(small_limits):
        desk.feed(many_calls(n), call_event("Held", "heard of"))
    ids = set().union(*desk.correlator.live_calls())
    assert len(desk.correlator.live_calls()) == objects.IDLE_LIMIT
    assert ("heard of" in ids, "silent" in ids) == (True, False)


def test_operation_is_found_under_its_own_id_however_many_others_the_call_is_given(desk: Desk) -> None:
    hold, release = desk.start("hold", call_id="hostile-0"), desk.start("release", call_id="hostile-3")
    for n in range(200):
        desk.feed(one_call_that_changes_its_id(n))
    desk.feed(call_event("Held", "hostile-0"), call_event("Released", "hostile-200"))
    assert (desk.how(hold), desk.how(release)) == (("succeeded", "object"),) * 2


def test_deadlines_of_settled_operations_are_forgotten_while_others_wait(desk: Desk) -> None:
    desk.start("hold", call_id="c0")
    for n in range(1_000):
        desk.start("hold", call_id="c1")
        desk.feed(call_event("Held" if n % 2 else "Established"), call_event("Held"))
    assert len(desk.correlator._due) < 200


def test_many_operations_come_and_go_and_leave_nothing(desk: Desk) -> None:
    before = entries(desk.correlator)
    for n in range(300):
        desk.start("make_call", destination=f"{n:07}")
        desk.start("initiate_transfer", call_id=f"p{n}", destination=f"{n:07}", marked=True)
        desk.start("alternate", call_id=f"c{n}", held_call_id=f"d{n}")
    desk.wait(15)
    assert len(desk.settlements) == 900
    assert desk.correlator.is_empty()
    assert desk.correlator.next_due() == desk.now + 1
    desk.wait(1)
    assert entries(desk.correlator) == before
    assert desk.correlator.next_due() is None


@pytest.mark.parametrize("outcome", ["cancelled", "succeeded"])
def test_operations_that_are_over_are_remembered_up_to_a_limit(desk: Desk, outcome: str) -> None:
    sizes = []
    for n in range(3 * remembered.LIMIT):
        hold = desk.start("hold", call_id=f"c{n}")
        if outcome == "cancelled":
            desk.discard(hold, "unknown")
        desk.feed(call_event("Held", f"c{n}"), call_event("Released", f"c{n}"))
        sizes.append(entries(desk.correlator._unresolved) + entries(desk.correlator._satisfied))
    assert sizes[0] > 0
    assert sizes[-1] <= sizes[remembered.LIMIT] + 8


# --- any input --------------------------------------------------------------------------------------------------------

IDS = st.sampled_from(["c1", "c2", "op-1", "op-2", "op-3", "7001", "5551212", ""])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | IDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3) | IDS, inner, max_size=3),
    max_leaves=6,
)
STATES = st.sampled_from(["Dialing", "Ringing", "Established", "Held", "Released", "Completed", "Failed", "Complete"])
PARTIES = st.lists(st.fixed_dictionaries({}, optional={"number": IDS | JSON, "role": JSON}) | JSON, max_size=3)
CALL = st.fixed_dictionaries(
    {},
    optional={
        "id": IDS | JSON, "connId": IDS | JSON, "callUuid": IDS | JSON, "state": STATES | JSON, "dnis": IDS | JSON,
        "callType": JSON, "parentConnId": IDS | JSON, "previousConnId": IDS | JSON, "participants": PARTIES | JSON,
        "userData": JSON, "recordingState": JSON, "capabilities": JSON, "monitoringInfo": JSON,
    },
)  # fmt: skip
DN = st.fixed_dictionaries(
    {}, optional={"number": JSON, "agentState": JSON | st.just("LoggedOut"), "reasons": JSON, "forwardTo": JSON}
)
PAYLOAD = st.fixed_dictionaries(
    {},
    optional={
        "operationId": IDS | JSON, "referenceId": IDS | JSON, "notificationType": JSON, "call": CALL | JSON,
        "dn": DN | JSON, "media": st.fixed_dictionaries({"channels": JSON}) | JSON, "eventType": JSON, "event": JSON,
        "state": STATES | JSON, "error": CALL | JSON, "errorCode": JSON, "errorMessage": JSON, "connId": IDS | JSON,
        "callUuid": IDS | JSON, "interaction": JSON, "thisDN": JSON, "name": JSON,
    },
)  # fmt: skip
CHANNELS = st.sampled_from(["/workspace/v3/voice", "/workspace/v3/media", "/workspace/v3/initialization", "/", ""])
TYPES = st.sampled_from(
    ["CallStateChanged", "DnStateChanged", "ChannelStateChanged", "MonitoringStateChanged", "EventError", "", "New"]
)
NOTICES = st.builds(Notice, CHANNELS, TYPES, PAYLOAD, st.sampled_from(["event", "event", "snapshot"]))


PLAUSIBLE = st.builds(
    call_event,
    STATES,
    st.sampled_from(["c1", "c2", "c3"]),
    kind=st.sampled_from(["StateChange", "AttachedDataChanged", None]),
    to=st.sampled_from(["5551212", None]),
    parties=st.sampled_from([None, ["7001"], ["7001", "7002"]]),
    callUuid=st.sampled_from([None, "u1"]),
    previousConnId=st.sampled_from([None, None, None, "c1"]),
    parentConnId=st.sampled_from([None, None, "c1"]),
) | st.builds(error_event, st.just(56), callUuid=st.just("u1"))
ARGUMENTS: dict[str, Any] = {
    "call_id": "c1", "held_call_id": "c2", "other_call_id": "c2", "parent_call_id": "c2", "destination": "5551212",
    "dn": "7001", "forward_to": "7001", "channels": ["chat"], "key": "k", "user_data": {"k": "v"}, "reason_code": "1",
    "digits": "1",
}  # fmt: skip


@given(st.lists(NOTICES, max_size=8), st.booleans())
def test_no_event_whatever_it_holds_raises_or_settles_twice(notices: list[Notice], guess: bool) -> None:
    desk = Desk("oldest" if guess else "none")
    for name in (
        "hold", "merge", "complete_conference", "make_call", "initiate_transfer", "not_ready", "set_forward",
        "start_monitoring", "send_dtmf", "attach_user_data", "delete_from_conference", "session.activate_media",
        "session.initialize_workspace",
    ):  # fmt: skip
        desk.start(name, **ARGUMENTS)
    desk.start("single_step_conference", sent=False, **ARGUMENTS)
    for notice in notices:
        desk.feed(notice)
    desk.lose(*notices)
    desk.wait(20)
    assert desk.correlator.is_empty()
    assert len(desk.settlements) == 14
    desk.feed(*notices)
    desk.correlator.live_calls()


@given(st.lists(NOTICES | PLAUSIBLE, max_size=6), st.lists(PLAUSIBLE, max_size=4))
def test_events_read_late_give_the_same_as_events_read_at_once(earlier: list[Notice], later: list[Notice]) -> None:
    late, at_once = Desk(), Desk()
    outcomes = []
    for desk in (late, at_once):
        for notice in earlier:
            desk.feed(notice)
            if desk is at_once:
                desk.correlator.live_calls()
        pendings = [desk.start(name, **ARGUMENTS) for name in ("make_call", "retrieve", "single_step_conference")]
        pendings += [desk.start(name, **ARGUMENTS) for name in ("hold", "initiate_transfer", "complete_conference")]
        desk.feed(*later)
        outcomes.append([desk.how(pending) for pending in pendings])
    assert outcomes[0] == outcomes[1]
    assert set(late.correlator.live_calls()) == set(at_once.correlator.live_calls())


def test_value_nested_as_deep_as_json_allows_breaks_nothing(desk: Desk) -> None:
    deep: Any = "bottom"
    for _ in range(sys.getrecursionlimit() + 100):
        deep = [deep]
    attach = desk.start("attach_user_data", call_id="c1", user_data={"k": "v"})
    not_ready = desk.start("not_ready", reason_code="Lunch")
    desk.feed(data_event([{"key": "k", "value": deep}]), dn_event("NotReady", reasons={"k": deep}, forwardTo=deep))
    desk.feed(error_event(deep, deep, dn=deep, call=deep), call_event(deep, deep, dnis=deep, capabilities=deep))
    monitoring = {"messageType": "MonitoringStateChanged", "eventType": deep, "event": {"otherDN": deep}}
    desk.feed(monitoring_event("Started", deep), Notice(VOICE, "MonitoringStateChanged", monitoring))
    desk.wait(1)
    assert (desk.how(attach), desk.how(not_ready)) == (("succeeded", "object"),) * 2


# --- cost -------------------------------------------------------------------------------------------------------------


def lines_run(work: Callable[[], object]) -> int:
    """How many lines of Python the work runs, each turn of a loop counted."""
    count = 0

    def trace(frame: FrameType, event: str, _arg: object) -> Any:
        nonlocal count
        if not frame.f_globals.get("__name__", "").startswith("engage_async."):
            return None
        count += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        work()
    finally:
        sys.settrace(before)
    return count


def busy(desk: Desk, size: int) -> None:
    """Let `size` operations of each kind wait, all on objects of their own."""
    for n in range(size):
        desk.start("hold", call_id=f"busy-{n}")
        desk.start("attach_user_data", call_id=f"busy-{n}", user_data={"k": "v"})
        desk.start("make_call", destination=f"8{n:04}")
        desk.start("make_call", destination=f"queue{n}")
        desk.start("initiate_transfer", call_id=f"busy-{n}", destination=f"7{n:04}")
        desk.start("complete_conference", call_id=f"busy-{n}", parent_call_id=f"parent-{n}")
        desk.start("start_monitoring", dn=f"6{n:04}")
        desk.start("send_dtmf", call_id=f"busy-{n}", digits="1")


A_FEW_LINES = 10
"""Ten times as many operations may not cost more; what differs is whether a bucket got empty."""

COSTS: list[Callable[[], Notice]] = [
    lambda: call_event("Held", "c1"),
    lambda: call_event("Released", "c1"),
    lambda: call_event("Held", "busy-7", operation_id="unknown"),
    lambda: call_event("Dialing", "c9", to="5551212"),
    lambda: call_event("Dialing", "c9", to="80007"),
    lambda: call_event("Dialing", "c9", to="support"),
    lambda: call_event("Dialing", "c9", callType="Consult", to="5551212"),
    lambda: call_event("Dialing", "c9", parentConnId="busy-7", to="70007"),
    lambda: call_event("Released", "c9", to="5551212"),
    lambda: call_event("Established", "c9", previousConnId="busy-7"),
    lambda: data_event({"k": "v"}, "busy-7"),
    lambda: dn_event("Ready"),
    lambda: monitoring_event("Started", "60007"),
    lambda: error_event(56, connId="busy-7"),
    lambda: error_event(71),
    lambda: error_event(56),
    lambda: error_event(302, operationId="foreign"),
]


@pytest.mark.parametrize("event", COSTS)
def test_cost_of_an_event_does_not_depend_on_how_many_operations_wait(event: Callable[[], Notice]) -> None:
    few, many = Desk("none"), Desk("none")
    for desk, size in ((few, 40), (many, 400)):
        desk.start("hold", call_id="c1")
        busy(desk, size)
    assert lines_run(lambda: many.feed(event())) - lines_run(lambda: few.feed(event())) < A_FEW_LINES


def test_cost_of_starting_and_ending_does_not_depend_on_how_many_operations_wait() -> None:
    few, many = Desk(), Desk()
    busy(few, 40)
    busy(many, 400)

    def one(desk: Desk) -> None:
        desk.accept(desk.start("hold", call_id="c1"))
        desk.feed(call_event("Held", "c1"))
        desk.discard(desk.start("make_call", destination="5551212"))

    assert lines_run(lambda: one(many)) - lines_run(lambda: one(few)) < A_FEW_LINES
