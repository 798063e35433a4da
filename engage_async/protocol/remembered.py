"""Operations that are over, remembered for a while: what comes now may still be theirs.

Must live here: for how long, and how many. Must not: which operation an event belongs to (`correlation`).
"""

from __future__ import annotations

from collections.abc import Iterable

from engage_async.protocol.pending import Pending

LIMIT = 256
"""Operations that are remembered at most; the one that ended first goes."""


class Remembered:
    """Operations whose request was sent, each until a time of its own."""

    def __init__(self) -> None:
        self._until: dict[Pending, float] = {}
        self._latest = 0.0

    @property
    def forgets_at(self) -> float | None:
        """When all are forgotten, a second after the last one; None when there is nothing to forget."""
        return self._latest + 1.0 if self._until else None

    def add(self, pending: Pending, until: float, now: float) -> None:
        """Remember an operation, unless it was never sent."""
        while self._until and (len(self._until) >= LIMIT or next(iter(self._until.values())) < now):
            del self._until[next(iter(self._until))]
        if pending.sent:
            self._until[pending] = until
            self._latest = max(self._latest, until)

    def at(self, now: float) -> tuple[Pending, ...]:
        """Those that are still remembered, in the order in which they ended."""
        self.prune(now)
        return tuple(self._until)

    def prune(self, now: float) -> None:
        """Forget those whose time is over."""
        if self._until:
            self._until = {pending: until for pending, until in self._until.items() if now <= until}

    def forget(self, pending: Pending) -> None:
        """Nothing more will come of it."""
        del self._until[pending]

    def forget_named(self, operation_ids: Iterable[str], now: float) -> bool:
        """Forget the operation that has one of these ids; whether there was one."""
        ids = set(operation_ids)
        named = next((pending for pending in self.at(now) if not ids.isdisjoint(pending.ids)), None) if ids else None
        if named is not None:
            self.forget(named)
        return named is not None

    def clear(self) -> None:
        """Forget all."""
        self._until.clear()
