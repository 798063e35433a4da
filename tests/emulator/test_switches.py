"""What a test can do to the emulator: faults, the order of events, lost sessions, cut connections."""

from __future__ import annotations

import asyncio
import gc
import sys
from collections.abc import AsyncIterator

import aiohttp
import pytest
from bayeux_wire import USER, VOICE, Wire, browser, events, reply, until

from engage_async.emulator import Emulator, Fault, Refusal, Switches
from engage_async.emulator.documented import documented_operations

PING = "/auth/v3/oauth/authorize"  # answers 400 and a page when asked without parameters


@pytest.fixture
async def emulator() -> AsyncIterator[Emulator]:
    async with Emulator() as emulator:
        yield emulator


@pytest.fixture
async def http(emulator: Emulator) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(emulator.base_url, cookie_jar=aiohttp.DummyCookieJar()) as http:
        yield http


@pytest.fixture
async def wire(emulator: Emulator) -> AsyncIterator[Wire]:
    async with browser(emulator) as wire:
        await wire.handshake()
        await wire.subscribe(VOICE)
        yield wire


async def ask(http: aiohttp.ClientSession, path: str = PING, *, method: str = "GET") -> tuple[int, str]:
    async with http.request(method, path) as response:
        return response.status, await response.text()


async def numbers(wire: Wire, count: int) -> list[int]:
    """The numbers of the next `count` events."""
    got: list[int] = []
    while len(got) < count:
        got += [event["n"] for event in events(await wire.connect(timeout=5))]
    return got


async def test_fault_strikes_as_often_as_it_says_and_only_where_it_fits(
    emulator: Emulator, http: aiohttp.ClientSession
) -> None:
    emulator.switches.faults += [
        Fault("/auth/*", "status", status=500, method="POST"),
        Fault("/elsewhere", "status"),
        Fault("/auth/*/authorize", "status", times=2, status=502, retry_after=1.5, message="later"),
    ]
    async with http.get(PING) as response:
        assert (response.status, response.headers["Retry-After"]) == (502, "1.5")
        assert await response.json() == {"message": "later"}
    assert (await ask(http))[0] == 502
    assert (await ask(http))[0] == 400
    assert [fault.method or fault.path for fault in emulator.switches.faults] == ["POST", "/elsewhere"]


async def test_fault_without_end_strikes_until_it_is_taken_away(
    emulator: Emulator, http: aiohttp.ClientSession
) -> None:
    emulator.switches.faults.append(Fault("*", "status", times=None))
    assert [(await ask(http))[0] for _ in range(4)] == [503] * 4
    emulator.switches.faults.clear()
    assert (await ask(http))[0] == 400


@pytest.mark.parametrize(
    ("fault", "status", "body"),
    [
        (Fault("*", "status"), 503, '{"message": "Injected fault"}'),
        (Fault("*", "code", code=603, message="No", status=403), 403, '{"status": {"code": 603, "message": "No"}}'),
        (Fault("*", "no-code", message="m"), 200, '{"status": {"message": "m"}}'),
        (Fault("*", "malformed-json"), 200, '{"status": {"code": 0, "mess'),
        (Fault("*", "json-array", message="m"), 200, '["m"]'),
        (Fault("*", "empty"), 200, ""),
    ],
)
async def test_false_answer_has_the_form_it_says(
    emulator: Emulator, http: aiohttp.ClientSession, fault: Fault, status: int, body: str
) -> None:
    emulator.switches.faults.append(fault)
    assert await ask(http) == (status, body)
    assert emulator.requests[-1].status == status


async def test_html_page_claims_to_be_json(emulator: Emulator, http: aiohttp.ClientSession) -> None:
    emulator.switches.faults.append(Fault("*", "html", status=502))
    async with http.get(PING) as response:
        assert (response.status, response.content_type) == (502, "application/json")
        assert (await response.text()).startswith("<!DOCTYPE html>")


async def test_delayed_answer_is_the_true_one(emulator: Emulator, http: aiohttp.ClientSession) -> None:
    loop = asyncio.get_running_loop()
    emulator.switches.faults.append(Fault("*", "delay", delay=0.05))
    began = loop.time()
    assert (await ask(http))[0] == 400
    assert loop.time() - began >= 0.05


async def test_cut_answer_ends_in_its_body_and_has_taken_effect(emulator: Emulator, wire: Wire) -> None:
    emulator.switches.faults.append(Fault("*/subscribe", "cut"))
    with pytest.raises(aiohttp.ClientPayloadError):
        await wire.subscribe("/test")
    (session,) = emulator.delivery.bayeux.sessions()
    assert "/test" in session.subscriptions


@pytest.mark.parametrize("carried_out", [False, True])
async def test_connection_closed_before_the_answer_takes_effect_only_if_it_says_so(
    emulator: Emulator, wire: Wire, carried_out: bool
) -> None:
    emulator.switches.faults.append(Fault("*/subscribe", "close", carried_out=carried_out))
    with pytest.raises(aiohttp.ClientConnectionError):
        await wire.subscribe("/test")
    (session,) = emulator.delivery.bayeux.sessions()
    assert ("/test" in session.subscriptions) is carried_out
    assert emulator.requests[-1].status is None


async def test_silence_lasts_until_the_client_gives_up(emulator: Emulator, http: aiohttp.ClientSession) -> None:
    emulator.switches.faults.append(Fault("*", "silent"))
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.1):
            await ask(http)
    assert (await ask(http))[0] == 400


async def test_request_without_the_right_api_key_is_forbidden(emulator: Emulator, http: aiohttp.ClientSession) -> None:
    emulator.switches.require_api_key = "key"
    assert await ask(http) == (403, '{"message": "Forbidden"}')
    async with http.get(PING, headers={"x-api-key": "other"}) as response:
        assert response.status == 403
    async with http.get(PING, headers={"x-api-key": "key"}) as response:
        assert response.status == 400
    assert "'key'" not in repr(emulator.switches)


async def test_unknown_path_is_an_html_404_and_an_unmodelled_operation_a_501(
    emulator: Emulator, http: aiohttp.ClientSession
) -> None:
    status, page = await ask(http, "/workspace/v3/nothing")
    assert status == 404
    assert page.startswith("<!DOCTYPE html>")
    status, text = await ask(http, "/provisioning/v3/operations/post-users", method="POST")
    assert status == 501
    assert "not modelled" in text
    assert (await ask(http, "/workspace/v3/notifications"))[0] == 405


async def test_no_documented_operation_is_unknown(emulator: Emulator, http: aiohttp.ClientSession) -> None:
    """Whatever the vendor documents is served, refused for what it lacks, or said not to be modelled: never a 404."""
    assert len(documented_operations()) == 292
    for verb, path in documented_operations():
        filled = path.replace("{", "x").replace("}", "x")
        async with http.request(verb, filled, allow_redirects=False) as response:
            text = await response.text()
        if response.status in (404, 405):
            assert not text.startswith("<!DOCTYPE html>"), (verb, path)
        assert "Traceback" not in text, (verb, path)


async def test_record_names_the_request_but_for_its_secrets(emulator: Emulator, wire: Wire) -> None:
    async with wire.http.post(
        f"{emulator.base_url}/workspace/v3/targets/recents/add?a=1",
        json={"operationId": "op-1", "data": {}},
        cookies=wire.cookies,
    ) as response:
        assert response.status == 400
    record = emulator.requests[-1]
    assert (record.method, record.path, record.user) == ("POST", "/workspace/v3/targets/recents/add", USER)
    assert (record.operation_id, record.status, record.query) == ("op-1", 400, {"a": "1"})
    assert record.body == {"operationId": "op-1", "data": {}}


async def test_record_is_bounded(emulator: Emulator) -> None:
    assert emulator.requests.maxlen == 2000


async def test_events_can_come_twice(emulator: Emulator, wire: Wire) -> None:
    emulator.switches.duplicate_events = True
    emulator.publish(USER, VOICE, {"n": 1})
    emulator.publish(USER, VOICE, {"n": 2})
    assert await numbers(wire, 4) == [1, 1, 2, 2]


async def test_events_can_change_places_and_a_lone_one_still_comes(emulator: Emulator, wire: Wire) -> None:
    emulator.switches.reorder_events = True
    for number in range(1, 6):
        emulator.publish(USER, VOICE, {"n": number})
    assert await numbers(wire, 5) == [2, 1, 4, 3, 5]


async def test_events_can_be_late(emulator: Emulator, wire: Wire) -> None:
    emulator.switches.event_delay = 0.1
    emulator.publish(USER, VOICE, {"n": 1})
    assert events(await wire.connect(timeout=0)) == []
    assert await numbers(wire, 1) == [1]


async def test_event_is_what_it_was_when_it_was_published(emulator: Emulator, wire: Wire) -> None:
    data = {"n": 1}
    emulator.publish(USER, VOICE, data)
    data["n"] = 2
    assert await numbers(wire, 1) == [1]


async def test_dropped_session_is_unknown_to_its_waiting_poll(emulator: Emulator, wire: Wire) -> None:
    async with browser(emulator, user="JaneDoe") as other:
        await other.handshake()
        async with wire.polling() as poll:
            emulator.drop_bayeux_sessions("JaneDoe")
            emulator.drop_bayeux_sessions(USER)
        assert reply(poll.result())["error"] == "402::session_unknown"
        assert reply(await other.connect(timeout=0))["error"] == "402::session_unknown"
    assert (await wire.handshake())["successful"] is True


async def test_server_can_say_goodbye(emulator: Emulator, wire: Wire) -> None:
    async with wire.polling() as poll:
        emulator.disconnect_clients()
    assert [message["channel"] for message in poll.result()] == ["/meta/disconnect", "/meta/connect"]
    await wire.handshake()
    assert reply(await wire.connect(timeout=0))["successful"] is True  # the workspace session lives on


async def test_cut_connections_leave_the_sessions_alone(emulator: Emulator, wire: Wire) -> None:
    async with wire.polling() as poll:
        await emulator.cut_connections()
    assert isinstance(poll.exception(), aiohttp.ClientConnectionError)
    emulator.publish(USER, VOICE, {"n": 1})
    assert await numbers(wire, 1) == [1]


async def test_restart_forgets_sessions_and_listens_on_the_same_port(emulator: Emulator, wire: Wire) -> None:
    before = emulator.base_url
    async with wire.polling() as poll:
        await emulator.restart()
    assert isinstance(poll.exception(), aiohttp.ClientConnectionError)
    assert emulator.base_url == before
    assert reply(await wire.connect(timeout=0))["error"] == "402::session_unknown"
    await wire.handshake()
    assert reply(await wire.connect(timeout=0), "/meta/disconnect")  # nobody stands behind the old cookies


async def test_refusal_is_taken_as_often_as_it_says() -> None:
    switches = Switches(refuse_next=[Refusal("hold", 56), Refusal("single-step-*", 71, times=2)])
    taken = [switches.take_refusal(each) for each in ("hold", "hold", *["single-step-transfer"] * 3)]
    assert [refusal.code if refusal else None for refusal in taken] == [56, None, 71, 71, None]
    assert not switches.refuse_next


async def test_stopping_with_open_polls_leaves_nothing_behind(recwarn: pytest.WarningsRecorder) -> None:
    async with Emulator() as emulator, browser(emulator) as wire:
        await wire.handshake()
        emulator.switches.event_delay = 60
        emulator.publish(USER, VOICE, {"n": 1})
        emulator.switches.faults.append(Fault("/workspace/v3/nothing", "silent"))
        silent = asyncio.create_task(ask(wire.http, f"{emulator.base_url}/workspace/v3/nothing"))
        async with wire.polling() as poll:
            await emulator.stop()
        assert isinstance(poll.exception(), aiohttp.ClientConnectionError)
        with pytest.raises(aiohttp.ClientConnectionError):
            await silent
        await emulator.stop()
    gc.collect()
    assert not recwarn.list


async def test_hundreds_of_sessions_are_served_at_once(emulator: Emulator) -> None:
    async with browser(emulator) as first:
        wires = [Wire(emulator, first.http, dict(first.cookies)) for _ in range(200)]
        for wire in wires:
            await wire.handshake()
            await wire.subscribe(VOICE)
        async with asyncio.TaskGroup() as tasks:
            polls = [tasks.create_task(wire.connect()) for wire in wires]
            await until(lambda: all(each.resume for each in emulator.delivery.bayeux.sessions()))
            emulator.publish(USER, VOICE, {"n": 1})
        assert all(events(poll.result()) == [{"n": 1}] for poll in polls)


async def test_importing_the_package_of_the_emulator_loads_no_server() -> None:
    program = "import sys, engage_async.emulator; print('aiohttp' in sys.modules)"
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", program, stdout=asyncio.subprocess.PIPE)
    out, _ = await process.communicate()
    assert out.strip() == b"False"
