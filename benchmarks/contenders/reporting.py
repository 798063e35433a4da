"""What the Python contenders share: their parameters, what they say, and the clocks."""

from __future__ import annotations

import asyncio
import json
import resource
import sys
import time
from collections.abc import Callable, Coroutine
from typing import Any


def say(**values: Any) -> None:
    """One line of JSON to whoever runs this program."""
    sys.stdout.write(json.dumps(values) + "\n")
    sys.stdout.flush()


def say_nothing() -> None:
    """The contender is not installed here."""
    sys.stdout.write("null\n")
    sys.stdout.flush()


def run(main: Callable[..., Coroutine[Any, Any, None]]) -> None:
    """Run a contender with the parameters it was given."""
    asyncio.run(main(*json.loads(sys.argv[1])))


def clock() -> float:
    """Seconds on the clock that all processes of this machine share."""
    return time.clock_gettime(time.CLOCK_MONOTONIC)


def cpu() -> float:
    """Seconds of CPU that this process has used."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def memory() -> float:
    """Resident memory of this process in KB."""
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * resource.getpagesize() / 1024
