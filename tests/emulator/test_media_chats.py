"""Chats: who takes part, who sees what, and how a chat comes to its end."""

from __future__ import annotations

from typing import Any

import pytest
from media_room import ID_OF, JOHN, KATE, OMAR, PAULA, Event, Room, pair

from engage_async.emulator.customers import ChatCustomer


def chatting(room: Room, agent: str = JOHN, **chat: Any) -> ChatCustomer:
    """A customer in a chat that the agent has accepted. What was said so far is forgotten."""
    customer = room.scenario.inbound_chat(**chat)
    room.ask(agent, "accept", customer.interaction, nickname=agent[:4])
    room.forget()
    return customer


def joining(room: Room, customer: ChatCustomer, agent: str, operation: str = "invite", by: str = JOHN) -> None:
    """Another agent who was asked in, and has come. What was said so far is forgotten."""
    room.ask(by, operation, customer.interaction, agentId=ID_OF[agent])
    room.ask(agent, "accept", customer.interaction, nickname=agent[:4])
    room.forget()


def people(view: Event) -> list[tuple[str, str, str]]:
    """The participants of a view: type, nickname, visibility."""
    return [(each["type"], each["nickname"], each["visibility"]) for each in view["chat"]["participants"]]


def heard(customer: ChatCustomer) -> list[tuple[str, str, str | None]]:
    return [(message.type, message.sender_view["nickname"], message.text) for message in customer.heard]


# --- beginning --------------------------------------------------------------------------------------------------------


def test_invited_agent_sees_nobody_and_nothing_of_the_chat_yet() -> None:
    room = Room(JOHN)
    room.scenario.inbound_chat("Hello?", nickname="Ada", user_data={"Segment": "Gold"})
    view = room.last(JOHN)
    assert (view["mediatype"], view["state"], view["isOnline"]) == ("chat", "Invited", True)
    assert view["chat"] == {"participants": [], "startAt": view["receivedAt"], "isAsyncMode": False}
    assert room.log(JOHN) == []


def test_agent_who_accepts_is_in_the_chat_and_is_shown_what_was_said_before() -> None:
    room = Room(JOHN)
    customer = room.scenario.inbound_chat("Hello?", nickname="Ada", user_data={"Segment": "Gold"})
    room.forget()
    room.ask(JOHN, "accept", customer.interaction, nickname="Johnny")
    status, log = (event for event in room.heard(JOHN) if event["messageType"] != "ChannelStateChanged")
    chat = status["interaction"]["chat"]
    assert (status["interaction"]["state"], chat["myUserType"], chat["myVisibility"]) == ("Processing", "Agent", "All")
    assert people(status["interaction"]) == [("Customer", "Ada", "All"), ("Agent", "Johnny", "All")]
    me = next(each for each in chat["participants"] if each["id"] == chat["myParticipantId"])
    assert (me["nickname"], me["personId"]) == ("Johnny", "johnsmith")
    assert (log["messageType"], log["notificationType"]) == ("MessageLogUpdated", "NewMessages")
    assert log["interactionId"] == customer.interaction.id
    assert room.lines(JOHN) == [
        ("ParticipantJoined", "Ada", None),
        ("Text", "Ada", "Hello?"),
        ("ParticipantJoined", "Johnny", None),
    ]
    assert [message["index"] for message in log["messages"]] == [1, 2, 3]
    assert log["messages"][0]["userData"] == {"Segment": "Gold"}
    assert log["messages"][2]["from"]["participantId"] == chat["myParticipantId"]
    assert status["operationId"] == log["operationId"] == "JohnSmith/accept"
    assert heard(customer) == [("ParticipantJoined", "Johnny", None)]


def test_agent_without_a_nickname_goes_by_the_name() -> None:
    room = Room(JOHN)
    customer = room.scenario.inbound_chat()
    room.ask(JOHN, "accept", customer.interaction)
    assert heard(customer) == [("ParticipantJoined", "John Smith", None)]


def test_message_has_all_that_is_documented() -> None:
    room = Room(JOHN)
    customer = chatting(room)
    room.ask(JOHN, "send-message", customer.interaction, message="Good day", messageType="text", treatAs="Normal")
    (event,) = room.heard(JOHN, "MessageLogUpdated")
    (message,) = event["messages"]
    assert message == {
        "index": 4,
        "type": "Text",
        "text": "Good day",
        "visibility": "All",
        "timestamp": "2026-01-05T08:00:00.000Z",
        "timestampSeconds": 1767600000,
        "messageType": "text",
        "treatAs": "Normal",
        "from": {
            "participantId": message["from"]["participantId"],
            "type": "Agent",
            "nickname": "John",
            "visibility": "All",
            "personId": "johnsmith",
        },
    }
    assert event["operationId"] == "JohnSmith/send-message"
    assert customer.texts == ["Good day"]


@pytest.mark.parametrize(
    ("operation", "data", "kind", "text"),
    [
        ("send-message", {"message": "Hi"}, "Text", "Hi"),
        ("send-url", {"url": "https://example.com/a"}, "PushUrl", "https://example.com/a"),
        ("send-custom-notification", {"message": "m", "userData": [pair("k", "v")]}, "CustomNotice", "m"),
        ("send-system-command", {"message": "c"}, "Notice", "c"),
        ("send-typing-started", {"message": "types"}, "TypingStarted", "types"),
        ("send-typing-stopped", {}, "TypingStopped", None),
        ("update-nickname", {"nickname": "Jack"}, "NicknameUpdated", None),
    ],
)
def test_what_an_agent_does_is_told_to_the_agent_and_the_customer(
    operation: str, data: Event, kind: str, text: str | None
) -> None:
    room = Room(JOHN)
    customer = chatting(room)
    customer.heard.clear()
    room.ask(JOHN, operation, customer.interaction, **data)
    ((told, _, said),) = room.lines(JOHN)
    ((came, _, seen),) = heard(customer)
    assert (told, said) == (came, seen) == (kind, text)
    if "userData" in data:
        assert room.log(JOHN)[0]["userData"] == customer.heard[0].more["userData"] == {"k": "v"}


def test_new_nickname_holds_from_then_on() -> None:
    room = Room(JOHN)
    customer = chatting(room)
    room.ask(JOHN, "send-message", customer.interaction, message="one")
    room.ask(JOHN, "update-nickname", customer.interaction, nickname="Jack")
    room.ask(JOHN, "send-message", customer.interaction, message="two")
    assert [nickname for _, nickname, _ in room.lines(JOHN)] == ["John", "Jack", "Jack"]
    room.ask(JOHN, "set-comment", customer.interaction, comment="")
    assert ("Agent", "Jack", "All") in people(room.last(JOHN))


def test_typing_counts_and_is_not_kept() -> None:
    room = Room(JOHN)
    customer = chatting(room, text=None)
    customer.types()
    customer.types(on=False)
    customer.say("Hello?")
    assert [(m["type"], m["index"]) for m in room.log(JOHN)] == [
        ("TypingStarted", 3),
        ("TypingStopped", 4),
        ("Text", 5),
    ]
    room.ask(JOHN, "set-comment", customer.interaction, comment="")
    assert [m["type"] for m in room.last(JOHN)["chat"]["messages"]] == [
        "ParticipantJoined",
        "ParticipantJoined",
        "Text",
    ]


def test_customer_shows_pages_too() -> None:
    room = Room(JOHN)
    chatting(room).push("https://example.net/order/1")
    assert room.lines(JOHN) == [("PushUrl", "Customer", "https://example.net/order/1")]


def test_chat_that_waits_is_pulled() -> None:
    room = Room(JOHN)
    customer = room.scenario.inbound_chat(queue="chat-parked")
    room.ask(JOHN, "pull", customer.interaction)
    assert (room.states(JOHN), heard(customer)) == (["Processing"], [("ParticipantJoined", "John Smith", None)])
    assert [text for kind, _, text in room.lines(JOHN) if kind == "Text"] == ["Hello?"]


# --- several agents ---------------------------------------------------------------------------------------------------


def test_invited_agent_joins_the_conference_and_is_seen_by_all() -> None:
    room = Room(JOHN, KATE)
    customer = chatting(room)
    customer.heard.clear()
    room.ask(JOHN, "invite", customer.interaction, agentId=ID_OF[KATE])
    assert room.heard(JOHN, "InteractionStateChanged")[-1]["operationId"] == "JohnSmith/invite"
    assert room.states(KATE) == ["Invited"]
    room.ask(KATE, "accept", customer.interaction)
    assert room.lines(JOHN) == heard(customer) == [("ParticipantJoined", "Kate Lewis", None)]
    assert [kind for kind, _, _ in room.lines(KATE)] == ["ParticipantJoined", "Text", *["ParticipantJoined"] * 2]
    room.ask(KATE, "send-message", customer.interaction, message="I am Kate")
    assert room.lines(JOHN)[-1] == heard(customer)[-1] == ("Text", "Kate Lewis", "I am Kate")
    assert customer.interaction.handled_by == JOHN


def test_agent_is_invited_by_queue() -> None:
    room = Room(JOHN, KATE, PAULA)
    customer = chatting(room)
    room.ask(JOHN, "invite-by-queue", customer.interaction, queue="chat-experts")
    assert (room.states(KATE), room.states(PAULA)) == ([], ["Invited"])
    room.ask(PAULA, "accept", customer.interaction)
    assert {role for _, role, _ in people(room.last(PAULA))} == {"Customer", "John", "Paula Henry"}


def test_invitation_by_queue_passes_over_who_rejects_and_who_is_there() -> None:
    room = Room(JOHN, PAULA, OMAR)
    customer = chatting(room)
    room.ask(JOHN, "invite-by-queue", customer.interaction, queue="chat-experts")
    room.ask(PAULA, "reject", customer.interaction)
    assert room.states(OMAR) == ["Invited"]
    room.ask(OMAR, "reject", customer.interaction)
    assert customer.interaction.parties.keys() == {JOHN}
    assert customer.interaction.state == "Processing"


def test_rejected_invitation_is_told_to_who_made_it() -> None:
    room = Room(JOHN, KATE)
    customer = chatting(room)
    room.ask(JOHN, "invite", customer.interaction, agentId=ID_OF[KATE])
    room.forget()
    room.ask(KATE, "reject", customer.interaction)
    assert (room.states(KATE), room.states(JOHN), customer.interaction.ended) == (["Revoked"], ["Processing"], False)


def test_message_for_agents_is_hidden_from_the_customer() -> None:
    room = Room(JOHN, KATE)
    customer = chatting(room)
    joining(room, customer, KATE)
    room.ask(JOHN, "send-message", customer.interaction, message="careful", visibility="Agent")
    assert (room.lines(KATE), customer.texts) == ([("Text", "John", "careful")], [])
    assert room.log(KATE)[0]["visibility"] == "Agent"


def test_consulted_agent_is_seen_by_the_agents_alone() -> None:
    room = Room(JOHN, KATE)
    customer = chatting(room)
    customer.heard.clear()
    room.ask(JOHN, "consult", customer.interaction, agentId=ID_OF[KATE])
    room.ask(KATE, "accept", customer.interaction, nickname="Kate")
    chat = room.last(KATE)["chat"]
    assert (chat["myVisibility"], room.lines(JOHN)) == ("Agent", [("ParticipantJoined", "Kate", None)])
    room.ask(KATE, "send-message", customer.interaction, message="offer ten", visibility="All")
    assert (room.log(JOHN)[-1]["text"], room.log(JOHN)[-1]["visibility"]) == ("offer ten", "Agent")
    customer.say("Hm.")
    assert room.lines(KATE)[-1] == ("Text", "Customer", "Hm.")
    assert (heard(customer), "invite" in room.last(KATE)["capabilities"]) == ([], False)


def test_consulted_agent_is_invited_into_the_conference() -> None:
    room = Room(JOHN, KATE)
    customer = chatting(room)
    joining(room, customer, KATE, "consult")
    customer.heard.clear()
    room.ask(JOHN, "invite", customer.interaction, agentId=ID_OF[KATE])
    assert heard(customer) == [("ParticipantJoined", "Kate", None)]
    assert (room.lines(JOHN), room.last(KATE)["chat"]["myVisibility"]) == ([], "All")


def test_chat_is_transferred_to_the_consulted_agent() -> None:
    room = Room(JOHN, KATE)
    customer = chatting(room)
    joining(room, customer, KATE, "consult")
    customer.heard.clear()
    room.ask(JOHN, "transfer-agent", customer.interaction, agentId=ID_OF[KATE])
    assert heard(customer) == [("ParticipantLeft", "John", None), ("ParticipantJoined", "Kate", None)]
    assert (room.states(JOHN), room.states(KATE)) == (["Completed"], ["Processing"])
    assert (customer.interaction.handled_by, {"transfer", "complete"} <= set(room.last(KATE)["capabilities"])) == (
        KATE,
        True,
    )


def test_chat_is_transferred_to_an_agent_who_is_not_there() -> None:
    room = Room(JOHN, KATE)
    customer = chatting(room)
    room.ask(JOHN, "transfer-agent", customer.interaction, agentId=ID_OF[KATE])
    assert (room.states(JOHN), room.states(KATE), customer.here) == (["Completed"], ["Invited"], True)
    room.ask(KATE, "accept", customer.interaction)
    assert [text for kind, _, text in room.lines(KATE) if kind == "Text"] == ["Hello?"]


def test_consultation_is_canceled_while_nobody_has_accepted_it() -> None:
    room = Room(JOHN, PAULA)
    customer = chatting(room)
    room.ask(JOHN, "consult-by-queue", customer.interaction, queue="chat-experts")
    room.ask(JOHN, "cancel-consult", customer.interaction)
    assert (room.states(PAULA), room.errors(JOHN)) == (["Invited", "Revoked"], [])
    room.channels.not_ready(PAULA)
    room.ask(JOHN, "consult-by-queue", customer.interaction, queue="chat-experts")
    room.ask(JOHN, "cancel-consult", customer.interaction)
    room.forget()
    room.channels.ready(PAULA)
    assert room.views(PAULA) == [], "it does not wait any more"
    assert room.refusal(JOHN, "cancel-consult", customer.interaction) == 506
    joining(room, customer, PAULA, "consult")
    assert room.refusal(JOHN, "cancel-consult", customer.interaction) == 506, "accepted already"


def test_agent_is_removed_from_the_conference() -> None:
    room = Room(JOHN, KATE)
    customer = chatting(room)
    joining(room, customer, KATE)
    customer.heard.clear()
    room.ask(JOHN, "remove-from-conference", customer.interaction, agentId=ID_OF[KATE])
    assert (room.states(KATE), heard(customer)) == (["Completed"], [("ParticipantLeft", "Kate", None)])
    assert room.refusal(JOHN, "remove-from-conference", customer.interaction, agentId=ID_OF[JOHN]) == 53
    assert room.refusal(JOHN, "remove-from-conference", customer.interaction, agentId=ID_OF[KATE]) == 53


def test_invitation_is_taken_back_by_removing_who_was_invited() -> None:
    room = Room(JOHN, KATE)
    customer = chatting(room)
    room.ask(JOHN, "invite", customer.interaction, agentId=ID_OF[KATE])
    room.ask(JOHN, "remove-from-conference", customer.interaction, agentId=ID_OF[KATE])
    assert room.states(KATE) == ["Invited", "Revoked"]


@pytest.mark.parametrize("operation", ["invite", "consult"])
def test_agent_is_not_asked_in_twice(operation: str) -> None:
    room = Room(JOHN, KATE)
    customer = chatting(room)
    room.ask(JOHN, operation, customer.interaction, agentId=ID_OF[KATE])
    room.forget()
    assert room.refusal(JOHN, operation, customer.interaction, agentId=ID_OF[KATE]) == 43
    assert room.refusal(JOHN, operation, customer.interaction, agentId=ID_OF[JOHN]) == 43
    assert room.refusal(JOHN, operation, customer.interaction, agentId="nobody") == 53
    assert room.refusal(JOHN, operation, customer.interaction, agentId=ID_OF[OMAR]) == 166
    assert room.refusal(JOHN, f"{operation}-by-queue", customer.interaction, queue="email-inbound") == 53


# --- the end ----------------------------------------------------------------------------------------------------------


def test_last_agent_who_leaves_closes_the_chat_and_still_completes_it() -> None:
    room = Room(JOHN)
    customer = chatting(room)
    customer.heard.clear()
    room.ask(JOHN, "leave", customer.interaction, message="Bye!")
    assert (customer.texts, customer.here) == (["Bye!"], False)
    assert room.states(JOHN) == ["LeftChat"]
    assert (room.last(JOHN)["isOnline"], room.lines(JOHN)[-1]) == (False, ("ParticipantLeft", "John", None))
    assert "send-message" not in room.last(JOHN)["capabilities"]
    room.ask(JOHN, "set-comment", customer.interaction, comment="was friendly")
    room.ask(JOHN, "complete", customer.interaction)
    assert room.states(JOHN) == ["LeftChat", "Completed"]


def test_agent_who_leaves_a_conference_leaves_it_to_the_others() -> None:
    room = Room(JOHN, KATE)
    customer = chatting(room)
    joining(room, customer, KATE)
    room.ask(JOHN, "leave", customer.interaction)
    assert (room.states(JOHN), room.states(KATE), customer.here) == (["Completed"], ["Processing"], True)
    assert (customer.interaction.handler is not None, customer.interaction.handled_by) == (True, KATE)
    room.ask(KATE, "leave", customer.interaction)
    assert (room.states(KATE), customer.here) == (["Processing", "LeftChat"], False)


def test_guest_who_leaves_a_conference_is_done_with_it() -> None:
    room = Room(JOHN, KATE)
    customer = chatting(room)
    joining(room, customer, KATE)
    room.ask(KATE, "leave", customer.interaction)
    assert (room.states(KATE), room.states(JOHN), customer.here) == (["Completed"], [], True)


def test_chat_that_is_kept_alive_goes_back_to_its_queue() -> None:
    room = Room(JOHN, KATE)
    customer = chatting(room)
    room.channels.not_ready(JOHN)
    room.forget()
    room.ask(JOHN, "leave", customer.interaction, afterAction="KeepAlive")
    assert (room.states(JOHN), room.states(KATE), customer.here) == (["Queued"], ["Invited"], True)


@pytest.mark.parametrize(("who", "left"), [(JOHN, "LeftChat"), (KATE, "Completed")])
def test_chat_is_closed_by_force_whoever_else_is_there(who: str, left: str) -> None:
    room = Room(JOHN, KATE)
    customer = chatting(room)
    joining(room, customer, KATE)
    room.ask(who, "leave", customer.interaction, afterAction="ForceClose")
    assert (customer.here, room.states(who)) == (False, [left])
    other = KATE if who == JOHN else JOHN
    assert (room.last(other)["state"], room.last(other)["isOnline"]) == (
        "Completed" if who == JOHN else "Processing",
        False,
    )


def test_consulted_agent_does_not_close_the_chat() -> None:
    room = Room(JOHN, KATE)
    customer = chatting(room)
    joining(room, customer, KATE, "consult")
    assert room.refusal(KATE, "leave", customer.interaction, afterAction="ForceClose") == 165
    room.ask(KATE, "leave", customer.interaction)
    assert (room.states(KATE), customer.here) == (["Completed"], True)


def test_completing_ends_the_chat_for_everybody() -> None:
    room = Room(JOHN, KATE, PAULA)
    customer = chatting(room)
    joining(room, customer, KATE)
    room.ask(JOHN, "invite", customer.interaction, agentId=ID_OF[PAULA])
    room.ask(JOHN, "complete", customer.interaction)
    assert (room.states(JOHN)[-1], room.states(KATE)[-1], room.states(PAULA)[-1]) == (
        "Completed",
        "Completed",
        "Revoked",
    )
    assert (customer.here, customer.interaction.ended) == (False, True)


def test_customer_who_leaves_ends_the_talk_and_not_the_interaction() -> None:
    room = Room(JOHN)
    customer = chatting(room)
    customer.leave()
    assert room.lines(JOHN) == [("ParticipantLeft", "Customer", None)]
    assert (room.last(JOHN)["state"], room.last(JOHN)["isOnline"]) == ("Processing", False)
    assert room.refusal(JOHN, "send-message", customer.interaction, message="Are you there?") == 506
    customer.say("no")
    customer.leave()
    assert room.lines(JOHN) == [("ParticipantLeft", "Customer", None)]
    room.ask(JOHN, "leave", customer.interaction)
    room.ask(JOHN, "complete", customer.interaction)
    assert room.states(JOHN) == ["Processing", "LeftChat", "Completed"]


def test_agent_who_logs_out_leaves_the_chat_to_the_next() -> None:
    room = Room(JOHN, KATE)
    customer = chatting(room)
    customer.heard.clear()
    room.ask(JOHN, "logout", media="chat")
    assert (heard(customer), room.states(JOHN)) == ([("ParticipantLeft", "John", None)], ["Queued"])
    assert room.states(KATE) == ["Invited"]


def test_placed_in_a_queue_the_chat_waits_with_its_customer() -> None:
    room = Room(JOHN, PAULA)
    customer = chatting(room)
    room.ask(JOHN, "place-in-queue", customer.interaction, queue="chat-experts")
    assert (room.states(JOHN), room.states(PAULA), customer.here) == (["Queued"], ["Invited"], True)


# --- asynchronous chats -----------------------------------------------------------------------------------------------


def test_asynchronous_chat_is_put_on_hold_and_resumed() -> None:
    room = Room(JOHN)
    customer = chatting(room, asynchronous=True)
    room.ask(JOHN, "put-on-hold", customer.interaction, queue="chat-parked", addedProperties=[pair("Held", "yes")])
    view = room.last(JOHN)
    assert (view["isHeld"], view["chat"]["isAsyncMode"], view["queue"]) == (True, True, "chat-parked")
    assert {"key": "Held", "type": "str", "value": "yes"} in view["userData"]
    assert room.refusal(JOHN, "send-message", customer.interaction, message="Hi") == 506
    assert room.refusal(JOHN, "put-on-hold", customer.interaction, queue="chat-parked") == 506
    customer.say("I am back")
    assert room.lines(JOHN)[-1] == ("Text", "Customer", "I am back"), "what comes meanwhile is told"
    room.ask(JOHN, "resume", customer.interaction, nickname="Jack")
    assert (room.last(JOHN)["isHeld"], heard(customer)[-1][0]) == (False, "NicknameUpdated")
    assert room.refusal(JOHN, "resume", customer.interaction, nickname="Jack") == 506


def test_asynchronous_chat_outlives_its_customers_absence() -> None:
    room = Room(JOHN)
    customer = chatting(room, asynchronous=True)
    customer.leave()
    assert (room.last(JOHN)["isOnline"], "send-message" in room.last(JOHN)["capabilities"]) == (False, True)


def test_other_chats_and_unknown_queues_are_not_put_on_hold() -> None:
    room = Room(JOHN)
    assert room.refusal(JOHN, "put-on-hold", chatting(room).interaction, queue="chat-parked") == 506
    asynchronous = chatting(room, asynchronous=True)
    assert room.refusal(JOHN, "put-on-hold", asynchronous.interaction, queue="nowhere") == 53
