"""What agents do is counted and timed, from the events that they are told."""

from __future__ import annotations

from typing import Any

from voice_floor import ANSWERS, JOHN, KATE, SAM, Floor

from engage_async.emulator.activity import Activity, AgentActivity, Stopwatch
from engage_async.emulator.scheduler import ManualScheduler


def test_a_stopwatch_adds_up_each_state() -> None:
    watch = Stopwatch("LoggedOut", 100.0)
    watch.enter("Ready", 110.0)
    watch.enter("Ready", 115.0)
    watch.enter("NotReady", 130.0)
    watch.enter("Ready", 131.0)
    assert {state: watch.seconds(state, 140.0) for state in ("LoggedOut", "Ready", "NotReady", "Unheard")} == {
        "LoggedOut": 10.0,
        "Ready": 29.0,
        "NotReady": 1.0,
        "Unheard": 0.0,
    }


def john(floor: Floor) -> AgentActivity:
    return floor.centre.activity.of(JOHN)


def test_agent_states_are_timed() -> None:
    floor = Floor(JOHN)
    floor.clock.advance(10)
    floor.ask(JOHN, "not-ready", agentWorkMode="AfterCallWork")
    floor.clock.advance(5)
    agent, now = john(floor), floor.clock.now()
    assert (agent.dn.state, agent.work_mode, agent.dn.since) == ("NotReady", "AfterCallWork", now - 5)
    assert [agent.dn.seconds(state, now) for state in ("Ready", "NotReady")] == [10, 5]


def test_a_call_is_counted_once_connected_and_timed_state_by_state() -> None:
    floor = Floor(JOHN, KATE)
    floor.ask(JOHN, "make-call", destination="7002")
    call = next(iter(floor.exchange.calls_of(JOHN)))["id"]
    floor.clock.advance(4)
    assert john(floor).connected == {}
    floor.ask(KATE, "answer", floor.exchange.calls_of(KATE)[0]["id"])
    floor.clock.advance(30)
    floor.ask(JOHN, "hold", call)
    floor.clock.advance(6)
    assert [john(floor).seconds_in_calls(state, floor.clock.now()) for state in ("Established", "Held")] == [30, 6]
    floor.ask(JOHN, "release", call)
    floor.clock.advance(100)
    agent = john(floor)
    assert (agent.calls, agent.connected, agent.handled, agent.handling, agent.missed) == (
        {},
        {"Internal": 1},
        1,
        36,
        0,
    )
    assert agent.time_in == {"Dialing": 4, "Established": 30, "Held": 6}
    assert floor.centre.activity.of(KATE).time_in == {"Ringing": 4, "Established": 36}


def test_a_call_that_rings_in_vain_is_missed() -> None:
    floor = Floor(KATE)
    missed: list[Any] = []
    floor.centre.activity.on_missed.append(lambda user, call: missed.append((user, call["ani"])))
    leg = floor.outside.call(ANSWERS, "7002")
    floor.clock.advance(8)
    floor.outside.hang_up(leg)
    agent = floor.centre.activity.of(KATE)
    assert (agent.missed, agent.connected, agent.handled, agent.time_in) == (1, {}, 0, {"Ringing": 8})
    assert missed == [(KATE, ANSWERS)]


def test_a_call_under_a_new_id_stays_the_same_call() -> None:
    floor = Floor(JOHN, KATE, SAM)
    floor.ask(JOHN, "make-call", destination="7002")
    floor.ask(KATE, "answer", floor.exchange.calls_of(KATE)[0]["id"])
    floor.clock.advance(10)
    floor.ask(JOHN, "initiate-transfer", floor.exchange.calls_of(JOHN)[0]["id"], destination="7007")
    floor.ask(SAM, "answer", floor.exchange.calls_of(SAM)[0]["id"])
    consult = next(call["id"] for call in floor.exchange.calls_of(JOHN) if call["callType"] == "Consult")
    floor.ask(JOHN, "complete-transfer", consult, parentConnId=floor.exchange.calls_of(JOHN)[0]["id"])
    floor.clock.advance(5)
    for user, talked in ((KATE, 15), (SAM, 5)):
        agent = floor.centre.activity.of(user)
        assert [len(agent.calls), agent.connected.total()] == [1, 1]
        assert agent.seconds_in_calls("Established", floor.clock.now()) == talked
    assert john(floor).calls == {}


def test_monitored_calls_are_not_the_supervisors() -> None:
    floor = Floor(JOHN, KATE, SAM)
    floor.ask(SAM, "start-monitoring", phoneNumberToMonitor="7001", monitoringNextCallType="AllCalls")
    floor.ask(JOHN, "make-call", destination="7002")
    floor.ask(KATE, "answer", floor.exchange.calls_of(KATE)[0]["id"])
    assert floor.exchange.calls_of(SAM)
    assert floor.centre.activity.of(SAM).calls == {}


def test_media_channels_are_timed() -> None:
    clock = ManualScheduler()
    activity = Activity(clock)
    heard: list[str] = []
    activity.on_change.append(heard.append)
    for state in ("NotReady", "Ready"):
        channels = [{"name": "chat", "state": state}]
        activity.hear(JOHN, {"messageType": "ChannelStateChanged", "media": {"channels": channels}})
        clock.advance(3)
    activity.hear(JOHN, {"messageType": "WorkspaceInitializationProgress"})
    chat = activity.of(JOHN).channels["chat"]
    assert (chat.state, chat.seconds("NotReady", clock.now()), chat.seconds("Ready", clock.now())) == ("Ready", 3, 3)
    assert heard == [JOHN, JOHN]
