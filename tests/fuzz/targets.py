"""What is fuzzed: each target takes bytes, makes one malformed input of them, and fails when it does harm.

Must live here: the targets, and what counts as harm. Must not: where the bytes come from.
"""

from __future__ import annotations

import asyncio
import inspect
import json
import logging
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from attrs import frozen

import engage_async as ea
from engage_async.api.operations import ApiOperation, all_operations
from engage_async.config import Settings
from engage_async.emulator import Emulator
from engage_async.errors import EngageError, MalformedResponse, OutcomeUnknown, SessionClosed
from engage_async.io.bodies import BodyReader
from engage_async.io.http import HttpEngine
from engage_async.io.notifications import NotificationConnection, NotificationSettings
from engage_async.protocol import bayeux
from engage_async.protocol.notices import Notice
from engage_async.protocol.requests import Answer
from engage_async.protocol.route import Route
from engage_async.protocol.snapshot import snapshot_notices
from engage_async.sessions.requests import Requests
from tests.end_to_end.operations import NOT_SENT, sample
from tests.end_to_end.outbox import method_of, what_is_sent
from tests.fuzz import grammar

__all__ = ["TARGETS", "Feed", "Harm", "complaining"]

Feed = Callable[[bytes], Awaitable[None]]
"""Takes one input. Raises `Harm`, or what should not have been raised."""

MOST_HELD = 200_000
"""Bytes that one piece of a body may take."""


class Harm(AssertionError):
    """What an input must not do."""


class Complaints(logging.Handler):
    """Notes what the package logs as an error: an exception that was caught where none was expected."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.told = ""

    def emit(self, record: logging.LogRecord) -> None:
        self.told = self.told or self.format(record)

    def check(self) -> None:
        """Raises `Harm` when there was one."""
        if self.told:
            raise Harm(self.told)


@asynccontextmanager
async def complaining() -> AsyncIterator[Complaints]:
    complaints, log = Complaints(), logging.getLogger("engage_async")
    level, propagates = log.level, log.propagate
    log.addHandler(complaints)
    log.setLevel(logging.ERROR)
    log.propagate = False
    try:
        yield complaints
    finally:
        log.removeHandler(complaints)
        log.setLevel(level)
        log.propagate = propagates


# --- events ---------------------------------------------------------------------------------------------------------


@asynccontextmanager
async def events() -> AsyncIterator[Feed]:
    """Answers of the long poll, into an agent's session with pending operations, live state, streams and handlers."""
    async with AsyncExitStack() as stack:
        complaints = await stack.enter_async_context(complaining())
        emulator = await stack.enter_async_context(Emulator())
        engage = await stack.enter_async_context(
            ea.Engage(
                base_url=emulator.base_url, client_id="engage-client", client_secret="engage-secret", stream_limit=50,
                username="JohnSmith", password="password", operation_timeout=3600.0, keep_alive_interval=None,
            )
        )  # fmt: skip
        agent = await stack.enter_async_context(engage.workspace())
        await agent.activate_channels(dn="7001")
        heard: list[str] = []
        agent.on(ea.Event)(lambda event: heard.append(event.message_type) if len(heard) < 50 else heard.clear())
        await stack.enter_async_context(agent.events(ea.CallStateChanged, where=lambda event: event.call.id != "c2"))

        async def feed(data: bytes) -> None:
            try:
                response = bayeux.read_response(200, grammar.answer(data).encode("utf-8", "replace"))
            except MalformedResponse:
                return
            for one in response.replies:
                bayeux.Advice().merged(one.get("advice"))
                bayeux.error_code(one), bayeux.error_text(one), bayeux.acknowledges(one), bayeux.acknowledged_batch(one)
            agent._dispatch(response.notices)
            for notice in response.notices:
                _snapshot(notice)
            list(agent.calls)
            complaints.check()

        yield feed
        await _still_works(emulator, agent)
        complaints.check()


def _snapshot(notice: Notice) -> None:
    for told in snapshot_notices({"user": {"activeSession": notice.payload}}, [frozenset({"c1"})]):
        if told.source != "snapshot":
            raise Harm("a snapshot's notice has another source")


async def _still_works(emulator: Emulator, agent: ea.WorkspaceSession) -> None:
    """After everything, the poll delivers and operations are settled."""
    async with agent.events(ea.UnknownEvent, where=lambda event: event.message_type == "AfterAll") as stream:
        emulator.publish("JohnSmith", "/workspace/v3/voice", {"messageType": "AfterAll"})
        async with asyncio.timeout(10):
            await anext(stream)
    await agent.voice.ready(timeout=10.0)


# --- the poll task --------------------------------------------------------------------------------------------------


@asynccontextmanager
async def poll() -> AsyncIterator[Feed]:
    """Whole answers, into the poll task, in the place of those to its connects."""
    answers: asyncio.Queue[str] = asyncio.Queue(1)
    taken = asyncio.Event()
    last: list[Notice] = []
    number = 0

    async def post(messages: list[dict[str, Any]], _headers: Mapping[str, str], _timeout: float) -> Answer:
        nonlocal number
        request = messages[0]
        reply = {"channel": request["channel"], "id": request["id"], "successful": True}
        if request["channel"] == "/meta/handshake":
            number += 1
            return _answer([{**reply, "clientId": f"{number}"}])
        if request["channel"] == "/meta/subscribe":
            return _answer([{**reply, "id": one["id"], "subscription": one["subscription"]} for one in messages])
        if request["channel"] == "/meta/connect" and "advice" not in request:
            text = await answers.get()
            taken.set()
            # A real id makes aiocometd take the answer for that of its request.
            return Answer(200, {}, re.sub(r'"id": "c1"', f'"id": "{request["id"]}"', text).encode())
        return _answer([reply])

    connection = NotificationConnection(
        post=post,
        channels=["/voice"],
        deliver=last.extend,
        settings=NotificationSettings(backoff_first=1e-9, backoff_limit=1e-9, settled_after=1e-9),
        name="fuzzed",
    )

    async def feed(data: bytes) -> None:
        # `none` as advice ends a session for good, as it must; a long interval would be waited for.
        text = grammar.answer(data).replace('"interval"', '"interva"')
        last.clear()
        taken.clear()
        async with asyncio.timeout(10):
            await answers.put(text)
            await taken.wait()
        complaints.check()
        if connection.health.state == "closed":
            raise Harm(f"the poll task ended: {connection.health.last_error}")
        if connection.health.undelivered:
            raise Harm("notifications were not delivered")

    async with complaining() as complaints:
        await connection.open(deadline=10.0)
        try:
            yield feed
            await answers.put('[{"channel": "/voice", "data": {"messageType": "AfterAll"}}]')
            async with asyncio.timeout(10):
                while not any(notice.message_type == "AfterAll" for notice in last):
                    await asyncio.sleep(0)
        finally:
            await connection.close()
        complaints.check()


def _answer(messages: list[dict[str, Any]]) -> Answer:
    return Answer(200, {}, json.dumps(messages).encode())


# --- REST replies ---------------------------------------------------------------------------------------------------


@asynccontextmanager
async def replies() -> AsyncIterator[Feed]:
    """Answers of REST operations, judged and made into a result for any of all operations."""
    called = [await _called(operation) for operation in all_operations()]
    engine = HttpEngine(Settings(base_url="https://cloud.example"))
    requests = Requests(engine.session(tokens=None, name="fuzzed"))
    async with complaining() as complaints:

        async def feed(data: bytes) -> None:
            route, arguments = called[int.from_bytes(data[:2], "big") % len(called)]
            status, text = grammar.reply(data[2:])
            try:
                reply = requests.judge(route, Answer(status, {}, text.encode("utf-8", "replace")))
                repr(requests.conclude(route, reply, arguments))
            except EngageError as error:
                if len(str(error)) > 2_000:
                    raise Harm(f"an error text of {len(str(error))} characters") from error
            complaints.check()

        yield feed
    await engine.aclose()


async def _called(operation: ApiOperation) -> tuple[Route, Mapping[str, Any]]:
    """A route, and arguments as its method gives them."""
    method = method_of(operation)
    parameters = [p for p in inspect.signature(method).parameters.values() if p.name not in NOT_SENT]
    needed = {p.name: sample(p) for p in parameters if p.default is inspect.Parameter.empty}
    return operation.route, (await what_is_sent(method, needed)).arguments


# --- bodies ---------------------------------------------------------------------------------------------------------


@asynccontextmanager
async def bodies() -> AsyncIterator[Feed]:
    """Compressed bodies, cut into chunks of any size, with any content length."""

    async def feed(data: bytes) -> None:
        reading = grammar.Reading(data)
        coding = ("gzip", "deflate", "", "x-gzip", "br", "gzip, gzip")[reading.choice(6)]
        size = 1 + reading.choice(64)
        lengths = ("", "5", "-1", "9" * 30, "٣", "1e3")
        headers = {"content-encoding": coding, "content-length": lengths[reading.choice(len(lengths))]}
        content = (b"", b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03", b"\x78\x9c")[reading.choice(3)] + reading.rest()

        async def chunks() -> AsyncIterator[bytes]:
            for at in range(0, len(content), size):
                yield content[at : at + size]

        try:
            body = BodyReader(
                aiter(chunks()), http_status=200, headers=headers, peer="host:443", explain=lambda _: None
            )
            while piece := await body.piece():
                if len(piece) > MOST_HELD:
                    raise Harm(f"a piece of {len(piece)} bytes")
            await body.aclose()
        except (MalformedResponse, OutcomeUnknown, SessionClosed):
            pass

    yield feed


@frozen
class Target:
    """A target, and how many inputs it gets of the million; Hypothesis makes the other 100,000."""

    opened: Callable[[], Any]
    inputs: int


TARGETS: Mapping[str, Target] = {
    "events": Target(events, 350_000),
    "poll": Target(poll, 100_000),
    "replies": Target(replies, 350_000),
    "bodies": Target(bodies, 100_000),
}
