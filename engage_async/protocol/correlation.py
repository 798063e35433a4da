"""Which pending operation an event belongs to: the heart, without I/O.

Must live here: the book of pending operations, and the only code that decides how each ends. Must not: asyncio,
sockets, clocks (every method is told the time), typed models.

    register ──► pending ──► accept ──► feed / expire / lost ──► Settlement, exactly once, and no entry left behind
                    └────────────────── discard ──────────────►  (cancelled, refused by HTTP, session closed)

Each pending operation waits in a few buckets: one per step of its rule, found by object and aspect. What an event
costs depends on the event, not on how many operations are pending.
"""

from __future__ import annotations

import heapq
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Literal

from attrs import define, field, frozen

from engage_async.errors import Matched
from engage_async.protocol.completion import ENDED, Before, Fit, Key, Role, Rule, Step
from engage_async.protocol.destinations import normal
from engage_async.protocol.error_events import OPERATIONS_OF_CODE, ErrorReading, domain_of, is_error, read_error
from engage_async.protocol.notices import Notice, Payload
from engage_async.protocol.readings import Reading, operation_id_of, read

ERROR_WINDOW = 10.0
"""Seconds after its start during which an operation may be credited with an error that names nothing."""

_SCAN = 32  # how many of the operations that an error may belong to are looked at, oldest first
_REMEMBERED = 10_000  # live objects without pending operations that are remembered, so that a hostile stream is bounded
_ENDED_REMEMBERED = 1_024
_EARLY_ERRORS = 64
_KEEP_AT_LOG_OUT = frozenset({"voice.login", "voice.logout"})


@frozen
class Expectation:
    """What is registered: which operation, and what completes it."""

    operation: str
    operation_id: str
    domain: str
    rule: Rule
    timeout: float


@define(eq=False)
class Pending:
    """One operation that is not settled yet. Read it; only the correlator writes it."""

    expectation: Expectation
    sequence: int
    since: float
    due: float
    sent: bool = False
    accepted: bool = False
    proven: bool = False
    settled: bool = False
    settles_on_due: Matched | None = None
    progress: list[Payload] = field(factory=list)
    credited: dict[Step, Payload] = field(factory=dict)
    slots: list[tuple[Key, Step]] = field(factory=list)
    ids: list[str] = field(factory=list)

    @property
    def result(self) -> Payload | None:
        """The payload of the step that is the result; the last credited one when none is marked."""
        last: Payload | None = None
        for step, payload in self.credited.items():
            last = payload
            if step.main:
                return payload
        return last


@frozen
class Settlement:
    """How one operation ended.

    ``succeeded``: `payload` is the completing event (None when acceptance settled it). ``failed``: `payload` is the
    event that says so, `error` what an ``EventError`` named. ``ended``: its object ended first. ``timed out`` and
    ``lost`` have neither.
    """

    pending: Pending
    outcome: Literal["succeeded", "failed", "ended", "timed out", "lost"]
    matched: Matched | None = None
    payload: Payload | None = None
    error: ErrorReading | None = None


@define(eq=False)
class _Object:
    """One call, the DN, …: what is known of it, and who waits for what on it."""

    keys: set[Key]
    before: Before | None = None
    waiting: dict[str, dict[Pending, Step]] = field(factory=dict)
    pendings: dict[Pending, None] = field(factory=dict)


class Correlator:
    """The pending operations of one session.

    `guess` is the policy for an error, or a new call, that fits several operations equally well: ``"oldest"`` credits
    the oldest accepted one and says so (``matched="guess"``), ``"none"`` leaves it to the listeners.
    """

    def __init__(self, *, guess: Literal["oldest", "none"] = "oldest") -> None:
        self._guess = guess
        self._sequence = 0
        self._pendings: dict[Pending, None] = {}
        self._by_id: dict[str, Pending] = {}
        self._by_domain: dict[str, dict[Pending, None]] = {}
        self._by_operation: dict[str, dict[Pending, None]] = {}
        self._objects: dict[Key, _Object] = {}
        self._ended: OrderedDict[Key, None] = OrderedDict()
        self._early_errors: OrderedDict[str, Notice] = OrderedDict()
        self._uuids: OrderedDict[str, Key] = OrderedDict()
        self._due: list[tuple[float, int, Pending]] = []
        self.own_dn: str | None = None
        """The session's own DN: an error that names another one, and nothing else, is nobody's here."""

    # --- the life of an operation ---------------------------------------------------------------------------------

    def register(self, expectation: Expectation, now: float) -> Pending:
        """Enter an operation in the book. Do this before the request is sent: events overtake replies."""
        self._sequence += 1
        pending = Pending(expectation, self._sequence, now, now + expectation.timeout)
        self._pendings[pending] = None
        self._by_domain.setdefault(expectation.domain, {})[pending] = None
        self._by_operation.setdefault(expectation.operation, {})[pending] = None
        self._name(pending, expectation.operation_id)
        for step in expectation.rule.steps:
            self._wait(pending, step, step.key)
        self._schedule(pending)
        return pending

    def sending(self, pending: Pending) -> None:
        """The request is about to leave: from now on errors may belong to it."""
        pending.sent = True

    def accept(self, pending: Pending, operation_id: str | None, now: float) -> list[Settlement]:
        """The server accepted the request (code 1), perhaps under an id of its own."""
        if pending.settled:
            return []
        pending.accepted = pending.sent = True
        if operation_id is not None and operation_id not in self._by_id:
            self._name(pending, operation_id)
            if early := self._early_errors.pop(operation_id, None):
                return [self._fail(pending, early, read_error(early), "operation-id")]
        grace = pending.expectation.rule.on_acceptance
        if grace is not None:
            self._settle_later(pending, now + grace, "reply")
        return []

    def discard(self, pending: Pending) -> bool:
        """Take an operation out without a settlement; False when it was settled already."""
        return self._remove(pending)

    def expire(self, now: float) -> list[Settlement]:
        """Settle what is due: graces that passed without an error succeed, deadlines that passed are time-outs."""
        settlements = []
        while self._due and self._due[0][0] <= now:
            due, _, pending = heapq.heappop(self._due)
            if pending.settled or due != pending.due:
                continue
            self._remove(pending)
            if pending.settles_on_due is not None:
                settlements.append(Settlement(pending, "succeeded", pending.settles_on_due, pending.result))
            else:
                settlements.append(Settlement(pending, "timed out"))
        return settlements

    def next_due(self) -> float | None:
        """When `expire` has something to do next."""
        while self._due and (self._due[0][2].settled or self._due[0][0] != self._due[0][2].due):
            heapq.heappop(self._due)
        return self._due[0][0] if self._due else None

    def lost(self, snapshot: Sequence[Notice], now: float) -> list[Settlement]:
        """Notifications were lost: settle what the snapshot proves, the other sent operations are lost.

        Operations that were not sent yet stay: their events are still to come.
        """
        settlements = [settlement for notice in snapshot for settlement in self.feed(notice, now)]
        for pending in [p for p in self._pendings if p.sent]:
            self._remove(pending)
            settlements.append(Settlement(pending, "lost"))
        return settlements

    def drain(self) -> list[Pending]:
        """Take everything out, for a session that closes."""
        pendings = list(self._pendings)
        for pending in pendings:
            self._remove(pending)
        return pendings

    @property
    def pending(self) -> Iterable[Pending]:
        """The pending operations, oldest first."""
        return self._pendings.keys()

    def live_calls(self) -> list[frozenset[str]]:
        """The ids, alias by alias, of each call that is known and not ended, or waited for."""
        calls = {id(found): found for key, found in self._objects.items() if key[0] == "call"}
        return [frozenset(key[1] for key in found.keys) for found in calls.values()]

    def is_empty(self) -> bool:
        """Whether no entry of any operation is left."""
        waiting = any(found.pendings or any(found.waiting.values()) for found in self._objects.values())
        return not (self._pendings or self._by_id or self._by_domain or self._by_operation or waiting or self._due)

    # --- events ---------------------------------------------------------------------------------------------------

    def feed(self, notice: Notice, now: float) -> list[Settlement]:
        """Credit one event. Never raises, whatever it holds."""
        if is_error(notice):
            return self._feed_error(notice, now)
        named = self._by_id.get(operation_id_of(notice.payload) or "")
        if named is not None and _reports_failure(notice.payload):
            return [self._fail(named, notice, read_error(notice), "operation-id")]
        settlements: list[Settlement] = []
        claimed = False
        for reading in read(notice, self):
            if reading.claims and claimed:
                continue
            found = self._apply(reading, notice, named, now)
            claimed = claimed or (reading.claims and bool(found))
            settlements += found
        if named is not None and not named.settled and not named.proven and not named.expectation.rule.strict:
            self._remove(named)
            settlements.append(Settlement(named, "succeeded", "operation-id", notice.payload))
        return settlements

    def before(self, keys: tuple[Key, ...]) -> Before | None:
        """What was known of this object before; None when it was never seen."""
        for key in keys:
            if found := self._objects.get(key):
                return found.before or Before()
            if key in self._ended:
                return Before("Completed")
        return None

    def _apply(self, reading: Reading, notice: Notice, named: Pending | None, now: float) -> list[Settlement]:
        if reading.previous is not None:
            self._rekey(reading.previous, reading.keys)
        found = self._find(reading.keys, remember=reading.now is not None and not reading.ended)
        settlements = self._log_out(notice) if reading.logged_out else []
        if found is not None:
            before = found.before or Before()
            for aspect in reading.aspects:
                settlements += self._credit_aspect(found, aspect, reading, notice, before, named, now)
                if settlements and reading.claims:
                    break
            if reading.ended:
                settlements += self._end(found, notice, gone=reading.gone)
            if reading.now is not None:
                found.before = reading.now
            if reading.call_uuid is not None:
                self._remember_uuid(reading.call_uuid, reading.keys[0])
        if reading.ended:
            self._forget_ended(reading, found)
        return settlements

    def _credit_aspect(
        self,
        found: _Object,
        aspect: str,
        reading: Reading,
        notice: Notice,
        before: Before,
        named: Pending | None,
        now: float,
    ) -> list[Settlement]:
        for pending, step in list(found.waiting.get(f"({aspect})", {}).items()):
            if step not in pending.credited:
                pending.credited[step] = notice.payload
                pending.progress.append(notice.payload)
        bucket = found.waiting.get(aspect)
        if not bucket:
            return []
        settlements = []
        everybody = [(pending, step, Fit.STRONG) for pending, step in bucket.items()] if aspect == ENDED else None
        for pending, step, fit in everybody or self._choose(bucket, notice, before, named):
            matched = _how(pending, named, step, notice)
            if reading.refused:
                self._remove(pending)
                outcome: Literal["failed", "ended"] = "failed" if step.key[0] == "session" else "ended"
                settlements.append(Settlement(pending, outcome, matched, notice.payload))
            elif self._credit(pending, step, fit, notice, matched, now):
                settlements.append(Settlement(pending, "succeeded", matched, pending.result))
        return settlements

    def _choose(
        self, bucket: dict[Pending, Step], notice: Notice, before: Before, named: Pending | None
    ) -> list[tuple[Pending, Step, Fit]]:
        """Of the operations that wait for this: the one named, else the oldest that fits well, else the oldest."""
        weak: list[tuple[Pending, Step, Fit]] = []
        if named is not None and (step := bucket.get(named)):
            fit = _fit_of(step, notice, before)
            if fit is not Fit.NO:
                return [(named, step, Fit.STRONG)]
        for pending, step in bucket.items():
            fit = _fit_of(step, notice, before)
            if fit is Fit.STRONG and not step.guess:
                return [(pending, step, fit)]
            if fit is not Fit.NO and not pending.proven:
                weak.append((pending, step, fit))
        if not weak or notice.source == "snapshot":
            return []
        is_guess = weak[0][1].guess
        return weak[:1] if not is_guess or (len(weak) == 1 and self._guess == "oldest") else []

    def _credit(self, pending: Pending, step: Step, fit: Fit, notice: Notice, matched: Matched, now: float) -> bool:
        """Whether this settles the operation."""
        if step in pending.credited and not (pending.proven and fit is Fit.STRONG and step.role is Role.ENOUGH):
            return False
        pending.credited[step] = notice.payload
        waits = step.grace is not None and fit is Fit.WEAK
        if (step.role is Role.ENOUGH and not waits) or (step.role is Role.NEEDED and self._all_needed(pending)):
            return self._remove(pending)
        pending.progress.append(notice.payload)
        if step.grace is not None:
            pending.proven = True
            self._settle_later(pending, now + step.grace, matched)
        return False

    def _all_needed(self, pending: Pending) -> bool:
        return all(step in pending.credited for step in pending.expectation.rule.steps if step.role is Role.NEEDED)

    def _end(self, found: _Object, notice: Notice, *, gone: bool) -> list[Settlement]:
        """The object ended: fail what can no longer happen to it."""
        settlements = []
        for pending in list(found.pendings):
            steps = [step for step in _steps_on(found, pending) if step not in pending.credited]
            waits_for_more = any(step.aspect == "state:Completed" for step in steps) and not gone
            if pending.settled or not steps or waits_for_more or pending.proven:
                continue
            self._remove(pending)
            settlements.append(Settlement(pending, "ended", "object", notice.payload))
        return settlements

    def _log_out(self, notice: Notice) -> list[Settlement]:
        """The agent was logged out: pending call and agent-state operations cannot happen any more."""
        settlements = []
        for pending in list(self._by_domain.get(domain_of(notice.channel), ())):
            if pending.expectation.operation in _KEEP_AT_LOG_OUT or pending.proven:
                continue
            self._remove(pending)
            settlements.append(Settlement(pending, "ended", "object", notice.payload))
        return settlements

    # --- errors ---------------------------------------------------------------------------------------------------

    def _feed_error(self, notice: Notice, now: float) -> list[Settlement]:
        error = read_error(notice)
        chosen = self._blame(error, notice, now)
        return [self._fail(chosen[0], notice, error, chosen[1])] if chosen is not None else []

    def _blame(self, error: ErrorReading, notice: Notice, now: float) -> tuple[Pending, Matched] | None:
        """The operation that an error belongs to, most certain first."""
        for operation_id in error.operation_ids:
            if operation_id in self._by_id:
                return self._by_id[operation_id], "operation-id"
        if error.operation_ids:  # another client's, or ours under an id that its reply has yet to tell
            self._early_errors[error.operation_ids[0]] = notice
            if len(self._early_errors) > _EARLY_ERRORS:
                self._early_errors.popitem(last=False)
            return None
        fitting = OPERATIONS_OF_CODE.get(error.code) if error.code is not None else None
        for key in error.objects:
            found = self._objects.get(self._uuids.get(key[1], key) if key[0] == "call uuid" else key)
            if found is not None:
                return self._blame_on(found.pendings, fitting)
            if key in self._ended:
                return None
        if error.dn is not None and self.own_dn is not None and normal(error.dn) != normal(self.own_dn):
            return None
        return self._blame_by_code(error, fitting, now)

    @staticmethod
    def _blame_on(pendings: Iterable[Pending], fitting: frozenset[str] | None) -> tuple[Pending, Matched] | None:
        open_ones = [p for p in islice(pendings, _SCAN) if not p.proven]
        best = next((p for p in open_ones if fitting and p.expectation.operation in fitting), None)
        chosen = best or next(iter(open_ones), None)
        return (chosen, "object") if chosen is not None else None

    def _blame_by_code(
        self, error: ErrorReading, fitting: frozenset[str] | None, now: float
    ) -> tuple[Pending, Matched] | None:
        domain = self._by_domain.get(error.domain, {})
        if fitting:
            fits = [
                p for name in fitting for p in islice(self._by_operation.get(name, ()), _SCAN) if self._eligible(p, now)
            ]
            if len(fits) == 1:
                return fits[0], "code"
            if fits:
                return self._guessed(fits)
        candidates = [p for p in islice(domain, _SCAN) if self._eligible(p, now)]
        if len(domain) == 1 and candidates:
            return candidates[0], "sole"
        return self._guessed(candidates)

    @staticmethod
    def _eligible(pending: Pending, now: float) -> bool:
        return pending.sent and not pending.proven and now - pending.since <= ERROR_WINDOW

    def _guessed(self, candidates: Sequence[Pending]) -> tuple[Pending, Matched] | None:
        if not candidates or self._guess == "none":
            return None
        accepted = [p for p in candidates if p.accepted]
        return min(accepted or candidates, key=lambda p: p.sequence), "guess"

    def _fail(self, pending: Pending, notice: Notice, error: ErrorReading, matched: Matched) -> Settlement:
        self._remove(pending)
        return Settlement(pending, "failed", matched, notice.payload, error)

    # --- the book -------------------------------------------------------------------------------------------------

    def _name(self, pending: Pending, operation_id: str) -> None:
        if operation_id:
            self._by_id[operation_id] = pending
            pending.ids.append(operation_id)

    def _wait(self, pending: Pending, step: Step, key: Key) -> None:
        found = self._objects.get(key)
        if found is None:
            found = self._objects[key] = _Object({key})
        found.waiting.setdefault(_bucket(step), {}).setdefault(pending, step)
        found.pendings[pending] = None
        pending.slots.append((key, step))

    def _schedule(self, pending: Pending) -> None:
        if len(self._due) > 64 and len(self._due) > 2 * len(self._pendings):
            self._due = [(p.due, p.sequence, p) for p in self._pendings if p is not pending]
            heapq.heapify(self._due)
        heapq.heappush(self._due, (pending.due, pending.sequence, pending))

    def _settle_later(self, pending: Pending, when: float, matched: Matched) -> None:
        pending.settles_on_due = pending.settles_on_due or matched
        if when < pending.due:
            pending.due = when
            self._schedule(pending)

    def _remove(self, pending: Pending) -> bool:
        if pending.settled:
            return False
        pending.settled = True
        del self._pendings[pending]
        for operation_id in pending.ids:
            if self._by_id.get(operation_id) is pending:
                del self._by_id[operation_id]
        _drop(self._by_domain, pending.expectation.domain, pending)
        _drop(self._by_operation, pending.expectation.operation, pending)
        for key, step in pending.slots:
            if found := self._objects.get(key):
                _drop(found.waiting, _bucket(step), pending)
                found.pendings.pop(pending, None)
                self._tidy(found)
        if not self._pendings:
            self._due.clear()
        return True

    def _find(self, keys: tuple[Key, ...], *, remember: bool) -> _Object | None:
        """The object of these keys; a new one when it shall be remembered. Keys not known yet become aliases."""
        found = next((o for key in keys if (o := self._objects.get(key))), None)
        if found is None:
            if not remember or any(key in self._ended for key in keys):
                return None
            found = _Object(set())
            self._make_room()
        for key in keys:
            other = self._objects.get(key)
            if other is None:
                self._objects[key] = found
                found.keys.add(key)
            elif other is not found:
                self._merge(other, found)
        return found

    def _rekey(self, previous: Key, keys: tuple[Key, ...]) -> None:
        """An object goes on under other ids: what waits for the old ones waits for the new."""
        old = self._objects.get(previous)
        if old is None:
            return
        current = next((o for key in keys if (o := self._objects.get(key))), None)
        if current is None:
            for key in keys:
                self._objects[key] = old
                old.keys.add(key)
        elif current is not old:
            self._merge(old, current)

    def _merge(self, old: _Object, into: _Object) -> None:
        for aspect, bucket in old.waiting.items():
            merged = {**into.waiting.get(aspect, {}), **bucket}
            into.waiting[aspect] = dict(sorted(merged.items(), key=lambda item: item[0].sequence))
        into.pendings.update(old.pendings)
        into.before = into.before or old.before
        for key in old.keys:
            self._objects[key] = into
        into.keys |= old.keys

    def _tidy(self, found: _Object) -> None:
        """Forget an object that nobody waits for and of which nothing is known."""
        if not found.pendings and found.before is None:
            for key in found.keys:
                self._objects.pop(key, None)

    def _forget_ended(self, reading: Reading, found: _Object | None) -> None:
        for key in found.keys if found is not None else reading.keys:
            self._ended[key] = None
        while len(self._ended) > _ENDED_REMEMBERED:
            self._ended.popitem(last=False)
        if found is not None:
            found.before = None
            self._tidy(found)

    def _remember_uuid(self, call_uuid: str, key: Key) -> None:
        self._uuids[call_uuid] = key
        self._uuids.move_to_end(call_uuid)
        if len(self._uuids) > _REMEMBERED:
            self._uuids.popitem(last=False)

    def _make_room(self) -> None:
        if len(self._objects) < _REMEMBERED:
            return
        for key in list(islice(self._objects, 16)):
            if (found := self._objects.get(key)) and not found.pendings:
                found.before = None
                self._tidy(found)


def _bucket(step: Step) -> str:
    """Steps that are only kept wait apart from those that compete for the event."""
    return f"({step.aspect})" if step.role is Role.PROGRESS else step.aspect


def _fit_of(step: Step, notice: Notice, before: Before) -> Fit:
    return Fit.STRONG if step.test is None else step.test(notice.payload, before)


def _how(pending: Pending, named: Pending | None, step: Step, notice: Notice) -> Matched:
    if notice.source == "snapshot":
        return "snapshot"
    if pending is named or step.key[0] == "marker":
        return "operation-id"
    return "guess" if step.guess else "object"


def _steps_on(found: _Object, pending: Pending) -> Iterator[Step]:
    """The steps, other than progress, with which an operation waits on one object."""
    return (step for key, step in pending.slots if key in found.keys and step.role is not Role.PROGRESS)


def _reports_failure(payload: Payload) -> bool:
    return any(payload.get(member) for member in ("error", "errorCode", "errorMessage", "fault"))


def _drop(index: dict[str, dict[Pending, None]] | dict[str, dict[Pending, Step]], name: str, pending: Pending) -> None:
    bucket = index.get(name)
    if bucket is not None:
        bucket.pop(pending, None)
        if not bucket:
            del index[name]
