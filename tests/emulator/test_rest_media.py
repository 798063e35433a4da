"""The groups media, email and chat over a real socket: replies, notifications, what the switches change about both."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote

import aiohttp
import pytest
from agent_wire import AgentWire, Reply
from attrs import define
from bayeux_wire import INITIALIZATION, browser, events
from media_room import JOHN, KATE, MEDIATYPES, Event, pair

from engage_async.emulator import Emulator, Fault, Refusal
from engage_async.emulator.interactions import Interaction
from engage_async.emulator.media_requests import (
    ALL_CHANNELS,
    CHANNEL,
    CREATE,
    CREATE_EMAIL,
    INTERACTION,
    NAMED_IN_PATH,
)

_ASKED = {"agentId": "katelewis"}
_QUEUE = {"queue": "general"}
_WRITTEN = {"queue": "general", "from": "a@example.com"}
_VALID: dict[str, dict[str, Any]] = {
    "start-monitoring": {
        **_ASKED,
        "monitoringMode": "Coach",
        "monitoringNextInteractionType": "NextInteraction",
    },
    "stop-monitoring": _ASKED,
    "transfer-agent": _ASKED,
    "place-in-queue": _QUEUE,
    "attach-user-data": {"userData": []},
    "update-user-data": {"userData": []},
    "set-comment": {"comment": ""},
    "add-document": {"documentId": "doc-terms"},
    "reply": _WRITTEN,
    "forward": _WRITTEN,
    "save": {"from": "a@example.com", "to": []},
    "send": {**_WRITTEN, "to": ["b@example.com"]},
    "send-message": {"message": "Hi"},
    "send-url": {"url": "https://example.com"},
    "update-nickname": {"nickname": "Nick"},
    "invite": _ASKED,
    "invite-by-queue": _QUEUE,
    "consult": _ASKED,
    "consult-by-queue": _QUEUE,
    "remove-from-conference": _ASKED,
    "put-on-hold": _QUEUE,
    "resume": {"nickname": "Nick"},
}
"""The smallest ``data`` of each operation that requires any."""


@define
class Agent(AgentWire):
    """An agent who is on every media channel, ready, with a session that listens."""

    async def on(self, interaction: Interaction, operation: str, **data: Any) -> Reply:
        """A request about an interaction whose operation id is its name."""
        path = f"media/{interaction.mediatype}/interactions/{interaction.id}/{operation}"
        return await self.ask("POST", path, json={"operationId": f"id-of-{operation}", "data": data})

    async def state(self, interaction: Interaction, state: str) -> Event:
        """The first event by which an interaction came to this state."""
        return await self.hear(
            lambda e: e.get("interaction", {}).get("id") == interaction.id and e["interaction"]["state"] == state
        )

    async def error(self) -> Event:
        return await self.hear(lambda event: event.get("messageType") == "EventError")

    async def accepted(self, interaction: Interaction) -> Interaction:
        """An interaction at hand; what was heard before is forgotten."""
        assert (await self.on(interaction, "accept")).code == 1
        await self.state(interaction, "Processing")
        await self.forget()
        return interaction


@contextlib.asynccontextmanager
async def agent_at_work(emulator: Emulator, user: str, *, active: bool = True) -> AsyncIterator[Agent]:
    async with browser(emulator, user=user) as wire:
        agent = Agent(wire)
        if active:
            emulator.centre.media.activate(user, MEDIATYPES)
            emulator.centre.media.ready(user)
        assert (await wire.handshake())["successful"]
        agent._keep(await wire.subscribe(INITIALIZATION, "/workspace/v3/**"))
        yield agent


@pytest.fixture
async def emulator() -> AsyncIterator[Emulator]:
    async with Emulator() as emulator:
        yield emulator


@pytest.fixture
async def john(emulator: Emulator) -> AsyncIterator[Agent]:
    async with agent_at_work(emulator, JOHN) as john:
        yield john


# --- every operation --------------------------------------------------------------------------------------------------


def paths(mediatype: str, identity: str) -> dict[str, tuple[str, str]]:
    """The path of every operation by a name, with the operation."""
    found = {f"all {operation}": (f"media/{operation}", operation) for operation in ALL_CHANNELS}
    found |= {f"channel {operation}": (f"media/{mediatype}/{operation}", operation) for operation in CHANNEL}
    base = f"media/{mediatype}/interactions"
    found |= {f"create {media}": (f"media/{media}/interactions/create", "create") for media in ("email", "workitem")}
    found |= {operation: (f"{base}/{identity}/{operation}", operation) for operation in INTERACTION}
    named = {operation: (f"{base}/{identity}/{operation}/x", operation) for operation in NAMED_IN_PATH}
    return found | named


async def test_no_operation_is_open_to_a_request_without_session(emulator: Emulator) -> None:
    async with browser(emulator, user=None) as wire:
        nobody = Agent(wire)
        replies = [await nobody.post(path) for path, _ in paths("email", "x").values()]
        replies += [await nobody.post("media/email/interactions/x/add-attachment")]
        replies += [await nobody.get(f"media/chat/interactions/x/{what}") for what in ("messages", "attachments/y")]
        for reply in replies:
            assert (reply.http, reply.body) == (403, {"status": {"code": 603, "message": "Unauthorized"}})


async def test_every_operation_has_its_route(emulator: Emulator, john: Agent) -> None:
    """John's email is refused to Kate, who has no channel, whatever she asks."""
    email = await john.accepted(emulator.scenario.inbound_email())
    async with agent_at_work(emulator, KATE, active=False) as kate:
        everything = paths("email", email.id)
        for path, operation in everything.values():
            body = {"operationId": operation, "data": _VALID.get(operation, {})}
            reply = await kate.ask("POST", path, json=body)
            assert (reply.http, reply.body) == (200, {"status": {"code": 1}, "operationId": operation}), path
        heard = await kate.hear_all()
    assert [event["error"]["errorCode"] for event in heard] == [41] * len(everything)


def test_operations_require_what_the_catalogue_says() -> None:
    forms = CHANNEL | INTERACTION | {"create": CREATE, "create email": CREATE_EMAIL} | ALL_CHANNELS
    required = {operation: set(form.required) for operation, form in forms.items() if form.required}
    assert required == {operation: set(data) for operation, data in _VALID.items()}


async def test_malformed_requests_are_complained_about_and_change_nothing(emulator: Emulator, john: Agent) -> None:
    email = await john.accepted(emulator.scenario.inbound_email())
    base = f"media/email/interactions/{email.id}"
    for path, data, complaint in (
        (f"{base}/set-comment", {}, "Missing parameters: data.comment"),
        (f"{base}/set-comment", {"comment": 7}, "data.comment must be a string, not a number"),
        (f"{base}/delete-user-data", {"keys": []}, "data.keys must be a list of names"),
        (
            f"{base}/attach-user-data",
            {"userData": {}},
            "data.userData must be a key/value list (an array), not an object",
        ),
        (f"{base}/add-document", {"documentId": "d", "size": "7"}, "data.size must be a number"),
        (f"{base}/send", {**_WRITTEN, "to": [7]}, "data.to must be an address, or a list of them"),
        (f"{base}/pull", {"context": "x"}, "data.context must be one of none, universal-queue, not 'x'"),
        (
            f"{base}/leave",
            {"afterAction": "Go"},
            "data.afterAction must be one of CloseIfNoAgents, ForceClose, KeepAlive, ",
        ),
        ("media/not-ready", {"reason": "tired"}, "data.reason must be an object"),
        ("media/not-ready", {"reason": {"reason": "1"}}, "data.reason[0].value must be an integer of at most 64 bits"),
        (
            "media/email/start-monitoring",
            {**_ASKED, "monitoringMode": "Mute"},
            "Missing parameters: data.monitoringNext",
        ),
    ):
        reply = await john.post(path, data)
        assert (reply.http, reply.body["message"][: len(complaint)]) == (400, complaint)
    for body in (b"{", b"[1]", b"\xff\xfe"):
        assert (await john.ask("POST", "media/ready", data=body)).http == 400
    assert await john.hear_all() == []


async def test_what_never_was_is_not_found(emulator: Emulator, john: Agent) -> None:
    email = await john.accepted(emulator.scenario.inbound_email())
    for path, detail in (
        ("media/fax/ready", {"mediatype": "fax"}),
        ("media/fax/interactions/create", {"mediatype": "fax"}),
        (f"media/fax/interactions/{email.id}/complete", {"mediatype": "fax"}),
        ("media/email/interactions/no%2Fsuch/complete", {"interactionId": "no/such"}),
        (f"media/chat/interactions/{email.id}/complete", {"interactionId": email.id}),
    ):
        reply = await john.ask("POST", path, json={})
        refusal = {"code": 500, "message": "Resource not found", "detail": detail}
        assert (reply.http, reply.body) == (500, {"status": refusal})
    assert await john.hear_all() == []


@pytest.mark.parametrize("recipients", ["ada@example.net", ["ada@example.net"]])
async def test_recipients_are_one_address_or_a_list(john: Agent, recipients: Any) -> None:
    assert (await john.post("media/email/interactions/create", {"to": recipients})).code == 1
    created = await john.hear(lambda event: event.get("interaction"))
    assert created["interaction"]["email"]["to"] == ["ada@example.net"]


# --- channels ---------------------------------------------------------------------------------------------------------


async def test_channel_becomes_not_ready_for_a_reason_and_ready_again(john: Agent) -> None:
    data = {"reasonCode": "Lunch", "reason": {"reasonSystemName": "lunch", "reason": 3}, "extension": []}
    reply = await john.ask("POST", "media/chat/not-ready", json={"operationId": "o", "data": data})
    assert reply.body == {"status": {"code": 1}, "operationId": "o"}
    event = await john.hear(lambda e: e.get("messageType") == "ChannelStateChanged")
    (channel,) = event["media"]["channels"]
    assert (channel["name"], channel["state"], event["operationId"]) == ("chat", "NotReady", "o")
    assert channel["reasons"] == [pair("ReasonCode", "Lunch"), pair("reasonSystemName", "lunch"), pair("reason", 3)]
    await john.post("media/chat/ready", {})
    ready = await john.hear(lambda e: e.get("media", {}).get("channels", [{}])[0].get("state") == "Ready")
    assert ready["media"]["channels"][0]["reasons"] == []


@pytest.mark.parametrize(
    ("operation", "member", "value"),
    [
        ("ready", "state", "Ready"),
        ("not-ready", "state", "NotReady"),
        ("dnd-on", "dnd", True),
        ("dnd-off", "dnd", False),
        ("logout", "state", "LoggedOut"),
    ],
)
async def test_all_channels_change_one_event_each(john: Agent, operation: str, member: str, value: object) -> None:
    reply = await john.post(f"media/{operation}", {} if operation == "not-ready" else None)
    assert reply.body == {"status": {"code": 1}}
    told = [event["media"]["channels"] for event in await john.hear_all()]
    assert [(channel["name"], channel[member]) for (channel,) in told] == [(name, value) for name in MEDIATYPES]


async def test_one_channel_of_all_is_refused_alone(emulator: Emulator, john: Agent) -> None:
    emulator.switches.refuse_next.append(Refusal("chat/ready", 1234, "Not now"))
    emulator.switches.error_names = "everything"
    await john.ask("POST", "media/ready", json={"operationId": "o"})
    heard = await john.hear_all()
    assert [event["media"]["channels"][0]["name"] for event in heard if "media" in event] == [
        "email",
        "workitem",
        "outboundpreview",
    ]
    (error,) = [(channel, event) for channel, event in john.heard if event["messageType"] == "EventError"]
    assert error == (
        "/workspace/v3/media/chat",
        {
            "messageType": "EventError",
            "error": {"errorCode": 1234, "errorMessage": "Not now"},
            "operationId": "o",
        },
    )


# --- switches ---------------------------------------------------------------------------------------------------------


async def test_switch_refuses_the_next_operation(emulator: Emulator, john: Agent) -> None:
    email = await john.accepted(emulator.scenario.inbound_email())
    emulator.switches.refuse_next.append(Refusal("set-*", 99))
    await john.on(email, "set-comment", comment="no")
    assert (await john.error())["error"] == {"errorCode": 99, "errorMessage": "Cannot retrieve original signal"}
    await john.on(email, "set-comment", comment="yes")
    assert (await john.hear(lambda e: e.get("interaction")))["interaction"]["comment"] == "yes"


@pytest.mark.parametrize(("switch", "told"), [("echo", "id-of-complete"), ("fresh", None), ("none", None)])
async def test_reply_names_the_operation_id_that_the_switch_says(
    emulator: Emulator, john: Agent, switch: Any, told: str | None
) -> None:
    emulator.switches.reply_operation_id = switch
    email = emulator.scenario.inbound_email()
    reply = await john.on(email, "complete")
    assert ("operationId" in reply.body, reply.body.get("operationId") != "id-of-complete") == (
        switch != "none",
        told is None,
    )


async def test_reply_leaves_before_the_event_when_it_shall(emulator: Emulator, john: Agent) -> None:
    emulator.switches.reply_order, emulator.switches.reply_gap = "reply-first", 0.3
    email = emulator.scenario.inbound_email()
    await john.forget()
    assert (await john.on(email, "accept")).code == 1
    assert await john.hear_all() == []
    assert (await john.state(email, "Processing"))["operationId"] == "id-of-accept"


async def test_fault_strikes_after_the_request_took_effect(emulator: Emulator, john: Agent) -> None:
    email = emulator.scenario.inbound_email()
    await john.forget()
    emulator.switches.faults.append(Fault("*/accept", "close", carried_out=True))
    with pytest.raises(aiohttp.ClientError):
        await john.on(email, "accept")
    assert (await john.state(email, "Processing"))["interaction"]["id"] == email.id


# --- chats and emails, end to end -------------------------------------------------------------------------------------


async def test_chat_runs_over_the_wire(emulator: Emulator, john: Agent) -> None:
    customer = emulator.scenario.inbound_chat("Hello?", replies=["No, thanks."], after=0.01, nickname="Ada")
    chat = customer.interaction
    await john.state(chat, "Invited")
    await john.on(chat, "accept", nickname="John")
    await john.on(chat, "send-message", message="Can I help?")
    said = await john.hear(lambda e: any(m.get("text") == "No, thanks." for m in e.get("messages", [])))
    assert (said["interactionId"], "operationId" in said) == (chat.id, False)
    transcript = (await john.get(f"media/chat/interactions/{chat.id}/messages")).data["messages"]
    assert [(m["index"], m["type"], m.get("text")) for m in transcript] == [
        (1, "ParticipantJoined", None),
        (2, "Text", "Hello?"),
        (3, "ParticipantJoined", None),
        (4, "Text", "Can I help?"),
        (5, "Text", "No, thanks."),
    ]
    await john.on(chat, "leave", message="Bye")
    await john.state(chat, "LeftChat")
    await john.on(chat, "complete")
    await john.state(chat, "Completed")
    assert len((await john.get(f"media/chat/interactions/{chat.id}/messages")).data["messages"]) > 5


async def test_transcript_is_that_of_a_chat(emulator: Emulator, john: Agent) -> None:
    email = await john.accepted(emulator.scenario.inbound_email())
    for path in (
        f"media/email/interactions/{email.id}",
        f"media/chat/interactions/{email.id}",
        "media/chat/interactions/x",
    ):
        assert (await john.get(f"{path}/messages")).http == 500


async def test_ids_with_any_character_are_found_in_a_path(emulator: Emulator, john: Agent) -> None:
    reply = await john.ask("POST", f"media/email/interactions/{quote('ä/ö %?', safe='')}/complete", json={})
    assert reply.body["status"]["detail"] == {"interactionId": "ä/ö %?"}


async def test_every_session_of_an_agent_hears_of_the_interactions(emulator: Emulator, john: Agent) -> None:
    async with agent_at_work(emulator, JOHN, active=False) as other_tab:
        email = await john.accepted(emulator.scenario.inbound_email())
        assert (await other_tab.state(email, "Processing"))["operationId"] == "id-of-accept"


async def test_invitation_is_revoked_in_time(emulator: Emulator, john: Agent) -> None:
    emulator.switches.invitation_timeout = 0.02
    email = emulator.scenario.inbound_email()
    assert (await john.state(email, "Revoked"))["interaction"]["capabilities"] == []


async def test_agent_who_initializes_again_finds_the_interactions(emulator: Emulator, john: Agent) -> None:
    email = await john.accepted(emulator.scenario.inbound_email())
    (channel,) = [
        each
        for each in (await john.get("current-session")).data["user"]["activeSession"]["media"]["channels"]
        if each["name"] == "email"
    ]
    assert [(each["id"], each["state"]) for each in channel["interactions"]] == [(email.id, "Processing")]


async def test_logging_out_gives_the_interactions_back(emulator: Emulator, john: Agent) -> None:
    email = await john.accepted(emulator.scenario.inbound_email())
    assert (await john.post("logout")).code == 0
    assert (email.state, email.parties) == ("Queued", {})


async def test_polls_are_answered_while_a_request_waits(emulator: Emulator, john: Agent) -> None:
    emulator.switches.faults.append(Fault("*/complete", "delay", delay=0.05))
    email = await john.accepted(emulator.scenario.inbound_email())
    asking = asyncio.create_task(john.on(email, "complete"))
    messages = events(await john.wire.connect(timeout=2))
    assert messages
    assert messages[0]["interaction"]["state"] == "Completed"
    await asking
