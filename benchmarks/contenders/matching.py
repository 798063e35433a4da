"""What one event costs the correlation, with few and with very many operations pending, and under a hostile stream."""

from __future__ import annotations

import gc
import time
from collections.abc import Iterable

from benchmarks.contenders.reporting import run, say
from engage_async.protocol.completion import call_becomes
from engage_async.protocol.correlation import Correlator, Expectation
from engage_async.protocol.notices import Notice

VOICE = "/workspace/v3/voice"
EVENTS = 5_000


def correlator(pending: int) -> Correlator:
    made = Correlator()
    for number in range(pending):
        rule = call_becomes("Held")({"call_id": f"c{number}"})
        registered = made.register(Expectation("voice.hold", f"op{number}", "voice", rule, 1e6), 0.0)
        made.sending(registered, 0.0)
        made.accept(registered, None, 0.0)
    return made


def event(call_id: str, state: str) -> Notice:
    payload = {"messageType": "CallStateChanged", "call": {"id": call_id, "state": state}}
    return Notice(VOICE, "CallStateChanged", payload)


def cost(made: Correlator, notices: Iterable[Notice]) -> float:
    """Microseconds of CPU for one event; the best of three."""
    listed = list(notices)
    gc.collect()
    best = float("inf")
    for _ in range(3):
        began = time.process_time()
        for notice in listed:
            made.feed(notice, 1.0)
        best = min(best, (time.process_time() - began) / len(listed) * 1e6)
    return best


async def main() -> None:
    cases = {}
    for pending in (10, 1_000, 100_000):
        made = correlator(pending)
        known = [event(f"c{number % 10}", "Established") for number in range(EVENTS)]
        cases[f"{pending:,} pending"] = cost(made, known)
    made = correlator(1_000)
    cases["hostile stream, 1,000 waiting"] = cost(made, (event(f"x{number}", "Dialing") for number in range(EVENTS)))
    say(cases=cases)


if __name__ == "__main__":
    run(main)
