"""The voice group over a real socket: replies, notifications, and what the switches change about both."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote

import aiohttp
import pytest
from agent_wire import AgentWire, Reply, is_dn
from aiohttp import web
from attrs import define
from bayeux_wire import browser, events, until
from voice_floor import ANSWERS, DN_OF, JOHN, KATE, SAM, Event

from engage_async.emulator import Emulator, Fault, Refusal, Switches
from engage_async.emulator.faults import middleware
from engage_async.emulator.voice_requests import CALL_FORMS, DN_FORMS

_DESTINATION = {"destination": "7002"}
_VALID: dict[str, dict[str, Any]] = {
    "set-forward": {"forwardTo": "7002"},
    "make-call": _DESTINATION,
    "send-user-event": {"userData": []},
    "start-monitoring": {"phoneNumberToMonitor": "7002"},
    "stop-monitoring": {"phoneNumber": "7002"},
    "redirect": _DESTINATION,
    "initiate-transfer": _DESTINATION,
    "initiate-conference": _DESTINATION,
    "single-step-transfer": _DESTINATION,
    "single-step-conference": _DESTINATION,
    "alternate": {"heldConnId": "x"},
    "reconnect": {"heldConnId": "x"},
    "merge": {"otherConnId": "x"},
    "delete-from-conference": {"dnToDrop": "7002"},
    "attach-user-data": {"userData": []},
    "update-user-data": {"userData": []},
    "delete-user-data-pair": {"key": "x"},
    "send-dtmf": {"dtmfDigits": "1"},
    "set-comment": {"comment": "angry"},
    "set-focus-time": {"focusTime": 1.5},
}
"""The smallest ``data`` of each operation that requires any."""


@define
class Agent(AgentWire):
    """An agent who sits at a DN, ready, with a session that listens."""

    async def ask_for(self, operation: str, call_id: str | None = None, **data: Any) -> Reply:
        """A voice request whose operation id is its name."""
        path = f"voice/{operation}" if call_id is None else f"voice/calls/{quote(call_id, safe='')}/{operation}"
        return await self.ask("POST", path, json={"operationId": f"id-of-{operation}", "data": data})

    async def call_that(self, state: str) -> Event:
        """The first event by which a call came to this state."""
        return await self.hear(lambda event: event.get("call", {}).get("state") == state)

    async def error(self) -> Event:
        return await self.hear(lambda event: event.get("messageType") == "EventError")


@contextlib.asynccontextmanager
async def agent_at_work(emulator: Emulator, user: str, *, seated: bool = True) -> AsyncIterator[Agent]:
    async with browser(emulator, user=user) as wire:
        agent = Agent(wire)
        if seated:
            dn = emulator.centre.exchange.dns[DN_OF[user]]
            emulator.centre.exchange.seat(user, dn)
            emulator.centre.exchange.log_in(dn, "AutoIn")
        await agent.listen()
        yield agent


@pytest.fixture
async def emulator() -> AsyncIterator[Emulator]:
    async with Emulator(switches=Switches(answer_delay=0.01)) as emulator:
        yield emulator


@pytest.fixture
async def john(emulator: Emulator) -> AsyncIterator[Agent]:
    async with agent_at_work(emulator, JOHN) as john:
        yield john


@pytest.fixture
async def kate(emulator: Emulator) -> AsyncIterator[Agent]:
    async with agent_at_work(emulator, KATE) as kate:
        yield kate


async def talk(john: Agent, kate: Agent) -> tuple[str, str]:
    """The two in a call; its id for each. What they heard is forgotten."""
    assert (await john.ask_for("make-call", destination="7002")).code == 1
    johns = (await john.call_that("Dialing"))["call"]["id"]
    kates = (await kate.call_that("Ringing"))["call"]["id"]
    assert (await kate.ask_for("answer", kates)).code == 1
    await john.call_that("Established")
    await kate.call_that("Established")
    await john.forget()
    await kate.forget()
    return johns, kates


# --- every operation --------------------------------------------------------------------------------------------------


def paths(call_id: str) -> dict[str, str]:
    """The path of every operation."""
    on_calls = {operation: f"voice/calls/{call_id}/{operation}" for operation in CALL_FORMS}
    return {operation: f"voice/{operation}" for operation in DN_FORMS} | on_calls


async def test_no_operation_is_open_to_a_request_without_session(emulator: Emulator) -> None:
    async with browser(emulator, user=None) as wire:
        nobody = Agent(wire)
        replies = [await nobody.post(path) for path in paths("x").values()]
        for reply in (*replies, await nobody.get("voice/calls")):
            assert (reply.http, reply.body) == (403, {"status": {"code": 603, "message": "Unauthorized"}})


async def test_every_operation_has_its_route(emulator: Emulator, john: Agent, kate: Agent) -> None:
    """Kate's call is refused to Sam, who has no DN, whatever he asks."""
    _, kates = await talk(john, kate)
    async with agent_at_work(emulator, SAM, seated=False) as sam:
        for operation, path in paths(kates).items():
            body = {"operationId": operation, "data": _VALID.get(operation, {})}
            reply = await sam.ask("POST", path, json=body)
            assert (reply.http, reply.body) == (200, {"status": {"code": 1}, "operationId": operation})
        heard = await sam.hear_all()
    assert [event["error"]["errorCode"] for event in heard] == [41] * len(paths(kates))


def test_operations_require_what_the_catalogue_says() -> None:
    required = {operation: set(form.required) for operation, form in (DN_FORMS | CALL_FORMS).items() if form.required}
    assert required == {operation: set(data) for operation, data in _VALID.items()}


async def test_malformed_requests_are_complained_about_and_change_nothing(john: Agent) -> None:
    missing = await john.ask("POST", "voice/make-call", json={"data": {}})
    assert (missing.http, missing.body) == (400, {"message": "Missing parameters: data.destination"})
    wrong = await john.ask("POST", "voice/make-call", json={"data": {"destination": ["7002"]}})
    assert (wrong.http, wrong.body) == (400, {"message": "data.destination must be a string, not an array"})
    for body in (b"{", b"<html>", b"\xff\xfe"):
        assert (await john.ask("POST", "voice/ready", data=body)).http == 400
    array = await john.ask("POST", "voice/ready", json=[1])
    assert (array.http, array.body) == (400, {"message": "The body must be an object, not an array"})
    await john.forget()
    assert await john.hear_all() == []


@pytest.mark.parametrize("call_id", ["nonsense", "a/b", "ü", "%2F", "x" * 300])
async def test_call_that_never_was_is_refused_by_the_reply(john: Agent, call_id: str) -> None:
    reply = await john.ask_for("hold", call_id)
    assert reply.http == 500
    assert reply.body["status"] == {"code": 500, "message": "Resource not found", "detail": {"callId": call_id}}
    assert not [event for event in await john.hear_all() if event["messageType"] == "EventError"]


async def test_documented_operation_that_is_not_modelled_is_answered_501() -> None:
    class Bare(Emulator):
        """An emulator that models nothing."""

        def _application(self) -> web.Application:
            return web.Application(middlewares=[middleware(self)])

    async with Bare() as bare, browser(bare, user=None) as wire:
        agent = Agent(wire)
        assert "not modelled" in await text_of(agent, "POST", "/workspace/v3/supervisor/voice/ready", 501)
        assert (await text_of(agent, "POST", "/workspace/v3/supervisor/voice", 404)).startswith("<!DOCTYPE html>")


async def test_other_verbs_and_paths_are_answered_with_pages(john: Agent) -> None:
    for verb, path, status in (("GET", "voice/ready", 405), ("POST", "voice/calls", 405), ("POST", "voice/sing", 404)):
        assert (await text_of(john, verb, f"/workspace/v3/{path}", status)).startswith("<!DOCTYPE html>")


async def text_of(agent: Agent, verb: str, path: str, status: int) -> str:
    url = agent.wire.emulator.base_url + path
    async with agent.wire.http.request(verb, url, cookies=agent.wire.cookies) as response:
        assert response.status == status
        return await response.text()


# --- a conversation ---------------------------------------------------------------------------------------------------


async def test_two_agents_talk_over_the_socket(john: Agent, kate: Agent) -> None:
    johns, kates = await talk(john, kate)
    for operation, state in (("hold", "Held"), ("retrieve", "Established")):
        await john.ask_for(operation, johns)
        event = await john.call_that(state)
        assert (event["notificationType"], event["operationId"]) == ("StateChange", f"id-of-{operation}")
        await john.forget()
    await john.ask_for("attach-user-data", johns, userData=[{"key": "Segment", "type": "str", "value": "Gold"}])
    attached = await kate.hear(lambda event: event.get("notificationType") == "AttachedDataChanged")
    assert attached["call"]["userData"] == [{"key": "Segment", "type": "str", "value": "Gold"}]
    await kate.ask_for("release", kates)
    assert (await john.call_that("Released"))["call"]["id"] == johns
    assert (await john.call_that("Completed"))["call"]["id"] == johns


async def test_outside_number_answers_in_real_time(john: Agent) -> None:
    await john.ask_for("make-call", destination=ANSWERS)
    dialing, established = await john.call_that("Dialing"), await john.call_that("Established")
    assert dialing["operationId"] == "id-of-make-call"
    assert "operationId" not in established


async def test_calls_are_listed_as_their_agent_sees_them(john: Agent, kate: Agent) -> None:
    assert (await john.get("voice/calls")).data == {"calls": []}
    johns, kates = await talk(john, kate)
    for agent, call_id in ((john, johns), (kate, kates)):
        (call,) = (await agent.get("voice/calls")).data["calls"]
        assert (call["id"], call["state"], call["callType"]) == (call_id, "Established", "Internal")


async def test_every_session_of_an_agent_hears_the_events(emulator: Emulator, john: Agent) -> None:
    async with agent_at_work(emulator, JOHN, seated=False) as other_tab:
        await other_tab.ask_for("not-ready", reasonCode="Lunch")
        for tab in (john, other_tab):
            event = await tab.hear(lambda event: is_dn(event) and event["dn"]["agentState"] == "NotReady")
            assert event["dn"]["reasons"] == [{"key": "ReasonCode", "type": "str", "value": "Lunch"}]


# --- the switches -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["echo", "fresh", "none"])
async def test_reply_carries_the_operation_id_as_the_switch_says(emulator: Emulator, john: Agent, how: Any) -> None:
    emulator.switches.reply_operation_id = how
    body = (await john.ask_for("not-ready")).body
    match how:
        case "echo":
            assert body == {"status": {"code": 1}, "operationId": "id-of-not-ready"}
        case "fresh":
            assert len(body["operationId"]) == 36
        case "none":
            assert body == {"status": {"code": 1}}


async def test_reply_to_a_request_without_operation_id_has_none(john: Agent) -> None:
    assert (await john.post("voice/not-ready")).body == {"status": {"code": 1}}


@pytest.mark.parametrize("echo", [True, False])
@pytest.mark.parametrize("names", ["nothing", "call", "everything"])
@pytest.mark.parametrize("order", ["event-first", "reply-first"])
async def test_conversation_goes_the_same_way_with_each_setting(
    emulator: Emulator, john: Agent, kate: Agent, order: Any, names: Any, *, echo: bool
) -> None:
    emulator.switches.echo_operation_id = echo
    emulator.switches.error_names = names
    emulator.switches.reply_order = order
    johns, _ = await talk(john, kate)
    assert (await john.ask_for("hold", johns)).code == 1
    held = await john.call_that("Held")
    assert held.get("operationId") == ("id-of-hold" if echo else None)
    assert (await john.ask_for("hold", johns)).code == 1
    error = await john.error()
    assert error["error"] == {"errorCode": 43, "errorMessage": "Object is already in requested state"}
    assert error.get("connId") == (None if names == "nothing" else johns)
    assert (error.get("operationId"), error.get("thisDN")) == (
        ("id-of-hold", "7001") if names == "everything" else (None, None)
    )
    assert (await john.ask_for("release", johns)).code == 1
    await kate.call_that("Completed")


@pytest.mark.parametrize("order", ["event-first", "reply-first"])
async def test_events_leave_before_the_reply_or_after_it(emulator: Emulator, john: Agent, order: Any) -> None:
    emulator.switches.reply_gap = 0.1
    emulator.switches.reply_order = order
    async with john.wire.polling() as poll:
        request = asyncio.create_task(john.ask_for("not-ready"))
        first, _ = await asyncio.wait({poll, request}, return_when=asyncio.FIRST_COMPLETED)
        assert first == ({poll} if order == "event-first" else {request})
        assert (await request).code == 1
    assert [event["dn"]["agentState"] for event in events(poll.result())] == ["NotReady"]


async def test_next_operation_is_refused_over_the_socket(emulator: Emulator, john: Agent) -> None:
    emulator.switches.refuse_next.append(Refusal("make-call", 1171, "Service busy"))
    assert (await john.ask_for("make-call", destination=ANSWERS)).code == 1
    assert (await john.error())["error"] == {"errorCode": 1171, "errorMessage": "Service busy"}
    assert (await john.get("voice/calls")).data == {"calls": []}


@pytest.mark.parametrize("carried_out", [True, False])
async def test_request_whose_reply_never_comes_takes_effect_only_if_carried_out(
    emulator: Emulator, john: Agent, carried_out: bool
) -> None:
    emulator.switches.faults.append(Fault("*/voice/not-ready", "close", carried_out=carried_out))
    with pytest.raises(aiohttp.ClientConnectionError):
        await john.ask_for("not-ready")
    await until(lambda: emulator.requests[-1].operation_id == "id-of-not-ready")
    dn = emulator.centre.exchange.dns["7001"]
    assert dn.agent_state == ("NotReady" if carried_out else "Ready")


async def test_inbound_call_from_outside_is_answered_and_hung_up(emulator: Emulator, john: Agent) -> None:
    caller = emulator.centre.outside.call("5550100", "7001", {"Segment": "Gold"})
    ringing = await john.call_that("Ringing")
    assert (ringing["call"]["callType"], ringing["call"]["ani"]) == ("Inbound", "5550100")
    await john.ask_for("answer", ringing["call"]["id"])
    await john.call_that("Established")
    emulator.centre.outside.hang_up(caller)
    await john.call_that("Completed")


async def test_contact_centre_outlives_a_restart_of_the_server(emulator: Emulator, john: Agent) -> None:
    emulator.switches.answer_delay = None
    await john.ask_for("make-call", destination=ANSWERS)
    await emulator.restart()
    async with agent_at_work(emulator, JOHN, seated=False) as john_again:
        (call,) = (await john_again.get("voice/calls")).data["calls"]
        assert call["state"] == "Dialing"
        await john_again.ask_for("release", call["id"])
        await john_again.call_that("Completed")
