"""Whose an error is that does not name its operation.

Must live here: the operations by channel and by kind, and the choice among those that can have caused an error. Must
not: what becomes of the operation that is chosen (`correlation`), how an error is read (`error_events`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Literal

from engage_async.errors import Matched
from engage_async.protocol.completion import NEW_CALLS, Role, Step
from engage_async.protocol.destinations import normal
from engage_async.protocol.error_events import ALREADY_SO, OPERATIONS_OF_CODE, ErrorReading
from engage_async.protocol.objects import Object, Objects
from engage_async.protocol.pending import Pending
from engage_async.protocol.remembered import Remembered

ERROR_WINDOW = 10.0
"""Seconds after it was sent during which an operation may be credited with an error that names nothing."""

SCAN = 32
"""How many of the operations that something may belong to are looked at, oldest first."""

Choice = tuple[Pending, Matched]


class Suspects:
    """The operations of a session that an error may belong to.

    `unresolved` are those that are over and may get an error all the same; `satisfied` those that succeeded by a state
    which may have come of another request, so that their own may be refused because it is so already. An error that
    may be theirs, too, is a guess for any other; with the policy ``"none"`` it is nobody's then.
    """

    def __init__(
        self, objects: Objects, unresolved: Remembered, satisfied: Remembered, *, guess: Literal["oldest", "none"]
    ) -> None:
        self._objects, self._unresolved, self._satisfied = objects, unresolved, satisfied
        self._guess = guess
        self._by_domain: dict[str, dict[Pending, None]] = {}
        self._by_operation: dict[str, dict[Pending, None]] = {}
        self.own_dn: str | None = None
        """The session's own DN, as last reported: an error that names another one, and nothing else, is nobody's."""

    def enter(self, pending: Pending) -> None:
        """From now on an error may belong to it."""
        self._by_domain.setdefault(pending.expectation.domain, {})[pending] = None
        self._by_operation.setdefault(pending.expectation.operation, {})[pending] = None

    def leave(self, pending: Pending) -> None:
        """It is settled."""
        _drop(self._by_domain, pending.expectation.domain, pending)
        _drop(self._by_operation, pending.expectation.operation, pending)

    def of_domain(self, domain: str) -> tuple[Pending, ...]:
        """Those on the channel of a part of the service, oldest first."""
        return tuple(self._by_domain.get(domain, ()))

    def is_empty(self) -> bool:
        """Whether no entry is left."""
        return not self._by_domain and not self._by_operation

    def whose(self, error: ErrorReading, now: float) -> Choice | None:
        """The operation that an error belongs to, most certain first."""
        fitting = OPERATIONS_OF_CODE.get(error.code, frozenset()) if error.code is not None else frozenset()
        for named_as in error.objects:
            key = (self._objects.call_of_uuid(named_as[1]) if named_as[0] == "call uuid" else None) or named_as
            found = self._objects.get(key)
            if found is not None:
                return self._by_object(found, error, fitting, now)
            if self._objects.has_ended(key):
                return None
        if error.dn is not None and self.own_dn is not None and normal(error.dn) != normal(self.own_dn):
            return None
        return self._by_code(error, fitting, now)

    def _by_object(self, found: Object, error: ErrorReading, fitting: frozenset[str], now: float) -> Choice | None:
        open_ones = [p for p in islice(found.pendings, SCAN) if p.blamable]
        over = [p for p in self._over(error, now) if any(key in found.keys for key, _ in p.slots)]
        fits, over_fits = _of(fitting, open_ones), _of(fitting, over)
        if fits or over_fits:
            open_ones, over = fits, over_fits
        return (open_ones[0], "object") if len(open_ones) == 1 and not over else self._guessed(open_ones)

    def _by_code(self, error: ErrorReading, fitting: frozenset[str], now: float) -> Choice | None:
        def may_have_caused(pending: Pending) -> bool:
            return _may_have_caused(pending, error) and now - pending.since <= ERROR_WINDOW

        fits = [
            pending
            for name in fitting
            for pending in islice(self._by_operation.get(name, ()), SCAN)
            if pending.blamable and may_have_caused(pending)
        ]
        over = [pending for pending in self._over(error, now) if may_have_caused(pending)]
        over_fits = _of(fitting, over)
        if len(fits) == 1 and not over_fits:
            return fits[0], "code"
        if fits or over_fits:
            return self._guessed(fits)
        domain = self._by_domain.get(error.domain, {})
        open_ones = [p for p in islice(domain, SCAN) if p.blamable and _may_have_caused(p, error)]
        young = [pending for pending in open_ones if may_have_caused(pending)]
        if young and len(open_ones) == 1 and len(domain) <= SCAN and not over:
            return young[0], "sole"
        return self._guessed(young)

    def _over(self, error: ErrorReading, now: float) -> Iterator[Pending]:
        """Those that are over, or have failed as good as, and may still get such an error."""
        yield from (p for p in self._unresolved.at(now) if p.settled or p.refusal is not None)
        if error.code in ALREADY_SO:
            yield from self._satisfied.at(now)

    def _guessed(self, candidates: Sequence[Pending]) -> Choice | None:
        """The oldest accepted one, since a switch answers in order; else the oldest."""
        if not candidates or self._guess == "none":
            return None
        accepted = [p for p in candidates if p.accepted]
        return min(accepted or candidates, key=lambda p: p.sequence), "guess"


def part_of(pending: Pending, error: ErrorReading) -> Step | None:
    """The part of an operation that an error is about, when it is about one that was not seen yet."""
    if not pending.expectation.rule.partial:
        return None
    parts = (step for step in pending.expectation.rule.steps if step.role is Role.NEEDED)
    return next((s for s in parts if s.key == ("channel", error.mediatype) and s not in pending.credited), None)


def _may_have_caused(pending: Pending, error: ErrorReading) -> bool:
    """Whether an error that names no object known here can belong to this operation.

    It comes on the operation's channel (that of its media type, where it has one), and what it names (a call that was
    never seen, say) is not of the kind that the operation names itself, unless the operation makes such calls.
    """
    if not pending.sent or pending.expectation.domain != error.domain:
        return False
    mediatypes = {key[1] for key, _ in pending.slots if key[0] == "channel"} if error.mediatype is not None else None
    if mediatypes and error.mediatype not in mediatypes:
        return False
    if pending.expectation.rule.partial and (pending.credited or error.mediatype is not None):
        return part_of(pending, error) is not None
    kinds = {"call" if key[0] == "call uuid" else key[0] for key in error.objects}
    named = {key[0] for key, _ in pending.slots}
    return not kinds & named or NEW_CALLS[0] in named


def _of(operations: frozenset[str], pendings: Iterable[Pending]) -> list[Pending]:
    return [pending for pending in pendings if pending.expectation.operation in operations]


def _drop(index: dict[str, dict[Pending, None]], name: str, pending: Pending) -> None:
    bucket = index[name]
    del bucket[pending]
    if not bucket:
        del index[name]
