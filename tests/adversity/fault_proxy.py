"""A TCP proxy that spoils what passes through it: between the client and any HTTP server, one exchange at a time.

Must live here: the faults of a network, and on which answer each strikes. Must not: what a server does wrong by itself.

    client ──request──► proxy ──request──► server          (unless the fault swallows it)
    client ◄─spoiled─── proxy ◄──answer─── server
"""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator
from typing import Literal

from attrs import define, field

Kind = Literal["cut", "reset", "half-close", "stall", "trickle", "delay", "corrupt", "garble"]
"""What happens to an answer, after the first `Spoiled.part` of its bytes where it breaks:

* ``"cut"``: the connection is closed;
* ``"reset"``: it is aborted, so that the far end gets an RST as soon as it goes on;
* ``"half-close"``: nothing more comes (FIN), but the proxy goes on listening;
* ``"stall"``: nothing more comes, and the connection stays open;
* ``"trickle"``: the rest comes in small pieces, `Spoiled.seconds` in all;
* ``"delay"``: all of it comes, `Spoiled.seconds` late;
* ``"corrupt"``: bytes of the body are others, its length and the head are right;
* ``"garble"``: the status line is noise.
"""

_LIMIT = 64 * 1024 * 1024
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_CHUNKED = re.compile(rb"\r\ntransfer-encoding: *chunked", re.IGNORECASE)
_PIECES = 20


@define
class Spoiled:
    """The next `times` answers (None: all) to requests that hold `holding` go wrong, also those awaited already.

    `holding` is looked for in the whole request: its path, a header, its body. With `swallow` the request never
    reaches the server, which the client cannot know. `used` counts the exchanges that were struck.
    """

    kind: Kind
    holding: str = ""
    part: float = field(default=0.6, kw_only=True)
    times: int | None = field(default=1, kw_only=True)
    seconds: float = field(default=0.1, kw_only=True)
    swallow: bool = field(default=False, kw_only=True)
    used: int = field(default=0, init=False)

    def strikes(self, request: bytes) -> bool:
        """Whether it strikes the exchange that this request begins; uses up one of its times."""
        if (self.times is not None and self.used >= self.times) or self.holding.encode() not in request:
            return False
        self.used += 1
        return True


class FaultProxy:
    """Listens on a free port of this machine and passes everything on to ``127.0.0.1:port``."""

    def __init__(self, port: int) -> None:
        self.faults: list[Spoiled] = []
        self.port = 0
        self._to = port
        self._server: asyncio.Server | None = None
        self._connections: dict[asyncio.Task[None], asyncio.StreamWriter] = {}

    @property
    def base_url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    def spoil(self, kind: Kind, holding: str = "", **more: object) -> Spoiled:
        """Add a fault, and give it."""
        fault = Spoiled(kind, holding, **more)  # type: ignore[arg-type]
        self.faults.append(fault)
        return fault

    async def accept(self) -> None:
        """Listen (again, on the same port)."""
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", self.port, limit=_LIMIT)
        self.port = self._server.sockets[0].getsockname()[1]

    async def refuse(self) -> None:
        """Listen no more, and abort every connection: who comes is refused."""
        if self._server is not None:
            self._server.close()
            self._server = None
        self.abort()
        if self._connections:
            await asyncio.wait(list(self._connections))

    def abort(self) -> None:
        """Abort every connection, whatever is under way on it."""
        for task, writer in self._connections.items():
            writer.transport.abort()
            task.cancel()

    def _fault(self, request: bytes, *, swallow: bool) -> Spoiled | None:
        return next((fault for fault in self.faults if fault.swallow is swallow and fault.strikes(request)), None)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections[task] = writer
        try:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
                await self._converse(reader, writer)
        finally:
            del self._connections[task]
            writer.close()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        from_server, to_server = await asyncio.open_connection("127.0.0.1", self._to, limit=_LIMIT)
        try:
            while True:
                request = await _message(reader)
                fault, answer = self._fault(request, swallow=True), b""
                if fault is None:
                    to_server.write(request)
                    answer = await _unless_gone(reader, from_server)
                    fault = self._fault(request, swallow=False)
                if fault is None:
                    writer.write(answer)
                    await writer.drain()
                elif not await _spoil(fault, answer, reader, writer):
                    return
        finally:
            to_server.transport.abort()


async def _unless_gone(client: asyncio.StreamReader, server: asyncio.StreamReader) -> bytes:
    """The server's answer. A client that hangs up meanwhile ends the waiting, as it does without a proxy."""
    answering, leaving = asyncio.ensure_future(_message(server)), asyncio.ensure_future(client.read(1))
    try:
        await asyncio.wait({answering, leaving}, return_when=asyncio.FIRST_COMPLETED)
        if not answering.done():
            raise ConnectionResetError("the client has gone")
        return answering.result()
    finally:
        answering.cancel()
        leaving.cancel()
        await asyncio.gather(answering, leaving, return_exceptions=True)


async def _spoil(fault: Spoiled, answer: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
    """Answer as the fault says; whether the connection can be used again."""
    if fault.kind in ("delay", "trickle"):
        if fault.kind == "delay":
            await asyncio.sleep(fault.seconds)
            writer.write(answer)
        else:
            size = len(answer) // _PIECES + 1
            for start in range(0, len(answer), size):
                writer.write(answer[start : start + size])
                await asyncio.sleep(fault.seconds / _PIECES)
        return True
    if fault.kind in ("corrupt", "garble"):
        head, blank, body = answer.partition(b"\r\n\r\n")
        whole = head + blank + b"\xff\xfe\x00{" + body[4:] if fault.kind == "corrupt" else b"\xff\x00 " + answer[9:]
        writer.write(whole)
        return fault.kind == "corrupt"
    writer.write(answer[: int(len(answer) * fault.part)])
    await writer.drain()
    if fault.kind == "reset":
        writer.transport.abort()
    elif fault.kind == "half-close":
        writer.write_eof()
        await reader.read()
    elif fault.kind == "stall":
        await reader.read()
    return False


async def _message(reader: asyncio.StreamReader) -> bytes:
    """One whole request or answer, as it came."""
    head = await reader.readuntil(b"\r\n\r\n")
    if length := _LENGTH.search(head):
        return head + await reader.readexactly(int(length[1]))
    if not _CHUNKED.search(head):
        return head
    message = head
    while True:
        line = await reader.readuntil(b"\r\n")
        chunk = await reader.readexactly(int(line.partition(b";")[0], 16) + 2)
        message += line + chunk
        if len(chunk) == 2:
            return message


@contextlib.asynccontextmanager
async def fault_proxy(port: int) -> AsyncIterator[FaultProxy]:
    """A proxy in front of the server at this port."""
    proxy = FaultProxy(port)
    await proxy.accept()
    try:
        yield proxy
    finally:
        await proxy.refuse()
