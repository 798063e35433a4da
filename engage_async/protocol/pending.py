"""One operation that waits for its outcome, and how it ended.

Must live here: the three records. Must not: any decision (`correlation`), or what else is known of a call (`objects`).
"""

from __future__ import annotations

import math
from typing import Literal

from attrs import define, field, frozen

from engage_async.errors import Matched
from engage_async.protocol.completion import Key, Rule, Step
from engage_async.protocol.error_events import ErrorReading
from engage_async.protocol.notices import Notice, Payload

Outcome = Literal["succeeded", "failed", "ended", "timed out", "lost"]


@frozen
class Expectation:
    """What is registered: which operation, and what completes it.

    `timeout` counts from the registration; with `from_reply`, which is for requests that take their time to be sent, it
    stands still from when the request leaves until it is answered.
    """

    operation: str
    operation_id: str
    domain: str
    rule: Rule
    timeout: float
    from_reply: bool = False


@define(eq=False)
class Pending:
    """One operation that is not settled yet. Read it; only the correlator writes it.

    `since` is when it was sent, `due` when it settles by itself, `deadline` when its time is over in any case. `proven`
    says that what came already is a success, and that only something better is waited for until then. `repeated` says
    that the request was sent again although it may have been carried out; what refuses it then is a `refusal` only when
    nothing proves the contrary until it is due.
    """

    expectation: Expectation
    sequence: int
    since: float
    due: float
    sent: bool = False
    accepted: bool = False
    proven: bool = False
    settled: bool = False
    repeated: bool = False
    refusal: tuple[Notice, ErrorReading, Matched] | None = None
    settles_on_due: Matched | None = None
    deadline: float = math.inf
    progress: list[Payload] = field(factory=list)
    credited: dict[Step, Payload] = field(factory=dict)
    slots: list[tuple[Key, Step]] = field(factory=list)
    ids: list[str] = field(factory=list)

    @property
    def blamable(self) -> bool:
        """Whether an error that fits it can be its own."""
        return self.sent and not self.proven and self.refusal is None

    @property
    def result(self) -> Payload | None:
        """The payload of the step that is the result; the last credited one when none is marked.

        Of an operation in parts: the payload of each part that was seen, by the id of its object, under ``parts``.
        """
        if self.expectation.rule.partial:
            parts = {step.key[1]: payload for step, payload in self.credited.items()}
            return {"parts": parts} if parts else None
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
    event that says so, `error` what it names. ``ended``: its object ended first. ``timed out`` and ``lost`` have
    neither.
    """

    pending: Pending
    outcome: Outcome
    matched: Matched | None = None
    payload: Payload | None = None
    error: ErrorReading | None = None
