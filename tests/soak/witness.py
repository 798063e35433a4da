"""The emulator as a program that keeps a record of what truly happened; commands on standard input.

Must live here: the record, and the commands. Must not: what is done with them.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from attrs import frozen

from benchmarks.emulator_server import many_agents
from engage_async.emulator import Emulator, Fault
from engage_async.emulator.calls import CallState
from engage_async.emulator.exchange import VoiceRequest
from engage_async.emulator.interaction_store import MediaRequest
from engage_async.emulator.media_desk import MediaDesk
from engage_async.emulator.record_answers import Answer, RecordDesk, RecordRequest, Service
from engage_async.emulator.voice_switch import VoiceSwitch
from engage_async.protocol.readings import ENDED_STATES

NUMBER = "soakNumber"
"""The member of every event that numbers those of one user."""

_ALREADY_SO = 186  # the T-Server's refusal of a state that the agent is in
_SETS = {"hold": CallState.HELD, "retrieve": CallState.ESTABLISHED}
_ENDS = ENDED_STATES | {"Canceled"}


class _WatchedSwitch(VoiceSwitch):
    """Carries out voice requests, and writes down how each ended."""

    def __init__(self, emulator: Witness) -> None:
        super().__init__(emulator.centre.exchange, emulator.switches)
        self._emulator = emulator

    def handle(self, request: VoiceRequest) -> None:
        exchange, operation = self._emulator.centre.exchange, request.operation
        dn, leg = exchange.dn_of(request.user), exchange.legs.get(request.call_id or "")
        is_so = dn is not None and operation == ("dnd-on" if dn.dnd else "dnd-off")
        is_so |= leg is not None and leg.state is _SETS.get(operation)
        ends = request.call_id if operation == "release" else None
        with self._emulator.carrying_out(_Asked(request.user, request.operation_id or "", ends, is_so)):
            super().handle(request)


class _WatchedDesk(MediaDesk):
    """The same for requests about media channels and interactions."""

    def __init__(self, emulator: Witness) -> None:
        super().__init__(emulator.centre.media_floor, emulator.switches)
        self._emulator = emulator

    def handle(self, request: MediaRequest) -> None:
        ends = request.interaction_id if request.operation == "cancel" else None
        with self._emulator.carrying_out(_Asked(request.user, request.operation_id or "", ends)):
            super().handle(request)


class _WatchedRecords(RecordDesk):
    """The same for requests about contacts and the like."""

    def __init__(self, emulator: Witness) -> None:
        super().__init__(emulator.switches, emulator.publish, emulator.centre.records.new_id)
        self._emulator = emulator

    def answer(self, service: Service, request: RecordRequest, work: Callable[[], Answer | None]) -> None:
        with self._emulator.carrying_out(_Asked(request.user, request.operation_id or "")):
            super().answer(service, request, work)


@frozen
class _Asked:
    """A request: `ends` is the id of the call or email that shall end, `is_so` whether what it asks for is so."""

    user: str
    operation_id: str
    ends: str | None = None
    is_so: bool = False


class Witness(Emulator):
    """Numbers every event by user, and knows what came of every request by its operation id.

    ``done``, ``failed``, ``refused`` (its object is not known), or ``already so``: refused, and yet what it asked for
    is so, or comes to be so by other means.
    """

    def __init__(self, directory: Path, seed: int) -> None:
        super().__init__(directory=directory, seed=seed)
        self.truth: dict[str, str] = {}
        self.repeated: list[str] = []
        self.emitted: defaultdict[str, int] = defaultdict(int)
        self._asked: _Asked | None = None
        self._to_end: dict[tuple[str, str], str] = {}  # who asked last that a call or an email shall end
        self._ended: set[tuple[str, str]] = set()
        self.centre.voice = _WatchedSwitch(self)
        self.centre.media_desk = _WatchedDesk(self)
        self.centre.records.desk = _WatchedRecords(self)

    @contextmanager
    def carrying_out(self, asked: _Asked) -> Iterator[None]:
        """A request is carried out: what is said to its user meanwhile answers it."""
        before = self.truth.get(asked.operation_id)
        if before is not None:
            self.repeated.append(asked.operation_id)
        self.truth[asked.operation_id] = "done"
        if asked.ends is not None:
            self._to_end[asked.user, asked.ends] = asked.operation_id
        self._asked = asked
        try:
            yield
        except LookupError:
            self.truth[asked.operation_id] = "refused"
            raise
        finally:
            self._asked = None
            if before == "done":
                self.truth[asked.operation_id] = "done"

    def publish(self, user: str, channel: str, data: dict[str, Any]) -> None:
        asked = self._asked
        if asked is not None and asked.user == user and data.get("messageType") == "EventError":
            ended = (user, asked.ends) in self._ended
            already = asked.is_so or ended or data.get("error", {}).get("errorCode") == _ALREADY_SO
            self.truth[asked.operation_id] = "already so" if already else "failed"
        shown = data.get("call") or data.get("interaction") or {}
        if shown.get("state") in _ENDS:
            ended_one = (user, shown["id"])
            self._ended.add(ended_one)
            ended_by = self._to_end.pop(ended_one, "")
            if self.truth.get(ended_by) == "failed":
                self.truth[ended_by] = "already so"  # it was refused, and then its object ended by other means
        self.emitted[user] += 1
        super().publish(user, channel, {**data, NUMBER: self.emitted[user]})


class _Commands:
    def __init__(self, emulator: Witness) -> None:
        self._emulator = emulator
        self.named: dict[str, Callable[..., Any]] = {
            "switch": self._switch,
            "fault": self._fault,
            "clear": self._clear,
            "report": self._report,
            "emitted": lambda: dict(emulator.emitted),
            "drop": emulator.drop_bayeux_sessions,
            "disconnect": emulator.disconnect_clients,
            "end": emulator.end_web_sessions,
            "expire": emulator.expire_tokens,
            "cut": emulator.cut_connections,
            "restart": emulator.restart,
            "left": self._left,
        }

    def _switch(self, name: str, value: Any) -> None:
        setattr(self._emulator.switches, name, value)

    def _fault(self, **fault: Any) -> None:
        self._emulator.switches.faults.append(Fault(**fault))

    def _clear(self) -> None:
        self._emulator.switches.faults.clear()

    def _report(self, file: str) -> None:
        """Write down what came of the requests since the last report."""
        truth, self._emulator.truth = self._emulator.truth, {}
        repeated, self._emulator.repeated = self._emulator.repeated, []
        Path(file).write_text(json.dumps({"truth": truth, "repeated": repeated}), encoding="utf-8")

    def _left(self) -> dict[str, int]:
        """What the agents have left on the server, who have all logged out."""
        sessions = Counter(session.binding is not None for session in self._emulator.delivery.bayeux.sessions())
        return {"bayeux sessions": sessions[True], "calls": len(self._emulator.centre.exchange.legs)}


async def serve(agents: int, seed: int) -> None:
    """Run until standard input ends."""
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    with tempfile.TemporaryDirectory() as folder:
        async with Witness(many_agents(Path(folder), agents), seed) as emulator:
            emulator.switches.session_expiry = 60.0
            emulator.switches.answer_delay = 0.02
            commands = _Commands(emulator).named
            _say({"base_url": emulator.base_url})
            while line := await reader.readline():
                request = json.loads(line)
                result = commands[request.pop("command")](**request)
                _say({"result": await result if isinstance(result, Awaitable) else result})


def _say(value: Any) -> None:
    sys.stdout.write(json.dumps(value) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), int(sys.argv[2])))
