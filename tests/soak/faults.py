"""Random faults, the same ones for the same seed.

Must live here: which fault comes next. Must not: how it is carried out (the emulator), what it does to anybody.
"""

from __future__ import annotations

from random import Random
from typing import Any

_VOICE = ("*/voice/*", "*/voice/calls/*/*", "*/notifications", "*/notifications/*", "*/current-session", "*/user")
_KINDS = ("status", "close", "silent", "cut", "delay", "empty", "html", "malformed-json", "json-array", "no-code")
_CARRIED_OUT = frozenset({"close", "silent", "empty", "html", "malformed-json"})
_SWITCHES: tuple[tuple[str, tuple[Any, ...]], ...] = (
    ("ack_extension", (True, True, False)),
    ("duplicate_events", (False, False, True)),
    ("echo_operation_id", (True, False)),
    ("reply_operation_id", ("echo", "fresh", "none")),
    ("error_names", ("nothing", "call", "everything")),
    ("reply_order", ("event-first", "reply-first")),
    ("reply_gap", (0.0, 0.0, 0.01)),
    ("event_delay", (0.0, 0.0, 0.05, 0.2)),
    ("poll_timeout", (1.0, 5.0, 30.0)),
    ("push_unsubscribed", (False, True)),
)


class FaultPlan:
    """One command for the emulator after the other, with the pause before it in seconds."""

    def __init__(self, seed: int, agents: int) -> None:
        self._random = Random(f"faults {seed}")
        self._agents = agents

    def next(self) -> tuple[float, str, dict[str, Any]]:
        """``(pause, command, parameters)``."""
        dice = self._random
        pause = dice.expovariate(4.0)
        chance = dice.random()
        user = f"agent{dice.randrange(self._agents)}"
        if chance < 0.55:
            return pause, "fault", self._fault()
        if chance < 0.70:
            name, values = dice.choice(_SWITCHES)
            return pause, "switch", {"name": name, "value": dice.choice(values)}
        if chance < 0.80:
            return pause, "drop", {"user": user}
        if chance < 0.88:
            return pause, "disconnect", {"user": user}
        if chance < 0.94:
            return pause, "end", {"user": user}
        if chance < 0.97:
            return pause, "cut", {}
        if chance < 0.995:
            return pause, "expire", {}
        return pause, "restart", {}

    def _fault(self) -> dict[str, Any]:
        dice = self._random
        kind = dice.choice(_KINDS)
        fault: dict[str, Any] = {"path": dice.choice(_VOICE), "kind": kind, "times": dice.randint(1, 5)}
        if kind == "status":
            fault |= {"status": dice.choice((401, 403, 429, 500, 502, 503))}
            if dice.random() < 0.5:
                fault["retry_after"] = 0.1
        if kind == "delay":
            fault["delay"] = dice.uniform(0.05, 1.0)
        if kind in _CARRIED_OUT:
            fault["carried_out"] = dice.random() < 0.5
        return fault
