"""A statistics session against the emulator: values as they change, refusals one by one, losses, many statistics."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

import engage_async as ea
from engage_async.emulator import Emulator, Fault
from tests.end_to_end.agents import agent_of, engage_for

WAIT = 5.0
STATE = ea.Statistic("CurrentAgentState", "johnsmith", "Agent")
READY = ea.Statistic("AgentsReady", "Sales", "GroupAgents")
NONSENSE = ea.Statistic("Nonsense", "johnsmith", "Agent")
NOBODY = ea.Statistic("CurrentAgentState", "nobody", "Agent")


@pytest.fixture
async def stats(emulator: Emulator) -> AsyncIterator[ea.StatisticsSession]:
    async with engage_for(emulator) as engage, engage.statistics(name="wall") as session:
        yield session


async def until(values: ea.Subscription, fits: Callable[[Any], object]) -> Any:
    """Read until a value or mark fits."""
    async with asyncio.timeout(WAIT):
        async for value in values:
            if fits(value):
                return value
    raise AssertionError("it never came")


def is_mark(value: Any) -> bool:
    return isinstance(value, ea.Resubscribed)


def says(plain: Any) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, ea.StatisticValue) and value.plain == plain


def subscriptions(emulator: Emulator) -> list[str]:
    held = emulator.statistic_subscriptions._of_session.values()
    return sorted(subscription_id for mine in held for subscription_id in mine)


async def eventually(true: Callable[[], object]) -> None:
    async with asyncio.timeout(WAIT):
        while not true():
            await asyncio.sleep(0.005)


# --- values -----------------------------------------------------------------------------------------------------------


async def test_values_follow_the_contact_centre(emulator: Emulator, stats: ea.StatisticsSession) -> None:
    async with stats.subscribe([STATE, READY]) as values:
        first = await until(values, says("LoggedOut"))
        assert (first.name, first.object_id, first.object_type, first.statistic_id) == (
            "CurrentAgentState", "johnsmith", "Agent", "1"
        )  # fmt: skip
        assert first.subscription_id == values.id
        async with agent_of(emulator) as agent:
            await agent.voice.ready()
            await until(values, says("WaitForNextCall"))
            await agent.voice.make_call("5550001")
            await until(values, says("CallOutbound"))
            newest = values.latest("2")
            assert newest is not None
            assert newest.name == "AgentsReady"
        await until(values, says("LoggedOut"))
    assert subscriptions(emulator) == []


async def test_present_values_are_had_without_a_subscription(stats: ea.StatisticsSession) -> None:
    value = await stats.statistics.get_stat_value("CurrentAgentState", "johnsmith", "Agent")
    assert value.plain == "LoggedOut"
    result = await stats.statistics.get_stat_values([STATE, NONSENSE, READY, NOBODY])
    assert [each.name for each in result.data] == ["CurrentAgentState", "AgentsReady"]
    assert [error.statistic for error in result.errors if isinstance(error, ea.StatisticRefused)] == [NONSENSE, NOBODY]
    with pytest.raises(ea.PartialFailure):
        result.raise_for_errors()


async def test_statistic_that_does_not_exist_is_not_found(stats: ea.StatisticsSession) -> None:
    with pytest.raises(ea.NotFound, match="Unknown statistic 'Nonsense'"):
        await stats.statistics.get_stat_value("Nonsense", "johnsmith", "Agent")
    with pytest.raises(ea.InvalidArgument):
        await stats.statistics.get_stat_value("", "johnsmith", "Agent")


async def test_statistics_that_cannot_be_opened_are_reported_one_by_one_and_the_others_are_open(
    stats: ea.StatisticsSession,
) -> None:
    async with stats.subscribe([NONSENSE, STATE, NOBODY]) as values:
        assert [error.statistic and error.statistic.id for error in values.errors] == ["1", "3"]
        assert str(values.errors[0]).startswith("Nonsense of Agent johnsmith: ")
        await until(values, says("LoggedOut"))
        with pytest.raises(ea.PartialFailure):
            values.raise_for_errors()


async def test_definition_is_opened_as_a_statistic(stats: ea.StatisticsSession) -> None:
    definition = {"category": "CurrentState", "subject": "AgentStatus", "notificationMode": "Immediate"}
    async with stats.subscribe([ea.Statistic(None, "johnsmith", "Agent", definition=definition)]) as values:
        assert values.errors == ()
        await until(values, says("LoggedOut"))


async def test_subscription_is_peeked_at_whole_and_in_part(stats: ea.StatisticsSession) -> None:
    async with stats.subscribe([STATE, READY]) as values:
        assert [each.plain for each in (await values.peek()).data] == ["LoggedOut", 0]
        (one,) = (await values.peek(["2"])).raise_for_errors()
        assert (one.name, one.plain) == ("AgentsReady", 0)


async def test_single_operations_open_peek_and_delete(emulator: Emulator, stats: ea.StatisticsSession) -> None:
    one = ea.Statistic("CurrentAgentState", "johnsmith", "Agent", id="one")
    two = ea.Statistic("Nonsense", "johnsmith", "Agent", id="two")
    async with stats.events(ea.StatisticsUpdated) as updates:
        opened = await stats.statistics.create_subscription("mine", [one, two], verbose=False)
        assert opened.data.subscription_id == "mine"
        assert [error.statistic for error in opened.errors if isinstance(error, ea.StatisticRefused)] == [two]
        async with asyncio.timeout(WAIT):
            event = await anext(updates)
        assert [(each.subscription_id, each.statistic_id, each.plain) for each in event.statistics] == [
            ("mine", "one", "LoggedOut")
        ]
    peeked = await stats.statistics.peek_subscription_stats("mine", statistic_ids=["one"], verbose=False)
    assert [each.plain for each in peeked.data.statistics] == ["LoggedOut"]
    with pytest.raises(ea.ApiError, match="exists already"):
        await stats.statistics.create_subscription("mine", [one])
    await stats.statistics.delete_subscription("mine")
    await stats.statistics.delete_subscription("mine")
    with pytest.raises(ea.NotFound):
        await stats.statistics.peek_subscription_stats("mine")


async def test_subscription_id_that_is_used_twice_is_refused_and_the_first_goes_on(stats: ea.StatisticsSession) -> None:
    async with stats.subscribe([STATE], subscription_id="mine") as values:
        with pytest.raises(ea.SubscriptionInUse, match="mine"):
            await stats.subscribe([READY], subscription_id="mine").__aenter__()
        await until(values, says("LoggedOut"))
    async with stats.subscribe([READY], subscription_id="mine") as values:
        await until(values, says(0))


async def test_two_subscriptions_hear_what_is_theirs(emulator: Emulator, stats: ea.StatisticsSession) -> None:
    async with stats.subscribe([STATE]) as mine, stats.subscribe([READY]) as ours:
        assert (await until(mine, says("LoggedOut"))).name == "CurrentAgentState"
        assert (await until(ours, says(0))).name == "AgentsReady"
        assert subscriptions(emulator) == sorted([mine.id, ours.id])


@pytest.mark.parametrize("wrong", [[], [ea.Statistic("S", "o", "t", id="x")] * 2, STATE, ["CurrentAgentState"]])
async def test_list_that_cannot_be_subscribed_to_is_refused_at_once(stats: ea.StatisticsSession, wrong: Any) -> None:
    with pytest.raises(ea.InvalidArgument):
        stats.subscribe(wrong)
    with pytest.raises(ea.InvalidArgument):
        stats.subscribe([STATE], subscription_id=" ")


async def test_refused_subscription_leaves_nothing_behind(emulator: Emulator, stats: ea.StatisticsSession) -> None:
    emulator.switches.faults.append(Fault("*/subscriptions", "code", code=500, status=500))
    with pytest.raises(ea.ServerFault):
        await stats.subscribe([STATE], subscription_id="mine").__aenter__()
    async with stats.subscribe([STATE], subscription_id="mine") as values:
        await until(values, says("LoggedOut"))


async def test_subscription_whose_answer_is_lost_is_deleted(emulator: Emulator, stats: ea.StatisticsSession) -> None:
    emulator.switches.faults.append(Fault("*/subscriptions", "cut"))
    with pytest.raises(ea.OutcomeUnknown):
        await stats.subscribe([STATE], subscription_id="mine").__aenter__()
    await eventually(lambda: not subscriptions(emulator))


async def test_subscribing_that_is_cancelled_is_undone(emulator: Emulator, stats: ea.StatisticsSession) -> None:
    emulator.switches.faults.append(Fault("*/subscriptions", "delay", delay=5))
    opening = asyncio.create_task(stats.subscribe([STATE]).__aenter__())
    await eventually(lambda: subscriptions(emulator))
    opening.cancel()
    with pytest.raises(asyncio.CancelledError):
        await opening
    await eventually(lambda: not subscriptions(emulator))


# --- the service and the session --------------------------------------------------------------------------------------


async def test_service_that_comes_and_goes_is_told(emulator: Emulator, stats: ea.StatisticsSession) -> None:
    async with stats.subscribe([STATE]) as values, stats.events(ea.ServiceStateChanged) as states:
        await until(values, says("LoggedOut"))
        emulator.statistic_subscriptions.set_available(False)
        async with asyncio.timeout(WAIT):
            event = await anext(states)
        assert (event.service_name, event.service_state) == (ea.ServiceName.STATS, ea.ServiceState.UNAVAILABLE)
        assert stats.service_state is ea.ServiceState.UNAVAILABLE
        with pytest.raises(ea.ServerFault):
            await values.peek()
        emulator.statistic_subscriptions.set_available(True)
        await eventually(lambda: stats.service_state is ea.ServiceState.AVAILABLE)


async def test_expired_token_is_renewed_for_requests_and_notifications(
    emulator: Emulator, stats: ea.StatisticsSession
) -> None:
    async with stats.subscribe([STATE]) as values:
        await until(values, says("LoggedOut"))
        emulator.expire_tokens()
        await emulator.cut_connections()
        assert [each.plain for each in (await values.peek()).data] == ["LoggedOut"]
        async with agent_of(emulator):
            await until(values, says("NotReadyForNextCall"))


async def test_session_without_a_token_is_not_opened(emulator: Emulator) -> None:
    async with ea.Engage(base_url=emulator.base_url) as engage:
        with pytest.raises(ea.AuthenticationError):
            await engage.statistics().__aenter__()
    async with ea.Engage(base_url=emulator.base_url, access_token="void") as engage:
        with pytest.raises((ea.Unauthorized, ea.AuthenticationError)):
            await engage.statistics().__aenter__()


async def test_closing_the_session_ends_its_subscriptions(emulator: Emulator) -> None:
    async with engage_for(emulator) as engage:
        async with engage.statistics() as stats:
            values = await stats.subscribe([STATE]).__aenter__()
            await until(values, says("LoggedOut"))
            reading = asyncio.create_task(anext(values, None))
            await asyncio.sleep(0)
        assert await reading is None
        assert not list(emulator.statistics.web_sessions.of("JohnSmith"))
        with pytest.raises(ea.SessionClosed):
            stats.subscribe([STATE])
        with pytest.raises(ea.SessionClosed):
            await values.peek()


async def test_leaving_the_environment_closes_the_session(emulator: Emulator) -> None:
    async with engage_for(emulator) as engage:
        stats = await engage.statistics().__aenter__()
        await stats.subscribe([STATE]).__aenter__()
    assert "closed" in repr(stats)
    assert not list(emulator.statistics.web_sessions.of("JohnSmith"))


# --- losses -----------------------------------------------------------------------------------------------------------


async def test_lost_session_leaves_one_mark_and_the_same_subscriptions_under_the_same_ids(
    emulator: Emulator, stats: ea.StatisticsSession
) -> None:
    async with stats.subscribe([STATE, NONSENSE], subscription_id="mine") as values, stats.subscribe([READY]) as ours:
        await until(values, says("LoggedOut"))
        await until(ours, says(0))
        before = subscriptions(emulator)
        emulator.drop_bayeux_sessions()
        mark = await until(values, lambda _: True)
        assert isinstance(mark, ea.Resubscribed)
        assert "session-unknown" in mark.reason
        assert [error.statistic and error.statistic.name for error in mark.errors] == ["Nonsense"]
        assert (await until(values, lambda _: True)).plain == "LoggedOut"
        await until(ours, is_mark)
        assert subscriptions(emulator) == before
        async with agent_of(emulator):
            await until(values, says("NotReadyForNextCall"))
        assert not any(is_mark(each) for each in values._waiting.values())


async def test_values_unread_at_the_loss_give_way_to_those_after_the_mark(
    emulator: Emulator, stats: ea.StatisticsSession
) -> None:
    async with stats.subscribe([STATE, READY]) as values:
        await eventually(lambda: len(values._waiting) == 2)
        emulator.drop_bayeux_sessions()
        await eventually(lambda: values.replaced == 2)
        assert [is_mark(await until(values, lambda _: True)) for _ in range(3)] == [True, False, False]


async def test_restarted_server_gets_its_subscriptions_back(emulator: Emulator, stats: ea.StatisticsSession) -> None:
    async with stats.subscribe([STATE], subscription_id="mine") as values:
        await until(values, says("LoggedOut"))
        await emulator.restart()
        await until(values, is_mark)
        await until(values, says("LoggedOut"))
        assert subscriptions(emulator) == ["mine"]


async def test_request_made_while_the_session_is_lost_waits_for_the_next(
    emulator: Emulator, stats: ea.StatisticsSession
) -> None:
    emulator.switches.faults.append(Fault("*/notifications", "delay", delay=0.1, times=2))
    emulator.drop_bayeux_sessions()
    await eventually(lambda: not stats.health.connected)
    async with stats.subscribe([STATE]) as values:
        await until(values, says("LoggedOut"))


async def test_request_gives_up_when_no_session_comes_in_time(emulator: Emulator, stats: ea.StatisticsSession) -> None:
    emulator.switches.faults.append(Fault("*/notifications", "status", times=None))
    emulator.drop_bayeux_sessions()
    await eventually(lambda: not stats.health.connected)
    with pytest.raises(ea.NotSent, match="no session with the service"):
        await stats.statistics.get_stat_value("CurrentAgentState", "johnsmith", "Agent", timeout=0.05)


async def test_subscription_that_is_refused_at_first_is_tried_again(
    emulator: Emulator, stats: ea.StatisticsSession
) -> None:
    async with stats.subscribe([STATE]) as values:
        await until(values, says("LoggedOut"))
        emulator.switches.faults.append(Fault("*/subscriptions", "status", times=2))
        emulator.drop_bayeux_sessions()
        await until(values, is_mark)
        assert subscriptions(emulator) == [values.id]


async def test_reader_is_told_when_a_subscription_cannot_be_opened_again(
    emulator: Emulator, stats: ea.StatisticsSession
) -> None:
    async with stats.subscribe([STATE]) as values:
        await until(values, says("LoggedOut"))
        emulator.switches.faults.append(Fault("*/subscriptions", "status", times=None))
        emulator.drop_bayeux_sessions()
        with pytest.raises(ea.ServerFault):
            await until(values, lambda _: False)
        emulator.switches.faults.clear()
        await stats.connected()
    async with stats.subscribe([STATE], subscription_id=values.id) as again:
        await until(again, says("LoggedOut"))


async def test_answer_that_is_lost_without_acknowledgements_costs_no_value_and_leaves_no_mark(
    emulator: Emulator,
) -> None:
    emulator.switches.ack_extension = False
    async with contextlib.AsyncExitStack() as stack:
        engage = await stack.enter_async_context(engage_for(emulator))
        stats = await stack.enter_async_context(engage.statistics())
        values = await stack.enter_async_context(stats.subscribe([STATE]))
        async with stats.events(ea.EventsLost) as lost:
            await until(values, says("LoggedOut"))
            emulator.switches.faults.append(Fault("/statistics/*/notifications", "cut"))
            async with agent_of(emulator):
                async with asyncio.timeout(WAIT):
                    assert "response-lost" in (await anext(lost)).reason
                assert not is_mark(await until(values, lambda value: is_mark(value) or value.plain != "LoggedOut"))


async def test_subscription_closed_while_its_session_is_lost_is_not_opened_again(
    emulator: Emulator, stats: ea.StatisticsSession
) -> None:
    async with stats.subscribe([READY], subscription_id="stays"):
        async with stats.subscribe([STATE], subscription_id="goes"):
            emulator.switches.faults.append(Fault("*/notifications", "delay", delay=0.1, times=2))
            emulator.drop_bayeux_sessions()
            await eventually(lambda: not stats.health.connected)
        await stats.connected()
        await eventually(lambda: subscriptions(emulator) == ["stays"])


# --- many -------------------------------------------------------------------------------------------------------------


async def test_five_thousand_statistics_in_one_subscription(emulator: Emulator, stats: ea.StatisticsSession) -> None:
    names = ("CurrentAgentState", "InboundCalls", "OutboundCalls", "TotalTalkTime", "InternalCalls")
    users = [user.employee_id for user in emulator.centre.directory.users.values()]
    many = [ea.Statistic(names[n % 5], users[n % len(users)], "Agent") for n in range(5_000)]
    async with stats.subscribe(many) as values:
        assert values.errors == ()
        first = [await until(values, lambda _: True) for _ in range(5_000)]
        assert {value.statistic_id for value in first} == set(values.statistics)
        mine = {
            key
            for key, each in values.statistics.items()
            if (each.name, each.object_id) == ("CurrentAgentState", "johnsmith")
        }
        async with agent_of(emulator):
            changed = [await until(values, says("NotReadyForNextCall")) for _ in mine]
            assert {value.statistic_id for value in changed} == mine
        assert stats.health.notifications.undelivered == 0
        emulator.drop_bayeux_sessions()
        await until(values, is_mark)


async def test_reader_that_sleeps_finds_the_newest_values_and_the_poll_goes_on(
    emulator: Emulator, stats: ea.StatisticsSession
) -> None:
    async with stats.subscribe([STATE]) as values:
        await until(values, says("LoggedOut"))
        async with agent_of(emulator) as agent:
            for _ in range(20):
                await agent.voice.ready()
                await agent.voice.not_ready()
            answers = stats.health.notifications.events
            assert answers > 1
            await eventually(lambda: (values.latest("1") or NOTHING).plain == "NotReadyForNextCall")
            value = await until(values, lambda _: True)
        assert value.plain == "NotReadyForNextCall"
        assert values.replaced > 0


NOTHING = ea.StatisticValue()
