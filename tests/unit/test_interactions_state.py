"""Live state of interactions: what is on the agent's desk, what left it, and waiting for a state."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from attrs.exceptions import FrozenInstanceError
from hypothesis import given, settings
from hypothesis import strategies as st

import engage_async as ea
from engage_async.api.workspace.media import MediaApi
from engage_async.protocol.notices import Notice
from engage_async.protocol.objects import IDLE_LIMIT
from engage_async.sessions.conversation import ChatDesk
from engage_async.sessions.interactions import Interactions
from engage_async.sessions.state import LiveState

SOON = 5.0


@pytest.fixture
def interactions() -> Interactions:
    return Interactions()


def tell(interactions: Interactions, state: Any, interaction_id: Any = "i1", **members: Any) -> bool:
    """``InteractionStateChanged``; says whether it could be read."""
    interaction = {"id": interaction_id, "mediatype": "email", "state": state, **members}
    return interactions.feed({"messageType": "InteractionStateChanged", "interaction": interaction})


def say(interactions: Interactions, *texts: str, interaction_id: str = "i1", first: int = 1) -> bool:
    """``MessageLogUpdated`` of a customer's messages."""
    sender = {"participantId": "c", "type": "Customer"}
    messages = [{"index": first + n, "type": "Text", "text": text, "from": sender} for n, text in enumerate(texts)]
    return interactions.feed_messages({"interactionId": interaction_id, "messages": messages})


def texts(interaction: ea.Interaction | None) -> list[str]:
    assert interaction is not None
    assert interaction.chat is not None
    return [message.text for message in interaction.chat.messages]


async def soon(waiting: asyncio.Task[Any]) -> None:
    """Let a task come to where it waits."""
    await asyncio.sleep(0)
    assert not waiting.done()


# --- on the desk ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", ["Invited", "Processing", "Composing", "Chat", "LeftChat", "Unheard", None])
def test_interaction_is_on_the_desk(interactions: Interactions, state: str | None) -> None:
    assert tell(interactions, state)
    assert list(interactions) == ["i1"]
    assert "i1" in interactions
    assert interactions["i1"].mediatype == "email"


@pytest.mark.parametrize("state", ["Sent", "Completed", "Canceled", "Rejected", "Revoked", "InWorkbin", "Queued"])
def test_interaction_leaves_the_desk_and_is_remembered(interactions: Interactions, state: str) -> None:
    tell(interactions, "Processing", subject="Invoice")
    tell(interactions, state, subject="Invoice")
    assert not interactions
    assert "i1" not in interactions
    with pytest.raises(KeyError):
        interactions["i1"]
    last = interactions.last_known("i1")
    assert last is not None
    assert (last.state, last.subject) == (state, "Invoice")


@pytest.mark.parametrize("state", ["InWorkbin", "Completed"])
def test_interaction_comes_back_to_the_desk(interactions: Interactions, state: str) -> None:
    for each in ("Processing", state, "Invited"):
        tell(interactions, each)
    assert interactions["i1"].state is ea.InteractionState.INVITED


def test_last_32_that_left_are_remembered(interactions: Interactions) -> None:
    for n in range(100):
        tell(interactions, "Completed", f"i{n}")
    assert interactions.last_known("i67") is None
    assert interactions.last_known("i68") is not None


def test_one_that_came_back_takes_no_place_among_those_that_left(interactions: Interactions) -> None:
    for interaction_id, state in (("a", "Completed"), ("b", "Completed"), ("b", "Invited")):
        tell(interactions, state, interaction_id)
    for n in range(31):
        tell(interactions, "Completed", f"i{n}")
    assert interactions.last_known("a") is not None


def test_what_is_handed_out_does_not_change(interactions: Interactions) -> None:
    tell(interactions, "Processing", chat={"participants": []})
    before = interactions["i1"]
    assert interactions["i1"] is before, "and is made once"
    say(interactions, "hello")
    tell(interactions, "LeftChat")
    assert (before.state, before.chat and before.chat.messages) == ("Processing", ())
    assert texts(interactions["i1"]) == ["hello"]
    with pytest.raises(FrozenInstanceError):
        interactions["i1"].subject = "x"  # type: ignore[misc]


def test_repr_tells_what_there_is(interactions: Interactions) -> None:
    assert repr(interactions) == "<Interactions none>"
    tell(interactions, "Processing")
    assert repr(interactions) == "<Interactions i1: email Processing>"


# --- chats ------------------------------------------------------------------------------------------------------------


def test_transcript_grows_with_the_interaction(interactions: Interactions) -> None:
    tell(interactions, "Invited", chat={"messages": [{"index": 1, "text": "a"}]})
    say(interactions, "a", "b")
    tell(interactions, "Processing")
    say(interactions, "c", first=3)
    assert texts(interactions["i1"]) == ["a", "b", "c"]


def test_messages_that_come_before_their_interaction_are_kept(interactions: Interactions) -> None:
    assert say(interactions, "early")
    assert not interactions
    tell(interactions, "Invited")
    assert texts(interactions["i1"]) == ["early"]


def test_messages_of_interactions_that_never_come_fill_no_memory(interactions: Interactions) -> None:
    for n in range(200):
        say(interactions, "early", interaction_id=f"i{n}")
    tell(interactions, "Invited", "i0")
    tell(interactions, "Invited", "i199")
    assert interactions["i0"].chat is None
    assert texts(interactions["i199"]) == ["early"]


def test_interactions_that_never_leave_fill_no_memory(interactions: Interactions) -> None:
    for n in range(IDLE_LIMIT + 10):
        tell(interactions, "Invited", f"i{n}")
    assert len(interactions) == IDLE_LIMIT
    assert "i9" not in interactions
    assert interactions["i10"].state == "Invited"


def test_transcript_survives_the_end_of_the_chat(interactions: Interactions) -> None:
    tell(interactions, "Processing")
    say(interactions, "hello")
    tell(interactions, "Completed")
    say(interactions, "late", first=2)
    assert texts(interactions.last_known("i1")) == ["hello", "late"]


def test_chats_that_the_agent_is_in_are_known(interactions: Interactions) -> None:
    tell(interactions, "Processing", "email")
    tell(interactions, "Processing", "chat", mediatype="chat")
    tell(interactions, "Processing", "other", mediatype="whatsapp", chat={"myParticipantId": "p1"})
    tell(interactions, "Invited", "offered", mediatype="chat")
    tell(interactions, "LeftChat", "left", mediatype="chat")
    assert interactions.chats() == [("chat", "chat"), ("other", "whatsapp")]
    left = {"index": 1, "type": "ParticipantLeft", "from": {"participantId": "p1"}}
    interactions.feed_messages({"id": "other", "messages": [left]})
    assert interactions.chats() == [("chat", "chat")]


# --- until ------------------------------------------------------------------------------------------------------------


async def test_until_gives_the_interaction_at_once_when_it_is_so(interactions: Interactions) -> None:
    tell(interactions, "Processing")
    assert (await interactions.until("i1", "Processing", timeout=SOON)).id == "i1"


async def test_until_waits_for_the_state(interactions: Interactions) -> None:
    tell(interactions, "Invited")
    waiting = asyncio.create_task(interactions.until("i1", ea.InteractionState.PROCESSING, timeout=SOON))
    await soon(waiting)
    tell(interactions, "Processing", "i2")
    tell(interactions, "Processing", subject="Invoice")
    assert (await waiting).subject == "Invoice"


async def test_until_waits_for_one_that_is_in_a_queue_or_workbin(interactions: Interactions) -> None:
    tell(interactions, "Invited")
    waiting = asyncio.create_task(interactions.until("i1", "Processing", timeout=SOON))
    await soon(waiting)
    tell(interactions, "Queued")
    assert (await interactions.until("i1", "Queued", timeout=SOON)).state == "Queued"
    await soon(waiting)
    tell(interactions, "Processing")
    await waiting


async def test_sent_is_also_what_was_completed_since(interactions: Interactions) -> None:
    for state in ("Composing", "Sent"):
        tell(interactions, state)
    completed = asyncio.create_task(interactions.until("i1", "Completed", timeout=SOON))
    await soon(completed)
    tell(interactions, "Completed")
    assert (await completed).state == "Completed"
    assert (await interactions.until("i1", "Sent", timeout=SOON)).state == "Completed"


async def test_until_fails_when_the_interaction_ends_first(interactions: Interactions) -> None:
    tell(interactions, "Composing")
    waiting = asyncio.create_task(interactions.until("i1", "Sent", timeout=SOON))
    await soon(waiting)
    tell(interactions, "Canceled")
    for attempt in (waiting, interactions.until("i1", "Sent", timeout=SOON)):
        with pytest.raises(ea.InteractionEnded, match="i1 ended before it was Sent") as ended:
            await attempt
        assert ended.value.interaction_id == "i1"
        assert ended.value.raw["interaction"]["state"] == "Canceled"


async def test_what_happened_before_it_came_back_does_not_count(interactions: Interactions) -> None:
    for state in ("Sent", "Completed", "Composing"):
        tell(interactions, state)
    waiting = asyncio.create_task(interactions.until("i1", "Sent", timeout=SOON))
    await soon(waiting)
    tell(interactions, "Sent")
    await waiting


async def test_until_refuses_an_unknown_interaction(interactions: Interactions) -> None:
    with pytest.raises(ea.InvalidArgument, match="no interaction 'nope'"):
        await interactions.until("nope", "Processing")


async def test_until_ends_by_time_or_with_the_session(interactions: Interactions) -> None:
    tell(interactions, "Invited")
    with pytest.raises(ea.WaitTimeout, match=r"interaction i1 was not Processing within 0\.01 s"):
        await interactions.until("i1", "Processing", timeout=0.01)
    waiting = asyncio.create_task(interactions.until("i1", "Processing"))
    await soon(waiting)
    interactions.close(None)
    for attempt in (waiting, interactions.until("i1", "Processing")):
        with pytest.raises(ea.SessionClosed):
            await attempt


async def test_until_that_is_cancelled_leaves_nothing(interactions: Interactions) -> None:
    tell(interactions, "Invited")
    waiting = asyncio.create_task(interactions.until("i1", "Processing"))
    await soon(waiting)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    assert not interactions._waiters._waiting


# --- conversations ----------------------------------------------------------------------------------------------------


NOBODY: Any = object()
"""What takes no request."""


def conversation(interactions: Interactions) -> ea.Conversation:
    """That of the chat ``i1``, which the agent is in."""
    tell(interactions, "Processing", mediatype="chat")
    return ChatDesk(NOBODY, media=MediaApi(NOBODY), interactions=interactions)("i1")


async def test_reading_fails_with_the_session_after_what_came_before(interactions: Interactions) -> None:
    failure = ea.SessionClosed("notifications ended for good")
    async with conversation(interactions) as chat:
        say(interactions, "hello")
        reading = asyncio.create_task(texts_of(chat))
        await soon(reading)
        interactions.close(failure)
        with pytest.raises(ea.SessionClosed) as failed:
            await reading
    assert failed.value is failure
    assert not interactions._watchers


async def test_reading_ends_with_the_session_or_with_the_conversation(interactions: Interactions) -> None:
    chat = conversation(interactions)
    async with chat:
        reading = asyncio.create_task(texts_of(chat))
        await soon(reading)
    with pytest.raises(ea.SessionClosed, match="not open"):
        await reading
    async with chat:
        say(interactions, "hello")
        interactions.close(None)
        assert await texts_of(chat) == ["hello"]


async def texts_of(chat: ea.Conversation) -> list[str]:
    return [message.text async for message in chat]


# --- whatever comes ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("payload", [{}, {"interaction": None}, {"interaction": []}, {"interaction": {"id": ""}}])
def test_event_without_an_interaction_is_not_readable(interactions: Interactions, payload: dict[str, Any]) -> None:
    assert interactions.feed(payload) is False
    assert not interactions


@pytest.mark.parametrize("payload", [{}, {"messages": []}, {"interactionId": "i1"}, {"id": "i1", "messages": {}}])
def test_messages_of_nothing_are_not_readable(interactions: Interactions, payload: dict[str, Any]) -> None:
    assert interactions.feed_messages(payload) is False


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(["", "i1", "Completed", "Processing"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["id", "name", "state"]), inner),
    max_leaves=6,
)
INTERACTION = st.dictionaries(st.sampled_from(["id", "state", "mediatype", "chat", "interactionId"]), JSON)
PAYLOAD = st.fixed_dictionaries(
    {},
    optional={"interaction": JSON | INTERACTION, "messages": JSON, "interactionId": JSON, "id": JSON, "media": JSON},
)
TYPES = ["InteractionStateChanged", "MessageLogUpdated", "ChannelStateChanged", "CallStateChanged", "DnStateChanged"]


@settings(max_examples=40)
@given(st.lists(st.tuples(st.sampled_from(TYPES), PAYLOAD), max_size=8))
def test_event_of_any_form_is_taken_without_an_error(events: list[tuple[str, dict[str, Any]]]) -> None:
    state = LiveState()
    for kind, payload in events:
        state.feed(Notice("/workspace/v3/media/email", kind, {"messageType": kind, **payload}))
    for interaction_id, interaction in state.interactions.items():
        assert state.interaction(interaction_id) == interaction
    assert all(state.channel(name) for name in state.channel_names())
    repr(state.interactions)
