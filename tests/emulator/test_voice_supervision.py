"""Supervisors: watching a DN, observing its calls, and how much of them is heard."""

from __future__ import annotations

from typing import Any

import pytest
from voice_floor import JOHN, KATE, OMAR, PAULA, RUTH, SAM, Floor, ids_of, numbers


def watched_talk(**data: Any) -> tuple[Floor, str, str, str]:
    """Sam watches John, who talks to Kate: the floor, and the call's id for John, Kate and Sam."""
    floor = Floor(JOHN, KATE, PAULA, OMAR, SAM, RUTH)
    floor.ask(SAM, "start-monitoring", phoneNumberToMonitor="7001", **data)
    johns, kates = floor.talk(JOHN, KATE)
    sams = floor.answer(SAM)
    floor.said.clear()
    return floor, johns, kates, sams


def test_monitoring_is_announced() -> None:
    floor = Floor(JOHN, SAM)
    floor.ask(
        SAM,
        "start-monitoring",
        phoneNumberToMonitor=" 7001 ",
        monitoringMode="Coach",
        monitoringNextCallType="OneCall",
        monitoringScope="Call",
        location="SIP_Switch",
    )
    assert floor.said == [
        (
            SAM,
            {
                "messageType": "MonitoringStateChanged",
                "eventType": "MonitoringStarted",
                "monitorMode": "Coach",
                "event": {"otherDN": "7001", "monitorNextCallType": "OneCall"},
                "operationId": "SamOkoro/start-monitoring",
            },
        )
    ]


def test_next_call_of_the_watched_agent_rings_at_the_supervisor_once_it_is_answered() -> None:
    floor = Floor(JOHN, KATE, SAM)
    floor.ask(SAM, "start-monitoring", phoneNumberToMonitor="7001")
    floor.dial(JOHN, "7002")
    assert floor.calls(SAM) == []
    floor.answer(KATE)
    view = floor.last(SAM)
    assert (view["state"], view["isMonitoredByMe"], view["capabilities"]) == ("Ringing", True, ["answer", "release"])
    assert numbers(floor.last(JOHN)) == ["7002"]
    assert not floor.last(JOHN)["supervisorListeningIn"]
    floor.answer(SAM)
    view = floor.last(SAM)
    assert view["monitoringInfo"] == {"monitoredDN": "7001", "monitorMode": "mute", "monitorScope": "Agent"}
    assert view["supervisorMonitoringState"] == "mute"
    assert sorted(numbers(view)) == ["7001", "7002"]
    for agent in (JOHN, KATE):
        assert {"number": "7007", "role": "RoleObserver"} in floor.last(agent)["participants"]
        assert (floor.last(agent)["supervisorListeningIn"], floor.last(agent)["supervisorBargedIn"]) == (True, False)
        assert "monitoringInfo" not in floor.last(agent)


def test_call_that_goes_on_already_is_observed_at_once() -> None:
    floor = Floor(JOHN, KATE, SAM)
    floor.talk(JOHN, KATE)
    floor.ask(SAM, "start-monitoring", phoneNumberToMonitor="7002")
    assert [event["messageType"] for event in floor.heard(SAM)][:2] == ["MonitoringStateChanged", "CallStateChanged"]
    assert floor.states(SAM) == ["Ringing"]


def test_supervisor_switches_between_the_modes() -> None:
    floor, _, _, sams = watched_talk()
    modes = {"switch-to-barge-in": "connect", "switch-to-coaching": "coach", "switch-to-listen-in": "mute"}
    for operation, mode in modes.items():
        floor.ask(SAM, operation, sams)
        assert floor.last(SAM)["monitoringInfo"]["monitorMode"] == mode
        assert floor.last(JOHN)["supervisorBargedIn"] is (mode == "connect")
        floor.said.clear()
        assert floor.refusal(SAM, operation, sams) == 43
    floor.ask(SAM, "switch-to-listen-in", sams, monitoringScope="Call")
    assert floor.last(SAM)["monitoringInfo"]["monitorScope"] == "Call"


def test_modes_are_switched_only_on_a_call_that_is_observed() -> None:
    floor, johns, _, _ = watched_talk()
    floor.said.clear()
    assert floor.refusal(JOHN, "switch-to-barge-in", johns) == 165
    other = Floor(JOHN, KATE, SAM)
    other.ask(SAM, "start-monitoring", phoneNumberToMonitor="7001")
    other.talk(JOHN, KATE)
    assert other.refusal(SAM, "switch-to-barge-in", other.ringing(SAM)) == 496


@pytest.mark.parametrize("operation", ["hold", "send-dtmf", "start-recording", "attach-user-data", "clear", "retrieve"])
def test_observer_cannot_act_on_the_call(operation: str) -> None:
    floor, _, _, sams = watched_talk()
    assert floor.refusal(SAM, operation, sams, dtmfDigits="1", userData=[]) == 496


def test_observer_leaves_and_the_others_go_on() -> None:
    floor, _, _, sams = watched_talk()
    floor.ask(SAM, "release", sams)
    assert floor.states(SAM) == ["Released", "Completed"]
    for agent in (JOHN, KATE):
        assert floor.story(agent) == [("ParticipantsUpdated", "Established")]
        assert not floor.last(agent)["supervisorListeningIn"]


def test_observer_is_no_party_that_keeps_a_call_alive() -> None:
    floor, _, kates, _ = watched_talk()
    floor.ask(KATE, "release", kates)
    for agent in (JOHN, SAM):
        assert floor.states(agent) == ["Released", "Completed"]
    assert not floor.exchange.legs


def test_observer_cannot_be_dropped_as_a_party() -> None:
    floor, johns, _, _ = watched_talk()
    assert floor.refusal(JOHN, "delete-from-conference", johns, dnToDrop="7007") == 762
    floor.ask(JOHN, "single-step-conference", johns, destination="7003")
    floor.said.clear()
    assert floor.refusal(JOHN, "delete-from-conference", johns, dnToDrop="7007") == 470


def test_every_call_is_observed_until_monitoring_stops() -> None:
    floor, johns, _, _ = watched_talk()
    floor.ask(JOHN, "release", johns)
    floor.talk(JOHN, PAULA)
    sams = floor.answer(SAM)
    floor.said.clear()
    floor.ask(SAM, "stop-monitoring", phoneNumber="7001")
    assert floor.heard(SAM)[0]["eventType"] == "MonitoringStopped"
    assert floor.heard(SAM)[0]["event"]["otherDN"] == "7001"
    assert floor.heard(SAM)[0]["operationId"] == "SamOkoro/stop-monitoring"
    assert [(call["id"], call["state"]) for call in floor.calls(SAM)] == [(sams, "Released"), (sams, "Completed")]
    assert floor.refusal(SAM, "stop-monitoring", phoneNumber="7001") == 506
    floor.ask(JOHN, "release", floor.exchange.calls_of(JOHN)[0]["id"])
    floor.said.clear()
    floor.talk(JOHN, PAULA)
    assert floor.heard(SAM) == []


def test_one_call_is_enough_when_the_supervisor_said_so() -> None:
    floor, johns, _, _ = watched_talk(monitoringNextCallType="OneCall")
    floor.ask(JOHN, "release", johns)
    assert floor.states(SAM) == ["Released", "Completed"]
    (stopped,) = floor.heard(SAM, "MonitoringStateChanged")
    assert stopped["eventType"] == "MonitoringStopped"
    assert "operationId" not in stopped
    floor.said.clear()
    floor.talk(JOHN, PAULA)
    assert floor.heard(SAM) == []


def test_one_dn_has_one_watch_and_a_supervisor_many() -> None:
    floor = Floor(JOHN, KATE, SAM, RUTH)
    floor.ask(SAM, "start-monitoring", phoneNumberToMonitor="7001")
    floor.said.clear()
    assert floor.refusal(SAM, "start-monitoring", phoneNumberToMonitor="7001") == 43
    assert floor.refusal(RUTH, "start-monitoring", phoneNumberToMonitor="7001") == 43
    assert floor.refusal(RUTH, "stop-monitoring", phoneNumber="7001") == 506
    assert floor.refusal(SAM, "start-monitoring", phoneNumberToMonitor="7002") is None


def test_two_supervisors_can_observe_the_two_sides_of_one_call() -> None:
    floor = Floor(JOHN, KATE, SAM, RUTH)
    floor.ask(SAM, "start-monitoring", phoneNumberToMonitor="7001")
    floor.ask(RUTH, "start-monitoring", phoneNumberToMonitor="7002")
    floor.talk(JOHN, KATE)
    floor.answer(SAM)
    floor.answer(RUTH)
    assert sorted(numbers(floor.last(JOHN))) == ["7002", "7007", "7008"]


def test_supervisor_who_watches_both_sides_observes_the_call_once() -> None:
    floor = Floor(JOHN, KATE, SAM)
    for number in ("7001", "7002"):
        floor.ask(SAM, "start-monitoring", phoneNumberToMonitor=number)
    floor.talk(JOHN, KATE)
    floor.answer(SAM)
    assert len(floor.exchange.calls_of(SAM)) == 1


def test_busy_supervisor_is_not_rung() -> None:
    floor = Floor(JOHN, KATE, PAULA, SAM)
    floor.ask(SAM, "start-monitoring", phoneNumberToMonitor="7001")
    floor.talk(SAM, PAULA)
    floor.talk(JOHN, KATE)
    assert floor.heard(SAM) == []


def test_supervisor_who_talks_to_the_watched_agent_is_not_observing() -> None:
    floor = Floor(JOHN, SAM)
    floor.ask(SAM, "start-monitoring", phoneNumberToMonitor="7001")
    floor.talk(JOHN, SAM)
    assert len(floor.exchange.calls_of(SAM)) == 1


def test_supervisor_who_holds_a_call_does_not_observe_it_beside() -> None:
    floor = Floor(JOHN, KATE, PAULA, SAM)
    floor.ask(SAM, "start-monitoring", phoneNumberToMonitor="7003")
    johns, sams = floor.talk(JOHN, SAM)
    floor.ask(JOHN, "single-step-conference", johns, destination="7002")
    floor.answer(KATE)
    floor.ask(SAM, "hold", sams)
    floor.ask(JOHN, "single-step-conference", johns, destination="7003")
    floor.answer(PAULA)
    assert [call["id"] for call in floor.exchange.calls_of(SAM)] == [sams]


def test_supervisor_has_no_after_call_work_from_observing() -> None:
    floor = Floor(JOHN, KATE)
    floor.sit(SAM, work_mode="ManualIn")
    floor.ask(SAM, "start-monitoring", phoneNumberToMonitor="7001")
    johns, _ = floor.talk(JOHN, KATE)
    floor.answer(SAM)
    floor.ask(JOHN, "release", johns)
    assert (floor.dn(SAM)["agentState"], floor.dn(SAM)["agentWorkMode"]) == ("Ready", "ManualIn")


def test_supervisor_who_logs_out_watches_no_more() -> None:
    floor, johns, _, _ = watched_talk()
    floor.ask(SAM, "logout")
    assert floor.states(SAM) == ["Released", "Completed"]
    (stopped,) = floor.heard(SAM, "MonitoringStateChanged")
    assert "operationId" not in stopped
    assert floor.heard(SAM)[-1]["dn"]["agentState"] == "LoggedOut"
    floor.ask(JOHN, "release", johns)
    floor.ask(SAM, "login")
    floor.said.clear()
    floor.talk(JOHN, PAULA)
    assert floor.heard(SAM) == []
    assert floor.refusal(RUTH, "start-monitoring", phoneNumberToMonitor="7001") is None


# --- scope, and calls that change hands -------------------------------------------------------------------------------


@pytest.mark.parametrize(("scope", "stays"), [("Agent", False), ("Call", True)])
def test_scope_says_whether_the_observer_follows_the_agent_or_the_call(scope: str, *, stays: bool) -> None:
    floor, johns, kates, sams = watched_talk(monitoringScope=scope)
    consult, _ = floor.consult(JOHN, johns, PAULA)
    floor.ask(JOHN, "complete-transfer", consult)
    assert floor.states(SAM) == ([] if stays else ["Released", "Completed"])
    assert ("7007" in numbers(floor.last(KATE))) is stays
    assert [call["id"] for call in floor.exchange.calls_of(SAM)] == ([sams] if stays else [])
    floor.ask(KATE, "release", kates)
    assert not floor.exchange.legs


def test_observer_of_a_consulted_agent_comes_along_into_the_call() -> None:
    floor = Floor(JOHN, KATE, PAULA, SAM)
    floor.ask(SAM, "start-monitoring", phoneNumberToMonitor="7003")
    johns, _ = floor.talk(JOHN, KATE)
    consult, _ = floor.consult(JOHN, johns, PAULA)
    old = floor.answer(SAM)
    floor.ask(JOHN, "complete-transfer", consult)
    view = floor.last(SAM)
    assert (view["previousConnId"], sorted(numbers(view))) == (old, ["7002", "7003"])
    assert {"number": "7007", "role": "RoleObserver"} in floor.last(KATE)["participants"]
    floor.ask(PAULA, "release", floor.last(PAULA)["id"])
    assert not floor.exchange.legs


def test_observer_of_a_consult_call_stays_with_the_agent_in_the_conference() -> None:
    floor = Floor(JOHN, KATE, PAULA, SAM)
    johns, _ = floor.talk(JOHN, KATE)
    consult, _ = floor.consult(JOHN, johns, PAULA, "initiate-conference")
    floor.ask(SAM, "start-monitoring", phoneNumberToMonitor="7001")
    floor.answer(SAM)
    floor.said.clear()
    floor.ask(JOHN, "complete-conference", consult)
    assert floor.states(SAM) == ["Established"]
    assert sorted(numbers(floor.last(SAM))) == ["7001", "7002", "7003"]
    floor.ask(JOHN, "release", johns)
    assert floor.states(SAM) == ["Established", "Released", "Completed"]
    assert numbers(floor.last(KATE)) == ["7003"]


def test_answer_of_the_observer_is_signed_as_any_answer() -> None:
    floor = Floor(JOHN, KATE, SAM)
    floor.ask(SAM, "start-monitoring", phoneNumberToMonitor="7001")
    floor.talk(JOHN, KATE)
    floor.answer(SAM)
    for agent in (SAM, JOHN, KATE):
        assert ids_of(floor.heard(agent, "CallStateChanged")) == ["SamOkoro/answer"]
