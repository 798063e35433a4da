"""The vendor's statistics client for Node (npm ``genesys-statistics-client-js`` 9.0.2) drives the emulator.

Where it cannot do what its service does, the test says why, with the line of its source.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from typing import Any

import pytest
from attrs import mutable
from official_cometd import Node, NodeProgram, eventually

from engage_async.emulator import Emulator
from engage_async.emulator.exchange import Dn

pytestmark = pytest.mark.interop

API_KEY = "any-key"
STATE = {"statisticId": "state", "name": "CurrentAgentState", "objectId": "johnsmith", "objectType": "Agent"}
TIME = {**STATE, "statisticId": "time", "name": "TimeInCurrentState"}
NONSENSE = {**STATE, "statisticId": "nonsense", "name": "Nonsense"}


@mutable
class StatisticsClient(NodeProgram):
    """The client's commands; see `statistics_client.js`."""

    emulator: Emulator

    async def initialize(self, user: str = "JohnSmith", **configuration: Any) -> None:
        """As its tutorial does: a token, the handshake, both channels."""
        await self.say("initialize", token=self.token(user), configuration=configuration)

        async def resolved() -> bool:
            return bool(await self.say("initialization") == "resolved")

        await eventually(resolved)
        # It is resolved before the channels are subscribed to (src/notifications.js:60): a value sent at once is lost.
        bayeux, mine = self.emulator.statistics.delivery.bayeux, self.emulator.statistics.web_sessions
        await eventually(
            lambda: any(len(each.subscriptions) == 2 for session in mine.of(user) for each in bayeux.bound_to(session))
        )

    def token(self, user: str) -> str:
        directory = self.emulator.centre.directory
        client, secret = next(iter(directory.clients.items()))
        form = {"grant_type": "password", "username": user, "password": directory.users[user].password}
        return self.emulator.oauth.token((client, secret), form).access

    async def hears(self, statistic_id: str, value: Any) -> dict[str, Any]:
        """Wait for an update that says this."""
        found: list[dict[str, Any]] = []

        async def heard() -> bool:
            every = [each for update in await self.say("updates") for each in update["data"]["statistics"]]
            found[:] = [each for each in every if (each["statisticId"], each["value"]) == (statistic_id, value)]
            return bool(found)

        await eventually(heard)
        return found[-1]


@pytest.fixture
async def emulator() -> AsyncIterator[Emulator]:
    async with Emulator() as emulator:
        emulator.switches.poll_timeout = 5.0
        emulator.switches.require_api_key = API_KEY
        yield emulator


@contextlib.asynccontextmanager
async def statistics_client(node: Node, emulator: Emulator, api_key: str = API_KEY) -> AsyncIterator[StatisticsClient]:
    async with node("statistics_client.js") as process:
        client = StatisticsClient(process, emulator)
        assert await client.read() == {"ready": True}
        await client.say("create", apiKey=api_key, url=emulator.base_url)
        yield client


@pytest.fixture
async def client(node: Node, emulator: Emulator) -> AsyncIterator[StatisticsClient]:
    async with statistics_client(node, emulator) as client:
        await client.initialize()
        yield client


def seat(emulator: Emulator, user: str = "JohnSmith", number: str = "7001") -> Dn:
    """Log an agent in, as the workspace does."""
    exchange = emulator.centre.exchange
    dn = exchange.dns[number]
    exchange.seat(user, dn)
    exchange.log_in(dn, "AutoIn")
    return dn


async def test_tutorial_of_subscriptions(emulator: Emulator, client: StatisticsClient) -> None:
    created = (await client.say("createSubscription", id="mine", descriptors=[STATE, TIME]))["data"]
    assert created["status"] == {"code": 0}
    assert created["data"]["subscriptionId"] == "mine"
    assert [each["statisticId"] for each in created["data"]["statistics"]] == ["state", "time"]
    first = await client.hears("state", {"stringValue": "LoggedOut"})
    assert (first["subscriptionId"], first["name"], first["objectId"]) == ("mine", "CurrentAgentState", "johnsmith")
    seat(emulator)
    await client.hears("state", {"stringValue": "WaitForNextCall"})
    deleted = (await client.say("deleteSubscription", id="mine"))["data"]
    assert deleted["status"] == {"code": 0}
    assert (await client.say("peek", id="mine"))["status"] == 404


async def test_tutorial_of_current_statistics(emulator: Emulator, client: StatisticsClient) -> None:
    seat(emulator)
    infos = [{name: each[name] for name in ("name", "objectId", "objectType")} for each in (STATE, TIME)]
    values = (await client.say("values", infos=infos))["data"]["data"]["statistics"]
    assert [each["value"] for each in values] == [{"stringValue": "WaitForNextCall"}, {"longValue": 0}]
    value = (await client.say("value", name="CurrentAgentState", objectId="johnsmith", objectType="Agent"))["data"]
    assert value["data"]["statistic"]["value"] == {"stringValue": "WaitForNextCall"}


async def test_refused_statistics_come_with_the_others(client: StatisticsClient) -> None:
    created = (await client.say("createSubscription", id="mine", descriptors=[NONSENSE, STATE]))["data"]
    assert [each["statisticId"] for each in created["data"]["statistics"]] == ["state"]
    (error,) = created["errors"]
    assert error["status"]["detail"]["statisticId"] == "nonsense"
    await client.hears("state", {"stringValue": "LoggedOut"})


async def test_refusals_reach_it_as_http_errors(client: StatisticsClient) -> None:
    await client.say("createSubscription", id="mine", descriptors=[STATE])
    again = await client.say("createSubscription", id="mine", descriptors=[STATE])
    assert (again["status"], again["body"]["status"]["code"]) == (400, 400)
    unknown = await client.say("value", name="Nonsense", objectId="johnsmith", objectType="Agent")
    assert (unknown["status"], unknown["body"]["path"]) == (404, "/statistics/v3/statistic-values/Nonsense")


async def test_quiet_subscription_names_nothing(client: StatisticsClient) -> None:
    created = (await client.say("createSubscription", id="mine", descriptors=[STATE], verbose=False))["data"]
    assert [each.get("name") for each in created["data"]["statistics"]] == [None]
    assert "name" not in await client.hears("state", {"stringValue": "LoggedOut"})


async def test_subscription_is_peeked_at_whole(client: StatisticsClient) -> None:
    await client.say("createSubscription", id="mine", descriptors=[STATE, TIME])
    peeked = (await client.say("peek", id="mine"))["data"]["data"]["statistics"]
    assert [each["statisticId"] for each in peeked] == ["state", "time"]


async def test_list_of_statistics_to_peek_at_is_sent_as_one_parameter_for_each(
    emulator: Emulator, client: StatisticsClient
) -> None:
    """``peekSubscriptionStats`` hands the array through (src/index.js:107) and ``normalizeParams`` leaves it an array
    (src/internal/ApiClient.js:220), so it becomes repeated parameters, where the definition wants one list with commas.
    A list in one text works.
    """
    await client.say("createSubscription", id="mine", descriptors=[STATE, TIME, {**STATE, "statisticId": "third"}])
    await client.say("peek", id="mine", statisticIds=["third", "time"])
    sent = next(record for record in reversed(emulator.requests) if record.path.endswith("/statistic-values"))
    assert "third,time" not in sent.query.values()
    peeked = (await client.say("peek", id="mine", statisticIds="third,time"))["data"]["data"]["statistics"]
    assert [each["statisticId"] for each in peeked] == ["third", "time"]


async def test_service_state_is_passed_on(emulator: Emulator, client: StatisticsClient) -> None:
    await client.say("createSubscription", id="mine", descriptors=[STATE])
    await client.hears("state", {"stringValue": "LoggedOut"})
    emulator.statistic_subscriptions.set_available(False)
    emulator.statistic_subscriptions.set_available(True)

    async def both() -> bool:
        return bool(len(await client.say("changes")) == 2)

    await eventually(both)
    assert [each["data"]["serviceState"] for each in await client.say("changes")] == ["Unavailable", "Available"]


async def test_clients_hear_what_is_theirs(node: Node, emulator: Emulator, client: StatisticsClient) -> None:
    await client.say("createSubscription", id="mine", descriptors=[STATE])
    async with statistics_client(node, emulator) as other:
        await other.initialize("KateLewis")
        await other.say("createSubscription", id="mine", descriptors=[{**STATE, "objectId": "katelewis"}])
        await other.hears("state", {"stringValue": "LoggedOut"})
        seat(emulator, "KateLewis", "7002")
        await other.hears("state", {"stringValue": "WaitForNextCall"})
    await client.hears("state", {"stringValue": "LoggedOut"})
    assert len(await client.say("updates")) == 1


async def test_lost_session_costs_the_subscriptions(emulator: Emulator, client: StatisticsClient) -> None:
    """Its CometD shakes hands again by itself, and ``initialize`` then subscribes to the channels again, but nothing
    opens the statistics again (src/notifications.js:42 knows of none): what it had is gone, in silence.
    """
    await client.say("createSubscription", id="mine", descriptors=[STATE])
    await client.hears("state", {"stringValue": "LoggedOut"})
    old = {session.id for session in emulator.statistics.delivery.bayeux.sessions()}
    emulator.drop_bayeux_sessions()
    await eventually(lambda: {each.id for each in emulator.statistics.delivery.bayeux.sessions()} - old)
    assert (await client.say("peek", id="mine"))["status"] == 404


async def test_failed_handshake_is_never_told(node: Node, emulator: Emulator) -> None:
    """The callback of the handshake knows only success (src/notifications.js:43): without it the promise of
    ``initialize`` is never settled, while CometD tries again and again.
    """
    async with statistics_client(node, emulator) as client:
        await client.say("initialize", token="void", configuration={"backoffIncrement": 10, "maxBackoff": 20})

        def handshakes() -> int:
            paths = [record.path for record in emulator.requests if record.status == 401]
            return sum(path.startswith("/statistics/v3/notifications") for path in paths)

        await eventually(lambda: handshakes() >= 2)
        assert await client.say("initialization") == "pending"


async def test_destroyed_client_ends_its_session(emulator: Emulator, client: StatisticsClient) -> None:
    await client.say("createSubscription", id="mine", descriptors=[STATE])
    await client.say("destroy")
    await eventually(lambda: not list(emulator.statistics.web_sessions.of("JohnSmith")))
