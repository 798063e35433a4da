"""A chat as it grows: messages in any order and more than once, and who takes part."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from engage_async.models.chat import ChatMessage
from engage_async.sessions.transcript import LiveChat, Transcript


def message(index: Any, text: str | None = "hello", *, kind: str = "Text", by: str = "p1", **more: Any) -> Any:
    return {"index": index, "type": kind, "text": text, "from": {"participantId": by, "type": "Agent"}, **more}


def indexes(transcript: Transcript) -> list[int | None]:
    return [each.index for each in transcript.messages]


def arrivals(transcript: Transcript, after: int = 0) -> list[int | None]:
    """The indexes of the messages in the order in which a reader gets them."""
    found: list[int | None] = []
    while (told := transcript.arrived(after + len(found)))[1] is not None:
        assert told[0] == 0
        found.append(told[1].index)
    return found


def test_messages_stand_in_the_order_of_their_indexes() -> None:
    transcript = Transcript()
    transcript.add([message(3), message(1)])
    transcript.add([message(2)])
    assert indexes(transcript) == [1, 2, 3]
    assert arrivals(transcript) == [1, 3, 2], "a reader gets a late one late, not never"


def test_message_that_comes_again_is_there_once() -> None:
    transcript = Transcript()
    first = transcript.add([message(1, "first"), message(2)])
    again = transcript.add([message(1, "changed"), message(2), message(3)])
    assert ([m["index"] for m in first], [m["index"] for m in again]) == ([1, 2], [3])
    assert [each.text for each in transcript.messages] == ["first", "hello", "hello"]


def test_messages_without_an_index_stand_after_those_that_were_there() -> None:
    transcript = Transcript()
    transcript.add([message(None, "a"), message(1), message(None, "b")])
    transcript.add([message(2), message(None, "a"), message(None, "c", timestamp="2026-01-05T09:00:00.000Z")])
    assert [(each.index, each.text) for each in transcript.messages] == [
        (1, "hello"), (None, "a"), (None, "b"), (2, "hello"), (None, "c"),
    ]  # fmt: skip


@given(st.permutations(range(8)), st.lists(st.lists(st.integers(0, 7), max_size=5), max_size=8))
def test_any_order_and_any_repetition_give_the_same_transcript(order: list[int], repeats: list[list[int]]) -> None:
    transcript = Transcript()
    seen: set[int] = set()
    for index, again in zip(order, [*repeats, *[[]] * 8], strict=False):
        batch = [index, *(other for other in again if other in seen)]
        assert [m["index"] for m in transcript.add([message(i) for i in batch])] == [index]
        seen.add(index)
    assert indexes(transcript) == list(range(8))
    assert arrivals(transcript) == order
    assert transcript.total == 8


def test_transcript_keeps_its_last_messages_and_counts_the_others() -> None:
    transcript = Transcript(limit=3)
    transcript.add([message(index) for index in range(5)])
    assert indexes(transcript) == [2, 3, 4]
    assert (transcript.total, transcript.dropped) == (5, 2)
    assert transcript.add([message(0), message(1)]) == [], "what was forgotten is not new"
    assert indexes(transcript) == [2, 3, 4]


def test_reader_that_is_behind_learns_how_many_it_has_missed() -> None:
    transcript = Transcript(limit=3)
    transcript.add([message(index) for index in range(5)])
    missing, found = transcript.arrived(0)
    assert (missing, found and found.index) == (2, 2)
    assert arrivals(transcript, after=2) == [2, 3, 4]
    assert transcript.arrived(5) == (0, None)


def test_index_that_is_no_number_is_none() -> None:
    transcript = Transcript()
    transcript.add([message(True, "a"), message("4", "b"), message(1.5, "c"), message([], "d")])
    assert [each.text for each in transcript.messages] == ["a", "b", "c", "d"]
    assert [each.index for each in transcript.messages] == [None] * 4


def test_transcript_that_was_handed_out_does_not_change() -> None:
    transcript = Transcript()
    transcript.add([message(1)])
    before = transcript.messages
    transcript.add([message(2)])
    assert len(before) == 1
    assert all(isinstance(each, ChatMessage) for each in before)


# --- participants -----------------------------------------------------------------------------------------------------


def names(chat: LiveChat) -> list[str]:
    return [participant.nickname for participant in chat.model.participants]


def joined(index: int, by: str, nickname: str) -> Any:
    sender = {"participantId": by, "type": "Agent", "nickname": nickname, "visibility": "All"}
    return {"index": index, "type": "ParticipantJoined", "from": sender}


def test_participants_follow_the_transcript() -> None:
    chat = LiveChat()
    chat.log([joined(1, "c", "Ada"), joined(2, "p1", "Kate")])
    assert names(chat) == ["Ada", "Kate"]
    assert chat.model.participants[1].visibility == "All"
    chat.log([{**joined(3, "p1", "Kate L."), "type": "NicknameUpdated"}, message(4, kind="ParticipantLeft", by="c")])
    assert names(chat) == ["Kate L."]


def test_list_of_participants_replaces_what_the_transcript_told() -> None:
    chat = LiveChat()
    chat.log([joined(1, "c", "Ada")])
    chat.take({"participants": [{"id": "p1", "nickname": "Kate"}, {"nickname": "nobody's id"}, "no participant"]})
    assert names(chat) == ["Kate", "nobody's id"]


def test_old_messages_do_not_change_who_takes_part_now() -> None:
    chat = LiveChat()
    chat.take({"participants": [{"id": "p1", "nickname": "Kate"}]})
    chat.log([message(5)])
    chat.log([joined(2, "c", "Ada"), message(3, kind="ParticipantLeft", by="p1")])
    assert names(chat) == ["Kate"]
    assert [each.index for each in chat.model.messages] == [2, 3, 5]


def test_what_is_told_once_of_a_chat_stays() -> None:
    chat = LiveChat()
    chat.take({"myParticipantId": "p1", "isAsyncMode": True, "participants": [{"id": "p1"}], "messages": [message(1)]})
    chat.take({"startAt": "2026-01-05T09:00:00.000Z", "unheard": 1})
    model = chat.model
    assert (model.my_participant_id, model.is_async_mode, model.extra) == ("p1", True, {"unheard": 1})
    assert model.me is not None
    assert len(model.messages) == 1
    chat.take({})
    assert chat.model.extra == {}


def test_agent_who_left_is_gone_until_coming_back_as_another_participant() -> None:
    chat = LiveChat()
    chat.take({"myParticipantId": "p1"})
    left = []
    chat.log([joined(1, "p1", "Kate"), message(2, kind="ParticipantLeft", by="c")])
    left.append(chat.left)
    chat.log([message(3, kind="ParticipantLeft", by="p1")])
    left.append(chat.left)
    chat.take({"myParticipantId": "p2"})
    left.append(chat.left)
    assert left == [False, True, False]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(["", "p1", "Text", "ParticipantJoined"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["id", "participantId"]), inner),
    max_leaves=5,
)


def objects(*members: str) -> st.SearchStrategy[dict[str, Any]]:
    return st.dictionaries(st.sampled_from(members), JSON)


@settings(max_examples=60)
@given(
    st.lists(objects("participants", "messages", "myParticipantId", "myVisibility", "x"), max_size=3),
    st.lists(objects("index", "type", "text", "from", "timestamp"), max_size=6),
)
def test_chat_of_any_form_is_read_without_an_error(told: list[dict[str, Any]], messages: list[dict[str, Any]]) -> None:
    chat = LiveChat()
    for each in told:
        chat.take(each)
        chat.log(messages)
    assert len(chat.model.messages) == len(chat.transcript.messages)
