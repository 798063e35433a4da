"""Runs the correlator: registers operations, feeds it events and time, and tells each operation its outcome.

Must live here: the clock and the one timer of a session's pending operations, and how a settlement becomes a result or
an exception. Must not: the decision which operation an event belongs to, HTTP.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

from attrs import frozen

from engage_async.errors import (
    CallEnded,
    EngageError,
    InteractionEnded,
    MalformedResponse,
    Matched,
    OperationFailed,
    OperationLost,
    OperationTimeout,
    ServerFault,
)
from engage_async.operation import Course, Operation
from engage_async.protocol.correlation import Correlator, Expectation, Pending, Settlement
from engage_async.protocol.notices import Notice, Payload

log: logging.Logger = logging.getLogger("engage_async.operations")

SENT_TWICE = "sent again because no reply came, or only a gateway's error: the first request may have taken effect"
"""The note on an error that refuses a request which was sent more than once."""


@frozen
class _Entry:
    operation: Operation[Any]
    course: Course[Any]
    decode: Callable[[Payload | None, Matched], Any]


class Outcomes:
    """The pending operations of one session, on the running loop. `flowing` tells whether events come."""

    def __init__(
        self, *, guess: Literal["oldest", "none"] = "oldest", flowing: Callable[[], bool] = lambda: True
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._correlator = Correlator(guess=guess)
        self._flowing = flowing
        self._entries: dict[Pending, _Entry] = {}
        self._timer: asyncio.TimerHandle | None = None
        self.counts: dict[str, int] = {"succeeded": 0, "failed": 0, "ended": 0, "timed out": 0, "lost": 0}

    def __len__(self) -> int:
        return len(self._entries)

    def is_empty(self) -> bool:
        """Whether nothing is left behind: no operation, no index entry, no timer."""
        return not self._entries and self._correlator.is_empty()

    def register(
        self,
        operation: Operation[Any],
        course: Course[Any],
        expectation: Expectation,
        decode: Callable[[Payload | None, Matched], Any],
    ) -> Pending:
        """Enter an operation; `decode` makes its result from the completing payload."""
        pending = self._correlator.register(expectation, self._loop.time())
        self._entries[pending] = _Entry(operation, course, decode)
        operation.add_done_callback(lambda _: self._over(pending, course))
        self._set_timer()
        return pending

    def sending(self, pending: Pending) -> None:
        """The request is about to leave."""
        self._correlator.sending(pending, self._loop.time())

    def repeating(self, pending: Pending) -> None:
        """The request is about to leave again, and may have been carried out already."""
        self._correlator.repeating(pending, self._loop.time())

    def accept(self, pending: Pending, operation_id: str | None) -> None:
        """The server accepted the request."""
        settlements = self._correlator.accept(pending, operation_id, self._loop.time())
        if entry := self._entries.get(pending):
            entry.course.acknowledge()
        self._settle(settlements)
        self._set_timer()

    def unanswered(self, pending: Pending) -> None:
        """The request has ended without a reply; its event may still come."""
        self._correlator.answered(pending, self._loop.time())
        self._set_timer()

    def discard(self, pending: Pending, outcome: Literal["known", "refused", "unknown"] = "known") -> None:
        """Take an operation out: it was settled by its reply, refused, or ended while nobody knows its outcome."""
        self._entries.pop(pending, None)
        self._correlator.discard(pending, self._loop.time(), outcome)
        if not self._entries:
            self._set_timer()

    def operations(self) -> tuple[Operation[Any], ...]:
        """The operations that are pending, oldest first."""
        return tuple(entry.operation for entry in self._entries.values())

    async def settled(self) -> None:
        """Wait until nothing is pending."""
        while self._entries:
            for entry in list(self._entries.values()):
                await entry.course.settled()
            await asyncio.sleep(0)  # what ended is taken out by a callback

    def feed(self, notice: Notice) -> None:
        """Credit one event. Called for every event of the session, in order."""
        if settlements := self._correlator.feed(notice, self._loop.time()):
            self._settle(settlements)
        if self._entries or settlements:
            self._set_timer()

    def lost(self, snapshot: Sequence[Notice]) -> None:
        """Notifications were lost: settle by the snapshot what it proves, fail the rest with `OperationLost`."""
        self._settle(self._correlator.lost(snapshot, self._loop.time()))

    def live_calls(self) -> list[frozenset[str]]:
        """The ids of each call that is known and not ended."""
        return self._correlator.live_calls()

    def close(self, error: Callable[[Operation[Any]], BaseException]) -> None:
        """Fail everything that is pending, each with an error of its own."""
        for pending in self._correlator.drain():
            if entry := self._entries.pop(pending, None):
                entry.course.fail(error(entry.operation))
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    # --------------------------------------------------------------------------------------------------------------

    def _over(self, pending: Pending, course: Course[Any]) -> None:
        """The operation has ended; most have been taken out by what ended them."""
        unknown = course.future.cancelled() or isinstance(course.error, MalformedResponse | ServerFault)
        self.discard(pending, "unknown" if unknown else "refused" if course.error else "known")

    def _set_timer(self) -> None:
        due = self._correlator.next_due()
        if self._timer is not None:
            if due is not None and self._timer.when() <= due:
                return  # it fires early, finds nothing due, and sets itself again
            self._timer.cancel()
            self._timer = None
        if due is not None:
            self._timer = self._loop.call_at(due, self._expire)

    def _expire(self) -> None:
        self._timer = None
        self._settle(self._correlator.expire(self._loop.time(), flowing=self._flowing()))
        self._set_timer()

    def _settle(self, settlements: Sequence[Settlement]) -> None:
        for settlement in settlements:
            entry = self._entries.pop(settlement.pending, None)
            if entry is None:
                continue
            self.counts["lost" if _is_lost(settlement) else settlement.outcome] += 1
            self._tell(entry, settlement)

    def _tell(self, entry: _Entry, settlement: Settlement) -> None:
        operation, course = entry.operation, entry.course
        course.progress = tuple(settlement.pending.progress)
        course.event = settlement.payload
        log.debug("%s %s %s (%s)", operation.name, operation.id, settlement.outcome, settlement.matched)
        if settlement.outcome != "succeeded":
            error = _error(settlement)
            if settlement.outcome == "failed" and settlement.pending.repeated:
                error.add_note(SENT_TWICE)
            course.fail(error)
            return
        matched: Matched = settlement.matched or "object"
        try:
            result = entry.decode(settlement.payload, matched)
        except EngageError as error:
            course.fail(error)
        except Exception as error:  # noqa: BLE001 - a payload nobody foresaw must not break the poll
            unreadable = MalformedResponse(
                f"{operation.name}: the completing event cannot be read: {type(error).__name__}"
            )
            unreadable.__cause__ = error
            course.fail(unreadable)
        else:
            course.succeed(result, matched)


def _is_lost(settlement: Settlement) -> bool:
    """A snapshot in which its object is gone does not tell whether the operation succeeded before that."""
    return settlement.outcome == "lost" or (settlement.outcome == "ended" and settlement.matched == "snapshot")


def _error(settlement: Settlement) -> EngageError:
    pending = settlement.pending
    known: dict[str, Any] = {
        "operation": pending.expectation.operation,
        "operation_id": pending.expectation.operation_id,
        "progress": pending.progress,
    }
    name = pending.expectation.operation
    if settlement.outcome == "timed out":
        return _timed_out(pending, known)
    if _is_lost(settlement):
        return OperationLost(
            f"{name}: notifications were lost, and the current session does not prove its outcome", **known
        )
    known |= {"matched": settlement.matched or "object", "raw": settlement.payload}
    if settlement.outcome == "ended":
        return _ended(name, settlement.payload or {}, known)
    error = settlement.error
    if error is None or (error.code is None and error.message is None):
        return OperationFailed(f"{name}: failed without a code or a message", **known)
    told = " ".join(str(part) for part in (error.code, error.message) if part is not None)
    guess = ", matched by guess" if settlement.matched == "guess" else ""
    return OperationFailed(
        f"{name}: {told}{guess}",
        error_code=error.code,
        error_message=error.message,
        dn=error.dn,
        connection_id=error.connection_id,
        call_uuid=error.call_uuid,
        **known,
    )


def _timed_out(pending: Pending, known: Mapping[str, Any]) -> OperationTimeout:
    name, seconds = pending.expectation.operation, f"{pending.expectation.timeout:g} s"
    if not pending.sent:
        text = f"{name}: not sent within {seconds}: the notification connection was not there"
    elif pending.accepted:
        text = f"{name}: accepted, but no completing event within {seconds}; it may still take effect"
    else:
        text = f"{name}: neither accepted nor completed within {seconds}; it may still take effect"
    error = OperationTimeout(text, **known)
    error.sent, error.accepted = pending.sent, pending.accepted
    return error


def _ended(name: str, payload: Payload, known: Mapping[str, Any]) -> OperationFailed:
    call, interaction = payload.get("call"), payload.get("interaction")
    if isinstance(interaction, dict):
        how = str(interaction.get("state", "ended")).lower()[:20]
        error = InteractionEnded(f"{name}: its interaction was {how} before it could succeed", **known)
        error.interaction_id = str(interaction.get("id") or "")
        return error
    why = f"its call was {str(call.get('state', 'ended')).lower()[:20]}" if isinstance(call, dict) else ""
    return CallEnded(f"{name}: {why or 'the agent was logged out'} before it could succeed", **known)
