"""The emulator as a program that keeps a record of what truly happened; commands on standard input.

Must live here: the record, and the commands. Must not: what is done with them.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from benchmarks.emulator_server import many_agents
from engage_async.emulator import Emulator, Fault
from engage_async.emulator.exchange import UnknownCall, VoiceRequest
from engage_async.emulator.voice_switch import VoiceSwitch
from engage_async.protocol.readings import ENDED_STATES

NUMBER = "soakNumber"
"""The member of every event that numbers those of one user."""

_ALREADY_SO = 186  # the T-Server's refusal of a state that the agent is in


class _WatchedSwitch(VoiceSwitch):
    """Carries out voice requests, and writes down how each ended: ``done``, ``already so``, ``failed``, ``refused``."""

    def __init__(self, emulator: Witness) -> None:
        super().__init__(emulator.centre.exchange, emulator.switches)
        self._emulator = emulator

    def handle(self, request: VoiceRequest) -> None:
        operation_id, emulator = request.operation_id or "", self._emulator
        before = emulator.truth.get(operation_id)
        if before is not None:
            emulator.repeated.append(operation_id)
        emulator.truth[operation_id] = "done"
        if request.operation == "release" and request.call_id is not None:
            emulator.to_end[request.user, request.call_id] = operation_id
        dn = emulator.centre.exchange.dn_of(request.user)
        emulator.is_so = dn is not None and request.operation == ("dnd-on" if dn.dnd else "dnd-off")
        try:
            super().handle(request)
        except UnknownCall:
            emulator.truth[operation_id] = "refused"
            raise
        finally:
            if before == "done":
                emulator.truth[operation_id] = "done"


class Witness(Emulator):
    """Numbers every event by user, and knows what came of every voice request by its operation id."""

    def __init__(self, directory: Path, seed: int) -> None:
        super().__init__(directory=directory, seed=seed)
        self.truth: dict[str, str] = {}
        self.repeated: list[str] = []
        self.is_so: bool = False
        self.to_end: dict[tuple[str, str], str] = {}  # who asked last that a call shall end
        self.ended: set[tuple[str, str]] = set()
        self.emitted: defaultdict[str, int] = defaultdict(int)
        self.centre.voice = _WatchedSwitch(self)

    def publish(self, user: str, channel: str, data: dict[str, Any]) -> None:
        request = self.centre.exchange.request
        if request is not None and request.user == user and data.get("messageType") == "EventError":
            ended = request.operation == "release" and (user, request.call_id) in self.ended
            already = self.is_so or ended or data.get("error", {}).get("errorCode") == _ALREADY_SO
            self.truth[request.operation_id or ""] = "already so" if already else "failed"
        call = data.get("call") or {}
        if call.get("state") in ENDED_STATES:
            self.ended.add((user, call["id"]))
            ended_by = self.to_end.pop((user, call["id"]), "")
            if self.truth.get(ended_by) == "failed":
                self.truth[ended_by] = "already so"  # it was refused, and then the call ended by other means
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
