"""Interactions, emails and chats as they come: read with what is known of them, and nothing lost of the rest."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, get_type_hints

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import engage_async as ea
from engage_async.models import media_enums
from engage_async.models.codec import structure, unstructure
from engage_async.models.enums import OpenEnum
from engage_async.models.events import EVENT_TYPES, read_event
from engage_async.models.record import Record
from engage_async.protocol.notices import Notice

EMAIL: dict[str, Any] = {
    "id": "022AKaDEME4A000K",
    "mediatype": "email",
    "state": "Processing",
    "interactionType": "Inbound",
    "interactionSubtype": "InboundNew",
    "capabilities": ["accept", "reject"],
    "queue": "q-in",
    "ticketId": 5,
    "subject": "Hello",
    "comment": None,
    "isHeld": False,
    "isInWorkflow": True,
    "workflowState": "Routing",
    "parentInteractionId": "022AKaDEME4A000J",
    "userData": [{"key": "Segment", "type": "str", "value": "Gold"}],
    "inQueues": ["in"],
    "outQueues": [{"name": "out"}],
    "attachments": [{"id": "a1", "name": "f.txt", "mime": "text/plain", "size": 3, "path": "media/email/a1"}],
    "email": {"from": "c@example.com", "to": ["a@example.com"], "cc": [], "body": "<p>…</p>", "mime": "text/html"},
}
CHAT: dict[str, Any] = {
    "participants": [{"id": "p1", "type": "Agent", "nickname": "Kate", "visibility": "All", "personId": "kate"}],
    "startAt": "2026-01-05T09:00:00.000Z",
    "myParticipantId": "p1",
    "myVisibility": "All",
    "myUserType": "Agent",
    "messages": [],
    "isAsyncMode": True,
}
MESSAGE: dict[str, Any] = {
    "index": 3,
    "type": "Text",
    "text": "hello",
    "visibility": "All",
    "timestamp": "2026-01-05T09:00:00.000Z",
    "timestampSeconds": 1767603600,
    "from": {"participantId": "p1", "type": "Agent", "nickname": "Kate", "visibility": "All"},
}


def event(kind: str, channel: str = "email", **payload: Any) -> ea.Event:
    return read_event(Notice(f"/workspace/v3/media/{channel}", kind, {"messageType": kind, **payload}))


def test_interaction_is_read() -> None:
    changed = event("InteractionStateChanged", notificationType="StatusChange", operationId="acc-1", interaction=EMAIL)
    assert isinstance(changed, ea.InteractionStateChanged)
    assert changed.notification_type is ea.InteractionNotification.STATUS_CHANGE
    assert (changed.operation_id, changed.channel) == ("acc-1", "/workspace/v3/media/email")
    interaction = changed.interaction
    assert interaction.state is ea.InteractionState.PROCESSING
    assert interaction.interaction_subtype is ea.InteractionSubtype.INBOUND_NEW
    assert interaction.user_data == {"Segment": "Gold"}
    assert interaction.attachments == (
        ea.Attachment(id="a1", name="f.txt", mime="text/plain", size=3, path="media/email/a1"),
    )
    assert interaction.email is not None
    assert (interaction.email.from_address, interaction.email.to) == ("c@example.com", ("a@example.com",))
    assert (interaction.is_in_workflow, interaction.is_held, interaction.comment) == (True, False, None)
    assert interaction.out_queues == ({"name": "out"},)
    assert not interaction.extra
    assert len({interaction, structure(ea.Interaction, EMAIL)}) == 1


def test_chat_is_read() -> None:
    interaction = structure(ea.Interaction, {"id": "i1", "mediatype": "chat", "chat": CHAT})
    chat = interaction.chat
    assert chat is not None
    assert chat.start_at == datetime(2026, 1, 5, 9, tzinfo=UTC)
    assert chat.my_user_type is ea.ChatUserType.AGENT
    assert chat.me == ea.ChatParticipant(id="p1", type=ea.ChatUserType.AGENT, nickname="Kate",
                                         visibility=ea.Visibility.ALL, person_id="kate")  # fmt: skip
    assert structure(ea.Chat, {**CHAT, "myParticipantId": "p2"}).me is None
    assert structure(ea.Chat, {"participants": [{"nickname": "nobody"}]}).me is None


@pytest.mark.parametrize("key", ["interactionId", "id"])
def test_messages_are_read(key: str) -> None:
    log = event("MessageLogUpdated", "chat", notificationType="NewMessages", messages=[MESSAGE], **{key: "i1"})
    assert isinstance(log, ea.MessageLogUpdated)
    assert (log.interaction_id, log.notification_type) == ("i1", ea.InteractionNotification.NEW_MESSAGES)
    (message,) = log.messages
    assert (message.index, message.type, message.text) == (3, ea.ChatMessageType.TEXT, "hello")
    assert message.sender == ea.ChatSender(
        id="p1", type=ea.ChatUserType.AGENT, nickname="Kate", visibility=ea.Visibility.ALL
    )


@pytest.mark.parametrize(
    ("cls", "payload", "read"),
    [
        (ea.Interaction, {"attatchments": [{"id": "a1"}]}, {"attachments": (ea.Attachment(id="a1"),)}),
        (ea.Interaction, {"moniterMode": "Coach"}, {"monitor_mode": ea.MediaMonitorMode.COACH}),
        (ea.Interaction, {"interactionId": "i1", "mediaType": "chat"}, {"id": "i1", "mediatype": "chat"}),
        (ea.Attachment, {"documentId": "a1"}, {"id": "a1"}),
        (ea.ChatParticipant, {"participantId": "p1"}, {"id": "p1"}),
        (ea.ChatSender, {"id": "p1"}, {"id": "p1"}),
    ],
)
def test_other_spellings_are_understood(cls: Any, payload: dict[str, Any], read: dict[str, Any]) -> None:
    model = structure(cls, payload)
    assert {name: getattr(model, name) for name in read} == read
    assert unstructure(model) == payload


def test_channel_holds_its_interactions() -> None:
    told = event("ChannelStateChanged", media={"channels": [{"name": "email", "interactions": [EMAIL]}]})
    assert isinstance(told, ea.ChannelStateChanged)
    assert told.channels[0].interactions[0].id == EMAIL["id"]


@pytest.mark.parametrize("kind", ["InteractionStateChanged", "MessageLogUpdated"])
@pytest.mark.parametrize("about", [None, "text", 7])
def test_event_without_what_it_is_about_is_malformed(kind: str, about: Any) -> None:
    broken = event(kind, interaction=about, messages=about)
    assert isinstance(broken, ea.MalformedEvent)
    assert kind in broken.problem


def test_text_of_mails_is_not_in_a_repr() -> None:
    assert "<p>" not in repr(structure(ea.Interaction, EMAIL))


@pytest.mark.parametrize("name", media_enums.__all__)
def test_enumerations_stay_open(name: str) -> None:
    kind: type[OpenEnum] = getattr(media_enums, name)
    assert kind(next(iter(kind)).value.upper()) is next(iter(kind))
    unknown = kind("Unheard")
    assert unknown == "Unheard"
    assert (isinstance(unknown, kind), unknown.is_known) == (True, False)


# --- whatever comes ---------------------------------------------------------------------------------------------------

MODELS: list[Any] = [ea.Interaction, ea.Email, ea.Attachment, ea.InteractionReason, ea.Chat, ea.ChatMessage,
                     ea.ChatParticipant, ea.ChatSender, ea.InteractionStateChanged, ea.MessageLogUpdated,
                     ea.Channel]  # fmt: skip
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=5,
)
SOUND: dict[Any, st.SearchStrategy[Any]] = {
    str: st.text(max_size=4),
    int: st.integers(),
    bool: st.booleans(),
    datetime: st.just("2026-01-05T09:00:00.000Z"),
}


def spellings(cls: Any) -> dict[str, str]:
    """Each spelling of a model's members, with the name of the field."""
    found: dict[str, str] = {}
    for field in attrs.fields(cls):
        if not field.metadata.get("local"):
            first, *rest = field.name.split("_")
            camel = first + "".join(part.capitalize() for part in rest)
            found |= dict.fromkeys(field.metadata.get("wire") or (camel,), field.name)
    return found


def payloads(cls: Any, depth: int = 0) -> st.SearchStrategy[dict[str, Any]]:
    """Objects with members of the right type, members of any, and members that nobody knows."""
    hints = get_type_hints(cls)
    members = {wire: value_of(hints[name], depth) | JSON for wire, name in spellings(cls).items()}
    members["nobodyKnows"] = JSON
    return st.fixed_dictionaries({}, optional=members)


def value_of(hint: Any, depth: int) -> st.SearchStrategy[Any]:
    parts = [part for part in getattr(hint, "__args__", ()) if part not in (type(None), Ellipsis)] or [hint]
    many = getattr(hint, "__origin__", None) is tuple
    (kind,) = parts[:1]
    if isinstance(kind, type) and issubclass(kind, Record):
        one: st.SearchStrategy[Any] = payloads(kind, depth + 1) if depth < 2 else st.just({})
    elif isinstance(kind, type) and issubclass(kind, OpenEnum):
        one = st.sampled_from([*kind, "Unheard"]).map(str)
    else:
        one = SOUND.get(kind, JSON)
    return st.lists(one, max_size=2) if many else one


def lost(came: Any, back: Any) -> list[str]:
    """What was in a payload and is not in what became of it.

    Null, and what is empty or false, is absence; what comes twice, in two spellings, is there once.
    """
    if isinstance(came, dict) and isinstance(back, dict):
        gone = [f".{n} is gone" for n, v in came.items() if n not in back and v and v not in back.values()]
        return gone + [f".{n}{rest}" for n, v in came.items() if n in back for rest in lost(v, back[n])]
    if isinstance(came, list) and isinstance(back, list) and len(came) == len(back):
        return [f"[{n}]{rest}" for n, pair in enumerate(zip(came, back, strict=True)) for rest in lost(*pair)]
    return [] if came == back else [f": {came!r} became {back!r}"]


@settings(max_examples=30)
@pytest.mark.parametrize("cls", MODELS, ids=lambda cls: cls.__name__)
@given(data=st.data())
def test_what_was_known_and_what_was_not_survive_the_way_there_and_back(cls: Any, data: st.DataObject) -> None:
    payload = data.draw(payloads(cls))
    model = structure(cls, payload)
    assert lost(payload, unstructure(model)) == []
    assert structure(cls, unstructure(model)) == model
    repr(model)
    hash(model)


@settings(max_examples=60)
@given(st.sampled_from(["InteractionStateChanged", "MessageLogUpdated", "ChannelStateChanged"]), st.data())
def test_no_event_of_any_form_breaks_the_reading(kind: str, data: st.DataObject) -> None:
    payload = data.draw(payloads(EVENT_TYPES[kind]) | st.dictionaries(st.text(max_size=8), JSON))
    read = read_event(Notice("/workspace/v3/media/email", kind, {**payload, "messageType": kind}))
    assert type(read).__name__ in (kind, "MalformedEvent")
