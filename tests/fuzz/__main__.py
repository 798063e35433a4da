"""``python -m tests.fuzz TARGET [INPUTS] [SEED]``: the target under atheris, which follows the code that inputs reach.

It ends with status 0 when no input did harm; otherwise it prints the harm, and writes the input to ``crash-…``. Memory
is limited to 1 GiB, an input to 10 s.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from contextlib import AsyncExitStack

import atheris

with atheris.instrument_imports(include=["engage_async"]):
    from tests.fuzz.targets import TARGETS


def fuzz(name: str, inputs: int, seed: int) -> None:
    """Try that many inputs. Ends the process."""
    loop = asyncio.new_event_loop()
    stack = AsyncExitStack()
    feed = loop.run_until_complete(stack.enter_async_context(TARGETS[name].opened()))
    tried = 0

    def one(data: bytes) -> None:
        nonlocal tried
        tried += 1
        loop.run_until_complete(feed(data))
        if tried == inputs:  # libFuzzer ends without giving control back, so that what must hold at the end is seen now
            loop.run_until_complete(stack.aclose())
            print(f"{name}: {tried} inputs, no harm", flush=True)  # noqa: T201 - for whoever runs it

    with tempfile.TemporaryDirectory() as corpus:
        options = [f"-atheris_runs={inputs}", f"-seed={seed}", "-max_len=400", "-rss_limit_mb=1024", "-timeout=10"]
        atheris.Setup([sys.argv[0], corpus, *options, "-print_final_stats=1", "-verbosity=0"], one)
        atheris.Fuzz()


if __name__ == "__main__":
    target = sys.argv[1]
    fuzz(target, int(sys.argv[2]) if len(sys.argv) > 2 else TARGETS[target].inputs, int((sys.argv[3:] or ["1"])[0]))
