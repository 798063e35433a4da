"""Objects page by page while others come and go: nothing skipped, nothing twice, and an end."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import pytest
from attrs import frozen
from hypothesis import given
from hypothesis import strategies as st

import engage_async as ea
from engage_async.api.pages import Page, Pages
from engage_async.api.provisioning.paging import ByOffset, dbid_of
from engage_async.models.provisioning.objects import SkillObject

Fetch = Callable[[int, int], Awaitable[Page[SkillObject]]]


@frozen
class Change:
    """What happens to the shelf before a page is fetched."""

    gone: tuple[int, ...] = ()
    come: tuple[int, ...] = ()


class Shelf:
    """Objects in the order of their ids, of which a service gives pages."""

    def __init__(self, ids: Sequence[int], changes: Sequence[Change] = (), *, tells_total: bool = True) -> None:
        self.ids = sorted(set(ids))
        self.lasting = set(self.ids)
        self.asked: list[tuple[int, int]] = []
        self._changes = list(changes)
        self._tells_total = tells_total

    async def fetch(self, limit: int, offset: int) -> Page[SkillObject]:
        if self.asked and self._changes:
            change = self._changes.pop(0)
            self.ids = sorted((set(self.ids) - set(change.gone)) | set(change.come))
            self.lasting -= set(change.gone)
        self.asked.append((limit, offset))
        items = tuple(SkillObject(dbid=str(i)) for i in self.ids[offset : offset + limit])
        return Page(items, len(self.ids) if self._tells_total else None)


def all_of(fetch: Fetch, page_size: int = 3, limit: int | None = None) -> list[int]:
    async def read() -> list[int]:
        source = ByOffset(fetch)
        pages = Pages(source, name="skills", key=dbid_of, page_size=page_size, limit=limit)
        return [int(skill.dbid) async for skill in pages]

    return asyncio.run(read())


@pytest.mark.parametrize("count", [0, 1, 2, 3, 4, 7, 30])
@pytest.mark.parametrize("tells_total", [True, False])
def test_a_shelf_that_stays_is_given_once_in_its_order(count: int, tells_total: bool) -> None:
    shelf = Shelf(range(count), tells_total=tells_total)
    assert all_of(shelf.fetch) == list(range(count))


def test_each_page_begins_with_the_last_object_of_the_one_before_it() -> None:
    shelf = Shelf(range(7))
    all_of(shelf.fetch)
    assert shelf.asked == [(3, 0), (4, 2), (4, 5)]


def test_a_limit_is_kept_and_asks_for_no_more_than_it_needs() -> None:
    shelf = Shelf(range(100))
    assert all_of(shelf.fetch, limit=5) == [0, 1, 2, 3, 4]
    assert shelf.asked == [(3, 0), (3, 2)]


def test_no_page_is_larger_than_the_service_allows() -> None:
    shelf = Shelf(range(250))
    assert all_of(shelf.fetch, page_size=1000) == list(range(250))
    assert max(limit for limit, _ in shelf.asked) == 100


def test_objects_that_go_make_none_be_skipped() -> None:
    assert all_of(Shelf(range(9), [Change(gone=(0, 1))]).fetch) == list(range(9))
    assert all_of(Shelf(range(9), [Change(gone=(0, 1, 2))]).fetch) == list(range(9))
    assert all_of(Shelf(range(9), [Change(gone=tuple(range(9)))]).fetch) == [0, 1, 2]


def test_objects_that_come_make_none_be_repeated() -> None:
    shelf = Shelf(range(10, 19), [Change(come=(1, 2, 3, 4, 5, 6, 7))])
    found = all_of(shelf.fetch)
    assert set(range(10, 19)) <= set(found)
    assert len(found) == len(set(found))
    assert 30 in all_of(Shelf(range(10, 19), [Change(come=(30,))]).fetch)


ids = st.integers(0, 60)
changes = st.lists(st.builds(Change, st.lists(ids, max_size=12).map(tuple), st.lists(ids, max_size=12).map(tuple)))


@given(st.lists(ids), changes, st.integers(1, 8), st.booleans())
def test_whatever_stays_is_given_exactly_once(
    start: list[int], happens: list[Change], page_size: int, tells_total: bool
) -> None:
    shelf = Shelf(start, happens, tells_total=tells_total)
    given_ids = all_of(shelf.fetch, page_size)
    assert len(given_ids) == len(set(given_ids))
    assert shelf.lasting <= set(given_ids)


def test_pages_that_lead_nowhere_are_an_error() -> None:
    async def always_the_same(limit: int, _: int) -> Page[SkillObject]:
        return Page(tuple(SkillObject(dbid=str(i)) for i in range(limit)), 1_000_000)

    with pytest.raises(ea.EndlessPages):
        all_of(always_the_same)


def test_a_service_that_gives_all_at_once_is_asked_once() -> None:
    asked: list[int] = []

    async def everything(limit: int, _: int) -> Page[SkillObject]:
        asked.append(limit)
        return Page(tuple(SkillObject(dbid=str(i)) for i in range(8)))

    assert all_of(everything) == list(range(8))
    assert asked == [3]


def test_objects_without_an_id_are_told_apart_by_what_they_are() -> None:
    one, other = SkillObject(name="English"), SkillObject(name="French")
    assert dbid_of(one) != dbid_of(other)
    assert dbid_of(one) == dbid_of(SkillObject(name="English"))
