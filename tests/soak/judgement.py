"""What the agents were told against what truly happened.

Must live here: outcomes and events as each side has them, and what difference is a defect. Must not: how they came.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from attrs import Factory, define

import engage_async as ea
from engage_async.api.operations import all_operations
from engage_async.outcomes import SENT_TWICE
from engage_async.protocol.readings import ENDED_STATES
from engage_async.protocol.repeat import Repeat
from tests.soak.witness import NUMBER

_MOST_DEFECTS = 50


def outcome_of(error: BaseException | None, matched: str | None = None) -> str:
    """The name of an outcome, and of a guess. Those from ``lost`` on say that nobody knows whether it happened."""
    match error:
        case None:
            return "succeeded by guess" if matched == "guess" else "succeeded"
        case ea.OperationLost():
            return "lost"
        case ea.OperationTimeout():
            return "timed out" if error.sent else "not sent"
        case ea.OperationFailed():
            return "failed by guess" if error.matched == "guess" else "failed"
        case ea.NotSent():
            return "not sent"
        case ea.ApiError():
            return "refused"
        case ea.SessionClosed():
            return "closed"
        case ea.OutcomeUnknown() | ea.MalformedResponse():
            return "unreadable reply"
        case _:
            return type(error).__name__


_MUST_HAVE_HAPPENED = frozenset({"succeeded"})
_MUST_NOT_HAVE_HAPPENED = frozenset({"failed", "refused", "not sent"})
KNOWN = frozenset(
    {
        "accepted, no error",
        "lost",
        "timed out",
        "closed",
        "unreadable reply",
        "failed by guess",
        "succeeded by guess",
        "cancelled",
    }
)

_ASKED_FOR: dict[str, dict[str, object]] = {
    "voice.ready": {"agentState": "Ready"},
    "voice.not_ready": {"agentState": "NotReady"},
    "voice.dnd_on": {"dnd": True},
    "voice.dnd_off": {"dnd": False},
    "media.ready": {"name": "email", "state": "Ready"},
    "media.not_ready": {"name": "email", "state": "NotReady"},
}
"""What an event shows of the DN, or of one of the channels, after operations that set a state of it."""

_ENDS = {"voice.release": ENDED_STATES, "email.cancel": {"Canceled"}}
"""The states in which operations that end something leave it."""

_REPEAT = {operation.route.name: operation.route.repeat for operation in all_operations()}


@define
class Ledger:
    """Operations: ``started`` and how they ended; `defects` in words, the first fifty."""

    started: int = 0
    by_name: Counter[str] = Factory(Counter)
    by_outcome: Counter[str] = Factory(Counter)
    happened: Counter[str] = Factory(Counter)
    defects: list[str] = Factory(list)
    defect_count: int = 0
    repeats: int = 0
    already_so: int = 0
    doubtful: int = 0
    repeated: set[str] = Factory(set)
    unjudged: dict[str, tuple[str, str, str]] = Factory(dict)
    shown: dict[str, bool] = Factory(dict)

    def defect(self, text: str) -> None:
        """Note something that must not be."""
        self.defect_count += 1
        if len(self.defects) < _MOST_DEFECTS:
            self.defects.append(text)

    def settled(self, operation: ea.Operation[Any], outcome: str, told: object) -> None:
        """An operation has ended."""
        if outcome == "succeeded" and operation.matched == "reply" and told == "reply":
            outcome = "accepted, no error"
        self.by_outcome[outcome] += 1
        self.by_name[operation.name] += 1
        if outcome in _MUST_HAVE_HAPPENED | _MUST_NOT_HAVE_HAPPENED | KNOWN:
            notes = getattr(told, "__notes__", ())
            self.unjudged[operation.id] = (operation.name, outcome, "; ".join((str(told), *notes)))
            self.shown[operation.id] = _shows_what_was_asked_for(operation)
        else:
            self.defect(f"{operation.name} {operation.id} ended in an unforeseen way: {outcome}: {told}")

    def judge(self, truth: Mapping[str, str], repeated: Iterable[str]) -> dict[str, str]:
        """Compare what has ended with the emulator's record; gives the part of the record that is still open."""
        self.repeated.update(repeated)
        left = dict(truth)
        for operation_id, (name, outcome, told) in self.unjudged.items():
            really = left.pop(operation_id, "nothing")
            if operation_id in self.repeated:
                self.repeats += 1
                self.repeated.remove(operation_id)
                if _REPEAT[name] is Repeat.ONCE:
                    self.defect(f"{name} {operation_id}, which must be sent once, came twice")
            if really == "done":
                self.happened[outcome] += 1
            shown = self.shown.pop(operation_id, False) and really == "nothing"  # never came, as it was swallowed
            if outcome == "succeeded" and (really == "already so" or shown):
                self.already_so += 1  # an event told of the state that was asked for, as it was or came to be
                continue
            if outcome in _MUST_NOT_HAVE_HAPPENED and SENT_TWICE in told:
                self.doubtful += really == "done"
                continue
            wrong = really == "done" if outcome in _MUST_NOT_HAVE_HAPPENED else really != "done"
            if wrong and outcome not in KNOWN:
                self.defect(f"{name} {operation_id} {outcome} ({told}), but the record has: {really}")
        self.unjudged.clear()
        return left


def _shows_what_was_asked_for(operation: ea.Operation[Any]) -> bool:
    """Whether the state that was asked for was there, by an event of the emulator or by the current session."""
    event = operation.event or {}
    if operation.name in _ENDS:
        shown = event.get("call") or event.get("interaction") or {}
        return shown.get("state") in _ENDS[operation.name]
    asked = _ASKED_FOR.get(operation.name)
    if asked is None or (NUMBER not in event and operation.matched != "snapshot"):
        return False
    states = [event.get("dn"), *(event.get("media") or {}).get("channels", ())]
    return any(isinstance(each, dict) and asked.items() <= each.items() for each in states)


@define
class Heard:
    """The events of one user: the numbers that came (as runs of numbers), how often again, and the marks of a loss."""

    runs: list[list[int]] = Factory(list)
    delivered: int = 0
    duplicated: int = 0
    marks: int = 0
    openings: int = 0

    def number(self, number: int) -> None:
        """An event came."""
        runs = self.runs
        if runs and runs[-1][1] + 1 == number:
            runs[-1][1] = number
            self.delivered += 1
            return
        if any(first <= number <= last for first, last in reversed(runs[-200:])):
            self.duplicated += 1
            return
        self.delivered += 1
        runs.append([number, number])
        if len(runs) > 1 and runs[-2][0] > number:
            runs.sort()
        self._join()

    def _join(self) -> None:
        joined: list[list[int]] = []
        for first, last in self.runs:
            if joined and joined[-1][1] + 1 == first:
                joined[-1][1] = last
            else:
                joined.append([first, last])
        self.runs = joined

    def gaps(self, emitted: int) -> int:
        """Places where events are missing, among those that were emitted while somebody could hear."""
        return max(0, len(self.runs) - 1) + (bool(self.runs) and self.runs[-1][1] < emitted)
