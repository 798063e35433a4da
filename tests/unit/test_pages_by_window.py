"""Paging over a service that takes a limit and no index."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

import engage_async as ea
from engage_async.api.pages import ByWindow, Page, Pages


class Service:
    """A service with so many results, of which it gives no more than `most`. `asked` holds the limits."""

    def __init__(self, results: int, *, counts: bool = True, most: int = 1_000_000) -> None:
        self.results = list(range(results))
        self.counts, self.most = counts, most
        self.asked: list[int] = []

    async def fetch(self, limit: int) -> Page[int]:
        self.asked.append(limit)
        return Page(self.results[: min(limit, self.most)], len(self.results) if self.counts else None)

    def pages(self, *, page_size: int = 10, limit: int | None = None) -> Pages[int]:
        source = ByWindow(self.fetch, name="service.search", limit=limit)
        return Pages(source, name="service.search", key=int, page_size=page_size, limit=limit)


async def all_of(pages: Pages[int]) -> list[int]:
    return [result async for result in pages]


@given(have=st.integers(0, 90), limit=st.none() | st.integers(1, 100), size=st.integers(1, 20), counts=st.booleans())
def test_every_result_once_in_order_up_to_the_limit(have: int, limit: int | None, size: int, counts: bool) -> None:
    service = Service(have, counts=counts)
    assert asyncio.run(all_of(service.pages(page_size=size, limit=limit))) == list(range(have))[:limit]
    assert all(asked <= (limit or 200) for asked in service.asked)


async def test_windows_double_so_that_few_requests_are_needed() -> None:
    counting, silent = Service(100), Service(160, counts=False)
    assert await all_of(counting.pages()) == counting.results
    assert counting.asked == [10, 20, 40, 80, 160]
    assert await all_of(silent.pages()) == silent.results
    assert silent.asked == [10, 20, 40, 80, 160, 320]


async def test_no_more_is_asked_for_than_the_limit() -> None:
    service = Service(100)
    assert await all_of(service.pages(limit=25)) == service.results[:25]
    assert service.asked == [10, 20, 25]


async def test_a_page_is_asked_for_when_it_is_needed() -> None:
    service = Service(100)
    async with service.pages() as pages:
        assert service.asked == []
        assert [await anext(pages) for _ in range(10)] == list(range(10))
        assert service.asked == [10]
        assert (await anext(pages), pages.total) == (10, 100)
    assert service.asked == [10, 20]


async def test_a_service_that_gives_less_than_it_counts_is_not_taken_for_the_end() -> None:
    pages = Service(100, most=30).pages()
    given = [await anext(pages) for _ in range(30)]
    assert given == list(range(30))
    with pytest.raises(ea.EndlessPages, match="service counts 100 results and gives no more than 30"):
        await anext(pages)


async def test_results_that_come_and_go_are_given_once() -> None:
    service = Service(30)
    pages = service.pages()
    first = [await anext(pages) for _ in range(10)]
    service.results.insert(0, 99)
    assert first + await all_of(pages) == list(range(30))
    vanishing = Service(30)
    pages = vanishing.pages()
    first = [await anext(pages) for _ in range(10)]
    del vanishing.results[15:]
    assert first + await all_of(pages) == list(range(15))
    emptied = Service(30)
    pages = emptied.pages()
    first = [await anext(pages) for _ in range(10)]
    emptied.results.clear()
    assert first + await all_of(pages) == list(range(10))
