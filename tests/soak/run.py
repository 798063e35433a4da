"""One soak: agents, faults, the record, and the figures at its end.

Must live here: the order of things, and what is looked for at the end. Must not: single operations, faults, outcomes.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import os
import resource
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeGuard

from attrs import Factory, define

import engage_async as ea
from benchmarks.programs import Program, running
from engage_async.io.http import HttpSession
from tests.soak.agents import Worker
from tests.soak.faults import FaultPlan
from tests.soak.judgement import Ledger

_ROUND = 20.0
_PATIENCE = 90.0
_LATEST = 1.0  # seconds after which no event comes any more
_LEAKS = (ea.WorkspaceSession, ea.Engage, ea.Operation, HttpSession, asyncio.Task)


@define
class Figures:
    """What a soak has found out; `defects` is empty when all is well. Memory is in MiB."""

    seed: int
    seconds: float = 0.0
    started: int = 0
    by_name: Counter[str] = Factory(Counter)
    by_outcome: Counter[str] = Factory(Counter)
    happened: Counter[str] = Factory(Counter)
    repeats: int = 0
    already_so: int = 0
    doubtful: int = 0
    faults: Counter[str] = Factory(Counter)
    emitted: int = 0
    delivered: int = 0
    lost: int = 0
    duplicated: int = 0
    marks: int = 0
    openings: int = 0
    open_failures: int = 0
    peak: dict[str, float] = Factory(dict)
    final: dict[str, float] = Factory(dict)
    on_the_server: dict[str, int] = Factory(dict)
    defects: list[str] = Factory(list)
    defect_count: int = 0

    @property
    def is_well(self) -> bool:
        """Whether nothing hung, differed or leaked."""
        return not self.defect_count

    def text(self) -> str:
        """Everything, to be read."""
        settled = sum(self.by_outcome.values())
        lines = [
            f"seed {self.seed}: {self.seconds:.0f} s, {self.started * 60 / self.seconds:.0f} operations a minute",
            f"operations: started {self.started}, settled {settled}, came twice to the server {self.repeats}",
            f"  {', '.join(f'{name} {count}' for name, count in self.by_name.most_common())}",
            f"  refused or swallowed, yet the state asked for was there, or came by other means: {self.already_so}",
            f"  sent twice, refused the second time with a note that says so, and done by the first: {self.doubtful}",
            *(
                f"  {name:>16}: {count}  (truly happened: {self.happened[name]})"
                for name, count in self.by_outcome.most_common()
            ),
            f"faults: {', '.join(f'{name} {count}' for name, count in self.faults.most_common())}",
            f"events: emitted {self.emitted}, delivered {self.delivered}, lost {self.lost}",
            f"  duplicated {self.duplicated}, marks of a loss (EventsLost): {self.marks}",
            f"sessions: opened {self.openings}, openings that failed {self.open_failures}",
            f"peak: {_told(self.peak)}",
            f"final: {_told(self.final)}",
            f"left on the server: {_told(self.on_the_server)}",
            f"defects: {self.defect_count}",
            *(f"  {defect}" for defect in self.defects),
        ]
        return "\n".join(lines)


def _told(figures: dict[str, Any]) -> str:
    return ", ".join(f"{name} {value:g}" for name, value in figures.items())


class Soak:
    """`agents` agents for `seconds` seconds, with about `rate` operations a minute in all."""

    def __init__(self, *, seed: int, seconds: float, agents: int, rate: float, say: Callable[[str], object]) -> None:
        self._seed, self._seconds, self._agents = seed, seconds, agents
        self._pause = 60.0 * agents / rate
        self._say = say
        self._ledger = Ledger()
        self._figures = Figures(seed)
        self._truth: dict[str, str] = {}
        self._workers: list[Worker] = []
        self._tasks: list[asyncio.Task[None]] = []
        self._tasks_before = len(asyncio.all_tasks())
        self._talking = asyncio.Lock()  # one command and its answer at a time
        gc.collect()  # of what ran before
        self._sockets, self._living = _resources()["sockets"], _living()

    async def run(self) -> Figures:
        """Everything from the first session to the last, and what is left then."""
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(
            lambda _, found: self._ledger.defect(f"{found['message']}: {found.get('exception')}")
        )
        command = (sys.executable, "-m", "tests.soak.witness", str(self._agents), str(self._seed))
        async with asyncio.timeout(self._seconds + 4 * _PATIENCE), running("emulator", *command) as emulator:
            base_url = (await emulator.read())["base_url"]
            await self._work(emulator, base_url)
            self._figures.on_the_server = await emulator.say("left")
        self._look_for_what_is_left()
        figures, ledger = self._figures, self._ledger
        figures.started, figures.by_outcome, figures.happened = ledger.started, ledger.by_outcome, ledger.happened
        figures.by_name = ledger.by_name
        figures.repeats, figures.already_so, figures.doubtful = ledger.repeats, ledger.already_so, ledger.doubtful
        if figures.started != sum(figures.by_outcome.values()):
            ledger.defect(f"started {figures.started}, settled {sum(figures.by_outcome.values())}")
        figures.defects, figures.defect_count = ledger.defects, ledger.defect_count
        self._workers.clear()
        return figures

    async def _work(self, emulator: Program, base_url: str) -> None:
        settings: dict[str, Any] = {
            "operation_timeout": 4.0,
            "error_grace": 0.3,
            "close_timeout": 3.0,
            "retry_attempts": 4,
        }
        settings |= {"initialization_timeout": 15.0, "request_timeout": 8.0, "retry_longest_delay": 0.5}
        async with contextlib.AsyncExitStack() as stack:
            environment = await stack.enter_async_context(
                ea.Engage(
                    base_url=base_url,
                    client_id="engage-client",
                    client_secret="engage-secret",
                    username="agent0",
                    password="password",
                    allow_insecure_cookies=True,
                    max_connections=None,
                    **settings,
                )
            )
            for number in range(self._agents):
                engage = environment.with_credentials(username=f"agent{number}", password="password")
                await stack.enter_async_context(engage)
                self._workers.append(Worker(engage, number, self._seed, self._ledger, pause=self._pause))
            began = await self._until_all_are_open()
            faults = asyncio.create_task(self._strike(emulator), name="soak-faults")
            await self._rounds(emulator, began)
            faults.cancel()
            await asyncio.wait({faults})
            if not faults.cancelled():
                faults.result()
            await self._come_to_rest(emulator)
            self._figures.seconds = time.monotonic() - began
            await self._judge(emulator)
            await self._count_events(emulator)

    async def _until_all_are_open(self) -> float:
        opened = [asyncio.Event() for _ in self._workers]
        self._tasks = [
            asyncio.create_task(worker.work(event), name=f"soak-{worker.user}")
            for worker, event in zip(self._workers, opened, strict=True)
        ]
        async with asyncio.timeout(_PATIENCE):
            await asyncio.gather(*(event.wait() for event in opened))
        self._say(f"{self._agents} agents are logged in")
        return time.monotonic()

    async def _strike(self, emulator: Program) -> None:
        plan = FaultPlan(self._seed, self._agents)
        while True:
            pause, command, parameters = plan.next()
            await asyncio.sleep(pause)
            self._figures.faults[parameters.get("kind", command)] += 1
            async with self._talking:
                await emulator.say(command, **parameters)

    async def _rounds(self, emulator: Program, began: float) -> None:
        while (left := began + self._seconds - time.monotonic()) > 0:
            ended, _ = await asyncio.wait(self._tasks, timeout=min(_ROUND, left), return_when=asyncio.FIRST_COMPLETED)
            if ended:
                return  # none should have; what ended it is told in the end
            await self._judge(emulator)
            self._measure(self._figures.peak, max)
            self._say(
                f"{time.monotonic() - began:4.0f} s: {_told(self._figures.peak)}; {dict(self._ledger.by_outcome)}"
            )

    async def _come_to_rest(self, emulator: Program) -> None:
        """No more faults; every agent ends what it is at."""
        async with self._talking:
            await emulator.say("clear")
            for name, value in (("event_delay", 0.0), ("duplicate_events", False), ("poll_timeout", 5.0)):
                await emulator.say("switch", name=name, value=value)
        for worker in self._workers:
            worker.stopping = True
        done, late = await asyncio.wait(self._tasks, timeout=_PATIENCE)
        for task in late:
            self._ledger.defect(f"{task.get_name()} does not come to an end: {task.get_stack(limit=1)}")
            task.cancel()
        if late:
            await asyncio.wait(late)
        for task in done:
            if error := task.exception():
                self._ledger.defect(f"{task.get_name()} failed: {type(error).__name__}: {error}")
        self._tasks.clear()
        pending = sum(w.session.health.pending for w in self._workers if _is_open(w.session))
        if pending:
            self._ledger.defect(f"{pending} operation(s) pending although all are settled")

    async def _judge(self, emulator: Program) -> None:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "record.json"
            async with self._talking:
                await emulator.say("report", file=str(file))
            record = json.loads(file.read_text(encoding="utf-8"))
        self._truth = self._ledger.judge(self._truth | record["truth"], record["repeated"])

    async def _count_events(self, emulator: Program) -> None:
        async with self._talking:
            emitted = await emulator.say("emitted")
        before = -1
        while before != (heard_of := sum(worker.heard.delivered for worker in self._workers)):
            before = heard_of
            await asyncio.sleep(_LATEST)
        figures = self._figures
        for worker in self._workers:
            heard, sent = worker.heard, emitted.get(worker.user, 0)
            figures.emitted += sent
            figures.delivered += heard.delivered
            figures.lost += sent - heard.delivered
            figures.duplicated += heard.duplicated
            figures.marks += heard.marks
            figures.openings += heard.openings
            figures.open_failures += worker.open_failures
            if heard.gaps(sent) > heard.marks + heard.openings + worker.open_failures:
                self._ledger.defect(
                    f"{worker.user}: {heard.gaps(sent)} gaps in the events, {heard.marks} marks of a loss"
                )

    def _measure(self, into: dict[str, float], choose: Callable[[float, float], float]) -> None:
        pending = sum(w.session.health.pending for w in self._workers if _is_open(w.session))
        for name, value in {**_resources(), "pending": float(pending)}.items():
            into[name] = choose(into.get(name, value), value)

    def _look_for_what_is_left(self) -> None:
        figures = self._figures
        for worker in self._workers:
            worker.session = None
            del worker._engage
        gc.collect()
        figures.final = {**_resources(), "pending": 0.0}
        living = _living()
        for name in living:
            left = figures.final[name] = living[name] - self._living[name]
            if left > 0:
                self._ledger.defect(f"{left:.0f} {name} object(s) left")
        if figures.final["tasks"] > self._tasks_before:
            self._ledger.defect(f"tasks left: {[task.get_name() for task in asyncio.all_tasks()][:10]}")
        if figures.final["sockets"] > self._sockets:
            self._ledger.defect(f"{figures.final['sockets']:.0f} sockets left")


def _living() -> Counter[str]:
    """How many objects of each kind there are; not tasks that have ended, which a record of a log may hold."""
    left = (each for each in gc.get_objects() if not (isinstance(each, asyncio.Task) and each.done()))
    return Counter(kind.__name__ for each in left for kind in _LEAKS if isinstance(each, kind))


def _is_open(session: ea.WorkspaceSession | None) -> TypeGuard[ea.WorkspaceSession]:
    return session is not None and session.is_open


def _resources() -> dict[str, float]:
    """Memory now and at most (MiB), tasks, sockets: of this process."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    sockets = 0
    for descriptor in os.listdir("/proc/self/fd"):
        with contextlib.suppress(OSError):
            sockets += os.readlink(f"/proc/self/fd/{descriptor}").startswith("socket:")
    return {
        "memory": round(pages * resource.getpagesize() / 2**20, 1),
        "most memory": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
        "tasks": float(len(asyncio.all_tasks())),
        "sockets": float(sockets),
    }
