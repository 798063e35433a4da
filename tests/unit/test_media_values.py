"""Arguments and results of media, email and chat operations."""

from __future__ import annotations

from typing import Any

import pytest

import engage_async as ea
from engage_async.api.module import NothingKnown
from engage_async.api.workspace import media_values as values
from engage_async.models.codec import structure

KNOWN = NothingKnown()
IDS = {"mediatype": "email", "interaction_id": "i1", "channels": ["chat", "email"]}
is_ready = values.channels_where(lambda channel: channel.state == "Ready", "Ready")


class Desk(NothingKnown):
    """Knows one chat, with its transcript, and one channel."""

    chat = ea.Interaction(id="i1", chat=ea.Chat(messages=(ea.ChatMessage(text="hello"),)))

    def interaction(self, interaction_id: str) -> ea.Interaction | None:
        return self.chat if interaction_id == "i1" else None

    def channel(self, name: str) -> ea.Channel | None:
        return structure(ea.Channel, {"name": "chat", "state": "NotReady"}) if name == "chat" else None


def log(*messages: Any) -> dict[str, Any]:
    return {"interactionId": "i1", "messages": list(messages)}


def told(**channels: str) -> dict[str, Any]:
    return {"media": {"channels": [{"name": name, "state": state} for name, state in channels.items()]}}


def test_reason_goes_out_with_the_members_that_it_has() -> None:
    reason = ea.InteractionReason(system_name="busy", code=0)
    assert values.reason_on_wire(reason) == {"reasonSystemName": "busy", "reason": 0}
    assert values.reason_on_wire(None) is None
    with pytest.raises(ea.InvalidArgument, match="not dict"):
        values.reason_on_wire({"reason": 1})  # type: ignore[arg-type]


def test_deletion_has_the_form_that_is_asked_for() -> None:
    assert values.deletion(("a", "b"), "client") == {"keys": ["a", "b"]}
    assert values.deletion(iter(["a"]), "simulator") == {"user_data": [("a", "")]}
    with pytest.raises(ea.InvalidArgument, match="non-empty strings"):
        values.deletion(["a", ""], "client")


def test_interaction_is_the_one_of_the_event_with_all_that_is_known_of_it() -> None:
    event = {"interaction": {"id": "i1", "state": "Processing"}}
    assert values.an_interaction(event, IDS, Desk()) is Desk.chat
    assert values.an_interaction({}, IDS, Desk()) is Desk.chat, "acceptance alone settled it"
    assert values.an_interaction(log(), IDS, Desk()) is Desk.chat
    new = values.an_interaction({"interaction": {"id": "new", "state": "Composing"}}, IDS, Desk())
    assert (new.id, new.state) == ("new", "Composing")
    assert values.an_interaction({}, IDS, KNOWN) == ea.Interaction(id="i1")


def test_channel_is_the_one_of_the_request() -> None:
    chat = {**IDS, "mediatype": "chat"}
    assert values.a_channel(told(email="Ready", chat="Ready"), chat, Desk()).state == "Ready"
    assert values.a_channel(told(email="Ready"), chat, Desk()).state == "NotReady"
    assert values.a_channel({}, chat, KNOWN) == ea.Channel(name="chat")


def test_channels_of_a_reply_are_all_that_are_known() -> None:
    assert is_ready({}, IDS, Desk()) == ea.PartialResult((Desk().channel("chat"),))
    assert is_ready({"parts": []}, {"channels": []}, Desk()) == ea.PartialResult(())


def test_channels_of_events_are_those_that_did_it() -> None:
    error = {"messageType": "EventError", "error": {"errorMessage": "No licence"}}
    result = is_ready({"parts": {"chat": error, "email": told(chat="Ready", email="Ready")}}, IDS, Desk())
    assert [channel.name for channel in result.data] == ["email"]
    assert [str(each) for each in result.errors] == ["status code -1: chat: No licence"]
    silent = is_ready({"parts": {}}, IDS, Desk())
    assert [str(each).partition(": ")[2] for each in silent.errors] == [
        "chat: not Ready in time; it is NotReady",
        "email: not Ready in time; it is unknown",
    ]


@pytest.mark.parametrize(
    ("arguments", "index"),
    [
        ({"message": "hello"}, 3),
        ({"message": " hello "}, 3),
        ({"url": "https://shop.example/"}, 2),
        ({"message": "never said"}, None),
        ({}, 5),
    ],
)
def test_message_is_the_last_one_with_these_words(arguments: dict[str, Any], index: int | None) -> None:
    messages = [
        {"index": 1, "text": "hello"},
        {"index": 2, "type": "PushUrl", "url": "https://shop.example/"},
        {"index": 3, "text": "hello\n"},
        {"index": 4, "text": ["hello"]},
        {"index": 5, "type": "CustomNotice"},
        "no message",
    ]
    found = values.a_chat_message(log(*messages), arguments, KNOWN)
    assert (found and found.index) == index
    assert values.a_chat_message({}, arguments, KNOWN) is None


def test_transcript_of_a_reply_is_what_can_be_read_of_it() -> None:
    assert [m.text for m in values.these_messages(log({"text": "a"}, 7, {"text": "b"}), IDS, KNOWN)] == ["a", "b"]
    assert values.these_messages({"messages": {}}, IDS, KNOWN) == ()
