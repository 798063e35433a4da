"""A subscription: what waits for its reader, in which order, and how it ends."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from typing import Any

import pytest
from attrs import define, field
from hypothesis import given
from hypothesis import strategies as st

import engage_async as ea
from engage_async.models.statistics import SubscriptionData
from engage_async.protocol.envelope import PartialResult
from engage_async.sessions.subscription import Subscription, numbered

STATISTICS = [ea.Statistic(name, "jdoe", "Agent") for name in ("State", "Time", "Calls")]
OPENED: PartialResult[SubscriptionData] = PartialResult(SubscriptionData(subscription_id="s"))


@define
class Service:
    """The far end of a subscription: says yes, with these values in its reply, or raises."""

    reply: list[dict[str, Any]] = field(factory=list)
    meanwhile: list[dict[str, Any]] = field(factory=list)
    error: Exception | None = None
    closed: list[str] = field(factory=list)

    async def open_subscription(self, subscription: Subscription) -> None:
        for update in self.meanwhile:
            subscription.offer(update)
        if self.error is not None:
            raise self.error
        values = tuple(ea.StatisticValue(statistic_id=each["statisticId"], value=each["value"]) for each in self.reply)
        subscription.opened(PartialResult(SubscriptionData(statistics=values)))

    async def close_subscription(self, subscription: Subscription) -> None:
        self.closed.append(subscription.id)

    async def peek_subscription(
        self, _subscription: Subscription, statistic_ids: Collection[str], _timeout: float | None
    ) -> PartialResult[tuple[ea.StatisticValue, ...]]:
        return PartialResult(tuple(ea.StatisticValue(statistic_id=each) for each in statistic_ids))


def made(service: Service, statistics: list[ea.Statistic] = STATISTICS) -> Subscription:
    return Subscription(service, numbered(statistics), "s", timeout=None)


def update(statistic_id: Any, value: Any) -> dict[str, Any]:
    return {"subscriptionId": "s", "statisticId": statistic_id, "value": value}


async def given_by(subscription: Subscription, count: int) -> list[Any]:
    """The next values, as (id, value), and marks."""
    found: list[Any] = []
    async with asyncio.timeout(5):
        for _ in range(count):
            each = await anext(subscription)
            found.append((each.statistic_id, each.value) if isinstance(each, ea.StatisticValue) else each)
    return found


async def test_newest_value_of_each_statistic_is_kept_in_the_order_of_waiting() -> None:
    async with made(Service()) as values:
        for statistic_id, value in [("1", 1), ("2", 1), ("1", 2), ("3", 1), ("1", 3)]:
            values.offer(update(statistic_id, value))
        assert await given_by(values, 3) == [("1", 3), ("2", 1), ("3", 1)]
        assert values.replaced == 2
        values.offer(update("1", 4))
        assert await given_by(values, 1) == [("1", 4)]


async def test_value_wakes_its_reader_and_has_the_names_that_were_asked_for() -> None:
    async with made(Service()) as values:
        reading = asyncio.create_task(given_by(values, 1))
        await asyncio.sleep(0)
        values.offer(update("2", 7))
        assert await reading == [("2", 7)]
        latest = values.latest("2")
        assert latest is not None
        assert (latest.name, latest.object_id, latest.value) == ("Time", "jdoe", 7)
        assert values.latest("1") is None


@pytest.mark.parametrize("statistic_id", [None, 7, "", "4", ["1"], {"a": 1}, True])
async def test_value_of_a_statistic_that_was_not_asked_for_is_nobodys(statistic_id: Any) -> None:
    async with made(Service()) as values:
        values.offer(update(statistic_id, 1))
        values.offer({})
        values.offer(update("1", 2))
        assert await given_by(values, 1) == [("1", 2)]


async def test_value_in_the_reply_does_not_replace_a_newer_one_that_overtook_it() -> None:
    service = Service(reply=[update("1", "old"), update("2", "first")], meanwhile=[update("1", "new")])
    async with made(service) as values:
        assert await given_by(values, 2) == [("1", "new"), ("2", "first")]


async def test_mark_stands_between_what_was_before_the_loss_and_what_came_after() -> None:
    async with made(Service()) as values:
        values.offer(update("1", "before"))
        values.offer(update("2", "before"))
        values.begin_again()
        values.offer(update("2", "after"))
        assert await given_by(values, 1) == [("1", "before")]
        reading = asyncio.create_task(given_by(values, 2))
        await asyncio.sleep(0)
        assert not reading.done()
        values.reopened("session-unknown", OPENED)
        assert await reading == [ea.Resubscribed("session-unknown"), ("2", "after")]


async def test_losses_that_were_not_read_of_are_one_mark() -> None:
    async with made(Service()) as values:
        for reason in ("first", "second"):
            values.begin_again()
            values.offer(update("1", reason))
            values.reopened(reason, OPENED)
        values.offer(update("1", "after"))
        assert await given_by(values, 2) == [ea.Resubscribed("second"), ("1", "after")]


async def test_mark_names_what_could_not_be_opened_again() -> None:
    refused = ea.StatisticRefused(404, "gone", statistic=STATISTICS[0])
    async with made(Service()) as values:
        values.begin_again()
        values.reopened("lost", PartialResult(SubscriptionData(), (refused,)))
        assert await given_by(values, 1) == [ea.Resubscribed("lost", (refused,))]
        assert values.errors == (refused,)
        with pytest.raises(ea.PartialFailure) as failure:
            values.raise_for_errors()
        assert failure.value.exceptions == (refused,)


async def test_end_of_the_session_ends_the_iteration_after_what_waits() -> None:
    async with made(Service()) as values:
        values.offer(update("1", 1))
        values.end(None)
        assert [each.value async for each in values if isinstance(each, ea.StatisticValue)] == [1]


async def test_subscription_that_cannot_be_opened_again_raises_after_what_waits() -> None:
    async with made(Service()) as values:
        values.offer(update("1", 1))
        values.begin_again()
        values.end(ea.OutcomeUnknown("no answer"))
        assert await given_by(values, 1) == [("1", 1)]
        with pytest.raises(ea.OutcomeUnknown):
            await anext(values)
        with pytest.raises(StopAsyncIteration):
            await anext(values)


async def test_closing_wakes_the_reader_and_tells_the_service_once() -> None:
    service = Service()
    async with made(service) as values:
        reading = asyncio.create_task(anext(values, None))
        await asyncio.sleep(0)
        await values.aclose()
        assert await reading is None
        await values.aclose()
        with pytest.raises(ea.SessionClosed):
            await values.peek()
    assert service.closed == ["s"]
    assert "ended" in repr(values)


async def test_subscription_that_was_not_opened_is_read_by_nobody() -> None:
    values = made(Service())
    with pytest.raises(ea.SessionClosed, match="not open yet"):
        await anext(values)
    with pytest.raises(ea.SessionClosed, match="not open yet"):
        await values.peek()


async def test_subscription_that_is_refused_raises_and_is_over() -> None:
    service = Service(error=ea.ApiError(400, "no"))
    values = made(service)
    with pytest.raises(ea.ApiError, match="no"):
        await values.__aenter__()
    with pytest.raises(ea.SessionClosed):
        await values.__aenter__()
    assert service.closed == []


async def test_values_go_to_one_reader() -> None:
    async with made(Service()) as values:
        first = asyncio.create_task(anext(values, None))
        await asyncio.sleep(0)
        with pytest.raises(RuntimeError, match="two tasks"):
            await anext(values)
        values.end(None)
        await first


async def test_cancelled_reader_loses_nothing() -> None:
    async with made(Service()) as values:
        reading = asyncio.create_task(anext(values))
        await asyncio.sleep(0)
        values.offer(update("1", 1))
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading
        assert await given_by(values, 1) == [("1", 1)]


async def test_reader_of_many_values_lets_others_run() -> None:
    many = [ea.Statistic("State", str(n), "Agent") for n in range(1_000)]
    async with made(Service(), many) as values:
        for statistic_id in values.statistics:
            values.offer(update(statistic_id, 1))
        turns = 0

        async def others() -> None:
            nonlocal turns
            while True:
                await asyncio.sleep(0)
                turns += 1

        task = asyncio.create_task(others())
        await given_by(values, 1_000)
        assert turns >= 9
        task.cancel()


async def test_statistic_that_is_not_in_the_subscription_is_refused() -> None:
    async with made(Service()) as values:
        for wrong in ("4", ["1"], None):
            unknown: Any = wrong
            with pytest.raises(ea.InvalidArgument, match="no statistic"):
                values.latest(unknown)
        with pytest.raises(ea.InvalidArgument, match="no statistic '4'"):
            await values.peek(["1", "4"])
        assert [value.statistic_id for value in (await values.peek(["2"])).data] == ["2"]


@define
class Story:
    """What happened to a subscription, and what its reader should know at the end."""

    values: Subscription
    newest: dict[str, int] = field(factory=dict)
    read: dict[str, Any] = field(factory=dict)
    lost: bool = False
    marks: int = 0
    expected_marks: int = 0
    unread_mark: bool = False

    def offer(self, statistic_id: str, value: int) -> None:
        self.values.offer(update(statistic_id, value))
        self.newest[statistic_id] = value

    def lose(self) -> None:
        if self.unread_mark:
            self.expected_marks -= 1  # one mark for both losses
        self.lost, self.unread_mark = True, False
        self.values.begin_again()

    def restore(self) -> None:
        if self.lost:
            self.lost, self.unread_mark = False, True
            self.expected_marks += 1
            self.values.reopened("lost", OPENED)

    def take(self, each: ea.StatisticValue | ea.Resubscribed) -> None:
        if isinstance(each, ea.Resubscribed):
            self.marks += 1
            self.unread_mark = False
        else:
            self.read[str(each.statistic_id)] = each.value

    async def read_one(self) -> None:
        reading = asyncio.ensure_future(anext(self.values))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        reading.cancel()
        await asyncio.wait([reading])
        if not reading.cancelled():
            self.take(reading.result())

    async def end(self) -> None:
        self.restore()
        self.values.end(None)
        async for each in self.values:
            self.take(each)


happenings = st.lists(
    st.tuples(st.just("offer"), st.sampled_from(["1", "2", "3"]), st.integers(0, 9))
    | st.sampled_from([("read_one",), ("lose",), ("restore",)]),
    max_size=40,
)


@given(happenings)
def test_whatever_happens_the_reader_ends_up_with_the_newest_values(happened: list[tuple[Any, ...]]) -> None:
    async def run() -> Story:
        async with made(Service()) as values:
            story = Story(values)
            for what, *arguments in happened:
                done = getattr(story, what)(*arguments)
                if asyncio.iscoroutine(done):
                    await done
            await story.end()
            return story

    story = asyncio.run(run())
    assert story.read == story.newest
    assert story.marks == story.expected_marks
