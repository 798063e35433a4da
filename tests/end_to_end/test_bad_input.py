"""What comes wrong, from the caller or from the service: one clear error each, and nothing else is touched."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

import engage_async as ea
from engage_async.emulator import Emulator, Fault
from tests.end_to_end.agents import agent_of, engage_for

VOICE = "/workspace/v3/voice"


@pytest.mark.parametrize(
    ("url", "told"),
    [("", "base_url"), ("ftp://host", "base_url"), ("no url", "base_url"), ("http://far.example", "allow_plain_http")],
)
def test_a_wrong_base_url_fails_at_construction_and_names_the_setting(url: str, told: str) -> None:
    with pytest.raises(ea.ConfigurationError, match=told):
        ea.Engage(base_url=url)


async def test_a_refused_connection_is_not_sent(emulator: Emulator) -> None:
    await emulator.stop()
    async with engage_for(emulator, retry_attempts=1) as engage:
        with pytest.raises(ea.EngageError) as refused:
            await engage.workspace().__aenter__()
        assert isinstance(refused.value, ea.NotSent) or isinstance(refused.value.__cause__, ea.NotSent)
    await emulator.start()


async def test_bad_credentials_are_an_authentication_error(emulator: Emulator) -> None:
    async with engage_for(emulator, "Nobody") as engage:
        with pytest.raises(ea.AuthenticationError) as refused:
            await engage.workspace().__aenter__()
    assert "password" not in str(refused.value).replace("password grant", "")


async def test_a_wrong_api_key_is_unauthorized(emulator: Emulator) -> None:
    emulator.switches.require_api_key = "the-key"
    async with engage_for(emulator, api_key="another-key") as engage:
        with pytest.raises(ea.EngageError) as refused:
            await engage.workspace().__aenter__()
    assert "another-key" not in str(refused.value)
    async with agent_of(emulator, api_key="the-key") as agent:
        assert agent.user is not None


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("html", "text that is not JSON"),
        ("json-array", "a JSON array"),
        ("no-code", "an integer status.code"),
        ("malformed-json", "text that is not JSON"),
        ("empty", "an empty body"),
    ],
)
async def test_a_reply_of_another_form_says_what_was_expected_and_what_came(
    kind: Any, told: str, emulator: Emulator, agent: ea.WorkspaceSession
) -> None:
    emulator.switches.faults += [Fault("*/current-session", kind), Fault("*/ready", kind)]
    for awaited in (agent.session.get_current_session(), agent.voice.ready()):
        with pytest.raises(ea.MalformedResponse, match=told):
            await awaited
    assert agent.health.pending == 0
    assert (await agent.voice.ready()).agent_state == "Ready"


async def test_an_html_error_page_is_an_api_error_without_the_page(
    emulator: Emulator, agent: ea.WorkspaceSession
) -> None:
    emulator.switches.faults.append(Fault("*/not-ready", "html", status=502, times=None))
    with pytest.raises(ea.ServerFault, match="an HTML page") as refused:
        await agent.voice.not_ready(timeout=1.0)
    assert refused.value.code == 502


@pytest.mark.parametrize(
    "payload", [{}, {"call": None}, {"call": "c1"}, {"call": []}, {"call": {}}, {"call": {"id": 7}}]
)
async def test_an_event_without_its_call_is_counted_and_published_as_malformed(
    payload: dict[str, Any], emulator: Emulator, agent: ea.WorkspaceSession, caplog: pytest.LogCaptureFixture
) -> None:
    async with agent.events(ea.Event) as events:
        emulator.publish("JohnSmith", VOICE, {"messageType": "CallStateChanged", **payload})
        event = await anext(events)
    if not isinstance(payload.get("call"), dict | list):
        assert isinstance(event, ea.MalformedEvent)
        assert "call" in event.problem
    assert event.raw["messageType"] == "CallStateChanged"
    assert agent.health.unreadable == 1
    assert "without its essential member" in caplog.text
    call = await agent.voice.make_call("5550001")
    assert call.state == "Dialing"


async def test_an_unknown_event_is_published_as_it_came(emulator: Emulator, agent: ea.WorkspaceSession) -> None:
    async with agent.events(ea.UnknownEvent) as events:
        emulator.publish("JohnSmith", VOICE, {"messageType": "Unheard", "value": [1, {"a": None}]})
        event = await anext(events)
    assert (event.message_type, event.raw["value"]) == ("Unheard", [1, {"a": None}])


async def test_unknown_fields_and_values_survive(emulator: Emulator, agent: ea.WorkspaceSession) -> None:
    call = {"id": "c9", "state": "Teleporting", "capabilities": ["fly"], "newField": {"x": 1}, "duration": "long"}
    async with agent.events(ea.CallStateChanged) as events:
        emulator.publish("JohnSmith", VOICE, {"messageType": "CallStateChanged", "call": call, "other": 2})
        event = await anext(events)
    assert event.call.state == "Teleporting"
    assert not event.call.state.is_known
    assert event.call.capabilities == ("fly",)
    assert event.call.extra == {"newField": {"x": 1}, "duration": "long"}
    assert event.extra == {"other": 2}


@pytest.mark.parametrize("call_id", ["", "  ", ".", "..", "a\r\nb", None, 3.5])
async def test_an_id_that_cannot_be_one_is_refused_before_anything_is_sent(
    call_id: Any, emulator: Emulator, agent: ea.WorkspaceSession
) -> None:
    sent = len(emulator.requests)
    with pytest.raises(ea.InvalidArgument, match=r"voice.hold: call_id must be"):
        agent.voice.hold(call_id)
    assert len(emulator.requests) == sent


async def test_an_id_cannot_reach_another_operation(emulator: Emulator, agent: ea.WorkspaceSession) -> None:
    with pytest.raises(ea.EngageError):
        await agent.voice.hold("x/../../logout?a=b#c", timeout=0.3)
    assert emulator.requests[-1].path.endswith("/hold") or emulator.requests[-1].path.endswith("notifications")
    assert (await agent.session.get_current_session()).user is not None


@pytest.mark.parametrize(
    ("user_data", "told"),
    [
        ({"a": 1.5}, "a string, an integer"),
        ({"": "x"}, "non-empty string as key"),
        ({1: "x"}, "non-empty string as key"),
        ("text", "a dict or a list"),
        ([("a",)], r"\(key, value\) pairs"),
        ({"a": 2**70}, "64 bits"),
        ({"a": True}, "got bool"),
    ],
)
async def test_user_data_of_a_wrong_type_says_what_was_expected(
    user_data: Any, told: str, agent: ea.WorkspaceSession
) -> None:
    with pytest.raises(ea.InvalidArgument, match=told):
        agent.voice.attach_user_data("c1", user_data)


async def test_a_call_that_does_not_exist_fails(agent: ea.WorkspaceSession) -> None:
    with pytest.raises(ea.EngageError) as refused:
        await agent.voice.hold("no-such-call")
    assert isinstance(refused.value, ea.ApiError | ea.OperationFailed)
    with pytest.raises(ea.InvalidArgument, match="no call 'no-such-call'"):
        await agent.calls.until("no-such-call", "Established")


async def test_an_operation_that_nobody_answers_times_out_and_is_forgotten(
    emulator: Emulator, agent: ea.WorkspaceSession
) -> None:
    emulator.switches.faults.append(Fault("*/ready", "silent"))
    with pytest.raises(ea.OperationTimeout) as late:
        await agent.voice.ready(timeout=0.1)
    assert isinstance(late.value, TimeoutError)
    assert (late.value.sent, late.value.accepted) == (True, False)
    assert agent.health.pending == 0


@pytest.mark.parametrize("timeout", [0, -1, float("inf"), float("nan"), "3", True])
async def test_a_time_out_must_be_a_positive_number(timeout: Any, agent: ea.WorkspaceSession) -> None:
    with pytest.raises(ea.InvalidArgument, match="timeout must be a positive number of seconds"):
        agent.voice.ready(timeout=timeout)


async def test_a_reply_that_never_comes_does_not_fail_an_operation_whose_event_does(
    emulator: Emulator, agent: ea.WorkspaceSession
) -> None:
    emulator.switches.faults.append(Fault("*/make-call", "cut"))
    call = await agent.voice.make_call("5550001")
    assert call.state == "Dialing"
    emulator.switches.faults.append(Fault("*/release", "close", carried_out=True))
    assert (await agent.voice.release(call.id)).state in ("Released", "Completed")


async def test_one_bad_operation_does_not_disturb_another(emulator: Emulator, agent: ea.WorkspaceSession) -> None:
    emulator.switches.faults.append(Fault("*/ready", "html"))
    bad, good = await asyncio.gather(agent.voice.ready(), agent.voice.make_call("5550001"), return_exceptions=True)
    assert isinstance(bad, ea.MalformedResponse)
    assert isinstance(good, ea.Call)
