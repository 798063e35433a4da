"""Results that come page by page: when a page is asked for, where iterating ends, and pages that lead nowhere."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import engage_async as ea
from engage_async.api.pages import MOST_PAGES, ByIndex, ByTime, Page, Pages


class Service:
    """A service that holds `items` and gives pages of them; `asked` is what it was asked for."""

    def __init__(self, items: Sequence[Any], *, tells_total: bool = True, most: int = 1_000) -> None:
        self.items, self.tells_total, self.most = list(items), tells_total, most
        self.asked: list[tuple[int, int]] = []

    async def fetch(self, start: int, size: int) -> Page[Any]:
        self.asked.append((start, size))
        await asyncio.sleep(0)
        return Page(self.items[start : start + min(size, self.most)], len(self.items) if self.tells_total else None)

    def pages(self, **options: Any) -> Pages[Any]:
        return Pages(ByIndex(self.fetch), name="ucs.search", **options)


async def test_every_result_comes_once_and_in_order() -> None:
    service = Service(range(25))
    assert [item async for item in service.pages(page_size=10)] == list(range(25))
    assert service.asked == [(0, 10), (10, 10), (20, 10)]


async def test_no_page_is_asked_for_before_it_is_needed() -> None:
    service = Service(range(25))
    pages = service.pages(page_size=10)
    assert (service.asked, pages.total) == ([], None)
    for _ in range(10):
        await anext(pages)
    assert (service.asked, pages.total, pages.given) == ([(0, 10)], 25, 10)
    await anext(pages)
    assert len(service.asked) == 2


async def test_limit_ends_it_and_nothing_more_is_fetched_than_the_limit() -> None:
    service = Service(range(25))
    assert [item async for item in service.pages(page_size=10, limit=12)] == list(range(12))
    assert service.asked == [(0, 10), (10, 2)]


@given(
    count=st.integers(0, 40),
    page_size=st.integers(1, 15),
    most=st.integers(1, 15),
    limit=st.none() | st.integers(1, 50),
)
async def test_all_results_come_whatever_the_pages_are_like(
    count: int, page_size: int, most: int, limit: int | None
) -> None:
    service = Service(range(count), most=most)
    found = [item async for item in service.pages(page_size=page_size, limit=limit)]
    assert found == list(range(count))[:limit]


async def test_short_page_is_the_last_one_when_no_total_is_told() -> None:
    service = Service(range(12), tells_total=False)
    assert [item async for item in service.pages(page_size=5)] == list(range(12))
    assert service.asked == [(0, 5), (5, 5), (10, 5)]


@pytest.mark.parametrize("total", [0, 3, -1])
async def test_total_that_is_less_than_what_came_is_not_believed(total: int) -> None:
    async def fetch(start: int, size: int) -> Page[int]:
        return Page(range(start, min(start + size, 12)), total)

    pages = Pages(ByIndex(fetch), name="ucs.search", page_size=5)
    assert [item async for item in pages] == list(range(12))
    assert pages.total is None


async def test_service_that_gives_everything_at_once_is_asked_once() -> None:
    asked = []

    async def fetch(start: int, size: int) -> Page[int]:
        asked.append((start, size))
        return Page(range(60), 0)

    assert [item async for item in Pages(ByIndex(fetch), name="ucs.search", page_size=50)] == list(range(60))
    assert asked == [(0, 50)]


async def test_result_that_moves_to_the_next_page_meanwhile_is_given_once() -> None:
    service = Service(range(10))
    pages = service.pages(page_size=4)
    found = [await anext(pages) for _ in range(4)]
    service.items.insert(0, 99)
    found += [item async for item in pages]
    assert found == list(range(10))


async def test_pages_that_repeat_are_an_error_after_all_that_is_new() -> None:
    async def fetch(_: int, size: int) -> Page[int]:
        return Page(range(size), 1_000)

    pages = Pages(ByIndex(fetch), name="ucs.search", page_size=4)
    assert [await anext(pages) for _ in range(4)] == [0, 1, 2, 3]
    with pytest.raises(ea.EndlessPages, match="page 2 holds nothing"):
        await anext(pages)


async def test_pages_without_an_end_are_an_error() -> None:
    async def fetch(start: int, size: int) -> Page[int]:
        return Page(range(start, start + size), start + size + 1)

    pages = Pages(ByIndex(fetch), name="ucs.search", page_size=1)
    with pytest.raises(ea.EndlessPages, match=f"more than {MOST_PAGES} pages"):
        [item async for item in pages]
    assert pages.given == MOST_PAGES


async def test_left_early_it_asks_for_nothing_more() -> None:
    service = Service(range(25))
    async with service.pages(page_size=10) as pages:
        async for item in pages:
            if item == 3:
                break
    assert service.asked == [(0, 10)]
    assert [item async for item in pages] == []


async def test_cancelled_while_a_page_is_fetched_it_can_go_on() -> None:
    service = Service(range(6))
    pages = service.pages(page_size=3)
    task = asyncio.ensure_future(anext(pages))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert [item async for item in pages] == list(range(6))


async def test_error_of_a_page_is_raised_and_the_same_page_can_be_asked_for_again() -> None:
    service = Service(range(6))
    refusals = [ea.ApiError(17, "busy")]

    async def fetch(start: int, size: int) -> Page[Any]:
        if start and refusals:
            raise refusals.pop()
        return await service.fetch(start, size)

    pages = Pages(ByIndex(fetch), name="ucs.search", page_size=3)
    found = [await anext(pages) for _ in range(3)]
    with pytest.raises(ea.ApiError):
        await anext(pages)
    assert found + [item async for item in pages] == list(range(6))


async def test_two_tasks_cannot_read_the_same_pages() -> None:
    pages = Service(range(6)).pages()
    with pytest.raises(RuntimeError, match="two tasks"):
        await asyncio.gather(anext(pages), anext(pages))


@pytest.mark.parametrize(("name", "value"), [("page_size", 0), ("limit", 0), ("limit", True), ("page_size", "10")])
def test_sizes_that_are_none_are_refused_before_anything_is_sent(name: str, value: Any) -> None:
    with pytest.raises(ea.InvalidArgument, match=f"ucs.search: {name} must be a positive integer"):
        Service([]).pages(**{name: value})


# --- by time ----------------------------------------------------------------------------------------------------------

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
DAY = timedelta(days=1)


class Diary:
    """One entry for each day before noon; `asked` is which spans were asked for."""

    def __init__(self) -> None:
        self.asked: list[tuple[datetime | None, datetime | None]] = []

    async def fetch(self, since: datetime | None, until: datetime | None) -> Sequence[int]:
        self.asked.append((since, until))
        days = {day: NOON - day * DAY for day in range(20)}
        return [day for day, at in days.items() if (since or at) <= at <= (until or at)]

    def pages(self, **options: Any) -> Pages[int]:
        limit = options.pop("limit", None)
        given = {"since": None, "until": NOON, "span": 3 * DAY, **options}
        return Pages(ByTime(self.fetch, name="ucs.history", now=lambda: NOON, **given), name="ucs.history", limit=limit)


async def test_history_goes_back_span_by_span_until_its_beginning() -> None:
    diary = Diary()
    assert [day async for day in diary.pages(since=NOON - 8 * DAY)] == list(range(9))
    assert diary.asked == [
        (NOON - 3 * DAY, NOON),
        (NOON - 6 * DAY, NOON - 3 * DAY),
        (NOON - 8 * DAY, NOON - 6 * DAY),
    ]


async def test_history_without_a_beginning_is_one_page() -> None:
    diary = Diary()
    assert [day async for day in diary.pages(limit=5)] == [0, 1, 2, 3, 4]
    assert diary.asked == [(None, NOON)]


async def test_history_without_an_end_ends_now() -> None:
    diary = Diary()
    assert [day async for day in diary.pages(since=NOON - 2 * DAY, until=None)] == [0, 1, 2]


async def test_history_stops_going_back_at_the_limit() -> None:
    diary = Diary()
    assert [day async for day in diary.pages(since=NOON - 100 * DAY, limit=5)] == [0, 1, 2, 3, 4]
    assert len(diary.asked) == 2


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"since": datetime(2026, 1, 5)}, "since must be a datetime with a time zone"),  # noqa: DTZ001 - without a zone on purpose
        ({"until": "yesterday"}, "until must be a datetime with a time zone"),
        ({"span": timedelta()}, "span must be a positive timedelta"),
        ({"span": 3}, "span must be a positive timedelta"),
        ({"since": NOON + DAY}, "since must not be after until"),
    ],
)
def test_history_of_no_time_is_refused_before_anything_is_sent(options: dict[str, Any], told: str) -> None:
    with pytest.raises(ea.InvalidArgument, match=told):
        Diary().pages(**options)
