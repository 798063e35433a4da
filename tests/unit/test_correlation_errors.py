"""Which operation an ``EventError`` belongs to, from what it names down to a guess that says so."""

from __future__ import annotations

from typing import Any, Literal

import pytest
from correlation_desk import MEDIA, VOICE, Desk, call_event, dn_event, error_event, open_desk

from engage_async.protocol.correlation import ERROR_WINDOW
from engage_async.protocol.error_events import OPERATIONS_OF_CODE
from engage_async.protocol.notices import Notice

desk = pytest.fixture(name="desk")(open_desk)

BY_ID = ("failed", "operation-id")
BY_OBJECT = ("failed", "object")
BY_CODE = ("failed", "code")
SOLE = ("failed", "sole")
GUESS = ("failed", "guess")

ARGUMENTS: dict[str, Any] = {
    "call_id": "c1", "held_call_id": "c2", "parent_call_id": "c2", "destination": "5551212", "dn": "7002",
    "digits": "1", "forward_to": "7002", "key": "k", "user_data": {"k": "v"},
}  # fmt: skip


# --- named by an operation id -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("member", ["operationId", "referenceId"])
@pytest.mark.parametrize("level", ["inside", "beside"])
def test_error_that_names_the_operation_is_its_own_however_many_wait(desk: Desk, member: str, level: str) -> None:
    others = [desk.start("hold", call_id="c1"), desk.start("make_call", destination="5551212")]
    ours = desk.start("release", call_id="c1")
    others.append(desk.start("hold", call_id="c1"))
    named: dict[str, Any] = {member: ours.expectation.operation_id}
    placed: dict[str, Any] = named if level == "beside" else {"inside": named}
    event = error_event(71, call={"id": "c1"}, **placed)
    desk.feed(event)
    assert [desk.how(other) for other in others] == [None] * 3
    assert desk.how(ours) == BY_ID
    settlement = desk.settlements[ours]
    assert settlement.payload is event.payload
    assert settlement.error is not None
    assert (settlement.error.code, settlement.error.message) == (71, "refused")


def test_error_that_names_the_alias_of_the_answer_is_its_operations(desk: Desk) -> None:
    desk.start("hold", call_id="c1")
    ours = desk.start("hold", call_id="c2")
    desk.accept(ours, "server-1")
    desk.feed(error_event(56, operationId="server-1"))
    assert desk.how(ours) == BY_ID


def test_error_that_overtakes_the_answer_waits_for_the_alias_that_it_names(desk: Desk) -> None:
    ours, other = desk.start("ready"), desk.start("dnd_on")
    desk.feed(error_event(187, operationId="server-1"))
    assert (desk.how(ours), desk.how(other)) == (None, None)
    desk.accept(other, "server-2")
    assert desk.how(other) is None
    desk.accept(ours, "server-1")
    assert desk.how(ours) == BY_ID
    error = desk.settlements[ours].error
    assert error is not None
    assert error.code == 187
    again = desk.start("ready")
    desk.accept(again, "server-1")
    assert desk.how(again) is None


@pytest.mark.parametrize("level", ["inside", "beside"])
def test_error_that_overtakes_the_answer_is_found_by_each_id_that_it_names(desk: Desk, level: str) -> None:
    ours = desk.start("ready")
    named = {"operationId": "server-1" if level == "beside" else "server-2"}
    inside = {"operationId": "server-1" if level == "inside" else "server-2"}
    desk.feed(error_event(187, inside=inside, **named))
    desk.accept(ours, "server-1")
    assert desk.how(ours) == BY_ID


def test_error_with_another_clients_operation_id_is_nobodys(desk: Desk) -> None:
    hold = desk.start("hold", call_id="c1")
    desk.feed(error_event(56, operationId="another tab's"), error_event(56, operationId=17, connId="c1"))
    assert desk.how(hold) is None


def test_error_with_a_reference_of_the_switch_says_nothing_by_it(desk: Desk) -> None:
    hold = desk.start("hold", call_id="c1")
    desk.feed(error_event(56, referenceId=17))
    assert desk.how(hold) == SOLE


def test_error_that_names_an_operation_in_its_grace_still_counts(desk: Desk) -> None:
    conference = desk.start("complete_conference", call_id="c2", parent_call_id="c1")
    desk.feed(call_event("Released", "c2"))
    desk.feed(error_event(96, operationId=conference.expectation.operation_id))
    assert desk.how(conference) == BY_ID


def test_error_never_opens_what_is_settled(desk: Desk) -> None:
    hold = desk.start("hold", call_id="c1")
    desk.feed(call_event("Held"), error_event(56, operationId=hold.expectation.operation_id), error_event(56))
    assert desk.how(hold) == ("succeeded", "object")


# --- named by a call --------------------------------------------------------------------------------------------------

NAMES_CALL_C1: list[dict[str, Any]] = [
    {"call": {"id": "c1"}}, {"call": {"connId": "c1"}}, {"call": {"callUuid": "u1"}}, {"connId": "c1"},
    {"callId": "c1"}, {"connectionId": "c1"}, {"callUuid": "u1"}, {"call": {"id": "old"}},
]  # fmt: skip


@pytest.mark.parametrize("named", NAMES_CALL_C1)
@pytest.mark.parametrize("level", ["inside", "beside"])
def test_error_that_names_a_call_goes_to_the_operation_on_it(desk: Desk, named: dict[str, Any], level: str) -> None:
    desk.feed(call_event("Established", "old"))
    desk.feed(call_event("Established", "c1", callUuid="u1", previousConnId="old"))
    elsewhere, ours = desk.start("hold", call_id="c9"), desk.start("attach_user_data", **ARGUMENTS)
    placed: dict[str, Any] = named if level == "beside" else {"inside": named}
    desk.feed(error_event(53, **placed))
    assert (desk.how(elsewhere), desk.how(ours)) == (None, BY_OBJECT)


@pytest.mark.parametrize(("policy", "outcome"), [("oldest", GUESS), ("none", None)])
def test_error_that_names_a_call_is_a_guess_for_the_oldest_of_the_operations_on_it(
    policy: Literal["oldest", "none"], outcome: tuple[str, str] | None
) -> None:
    desk = Desk(policy)
    oldest, younger = desk.start("attach_user_data", **ARGUMENTS), desk.start("hold", call_id="c1")
    desk.feed(error_event(53, connId="c1"))
    assert (desk.how(oldest), desk.how(younger)) == (outcome, None)


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("answer", 174), ("release", 175), ("retrieve", 99), ("reconnect", 171), ("alternate", 1164),
        ("send_dtmf", 302), ("initiate_transfer", 97), ("initiate_conference", 707), ("complete_transfer", 98),
        ("complete_conference", 96), ("single_step_transfer", 71), ("redirect", 177),
    ],
)  # fmt: skip
def test_of_the_operations_on_a_call_the_one_that_the_code_fits_goes_first(desk: Desk, name: str, code: int) -> None:
    hold, ours = desk.start("hold", call_id="c1"), desk.start(name, **ARGUMENTS)
    desk.feed(error_event(code, connId="c1"))
    assert (desk.how(hold), desk.how(ours)) == (None, BY_OBJECT)


def test_error_on_a_call_finds_operations_without_an_event_of_their_own(desk: Desk) -> None:
    dtmf = desk.start("send_dtmf", call_id="c1", digits="1")
    desk.start("hold", call_id="c2")
    desk.accept(dtmf)
    desk.feed(error_event(50, connId="c1"))
    assert desk.how(dtmf) == BY_OBJECT


def test_error_on_a_call_is_not_limited_to_young_operations(desk: Desk) -> None:
    hold = desk.start("hold", call_id="c1")
    desk.wait(ERROR_WINDOW + 1)
    desk.feed(error_event(56, connId="c1"))
    assert desk.how(hold) == BY_OBJECT


def test_error_on_a_known_call_that_nobody_waits_on_is_nobodys(desk: Desk) -> None:
    desk.feed(call_event("Established", "c2", callUuid="u2"), call_event("Released", "c3", callUuid="u3"))
    pendings = [desk.start("hold", call_id="c1"), desk.start("make_call", destination="5551212")]
    desk.feed(error_event(71, connId="c2"), error_event(56, callUuid="u2"))
    desk.feed(error_event(71, connId="c3"), error_event(56, callUuid="u3"))
    assert [desk.how(pending) for pending in pendings] == [None, None]


def test_error_on_a_call_never_seen_is_not_credited_to_an_operation_on_another_call(desk: Desk) -> None:
    pendings = [desk.start("hold", call_id="c1"), desk.start("send_dtmf", call_id="c1", digits="1")]
    desk.feed(error_event(56, connId="c9"), error_event(302, callUuid="u9"))
    assert [desk.how(pending) for pending in pendings] == [None, None]


@pytest.mark.parametrize(
    ("name", "code", "matched"),
    [("make_call", 71, BY_CODE), ("initiate_transfer", 97, BY_CODE), ("make_call", 50, SOLE), ("ready", 187, BY_CODE)],
)
def test_error_on_a_call_never_seen_may_be_about_the_call_that_an_operation_makes(
    desk: Desk, name: str, code: int, matched: Any
) -> None:
    hold, ours = desk.start("hold", call_id="c1"), desk.start(name, **ARGUMENTS)
    desk.feed(error_event(code, connId="c9"))
    assert (desk.how(hold), desk.how(ours)) == (None, matched)


def test_first_call_that_is_known_decides_of_several_that_are_named(desk: Desk) -> None:
    hold = desk.start("hold", call_id="c1")
    desk.start("hold", call_id="c2")
    desk.feed(error_event(56, call={"id": "c9", "connId": "c1"}, inside={"connId": "c2"}))
    assert desk.how(hold) == BY_OBJECT


# --- the channel, and the DN ------------------------------------------------------------------------------------------


def test_error_on_another_channel_belongs_to_no_voice_operation(desk: Desk) -> None:
    pendings = [desk.start("make_call", destination="5551212"), desk.start("hold", call_id="c1")]
    for channel in (MEDIA, f"{MEDIA}/chat", "/workspace/v3/contacts", "", "/"):
        desk.feed(error_event(71, channel=channel), error_event(50, channel=channel))
    assert [desk.how(pending) for pending in pendings] == [None, None]


def test_error_on_a_media_channel_belongs_to_the_media_operation(desk: Desk) -> None:
    voice, media = desk.start("hold", call_id="c1"), desk.start("session.activate_media", channels=["chat"])
    desk.feed(error_event(50, channel=f"{MEDIA}/chat"))
    assert (desk.how(voice), desk.how(media)) == (None, SOLE)


@pytest.mark.parametrize("member", ["dn", "thisDN", "phoneNumber"])
@pytest.mark.parametrize("form", [lambda number: number, lambda number: {"number": number}])
def test_error_of_another_dn_is_nobodys_and_one_of_the_own_dn_counts(desk: Desk, member: str, form: Any) -> None:
    desk.feed(dn_event("Ready", number="7001"))
    hold = desk.start("hold", call_id="c1")
    desk.feed(error_event(56, **{member: form("7002")}), error_event(56, inside={member: form("97001")}))
    assert desk.how(hold) is None
    desk.feed(error_event(56, **{member: form(" 7001@switch")}))
    assert desk.how(hold) == SOLE


def test_error_of_another_dn_counts_when_it_names_the_operation_or_its_call(desk: Desk) -> None:
    desk.feed(dn_event("Ready", number="7001"))
    hold, release = desk.start("hold", call_id="c1"), desk.start("release", call_id="c1")
    desk.feed(error_event(175, dn="7002", connId="c1"))
    desk.feed(error_event(56, dn="7002", operationId=hold.expectation.operation_id))
    assert (desk.how(hold), desk.how(release)) == (BY_ID, BY_OBJECT)


def test_any_dn_counts_while_the_own_is_not_known(desk: Desk) -> None:
    hold = desk.start("hold", call_id="c1")
    desk.feed(error_event(56, dn="7002"))
    assert desk.how(hold) == SOLE


# --- the code ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("code", "name"), [(c, n) for c, names in OPERATIONS_OF_CODE.items() for n in sorted(names)])
def test_code_that_fits_one_operation_only_decides(desk: Desk, code: int, name: str) -> None:
    others = [desk.start("attach_user_data", **ARGUMENTS), desk.start("hold", call_id="c7")]
    ours = desk.start(name, **ARGUMENTS)
    others.append(desk.start("dnd_on"))
    desk.feed(error_event(code))
    assert desk.how(ours) == BY_CODE
    assert [desk.how(other) for other in others] == [None] * 3


def test_codes_are_those_of_the_affinity_table() -> None:
    dials = {71, 72, 91, 168, 169, 177, 231, 232, 233, 415, 497, 460, 520, 704}
    logs_in = {40, 119, 191, 192, 259, 526, 527, 550, 700, 1703, 1704, 1705, 1706, 1707}
    of_operation = {
        "voice.make_call": dials,
        "voice.redirect": dials,
        "voice.single_step_transfer": dials,
        "voice.single_step_conference": dials,
        "voice.initiate_transfer": dials | {97, 707, 708},
        "voice.initiate_conference": dials | {97, 707, 708},
        "voice.login": logs_in,
        "session.activate_voice": logs_in,
        "voice.ready": logs_in | {185, 186, 187, 702, 703},
        "voice.not_ready": logs_in | {185, 186, 187, 702, 703},
        "voice.complete_conference": {96, 709},
        "voice.complete_transfer": {98, 710},
        "voice.retrieve": {99, 171, 711, 1164},
        "voice.reconnect": {99, 171, 711, 1164},
        "voice.alternate": {99, 171, 711, 1164},
        "voice.answer": {174, 1167},
        "voice.release": {175},
        "voice.send_dtmf": {302},
        "voice.set_forward": {193, 194, 195},
    }
    table = {
        name: {code for code, names in OPERATIONS_OF_CODE.items() if name in names}
        for name in set().union(*OPERATIONS_OF_CODE.values())
    }
    assert table == of_operation


def test_code_that_fits_several_is_a_guess_for_the_oldest_accepted(desk: Desk) -> None:
    hold = desk.start("hold", call_id="c2")
    first, second = desk.start("make_call", destination="5551212"), desk.start("make_call", destination="5553434")
    consult = desk.start("initiate_transfer", call_id="c1", destination="7002")
    for pending in (hold, consult, second):
        desk.accept(pending)
    desk.feed(error_event(415))
    assert (desk.how(first), desk.how(second), desk.how(consult)) == (None, GUESS, None)
    desk.feed(error_event(415))
    assert desk.how(consult) == GUESS
    desk.feed(error_event(415))
    assert (desk.how(first), desk.how(hold)) == (BY_CODE, None)


@pytest.mark.parametrize("code", [302, 999_999, -1, None, "abc", 71.0, [71], True])
def test_code_that_fits_nothing_that_waits_does_not_keep_an_error_from_the_only_candidate(
    desk: Desk, code: Any
) -> None:
    hold = desk.start("hold", call_id="c1")
    desk.feed(error_event(code))
    assert desk.how(hold) == SOLE


def test_code_is_read_from_text_too(desk: Desk) -> None:
    hold, dial = desk.start("hold", call_id="c1"), desk.start("make_call", destination="5551212")
    desk.feed(error_event("71"))
    assert (desk.how(hold), desk.how(dial)) == (None, BY_CODE)


# --- sole candidate, guess, window ------------------------------------------------------------------------------------


def test_only_operation_that_waits_takes_an_error_that_names_nothing(desk: Desk) -> None:
    hold = desk.start("hold", call_id="c1")
    desk.feed(error_event(56))
    assert desk.how(hold) == SOLE


@pytest.mark.parametrize(
    "payload",
    [
        {"messageType": "EventError"},
        {"messageType": "EventError", "error": None},
        {"messageType": "EventError", "error": "invalid connection"},
        {"messageType": "EventError", "error": {}},
        {"messageType": "EventError", "errorCode": 56, "errorMessage": "invalid connection"},
        {"messageType": "UcsMessage", "name": "EventError"},
        {"name": "EventError", "error": {"errorCode": {}, "errorMessage": 7}},
    ],
)
def test_error_of_any_form_is_one(desk: Desk, payload: dict[str, Any]) -> None:
    hold = desk.start("hold", call_id="c1")
    desk.feed(Notice(VOICE, str(payload.get("messageType", "")), payload))
    assert desk.how(hold) == SOLE


def test_operation_that_is_not_sent_yet_is_no_candidate(desk: Desk) -> None:
    waiting = desk.start("hold", sent=False, call_id="c1")
    desk.feed(error_event(56), error_event(56, connId="c1"))
    assert desk.how(waiting) is None
    sent = desk.start("hold", call_id="c2")
    desk.feed(error_event(56))
    assert (desk.how(waiting), desk.how(sent)) == (None, SOLE)


def test_operation_that_is_as_good_as_done_is_no_candidate(desk: Desk) -> None:
    conference = desk.start("complete_conference", call_id="c2", parent_call_id="c1")
    desk.feed(call_event("Released", "c2"))
    hold = desk.start("hold", call_id="c3")
    desk.feed(error_event(96))
    assert (desk.how(conference), desk.how(hold)) == (None, SOLE)


def test_of_several_the_oldest_accepted_is_guessed_and_says_so(desk: Desk) -> None:
    first, second, third = (desk.start("hold", call_id=f"c{n}") for n in range(3))
    desk.accept(third)
    desk.accept(second)
    desk.feed(error_event(56))
    assert (desk.how(first), desk.how(second), desk.how(third)) == (None, GUESS, None)


def test_of_several_that_nobody_accepted_yet_the_oldest_is_guessed(desk: Desk) -> None:
    first, second = desk.start("hold", call_id="c1"), desk.start("hold", call_id="c2")
    desk.feed(error_event(56))
    assert (desk.how(first), desk.how(second)) == (GUESS, None)


def test_guessing_can_be_turned_off_and_what_is_certain_still_counts() -> None:
    desk = Desk("none")
    first, second = desk.start("make_call", destination="5551212"), desk.start("make_call", destination="5553434")
    hold = desk.start("hold", call_id="c1")
    desk.feed(error_event(71), error_event(56))
    assert desk.settlements == {}
    desk.feed(call_event("Dialing", "c2", to="5551212"), error_event(71), error_event(56))
    assert (desk.how(first), desk.how(second), desk.how(hold)) == (("succeeded", "object"), BY_CODE, SOLE)


def test_error_that_names_nothing_belongs_only_to_operations_sent_lately(desk: Desk) -> None:
    hold, dial = desk.start("hold", call_id="c1"), desk.start("make_call", destination="5551212")
    desk.wait(ERROR_WINDOW + 0.1)
    desk.feed(error_event(56), error_event(71))
    assert (desk.how(hold), desk.how(dial)) == (None, None)
    young = desk.start("hold", call_id="c2")
    desk.feed(error_event(56))
    assert (desk.how(hold), desk.how(young)) == (None, GUESS)


def test_window_begins_with_the_sending_and_includes_its_end(desk: Desk) -> None:
    hold = desk.start("hold", sent=False, call_id="c1", timeout=60)
    desk.wait(30)
    desk.send(hold)
    desk.wait(ERROR_WINDOW / 2)
    desk.send(hold)
    desk.wait(ERROR_WINDOW / 2)
    desk.feed(error_event(56))
    assert desk.how(hold) == SOLE


def test_error_within_the_grace_of_an_accepted_operation_fails_it(desk: Desk) -> None:
    event = desk.start("send_user_event", user_data={"k": "v"})
    desk.accept(event)
    desk.wait(0.9)
    desk.feed(error_event(52))
    assert desk.how(event) == SOLE
    late = desk.start("send_user_event", user_data={"k": "v"})
    desk.accept(late)
    desk.wait(1)
    desk.feed(error_event(52))
    assert desk.how(late) == ("succeeded", "reply")


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_of_a_release_by_the_far_end_and_an_error_the_first_decides(desk: Desk, order: tuple[int, int]) -> None:
    hold = desk.start("hold", call_id="c1")
    events = [call_event("Released"), error_event(56, connId="c1")]
    desk.feed(events[order[0]], events[order[1]])
    assert desk.how(hold) == (("ended", "object") if order[0] == 0 else BY_OBJECT)


def test_error_with_nobody_waiting_is_nobodys(desk: Desk) -> None:
    desk.feed(error_event(56), error_event(71, connId="c1"), error_event(71, operationId="x"))
    assert desk.settlements == {}
