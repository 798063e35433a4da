"""Operations on chats, and the events and transcripts that complete them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from correlation_desk import Desk, open_desk
from media_desk import BY_REPLY, ENDED, ROUTES, SUCCEEDED, chat_told, entry, log, start

from engage_async.protocol.completion import ERROR_GRACE, REFINEMENT_GRACE
from engage_async.protocol.media_completion import interaction_key
from engage_async.protocol.objects import IDLE_LIMIT


@pytest.fixture
def desk() -> Iterator[Desk]:
    yield from open_desk(routes=ROUTES)


@pytest.mark.parametrize(
    ("operation", "kind", "state"),
    [("chat.accept", "ParticipantJoined", "Processing"), ("chat.leave", "ParticipantLeft", "LeftChat")],
)
def test_transcript_tells_it_before_the_interaction_does(desk: Desk, operation: str, kind: str, state: str) -> None:
    desk.feed(chat_told("Invited"))
    pending = start(desk, operation)
    desk.feed(log(entry(1, kind=kind), operation_id=pending.ids[0]))
    assert desk.how(pending) is None
    desk.feed(chat_told(state))
    assert desk.how(pending) == SUCCEEDED
    again = start(desk, operation)
    desk.feed(log(entry(2, kind=kind)))
    desk.wait(REFINEMENT_GRACE)
    assert desk.how(again) == SUCCEEDED, "the transcript alone is enough, a moment later"


def test_state_that_is_told_again_is_no_other_state(desk: Desk) -> None:
    desk.feed(chat_told("Processing"))
    leave, hold = start(desk, "chat.leave"), start(desk, "media.put_on_hold")
    desk.feed(chat_told("Processing"))
    assert (desk.how(leave), desk.how(hold)) == (None, None)
    desk.feed(chat_told("LeftChat"))
    assert (desk.how(leave), desk.how(hold)) == (SUCCEEDED, None)


def test_only_the_agents_own_messages_count_once_it_is_known_who_that_is(desk: Desk) -> None:
    pending = start(desk, "chat.send_message")
    desk.feed(chat_told("Processing", me="p2"), log(entry(1, "hello", by="p1")))
    assert desk.how(pending) is None
    desk.feed(log(entry(2, "hello", by="p2")))
    assert desk.how(pending) == SUCCEEDED


def test_transcript_that_is_sent_again_completes_nothing(desk: Desk) -> None:
    desk.feed(chat_told("Processing"), log(entry(1, "hello"), entry(2, "more")))
    pending = start(desk, "chat.send_message")
    desk.feed(log(entry(1, "hello"), entry(2, "more")))
    assert desk.how(pending) is None
    desk.feed(log(entry(1, "hello"), entry(2, "more"), entry(3, "hello")))
    assert desk.how(pending) == SUCCEEDED


def test_the_same_words_twice_need_two_messages(desk: Desk) -> None:
    first, second = start(desk, "chat.send_message"), start(desk, "chat.send_message")
    desk.feed(log(entry(1, "hello")))
    assert (desk.how(first), desk.how(second)) == (SUCCEEDED, None)
    desk.feed(log(entry(2, "something else"), entry(3, "hello")))
    assert desk.how(second) == SUCCEEDED


def test_one_event_may_hold_messages_of_several_operations(desk: Desk) -> None:
    said = [start(desk, "chat.send_message", message=f"line {n}") for n in range(3)]
    desk.feed(log(entry(1, "line 2"), entry(2, "line 0"), entry(3, "line 1")))
    assert [desk.how(pending) for pending in said] == [SUCCEEDED] * 3


@pytest.mark.parametrize("member", ["text", "url"])
def test_page_is_pushed_wherever_its_address_is_told(desk: Desk, member: str) -> None:
    pending = start(desk, "chat.send_url", message=None)
    desk.feed(log({**entry(1, kind="PushUrl"), member: "https://shop.example/"}))
    assert desk.how(pending) == SUCCEEDED


@pytest.mark.parametrize(
    "operation",
    [
        "chat.send_message", "chat.send_url", "chat.send_custom_notification", "chat.send_system_command",
        "chat.update_nickname", "chat.send_typing_started", "chat.send_typing_stopped", "chat.invite",
        "chat.invite_by_queue", "chat.consult", "chat.consult_by_queue", "chat.cancel_consult",
        "chat.remove_from_conference", "media.start_monitoring", "media.stop_monitoring", "media.switch_to_coach",
        "media.switch_to_monitor", "media.switch_to_barge_in", "media.add_content",
    ],
)  # fmt: skip
def test_what_no_event_needs_to_tell_is_settled_by_acceptance(desk: Desk, operation: str) -> None:
    pending = start(desk, operation, message=None, url=None)
    desk.wait(ERROR_GRACE)
    assert desk.how(pending) is None, "not before it is accepted"
    desk.accept(pending)
    desk.wait(ERROR_GRACE)
    assert desk.how(pending) == BY_REPLY


def test_chat_that_ends_while_sending_fails_what_is_sent(desk: Desk) -> None:
    send, invite = start(desk, "chat.send_message"), start(desk, "chat.invite")
    desk.accept(send)
    desk.feed(chat_told("Completed"))
    assert (desk.how(send), desk.how(invite)) == (ENDED, ENDED)


def test_hundreds_of_messages_that_are_sent_at_once_are_not_searched_for_each_that_comes(desk: Desk) -> None:
    said = [start(desk, "chat.send_message", message=f"line {n}") for n in range(400)]
    waiting = desk.correlator._objects._by_key[interaction_key("i1")].waiting
    assert {len(bucket) for bucket in waiting.values()} == {1}, "each waits in a bucket of its own"
    desk.feed(*(log(entry(n, f"line {n}")) for n in range(200)))
    assert [desk.how(p) for p in said[:200]] == [SUCCEEDED] * 200
    assert [desk.how(p) for p in said[200:]] == [None] * 200


def test_hostile_stream_of_chats_fills_no_memory(desk: Desk) -> None:
    pending = start(desk, "chat.send_message")
    desk.feed(*(chat_told("Processing", interaction_id=f"chat-{n}") for n in range(IDLE_LIMIT + 500)))
    assert len(desk.correlator._objects._by_key) == IDLE_LIMIT + len({key for key, _ in pending.slots})
    for n in range(500):
        desk.feed(log(entry(n, "x"), interaction_id=f"unheard-{n}"))
        desk.feed(chat_told("Completed", interaction_id=f"chat-{IDLE_LIMIT + n}"))
    assert len(desk.correlator._objects._by_key) == IDLE_LIMIT - 500 + len({key for key, _ in pending.slots})
    assert not desk.correlator._objects._ended
