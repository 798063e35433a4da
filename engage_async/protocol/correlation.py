"""Which pending operation an event belongs to: the heart, without I/O.

Must live here: the book of pending operations, and the only code that decides how each ends. Must not: asyncio,
sockets, clocks (every method is told the time), typed models.

    register ──► sending ──► accept ──► feed / expire / lost ──► Settlement, exactly once, and no entry left behind
                    └────────────────── discard ──────────────►  (cancelled, refused by HTTP, session closed)

Each pending operation waits in a few buckets: one per step of its rule, found by object and aspect. What an event
costs depends on the event, not on how many operations are pending. An operation that was not sent yet can only end:
what happens before the request leaves is not its doing. One that is over while nobody knows how (cancelled, timed out,
lost …) is remembered for a while: what it may have caused is credited to no other without saying so.
"""

from __future__ import annotations

import heapq
import math
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Literal

from engage_async.errors import Matched
from engage_async.protocol import objects
from engage_async.protocol.completion import (
    ENDED,
    ERROR_GRACE,
    SESSION,
    Before,
    Fit,
    Role,
    Rule,
    Step,
    call_key,
)
from engage_async.protocol.error_events import (
    ErrorReading,
    domain_of,
    is_error,
    read_error,
    reports_failure,
)
from engage_async.protocol.notices import Notice, Payload
from engage_async.protocol.objects import Object, Objects
from engage_async.protocol.pending import Expectation, Pending, Settlement
from engage_async.protocol.reading import Reading, operation_id_of, text
from engage_async.protocol.readings import ENDED_STATES, read
from engage_async.protocol.remembered import Remembered
from engage_async.protocol.suspects import ERROR_WINDOW, SCAN, Suspects, part_of

__all__ = ["ERROR_WINDOW", "Correlator", "Expectation", "Pending", "Settlement"]

_EARLY_ERRORS = 64
_SURVIVE_LOG_OUT = frozenset({"agent:in", "agent:LoggedOut"})
_SET_STATES = frozenset({"voice", "media"})  # where a request may be refused because it is so already
_NEW_CALL = frozenset({"new", "consult"})


class Correlator:
    """The pending operations of one session.

    `guess` is the policy for an error, or a new call, that fits several operations equally well: ``"oldest"`` credits
    the oldest (of those that an error fits, the oldest accepted one) and says so (``matched="guess"``), ``"none"``
    leaves it to the listeners. Operations that are over without a known outcome count among the several; they are
    credited with nothing.
    """

    def __init__(self, *, guess: Literal["oldest", "none"] = "oldest") -> None:
        self._guess = guess
        self._sequence = 0
        self._pendings: dict[Pending, None] = {}
        self._by_id: dict[str, Pending] = {}
        self._objects = Objects()
        self._unresolved = Remembered()
        self._satisfied = Remembered()
        self._suspects = Suspects(self._objects, self._unresolved, self._satisfied, guess=guess)
        self._early_errors: OrderedDict[str, Notice] = OrderedDict()
        self._unread: OrderedDict[str, Notice] = OrderedDict()  # empty while an operation is pending
        self._due: list[tuple[float, int, Pending]] = []

    # --- the life of an operation ---------------------------------------------------------------------------------

    def register(self, expectation: Expectation, now: float) -> Pending:
        """Enter an operation in the book. Do this before the request is sent: events overtake replies."""
        self._read_up(now)
        self._sequence += 1
        pending = Pending(expectation, self._sequence, now, now + expectation.timeout)
        self._pendings[pending] = None
        self._suspects.enter(pending)
        self._name(pending, expectation.operation_id)
        for step in expectation.rule.steps:
            self._objects.wait(pending, step)
        self._schedule(pending)
        return pending

    def sending(self, pending: Pending, now: float) -> None:
        """The request is about to leave: from now on events and errors may belong to it."""
        if not pending.sent:
            pending.sent, pending.since = True, now
            if pending.expectation.from_reply:
                pending.due = math.inf

    def repeating(self, pending: Pending, now: float) -> None:
        """The request is about to leave again, and may have been carried out already: each time may get an error."""
        if not pending.settled:
            pending.repeated, pending.since = True, now
            self._leave_unresolved(pending, now)

    def accept(self, pending: Pending, operation_id: str | None, now: float) -> list[Settlement]:
        """The server accepted the request (code 1), perhaps under an id of its own."""
        if pending.settled:
            return []
        self.sending(pending, now)
        self.answered(pending, now)
        pending.accepted = True
        if operation_id is not None and operation_id not in self._by_id:
            self._name(pending, operation_id)
            if early := self._early_errors.pop(operation_id, None):
                return self._fail(pending, early, read_error(early), "operation-id", now)
        grace = pending.expectation.rule.on_acceptance
        if grace is not None:
            self._settle_later(pending, now + grace, "reply")
        return []

    def answered(self, pending: Pending, now: float) -> None:
        """The request has ended, with a reply or without: a time-out that stood still goes on."""
        if pending.due == math.inf and not pending.settled:
            pending.due = now + pending.expectation.timeout
            self._schedule(pending)

    def discard(self, pending: Pending, now: float, outcome: Literal["known", "refused", "unknown"] = "known") -> bool:
        """Take an operation out without a settlement; False when it was settled already.

        One that was refused by its reply may be refused by an event, too; of an `unknown` outcome all may still come.
        """
        removed = self._remove(pending)
        if removed and outcome == "unknown":
            self._leave_unresolved(pending, now)
        elif removed and outcome == "refused":
            self._unresolved.add(pending, now + ERROR_GRACE, now)
        return removed

    def expire(self, now: float, *, flowing: bool = True) -> list[Settlement]:
        """Settle what is due: graces that passed without an error succeed, deadlines that passed are time-outs.

        While events do not flow, no error can come either: a grace then begins again, until the deadline.
        """
        settlements, waiting = [], []
        while self._due and self._due[0][0] <= now:
            due, _, pending = heapq.heappop(self._due)
            if pending.settled or due != pending.due:
                continue
            if not flowing and not pending.proven and (pending.refusal or pending.settles_on_due == "reply"):
                pending.due = min(now + (pending.expectation.rule.on_acceptance or ERROR_GRACE), pending.deadline)
                if now < pending.due:
                    waiting.append(pending)
                    continue
                pending.settles_on_due = pending.refusal = None
            if pending.refusal is not None and not pending.proven:
                self._remove(pending)
                settlements.append(_failed(pending, *pending.refusal))
            else:
                settlements.append(self._settle_as_it_is(pending, "timed out", now))
        for pending in waiting:
            self._schedule(pending)
        self._unresolved.prune(now)
        self._satisfied.prune(now)
        return settlements

    def next_due(self) -> float | None:
        """When `expire` has something to do next: to settle, or when nothing is pending to forget."""
        while self._due and (self._due[0][2].settled or self._due[0][0] != self._due[0][2].due):
            heapq.heappop(self._due)
        if self._due:
            return self._due[0][0]
        return max((until for kept in (self._unresolved, self._satisfied) if (until := kept.forgets_at)), default=None)

    def lost(self, snapshot: Sequence[Notice], now: float) -> list[Settlement]:
        """Notifications were lost: settle what the snapshot proves, or events proved before; the others are lost.

        Operations that were not sent yet stay: their events are still to come.
        """
        settlements = [settlement for notice in snapshot for settlement in self.feed(notice, now)]
        for pending in [p for p in self._pendings if p.sent]:
            if not pending.proven and not pending.expectation.rule.partial:
                pending.settles_on_due = None
            settlements.append(self._settle_as_it_is(pending, "lost", now))
        return settlements

    def drain(self) -> list[Pending]:
        """Take everything out, for a session that closes."""
        pendings = list(self._pendings)
        for pending in pendings:
            self._remove(pending)
        self._unresolved.clear()
        self._satisfied.clear()
        return pendings

    @property
    def pending(self) -> Iterable[Pending]:
        """The pending operations, oldest first."""
        return self._pendings.keys()

    def live_calls(self) -> list[frozenset[str]]:
        """The ids, alias by alias, of each call that is known and not ended, or waited for."""
        self._read_up(0.0)
        return self._objects.live_calls()

    def is_empty(self) -> bool:
        """Whether no entry of any operation is left."""
        entries = self._pendings or self._by_id or self._due
        return not entries and self._suspects.is_empty() and not self._objects.is_waited_for()

    # --- events ---------------------------------------------------------------------------------------------------

    def feed(self, notice: Notice, now: float) -> list[Settlement]:
        """Credit one event. Never raises, whatever it holds."""
        if not self._pendings and not self._unresolved.at(now) and self._put_off(notice, now):
            return []
        return self._feed(notice, now)

    def _put_off(self, notice: Notice, now: float) -> bool:
        """Whether the event can wait until an operation is pending: then only the last one of each call is read.

        The end of a call cannot (what comes after it is late), nor what an earlier event alone tells.
        """
        if notice.message_type != "CallStateChanged":
            return False
        call = notice.payload.get("call")
        if not isinstance(call, dict):
            return False
        call_id = call.get("id")
        if not isinstance(call_id, str) or call.get("previousConnId") or call.get("connId", call_id) != call_id:
            self._read_up(now)  # it may be another name of a call whose events wait
            return False
        earlier = self._unread.get(call_id)
        if earlier is not None and _tells_less(call, earlier.payload["call"]):
            self._read_up(now)
        if text(call.get("state")) in ENDED_STATES or self._objects.has_ended(call_key(call_id)):
            self._read_up(now)
            return False
        self._unread[call_id] = notice
        if earlier is not None:
            self._unread.move_to_end(call_id)
        elif len(self._unread) > objects.IDLE_LIMIT:
            self._feed(self._unread.popitem(last=False)[1], now)
        return True

    def _read_up(self, now: float) -> None:
        """Read what was put off."""
        unread, self._unread = self._unread, OrderedDict()
        for notice in unread.values():
            self._feed(notice, now)

    def _feed(self, notice: Notice, now: float) -> list[Settlement]:
        if is_error(notice):
            return self._feed_error(notice, now)
        named = self._named(operation_id_of(notice.payload))
        if named is not None and reports_failure(notice.payload):
            return self._fail(named, notice, read_error(notice), "operation-id", now)
        settlements: list[Settlement] = []
        claimed = False
        for reading in read(notice, self._objects):
            if not reading.claims:
                settlements += self._apply(reading, notice, named, now)
            elif not claimed:
                found = self._claim(reading, notice, named, now)
                claimed = found is None or bool(found)
                settlements += found or ()
        if named is not None and not named.settled and not named.proven and _is_echo(named.expectation.rule, notice):
            self._remove(named)
            settlements.append(Settlement(named, "succeeded", "operation-id", notice.payload))
        return settlements

    def _claim(self, reading: Reading, notice: Notice, named: Pending | None, now: float) -> list[Settlement] | None:
        """Something new that belongs to one operation: the one that the event names, and otherwise nobody else.

        None when it belongs to an operation that is over, or may do so and there shall be no guess.
        """
        if named is not None:
            kinds = _NEW_CALL if reading.claims in _NEW_CALL else {reading.claims}
            step = next((s for s in named.expectation.rule.steps if s.kind in kinds), None)
            if step is None or named.settled:
                return []
            return self._take(named, step, Fit.STRONG, reading, notice, "operation-id", now)
        operation_id = operation_id_of(notice.payload)
        if operation_id is not None and self._unresolved.forget_named((operation_id,), now):
            return None
        return self._claim_by_object(reading, notice, now)

    def _claim_by_object(self, reading: Reading, notice: Notice, now: float) -> list[Settlement] | None:
        found = self._objects.find(reading.keys, remember=False) or Object(dict.fromkeys(reading.keys))
        before = found.before or Before()
        for aspect in reading.aspects:
            chosen = self._choose(found.waiting.get(aspect), notice, before, None)
            over, whose = self._over_for(found, aspect, notice, before, now)
            if whose is not None and over > (chosen[0][2] if chosen else Fit.NO):
                self._unresolved.forget(whose)
                return None
            for pending, step, fit in chosen:
                matched = _how(pending, None, step, notice)
                others = over is fit or _several_fit(found.waiting[aspect], notice, before, fit)
                if others and matched in ("object", "snapshot"):
                    if self._guess == "none" or matched == "snapshot":
                        return None
                    matched = "guess"
                if settlements := self._take(pending, step, fit, reading, notice, matched, now):
                    return settlements
        return []

    def _over_for(
        self, found: Object, aspect: str, notice: Notice, before: Before, now: float
    ) -> tuple[Fit, Pending | None]:
        """How well it fits what an operation that is over asked for, and which one; of several, the best."""
        best: tuple[Fit, Pending | None] = Fit.NO, None
        for pending in self._unresolved.at(now):
            for key, step in pending.slots if pending.settled else ():
                if key in found.keys and step.aspect == aspect and (fit := _fit_of(step, notice, before)) > best[0]:
                    best = fit, pending
        return best

    def _apply(self, reading: Reading, notice: Notice, named: Pending | None, now: float) -> list[Settlement]:
        if reading.own_dn is not None:
            self._suspects.own_dn = reading.own_dn
        if reading.previous is not None:
            self._objects.rekey(reading.previous, reading.keys)
        now_known = None if reading.ended else reading.now
        found = self._objects.find(reading.keys, remember=now_known is not None)
        settlements: list[Settlement] = []
        if found is not None:
            before = found.before or Before()
            if now_known is not None:  # before anybody leaves: what nobody waits for is forgotten
                self._objects.heard(found, reading.keys, now_known)
            if reading.logged_out:
                settlements += self._log_out(notice, now)
            for aspect in reading.aspects:
                settlements += self._credit_aspect(found, aspect, reading, notice, before, named, now)
        if reading.call_uuid is not None:
            self._objects.remember_uuid(reading.call_uuid, reading.keys[0])
        if reading.ended:
            if found is not None:
                settlements += self._end(found, notice, now, gone=reading.gone)
            self._objects.end(found, reading.keys)
        return settlements

    def _credit_aspect(
        self,
        found: Object,
        aspect: str,
        reading: Reading,
        notice: Notice,
        before: Before,
        named: Pending | None,
        now: float,
    ) -> list[Settlement]:
        for pending, step in found.waiting.get(f"({aspect})", {}).items():
            if pending.sent and step not in pending.credited:
                pending.credited[step] = notice.payload
                pending.progress.append(notice.payload)
        bucket = found.waiting.get(aspect)
        if not bucket:
            return []
        if aspect == ENDED:
            chosen = [(pending, step, Fit.STRONG) for pending, step in bucket.items()]
        else:
            chosen = self._choose(bucket, notice, before, named)
        settlements = []
        for pending, step, fit in chosen:
            if fit is Fit.WEAK and self._over_for(found, aspect, notice, before, now)[0] is Fit.STRONG:
                continue  # it is just what an operation asked for that is over
            settlements += self._take(pending, step, fit, reading, notice, _how(pending, named, step, notice), now)
        return settlements

    def _choose(
        self, bucket: dict[Pending, Step] | None, notice: Notice, before: Before, named: Pending | None
    ) -> list[tuple[Pending, Step, Fit]]:
        """Of the operations that wait for this: the one named, else the oldest that fits well, else the oldest."""
        if not bucket:
            return []
        if named is not None and (step := bucket.get(named)) and _fit_of(step, notice, before) is not Fit.NO:
            return [(named, step, Fit.STRONG)]
        if next(iter(bucket.values())).guess:
            return self._choose_by_guess(bucket, notice, before)
        weak: list[tuple[Pending, Step, Fit]] = []
        for pending, step in bucket.items():
            if not _takes_more(pending, step):
                continue
            fit = _fit_of(step, notice, before)
            if fit is Fit.STRONG:
                return [(pending, step, fit)]
            if fit is Fit.WEAK and not pending.proven and not weak:
                weak.append((pending, step, fit))
        return weak if notice.source == "event" else []

    def _choose_by_guess(
        self, bucket: dict[Pending, Step], notice: Notice, before: Before
    ) -> list[tuple[Pending, Step, Fit]]:
        """The only operation that waits for this, if guessing is allowed."""
        waiting = [(pending, step) for pending, step in islice(bucket.items(), SCAN) if pending.sent]
        if self._guess == "none" or notice.source != "event" or len(waiting) != 1 or len(bucket) > SCAN:
            return []
        pending, step = waiting[0]
        return [(pending, step, Fit.STRONG)] if _fit_of(step, notice, before) is not Fit.NO else []

    def _take(
        self, pending: Pending, step: Step, fit: Fit, reading: Reading, notice: Notice, matched: Matched, now: float
    ) -> list[Settlement]:
        """Let an operation have an event that was found to be its own."""
        if reading.refused:
            self._remove(pending)
            if step.key == SESSION:
                return [Settlement(pending, "failed", matched, notice.payload, read_error(notice))]
            return [Settlement(pending, "ended", matched, notice.payload)]
        if self._credit(pending, step, fit, notice, matched, now):
            settlement = Settlement(pending, "succeeded", matched, pending.result)
            if not reading.claims:
                self._note_satisfied(pending, matched, now)
            return [settlement]
        return []

    def _credit(self, pending: Pending, step: Step, fit: Fit, notice: Notice, matched: Matched, now: float) -> bool:
        """Whether this settles the operation."""
        if not _takes_more(pending, step):
            return False
        pending.credited[step] = notice.payload
        waits = step.grace is not None and fit is Fit.WEAK
        if (step.role is Role.ENOUGH and not waits) or (step.role is Role.NEEDED and _has_all_needed(pending)):
            return self._remove(pending)
        pending.progress.append(notice.payload)
        if pending.expectation.rule.partial:
            pending.settles_on_due = matched
        if step.grace is not None and notice.source == "event":
            pending.proven = True
            self._settle_later(pending, now + step.grace, matched)
        return False

    def _end(self, found: Object, notice: Notice, now: float, *, gone: bool) -> list[Settlement]:
        """The object ended: fail what can no longer happen to it."""
        settlements = []
        for pending in list(found.pendings):
            steps = [s for key, s in pending.slots if key in found.keys and s.role is not Role.PROGRESS]
            steps = [step for step in steps if step not in pending.credited]
            waits_for_more = any(step.aspect == "state:Completed" for step in steps) and not gone
            if steps and not waits_for_more and not pending.proven:
                settlements.append(self._cut_off(pending, notice, now))
        return settlements

    def _log_out(self, notice: Notice, now: float) -> list[Settlement]:
        """The agent was logged out: pending call and agent-state operations cannot happen any more."""
        return [
            self._cut_off(pending, notice, now)
            for pending in self._suspects.of_domain(domain_of(notice.channel))
            if not pending.proven and not any(s.aspect in _SURVIVE_LOG_OUT for s in pending.expectation.rule.steps)
        ]

    def _cut_off(self, pending: Pending, notice: Notice, now: float) -> Settlement:
        self._remove(pending)
        self._leave_unresolved(pending, now)
        return Settlement(pending, "ended", "snapshot" if notice.source == "snapshot" else "object", notice.payload)

    # --- errors ---------------------------------------------------------------------------------------------------

    def _feed_error(self, notice: Notice, now: float) -> list[Settlement]:
        error = read_error(notice)
        ids = (*error.operation_ids, *error.reference_ids)
        if (named := next((p for i in ids if (p := self._named(i))), None)) is not None:
            return self._fail_part(named, notice, error, "operation-id", now)
        if self._unresolved.forget_named(ids, now):
            return []
        if error.operation_ids:  # another client's, or ours under an id that its reply has yet to tell
            self._keep_for_later(error.operation_ids, notice)
            return []
        chosen = self._suspects.whose(error, now)
        return self._fail_part(chosen[0], notice, error, chosen[1], now) if chosen is not None else []

    def _fail_part(
        self, pending: Pending, notice: Notice, error: ErrorReading, matched: Matched, now: float
    ) -> list[Settlement]:
        """Fail an operation, or only the part of it that the error is about."""
        if (part := part_of(pending, error)) is None:
            return self._fail(pending, notice, error, matched, now)
        settled = self._credit(pending, part, Fit.STRONG, notice, matched, now)
        return [Settlement(pending, "succeeded", matched, pending.result)] if settled else []

    def _keep_for_later(self, operation_ids: Iterable[str], notice: Notice) -> None:
        for operation_id in operation_ids:
            self._early_errors[operation_id] = notice
        while len(self._early_errors) > _EARLY_ERRORS:
            self._early_errors.popitem(last=False)

    def _fail(
        self, pending: Pending, notice: Notice, error: ErrorReading, matched: Matched, now: float
    ) -> list[Settlement]:
        """Fail an operation; one that was sent twice only when nothing shows soon that the first was carried out."""
        if pending.repeated:
            pending.refusal = pending.refusal or (notice, error, matched)
            self._bring_forward(pending, now + ERROR_GRACE)
            return []
        self._remove(pending)
        return [_failed(pending, notice, error, matched)]

    # --- the book -------------------------------------------------------------------------------------------------

    def _name(self, pending: Pending, operation_id: str) -> None:
        if operation_id:
            self._by_id[operation_id] = pending
            pending.ids.append(operation_id)

    def _named(self, operation_id: str | None) -> Pending | None:
        """The operation with this id, once it was sent."""
        named = self._by_id.get(operation_id) if operation_id is not None else None
        return named if named is not None and named.sent else None

    def _schedule(self, pending: Pending) -> None:
        if len(self._due) > 64 and len(self._due) > 2 * len(self._pendings):
            self._due = [(p.due, p.sequence, p) for p in self._pendings if p is not pending and p.due < math.inf]
            heapq.heapify(self._due)
        heapq.heappush(self._due, (pending.due, pending.sequence, pending))

    def _settle_later(self, pending: Pending, when: float, matched: Matched) -> None:
        pending.settles_on_due = pending.settles_on_due or matched
        self._bring_forward(pending, when)

    def _bring_forward(self, pending: Pending, when: float) -> None:
        pending.deadline = min(pending.due, pending.deadline)
        if when < pending.due:
            pending.due = when
            self._schedule(pending)

    def _settle_as_it_is(self, pending: Pending, otherwise: Literal["timed out", "lost"], now: float) -> Settlement:
        """A success when one is to be had without anything more, else what `otherwise` says."""
        self._remove(pending)
        if pending.settles_on_due is None:
            self._leave_unresolved(pending, now)
            return Settlement(pending, otherwise)
        settlement = Settlement(pending, "succeeded", pending.settles_on_due, pending.result)
        self._note_satisfied(pending, pending.settles_on_due, now)
        return settlement

    def _note_satisfied(self, pending: Pending, matched: Matched, now: float) -> None:
        """It succeeded by a state that may have come of another request; its own may be refused because of that."""
        if matched in ("object", "snapshot") and pending.expectation.domain in _SET_STATES:
            pending.credited.clear()  # they may be large, and nobody needs them any more
            self._satisfied.add(pending, now + ERROR_WINDOW, now)

    def _leave_unresolved(self, pending: Pending, now: float) -> None:
        """It may still take effect, or be refused: nobody knows."""
        self._unresolved.add(pending, pending.since + max(ERROR_WINDOW, pending.expectation.timeout), now)

    def _remove(self, pending: Pending) -> bool:
        if pending.settled:
            return False
        pending.settled = True
        del self._pendings[pending]
        for operation_id in pending.ids:
            if self._by_id.get(operation_id) is pending:
                del self._by_id[operation_id]
        self._suspects.leave(pending)
        self._objects.leave(pending)
        if not self._pendings:
            self._due.clear()
        return True


def _failed(pending: Pending, notice: Notice, error: ErrorReading, matched: Matched) -> Settlement:
    return Settlement(pending, "failed", matched, notice.payload, error)


def _takes_more(pending: Pending, step: Step) -> bool:
    """Whether an event of this step still matters: it was not seen yet, or was seen less well than it could be."""
    return pending.sent and (step not in pending.credited or (pending.proven and step.role is Role.ENOUGH))


def _has_all_needed(pending: Pending) -> bool:
    return all(step in pending.credited for step in pending.expectation.rule.steps if step.role is Role.NEEDED)


def _is_echo(rule: Rule, notice: Notice) -> bool:
    """Whether an event with the operation's id settles it whatever it says."""
    return not rule.strict and (not rule.echoes or notice.message_type in rule.echoes)


def _fit_of(step: Step, notice: Notice, before: Before) -> Fit:
    return Fit.STRONG if step.test is None else step.test(notice.payload, before)


def _several_fit(bucket: dict[Pending, Step], notice: Notice, before: Before, fit: Fit) -> bool:
    """Whether several pending operations fit equally well."""
    waiting = islice(bucket.items(), SCAN)
    fits = (step for p, step in waiting if _takes_more(p, step) and _fit_of(step, notice, before) is fit)
    return len(list(islice(fits, 2))) == 2


def _tells_less(call: Payload, earlier: Payload) -> bool:
    """Whether an earlier event of the call told what holds until it is told anew, and this one does not tell it."""
    return bool(
        (earlier.get("callUuid") and not call.get("callUuid"))
        or (earlier.get("participants") and not call.get("participants"))
    )


def _how(pending: Pending, named: Pending | None, step: Step, notice: Notice) -> Matched:
    if notice.source == "snapshot":
        return "snapshot"
    if pending is named or step.key[0] == "marker":
        return "operation-id"
    return "guess" if step.guess else "object"
