"""Objects page by page, by limit and offset, while objects come and go.

Must live here: which offset is asked for next. Must not: any one kind of objects.

An offset counts the objects before a page. When one of them goes between two pages, all that follow move up, and the
first of the next page would be skipped; when one comes, the last of the page before would come again. So each page
begins with the last object of the one before it. As long as a page's first object is one that was given before, nothing
before it was missed; else earlier pages are asked for until that is so. It needs an order that stays the same.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Hashable, Sequence
from typing import Generic, TypeVar

from engage_async.api.pages import Page

__all__ = ["MOST_PER_PAGE", "ByOffset", "dbid_of"]

T = TypeVar("T")

MOST_PER_PAGE = 100
"""What the service gives at most in one page."""

_MOST_ASKED = 1_000  # pages in a row without anything new
_SAME = 10  # pages in a row that begin with the same object: they do not depend on the offset


def dbid_of(item: object) -> Hashable:
    """The id of an object; the object itself when it has none."""
    key: Hashable = getattr(item, "dbid", "") or item
    return key


class ByOffset(Generic[T]):
    """A source of pages. `fetch` is given a limit and an offset."""

    def __init__(
        self, fetch: Callable[[int, int], Awaitable[Page[T]]], *, key: Callable[[T], Hashable] = dbid_of
    ) -> None:
        self.ended: bool = False
        self.total: int | None = None
        self._fetch, self._key = fetch, key
        self._seen: set[Hashable] = set()
        self._end = 0  # how many objects there were up to the last of the last page

    async def page(self, size: int, /) -> Sequence[T]:
        """The objects that follow, and those that would have been skipped. Nothing new for pages that lead nowhere."""
        items: Sequence[T] = ()
        first: Hashable = None
        same = 0
        for _ in range(_MOST_ASKED):
            items = await self._next(min(size, MOST_PER_PAGE))
            fresh = [item for item in items if self._key(item) not in self._seen]
            self._seen.update(map(self._key, fresh))
            if fresh or self.ended:
                return fresh
            same = same + 1 if self._key(items[0]) == first else 0
            first = self._key(items[0])
            if same == _SAME:
                break
        return items

    async def close(self) -> None:
        """Nothing is kept for it."""

    async def _next(self, size: int) -> Sequence[T]:
        """The page after the last one, or one before it that begins with an object given before."""
        start, back = max(self._end - 1, 0), size
        items = await self._ask(start, size)
        while start > 0 and not (items and self._key(items[0]) in self._seen):
            start, back = max(start - back, 0), 2 * back
            items = await self._ask(start, size)
        return items

    async def _ask(self, start: int, size: int) -> Sequence[T]:
        limit = min(size + 1, MOST_PER_PAGE) if self._seen else size
        page = await self._fetch(limit, start)
        self._end = start + len(page.items)
        self.total = page.total if page.total is not None and page.total >= self._end else None
        known_end = len(page.items) < limit if self.total is None else self._end >= self.total
        self.ended = not page.items or known_end or len(page.items) > limit
        return page.items
