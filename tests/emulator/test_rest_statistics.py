"""The emulator's Statistics API over HTTP: who may come in, subscriptions and their updates, values, refusals."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from agent_wire import agent_session, is_dn
from statistics_wire import StatisticsWire, statistic, statistics_browser, statistics_session

from engage_async.emulator import Emulator

COOKIE = "STATISTICS_SESSIONID"


@pytest.fixture
async def emulator() -> AsyncIterator[Emulator]:
    async with Emulator() as running:
        yield running


@pytest.fixture
async def wall(emulator: Emulator) -> AsyncIterator[StatisticsWire]:
    """John Smith's wallboard: a session that listens."""
    async with statistics_session(emulator) as made:
        yield made


def sessions(emulator: Emulator) -> int:
    return len(list(emulator.statistics.web_sessions.of("JohnSmith")))


# --- who may come in --------------------------------------------------------------------------------------------------


async def test_handshake_opens_the_session_and_sets_its_cookies(emulator: Emulator) -> None:
    async with statistics_browser(emulator) as wall:
        assert (await wall.send("POST", "subscriptions", {})).http == 403
        await wall.wire.handshake()
        assert {COOKIE, "AWSALB", "BAYEUX_BROWSER"} <= wall.wire.cookies.keys()
        assert (await wall.create("s", statistic("1"))).code == 0
        assert sessions(emulator) == 1


async def test_second_handshake_of_a_browser_keeps_its_session(emulator: Emulator, wall: StatisticsWire) -> None:
    before = wall.wire.cookies[COOKIE]
    await wall.create("s", statistic("1"))
    await wall.wire.handshake()
    assert (wall.wire.cookies[COOKIE], sessions(emulator)) == (before, 1)
    assert (await wall.send("GET", "subscriptions/s/statistic-values")).code == 0


async def test_token_is_needed_for_every_request_and_every_message(emulator: Emulator, wall: StatisticsWire) -> None:
    emulator.expire_tokens()
    assert (await wall.send("GET", "statistic-values/CurrentAgentState")).http == 401
    status, text = await wall.wire.post('[{"channel": "/meta/connect"}]')
    assert (status, "invalid_token" in text) == (401, True)
    async with statistics_browser(emulator, user=None) as nobody:
        status, _ = await nobody.wire.post('[{"channel": "/meta/handshake"}]', path="/handshake")
        assert (status, nobody.wire.cookies) == (401, {})


async def test_handshake_that_is_refused_opens_no_session(emulator: Emulator) -> None:
    async with statistics_browser(emulator) as wall:
        reply = await wall.wire.handshake(supportedConnectionTypes=["websocket"])
        assert (reply["successful"], COOKIE in wall.wire.cookies, sessions(emulator)) == (False, False, 0)


async def test_session_ends_with_its_last_bayeux_session_and_takes_its_subscriptions_along(
    emulator: Emulator, wall: StatisticsWire
) -> None:
    await wall.create("s", statistic("1"))
    emulator.drop_bayeux_sessions()
    assert sessions(emulator) == 0
    assert (await wall.send("GET", "subscriptions/s/statistic-values")).http == 403
    old = wall.wire.cookies[COOKIE]
    await wall.wire.handshake()
    assert wall.wire.cookies[COOKIE] != old
    assert (await wall.send("GET", "subscriptions/s/statistic-values")).http == 404


async def test_disconnect_ends_the_session(emulator: Emulator, wall: StatisticsWire) -> None:
    await wall.wire.send(wall.wire.message("/meta/disconnect"))
    assert sessions(emulator) == 0


async def test_browser_may_have_sessions_of_two_services(emulator: Emulator) -> None:
    async with agent_session(emulator) as agent:
        headers = {"Authorization": f"Bearer {await agent.token('JohnSmith')}"}
        wall = StatisticsWire(agent.wire)
        agent.wire.notifications, agent.wire.headers = "/statistics/v3/notifications", headers
        await agent.wire.handshake()
        assert (await wall.create("s", statistic("1"))).code == 0
        assert (await agent.get("current-session")).code == 0


# --- subscriptions ----------------------------------------------------------------------------------------------------


async def test_subscription_sends_first_values_and_then_what_changes(emulator: Emulator, wall: StatisticsWire) -> None:
    reply = await wall.create("s", statistic("1"), statistic("2", "AgentsReady", "Sales", objectType="GroupAgents"))
    assert reply.data["subscriptionId"] == reply.data["operationId"] == "s"
    assert [each["statisticId"] for each in reply.data["statistics"]] == ["1", "2"]
    assert "errors" not in reply.body
    first = await wall.hear(lambda value: value["statisticId"] == "1")
    assert {name: first[name] for name in first if name != "timestamp"} == {
        "subscriptionId": "s",
        "statisticId": "1",
        "name": "CurrentAgentState",
        "objectId": "johnsmith",
        "objectType": "Agent",
        "value": {"stringValue": "LoggedOut"},
    }
    async with agent_session(emulator) as agent:
        await agent.post("activate-channels", {"dn": "7001", "channels": ["voice"]})
        await agent.hear(is_dn)
        await wall.hear(lambda value: value["value"] == {"stringValue": "NotReadyForNextCall"})


async def test_values_that_did_not_change_are_not_sent(emulator: Emulator, wall: StatisticsWire) -> None:
    await wall.create("s", statistic("1"))
    await wall.poll()
    emulator.centre.stat_server.changed([("Agent", "JohnSmith")])
    await wall.poll()
    assert len(wall.updates) == 1


async def test_times_are_sent_every_interval(emulator: Emulator, wall: StatisticsWire) -> None:
    emulator.switches.statistics_interval = 0.02
    began = emulator.centre.stat_server._clocks["JohnSmith"]
    await wall.create("s", statistic("1", "TimeInCurrentState"))
    await wall.hear(lambda value: value["value"] == {"longValue": 0})
    began.since -= 100
    await wall.hear(lambda value: value["value"]["longValue"] >= 100)


async def test_quiet_subscription_does_not_name_its_statistics(wall: StatisticsWire) -> None:
    reply = await wall.create("s", statistic("1"), verbose="OFF")
    assert reply.data["statistics"] == [{"subscriptionId": "s", "statisticId": "1"}]
    value = await wall.hear(lambda _: True)
    assert not {"name", "objectId", "objectType"} & value.keys()


async def test_statistics_that_cannot_be_opened_are_named_one_by_one(wall: StatisticsWire) -> None:
    reply = await wall.create(
        "s",
        statistic("1"),
        statistic("2", "Nonsense"),
        statistic("3", object_id="nobody"),
        statistic("1"),
        {"statisticId": "4", "objectId": "johnsmith", "objectType": "Agent", "definition": {"category": "Nonsense"}},
    )
    assert [each["statisticId"] for each in reply.data["statistics"]] == ["1"]
    statuses = [error["status"] for error in reply.body["errors"]]
    assert [(status["code"], status["detail"]["statisticId"]) for status in statuses] == [
        (404, "2"),
        (404, "3"),
        (404, "1"),
        (404, "4"),
    ]
    assert statuses[0]["detail"] == {
        "statisticId": "2", "name": "Nonsense", "objectId": "johnsmith", "objectType": "Agent"
    }  # fmt: skip


async def test_defined_statistic_is_opened_under_its_name(wall: StatisticsWire) -> None:
    definition = {"notificationMode": "Immediate", "category": "CurrentState", "subject": "AgentStatus"}
    defined = {"statisticId": "1", "objectId": "johnsmith", "objectType": "Agent", "definition": definition}
    reply = await wall.create("s", defined)
    assert [each["name"] for each in reply.data["statistics"]] == ["CurrentAgentState"]


async def test_subscription_id_that_is_in_use_is_refused(emulator: Emulator, wall: StatisticsWire) -> None:
    await wall.create("s", statistic("1"))
    reply = await wall.create("s", statistic("2"))
    assert (reply.http, reply.code) == (400, 400)
    assert "exists already" in reply.body["status"]["message"]
    async with statistics_session(emulator, user="KateLewis") as other:
        assert (await other.create("s", statistic("1"))).code == 0


async def test_deleted_subscription_sends_nothing_and_its_id_is_free(emulator: Emulator, wall: StatisticsWire) -> None:
    await wall.create("s", statistic("1"))
    await wall.poll()
    for _ in range(2):
        assert (await wall.send("DELETE", "subscriptions/s")).body == {"status": {"code": 0}}
    async with agent_session(emulator) as agent:
        await agent.post("activate-channels", {"dn": "7001", "channels": ["voice"]})
        await agent.hear(is_dn)
    await wall.poll()
    assert len(wall.updates) == 1
    assert (await wall.create("s", statistic("1"))).code == 0


async def test_subscription_is_peeked_at_whole_or_in_part(wall: StatisticsWire) -> None:
    await wall.create("s", statistic("1"), statistic("2", "InboundCalls"), statistic("3", "TotalTalkTime"))
    whole = await wall.send("GET", "subscriptions/s/statistic-values")
    assert [each["value"] for each in whole.data["statistics"]] == [
        {"stringValue": "LoggedOut"}, {"longValue": 0}, {"longValue": 0}
    ]  # fmt: skip
    part = await wall.send("GET", "subscriptions/s/statistic-values", statisticIds="3,9,1", verbose="OFF")
    assert [each["statisticId"] for each in part.data["statistics"]] == ["3", "1"]
    assert [error["status"]["detail"] for error in part.body["errors"]] == [{"statisticId": "9"}]
    assert (await wall.send("GET", "subscriptions/t/statistic-values")).http == 404


async def test_thousands_of_values_come_in_messages_of_a_thousand(wall: StatisticsWire) -> None:
    await wall.create("s", *(statistic(str(n)) for n in range(2_500)))
    messages = await wall.wire.connect(timeout=0)
    sizes = [len(message["data"]["data"]["statistics"]) for message in messages if "data" in message]
    assert sizes == [1_000, 1_000, 500]


# --- values -----------------------------------------------------------------------------------------------------------


async def test_value_is_had_without_a_subscription_and_without_a_session(emulator: Emulator) -> None:
    async with statistics_browser(emulator) as wall:
        reply = await wall.send("GET", "statistic-values/CurrentAgentState", objectId="johnsmith", objectType="Agent")
        assert reply.data["statistic"]["value"] == {"stringValue": "LoggedOut"}
        several = {"data": {"statistics": [statistic("1"), statistic("2", "Nonsense")]}}
        reply = await wall.send("POST", "operations/get-statistic-ex", several)
        assert [each["name"] for each in reply.data["statistics"]] == ["CurrentAgentState"]
        assert [error["status"]["detail"]["name"] for error in reply.body["errors"]] == ["Nonsense"]


@pytest.mark.parametrize(
    ("query", "http"),
    [
        ({"objectId": "nobody", "objectType": "Agent"}, 404),
        ({"objectId": "johnsmith", "objectType": "Nonsense"}, 404),
        ({"objectId": "johnsmith"}, 400),
        ({}, 400),
    ],
)
async def test_value_that_does_not_exist_is_refused(wall: StatisticsWire, query: dict[str, str], http: int) -> None:
    reply = await wall.send("GET", "statistic-values/CurrentAgentState", **query)
    assert (reply.http, reply.code) == (http, http)


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({}, "operationId"),
        ({"operationId": 7, "data": {"statistics": [statistic("1")]}}, "operationId"),
        ({"operationId": "s"}, "data.statistics"),
        ({"operationId": "s", "data": {"statistics": []}}, "data.statistics"),
        ({"operationId": "s", "data": {"statistics": ["x"]}}, "data.statistics[0].objectId"),
        ({"operationId": "s", "data": {"statistics": [{**statistic("1"), "statisticId": ""}]}}, "statisticId"),
        ({"operationId": "s", "data": {"statistics": [{**statistic("1"), "name": None}]}}, "a name or a definition"),
        ([], "an object"),
    ],
)
async def test_request_that_is_not_well_formed_is_told_what_is_wrong(
    wall: StatisticsWire, body: Any, told: str
) -> None:
    reply = await wall.send("POST", "subscriptions", body)
    assert (reply.http, reply.code) == (400, 400)
    assert told in reply.body["status"]["message"]


async def test_service_that_goes_away_says_so_and_sends_what_was_missed_when_it_is_back(
    emulator: Emulator, wall: StatisticsWire
) -> None:
    await wall.create("s", statistic("1"))
    await wall.poll()
    emulator.statistic_subscriptions.set_available(False)
    assert (await wall.send("GET", "subscriptions/s/statistic-values")).http == 503
    async with agent_session(emulator) as agent:
        await agent.post("activate-channels", {"dn": "7001", "channels": ["voice"]})
        await agent.hear(is_dn)
        await wall.poll()
        assert (wall.states, len(wall.updates)) == (["Unavailable"], 1)
        emulator.statistic_subscriptions.set_available(True)
        await wall.poll()
    assert wall.states == ["Unavailable", "Available"]
    assert [value["value"] for value in wall.updates][1:] == [{"stringValue": "NotReadyForNextCall"}]
