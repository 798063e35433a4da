"""Results that come page by page, as one async iterator.

Must live here: asking for the next page when it is needed, and noticing pages that lead nowhere. Must not: any one
search.

    Pages ──asks──► a source of pages: ByIndex (from the n-th result on), ByWindow (the first n),
                                              ByTime (a span of time, newest first)
"""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable, Hashable, Sequence
from datetime import datetime, timedelta
from types import TracebackType
from typing import Any, Generic, Protocol, Self, TypeVar

from attrs import frozen

from engage_async.errors import EndlessPages, InvalidArgument

__all__ = ["ByIndex", "ByTime", "ByWindow", "Page", "Pages", "Source", "key_of"]

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

MOST_PAGES = 10_000
"""Pages of one iteration."""


@frozen
class Page(Generic[T_co]):
    """One page. `total` is how many results the service says there are in all; None when it does not say."""

    items: Sequence[T_co]
    total: int | None = None


def key_of(item: Any) -> Hashable:
    """The id of a record; the record itself when it has none."""
    key: Hashable = getattr(item, "id", None) or item
    return key


class Source(Protocol[T_co]):
    """Where pages come from. `ended` says that there are no more, `total` how many results there are in all."""

    ended: bool
    total: int | None

    async def page(self, size: int, /) -> Sequence[T_co]:
        """The next page, of about `size` results."""
        ...

    async def close(self) -> None:
        """No more pages will be asked for."""
        ...


class Pages(Generic[T]):
    """Results that are fetched page by page while they are read: ``async for result in pages``.

    Nothing is sent before the first result is asked for, nor a page before the one in front of it is used up. It can be
    iterated once, by one task, and be left at any time; ``async with pages`` also frees what the service keeps for it.
    A result that comes on two pages, because others were added meanwhile, is given once.

    Raises what the operation behind it raises, and `EndlessPages` when pages repeat or never end; asked again after an
    error, it asks for the same page again.
    """

    def __init__(
        self,
        source: Source[T],
        *,
        name: str,
        key: Callable[[T], Hashable] = key_of,
        page_size: int = 50,
        limit: int | None = None,
    ) -> None:
        _check_count(name, "page_size", page_size)
        _check_count(name, "limit", 1 if limit is None else limit)
        self.given: int = 0
        """How many results were given so far."""
        self._source, self._name, self._key = source, name, key
        self._page_size, self._limit = page_size, limit
        self._waiting: deque[T] = deque()
        self._seen: set[Hashable] = set()
        self._pages = 0
        self._asking = False
        self._closed = False

    def __repr__(self) -> str:
        return f"<Pages of {self._name}: {self.given} given{', closed' if self._closed else ''}>"

    @property
    def total(self) -> int | None:
        """How many results there are in all, whatever the limit. None before the first page, and when nobody says."""
        return self._source.total

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> T:
        while not self._closed and not self._is_full():
            if self._waiting:
                self.given += 1
                return self._waiting.popleft()
            if self._source.ended:
                break
            await self._turn()
        await self.aclose()
        raise StopAsyncIteration

    async def aclose(self) -> None:
        """End the iteration and free what the service keeps for it. Does nothing the second time."""
        if not self._closed:
            self._closed = True
            self._waiting.clear()
            await self._source.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    def _is_full(self) -> bool:
        return self._limit is not None and self.given >= self._limit

    async def _turn(self) -> None:
        """Fetch the next page."""
        if self._asking:
            raise RuntimeError(f"two tasks read the same pages of {self._name}; give each one its own")
        if self._pages >= MOST_PAGES:
            raise EndlessPages(f"{self._name}: more than {MOST_PAGES} pages")
        wanted = self._page_size if self._limit is None else min(self._page_size, self._limit - self.given)
        self._asking = True
        try:
            items = await self._source.page(wanted)
        finally:
            self._asking = False
        self._pages += 1
        fresh = {key: item for item in items if (key := self._key(item)) not in self._seen}
        if items and not fresh and not self._source.ended:
            raise EndlessPages(f"{self._name}: page {self._pages} holds nothing that was not on the pages before it")
        self._seen.update(fresh)
        self._waiting.extend(fresh.values())


class ByIndex(Generic[T]):
    """Pages by the index of their first result.

    It ends with an empty page, when the total is reached, and, when the service tells no credible total, with a page
    that is shorter than asked for. A page that is longer is that of a service which gives everything at once.
    """

    def __init__(self, fetch: Callable[[int, int], Awaitable[Page[T]]]) -> None:
        self.ended: bool = False
        self.total: int | None = None
        self._fetch = fetch
        self._start = 0

    async def page(self, size: int, /) -> Sequence[T]:
        """The page from where the one before it ended."""
        page = await self._fetch(self._start, size)
        self._start += len(page.items)
        self.total = page.total if page.total is not None and page.total >= self._start else None
        known_end = len(page.items) < size if self.total is None else self._start >= self.total
        self.ended = not page.items or known_end or len(page.items) > size
        return page.items

    async def close(self) -> None:
        """Nothing is kept for it."""


class ByWindow(Generic[T]):
    """Pages of a service that takes a limit and no index: each is the end of an answer twice as long as the one before.

    It ends like `ByIndex`. A service may give no more than so many results, whatever it is asked for: then the rest
    cannot be had, and `EndlessPages` says so. `limit` is how many results are wanted in all.
    """

    def __init__(self, fetch: Callable[[int], Awaitable[Page[T]]], *, name: str, limit: int | None = None) -> None:
        self.ended: bool = False
        self.total: int | None = None
        self._fetch, self._name, self._limit = fetch, name, limit
        self._had = 0

    async def page(self, size: int, /) -> Sequence[T]:
        """What an answer holds beyond the one before it."""
        window = self._had + max(size, self._had)
        if self._limit is not None:
            window = max(min(window, self._limit), self._had + size)
        page = await self._fetch(window)
        had, self._had = self._had, len(page.items)
        self.total = page.total if page.total is not None and page.total >= self._had else None
        self.ended = not page.items or (self._had < window if self.total is None else self._had >= self.total)
        if had and self._had <= had and not self.ended:
            raise EndlessPages(f"{self._name}: the service counts {self.total} results and gives no more than {had}")
        return page.items[had:]

    async def close(self) -> None:
        """Nothing is kept for it."""


class ByTime(Generic[T]):
    """Pages by spans of time, from the newest back to `since`; a service that knows no other paging gives one a span.

    Without `since` there is one page for all of time. `until` of None stands for now. A page has what its span has.
    """

    def __init__(
        self,
        fetch: Callable[[datetime | None, datetime | None], Awaitable[Sequence[T]]],
        *,
        name: str,
        since: datetime | None,
        until: datetime | None,
        span: timedelta,
        now: Callable[[], datetime],
    ) -> None:
        for argument, moment in (("since", since), ("until", until)):
            _check_moment(name, argument, moment)
        _check_span(name, span)
        if since is not None and until is not None and since > until:
            raise InvalidArgument(f"{name}: since must not be after until")
        self.ended: bool = False
        self.total: int | None = None
        self._fetch, self._now = fetch, now
        self._since, self._until, self._span = since, until, span

    async def page(self, _size: int, /) -> Sequence[T]:
        """What happened in the span before the one of the last page."""
        if self._since is None:
            items = await self._fetch(None, self._until)
            self.ended = True
            return items
        end = self._until or self._now()
        start = max(self._since, end - self._span)
        items = await self._fetch(start, end)
        self._until = start
        self.ended = start <= self._since
        return items

    async def close(self) -> None:
        """Nothing is kept for it."""


def _check_count(name: str, argument: str, value: Any) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise InvalidArgument(f"{name}: {argument} must be a positive integer, not {value!r}")


def _check_moment(name: str, argument: str, value: Any) -> None:
    if value is not None and (not isinstance(value, datetime) or value.tzinfo is None):
        raise InvalidArgument(f"{name}: {argument} must be a datetime with a time zone, not {value!r}")


def _check_span(name: str, value: Any) -> None:
    if not isinstance(value, timedelta) or value <= timedelta():
        raise InvalidArgument(f"{name}: span must be a positive timedelta, not {value!r}")
