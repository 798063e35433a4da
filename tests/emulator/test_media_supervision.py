"""Supervisors who follow agents' interactions: unseen, seen by the agents, or seen by all."""

from __future__ import annotations

from typing import Any

import pytest
from media_room import ID_OF, JOHN, KATE, RUTH, SAM, Room

from engage_async.emulator.customers import ChatCustomer


def watch(room: Room, mode: str = "Monitor", which: str = "AllInteractions", *, media: str = "chat") -> None:
    room.ask(
        SAM,
        "start-monitoring",
        media=media,
        agentId=ID_OF[JOHN],
        monitoringMode=mode,
        monitoringNextInteractionType=which,
    )
    assert room.errors(SAM) == []


def chatting(room: Room) -> ChatCustomer:
    """A customer in a chat that John has accepted."""
    customer = room.scenario.inbound_chat(nickname="Ada")
    room.ask(JOHN, "accept", customer.interaction, nickname="John")
    return customer


@pytest.fixture
def room() -> Room:
    """John takes the chats; Sam watches."""
    room = Room(JOHN, SAM)
    room.channels.not_ready(SAM)
    room.forget()
    return room


def test_supervisor_is_on_every_chat_that_the_agent_accepts(room: Room) -> None:
    watch(room)
    customer = chatting(room)
    view = room.last(SAM)
    assert (view["id"], view["state"], view["monitorMode"]) == (customer.interaction.id, "Processing", "Monitor")
    assert (view["chat"]["myUserType"], view["chat"]["myVisibility"]) == ("Supervisor", "Supervisor")
    assert view["capabilities"] == ["switch-to-coach", "switch-to-barge-in", "leave"]
    chatting(room)
    assert len({view["id"] for view in room.views(SAM)}) == 2


def test_supervisor_joins_what_the_agent_has_already(room: Room) -> None:
    customer = chatting(room)
    invited = room.scenario.inbound_chat().interaction
    watch(room)
    assert {view["id"] for view in room.views(SAM)} == {customer.interaction.id}
    room.ask(JOHN, "accept", invited)
    assert {view["id"] for view in room.views(SAM)} == {customer.interaction.id, invited.id}


def test_supervisor_who_monitors_sees_everything_and_is_seen_by_nobody(room: Room) -> None:
    watch(room)
    customer = chatting(room)
    room.ask(JOHN, "send-message", customer.interaction, message="psst", visibility="Agent")
    customer.say("Hm?")
    assert [text for kind, _, text in room.lines(SAM) if kind == "Text"] == ["Hello?", "psst", "Hm?"]
    assert "Sam Okoro" not in {nickname for _, nickname, _ in room.lines(JOHN)}
    assert [message.type for message in customer.heard] == ["ParticipantJoined"]
    assert {each["type"] for each in room.last(JOHN)["chat"]["participants"]} == {"Customer", "Agent"}
    assert room.refusal(SAM, "send-message", customer.interaction, message="I am here") == 506


def test_supervisor_who_coaches_talks_to_the_agent_alone(room: Room) -> None:
    watch(room, "Coach")
    customer = chatting(room)
    assert ("ParticipantJoined", "Sam Okoro", None) in room.lines(JOHN)
    room.ask(SAM, "send-message", customer.interaction, message="offer ten")
    assert (room.lines(JOHN)[-1], customer.texts) == (("Text", "Sam Okoro", "offer ten"), [])


def test_supervisor_who_barges_in_talks_to_all(room: Room) -> None:
    watch(room, "Bargein")
    customer = chatting(room)
    room.ask(SAM, "send-message", customer.interaction, message="I am the boss")
    assert (room.lines(JOHN)[-1], customer.texts) == (("Text", "Sam Okoro", "I am the boss"), ["I am the boss"])
    room.ask(SAM, "send-message", customer.interaction, message="psst", visibility="Agent")
    assert customer.texts == ["I am the boss"]


def test_switching_tells_those_who_begin_or_cease_to_see_the_supervisor(room: Room) -> None:
    watch(room)
    customer = chatting(room)
    customer.heard.clear()
    room.forget()
    room.ask(SAM, "switch-to-coach", customer.interaction)
    assert (room.lines(JOHN), customer.heard) == ([("ParticipantJoined", "Sam Okoro", None)], [])
    assert (room.last(SAM)["monitorMode"], room.last(SAM)["chat"]["myVisibility"]) == ("Coach", "Agent")
    assert room.heard(SAM, "InteractionStateChanged")[-1]["operationId"] == "SamOkoro/switch-to-coach"
    room.forget()
    room.ask(SAM, "switch-to-barge-in", customer.interaction)
    assert (room.lines(JOHN), [message.type for message in customer.heard]) == ([], ["ParticipantJoined"])
    room.ask(SAM, "switch-to-monitor", customer.interaction)
    assert room.lines(JOHN) == [("ParticipantLeft", "Sam Okoro", None)]
    assert [message.type for message in customer.heard] == ["ParticipantJoined", "ParticipantLeft"]
    assert {each["type"] for each in room.last(JOHN)["chat"]["participants"]} == {"Customer", "Agent"}
    assert room.refusal(SAM, "switch-to-monitor", customer.interaction) == 43


def test_next_interaction_is_the_only_one(room: Room) -> None:
    customer = chatting(room)
    watch(room, which="NextInteraction")
    assert room.views(SAM) == []
    following = chatting(room)
    chatting(room)
    assert {view["id"] for view in room.views(SAM)} == {following.interaction.id}
    room.ask(JOHN, "complete", following.interaction)
    assert room.states(SAM) == ["Processing", "Completed"]
    assert not customer.interaction.ended


def test_supervisor_goes_when_the_agent_does(room: Room) -> None:
    room.channels.activate(KATE, ["chat"])
    watch(room)
    customer = chatting(room)
    room.ask(JOHN, "transfer-agent", customer.interaction, agentId=ID_OF[KATE])
    assert room.states(SAM) == ["Processing", "Completed"]
    assert SAM not in customer.interaction.parties


def test_supervisor_who_stops_leaves_what_was_watched(room: Room) -> None:
    watch(room, "Coach")
    customer = chatting(room)
    room.ask(SAM, "stop-monitoring", media="chat", agentId=ID_OF[JOHN])
    assert room.states(SAM) == ["Processing", "Completed"]
    assert room.lines(JOHN)[-1] == ("ParticipantLeft", "Sam Okoro", None)
    chatting(room)
    assert {view["id"] for view in room.views(SAM)} == {customer.interaction.id}
    room.forget()
    assert room.refusal(SAM, "stop-monitoring", media="chat", agentId=ID_OF[JOHN]) == 506


def test_supervisor_who_leaves_one_chat_goes_on_watching(room: Room) -> None:
    watch(room)
    first = chatting(room)
    room.ask(SAM, "leave", first.interaction)
    assert (room.states(SAM), first.here) == (["Processing", "Completed"], True)
    second = chatting(room)
    assert room.last(SAM)["id"] == second.interaction.id


def test_supervisor_who_logs_out_watches_nothing_any_more(room: Room) -> None:
    room.channels.activate(RUTH, ["chat"])
    watch(room)
    first = chatting(room)
    room.channels.log_out(SAM)
    assert room.states(SAM, first.interaction) == ["Processing", "Completed"]
    room.channels.activate(SAM, ["chat"])
    room.channels.log_out(SAM)
    assert SAM not in chatting(room).interaction.parties
    room.channels.activate(SAM, ["chat"])
    assert SAM not in chatting(room).interaction.parties
    watch(room)
    room.channels.log_out(SAM)
    room.ask(
        RUTH,
        "start-monitoring",
        media="chat",
        agentId=ID_OF[JOHN],
        monitoringMode="Coach",
        monitoringNextInteractionType="AllInteractions",
    )
    assert room.errors(RUTH) == []


def test_watching_takes_none_of_a_supervisors_capacity(room: Room) -> None:
    watch(room)
    for _ in range(3):
        chatting(room)
    room.channels.ready(SAM)
    room.channels.not_ready(JOHN)
    room.forget()
    room.scenario.inbound_chat()
    assert (room.states(SAM), room.channel(SAM, "chat")["activity"]) == (["Invited"], "DeliveringInteraction")


def test_other_media_are_watched_too(room: Room) -> None:
    watch(room, media="email")
    email = room.scenario.inbound_email()
    room.ask(JOHN, "accept", email)
    assert (room.last(SAM)["id"], room.last(SAM)["email"]["from"]) == (email.id, "customer@example.net")
    assert room.refusal(SAM, "complete", email) == 506
    room.ask(SAM, "switch-to-coach", email)
    assert (room.last(SAM)["monitorMode"], room.last(SAM)["capabilities"]) == (
        "Coach",
        ["switch-to-monitor", "switch-to-barge-in"],
    )
    room.forget()
    watch(room, media="workitem")
    item = room.scenario.work_item()
    room.ask(JOHN, "accept", item)
    room.forget()
    assert room.refusal(SAM, "transfer-agent", item, agentId=ID_OF[KATE]) == 506


def test_watching_is_for_supervisors_and_one_at_a_time(room: Room) -> None:
    room.channels.activate(RUTH, ["chat"])
    asked: dict[str, Any] = {
        "monitoringMode": "Monitor",
        "monitoringNextInteractionType": "AllInteractions",
        "media": "chat",
    }
    room.forget()
    assert room.refusal(JOHN, "start-monitoring", agentId=ID_OF[SAM], **asked) == 165
    assert room.refusal(SAM, "start-monitoring", agentId="nobody", **asked) == 53
    assert room.refusal(SAM, "start-monitoring", agentId=ID_OF[SAM], **asked) == 53
    assert room.refusal(SAM, "start-monitoring", agentId=ID_OF[KATE], **asked) == 166, "not on the channel"
    room.forget()
    watch(room)
    room.forget()
    assert room.refusal(RUTH, "start-monitoring", agentId=ID_OF[JOHN], **asked) == 43
    assert room.refusal(RUTH, "stop-monitoring", media="chat", agentId=ID_OF[JOHN]) == 506
    customer = chatting(room)
    room.forget()
    assert room.refusal(JOHN, "switch-to-coach", customer.interaction) == 165
