"""``python -m tests.soak --seed 7 --minutes 120 --agents 400``: a soak, its figures, and 1 when something is wrong."""

from __future__ import annotations

import argparse
import asyncio
import logging
import secrets
import sys

from tests.soak.run import Soak


def main() -> int:
    parser = argparse.ArgumentParser(prog="soak", description="Many agents under random faults, checked to the last.")
    parser.add_argument("--seed", type=int, default=None, help="replays a run (default: a new one)")
    parser.add_argument("--minutes", type=float, default=1.5, help="how long the faults last (default: 1.5)")
    parser.add_argument("--agents", type=int, default=200, help="default: 200")
    parser.add_argument("--rate", type=float, default=6_000.0, help="operations a minute in all (default: 6000)")
    chosen = parser.parse_args()
    seed = chosen.seed if chosen.seed is not None else secrets.randbelow(1_000_000)
    print(f"seed {seed}", flush=True)  # noqa: T201 - for whoever runs it
    logging.getLogger("engage_async").addHandler(logging.NullHandler())  # what breaks here is broken on purpose

    async def run() -> int:
        soak = Soak(seed=seed, seconds=60 * chosen.minutes, agents=chosen.agents, rate=chosen.rate, say=_say)
        figures = await soak.run()
        _say(figures.text())
        return 0 if figures.is_well else 1

    return asyncio.run(run())


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201 - for whoever runs it


if __name__ == "__main__":
    sys.exit(main())
