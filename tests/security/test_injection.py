"""No argument of any operation leaves its place: not a path's segment, not a query's value, not a header, not a body.

Every operation of the five APIs is called with hostile text in one argument after the other, and what arrives at a
socket is read byte by byte.
"""

from __future__ import annotations

import asyncio
import inspect
import json
import re
from collections.abc import AsyncIterator, Iterator
from typing import Any
from urllib.parse import parse_qsl, unquote

import pytest
import pytest_asyncio
from attrs import field, frozen, mutable
from far_end import quick, raw_server, session_of

from engage_async.api.operations import ApiOperation, all_operations
from engage_async.config import Settings
from engage_async.errors import ConfigurationError, InvalidArgument
from engage_async.protocol.requests import Request
from engage_async.protocol.route import Call
from engage_async.secret import Secret
from engage_async.sessions.requests import Requests
from tests.end_to_end.operations import NOT_SENT, sample
from tests.end_to_end.outbox import method_of, what_is_sent

pytestmark = pytest.mark.asyncio(loop_scope="module")

OURS = all_operations()
HOSTILE = (
    "../../../auth/v3/sign-out",
    "..%2f..%2fsign-out",
    "%2e%2e",
    "..;/x",
    "a\\..\\b",
    "a/b?c=d&e=f#g",
    "//evil.example/x",
    "https://evil.example@x:80/",
    "a\r\nX-Injected: 1",
    "a\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n",
    "a\nX-Injected: 1",
    "a\x00b",
    "a HTTP/1.1",
    "é☃\u2028",
    "\u017f\uff0f\uff0e\uff0e\uff0f",
    "\ud800",
)
HEADERS = {
    "host", "accept", "accept-encoding", "user-agent", "content-type", "content-length", "transfer-encoding",
    "authorization",
}  # fmt: skip


@frozen
class Arrived:
    """One request, as it was on the wire."""

    line: str
    headers: dict[str, str]
    body: bytes


@mutable
class Wire:
    """What sends, and everything that arrived."""

    requests: Requests
    arrived: list[Arrived] = field(factory=list)

    async def carry(self, operation: ApiOperation, call: Call) -> Arrived:
        before = len(self.arrived)
        await self.requests.send(operation.route, call, 5.0)
        assert len(self.arrived) == before + 1
        return self.arrived[-1]


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def wire() -> AsyncIterator[Wire]:
    arrived: list[Arrived] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            arrived.append(await read(reader))
            writer.write(b'HTTP/1.1 200 OK\r\nContent-Length: 23\r\n\r\n{"status": {"code": 0}}')
            await writer.drain()

    async with raw_server(answer) as url, session_of(quick(url)) as session:
        yield Wire(Requests(session, authenticate=False), arrived)


async def read(reader: asyncio.StreamReader) -> Arrived:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").removesuffix("\r\n\r\n")
    line, *lines = head.split("\r\n")
    pairs = [one.split(": ", 1) for one in lines]
    headers = {name.lower(): value for name, value in pairs}
    assert len(headers) == len(pairs)
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    if headers.get("transfer-encoding") == "chunked":
        while size := int(await reader.readline(), 16):
            body += await reader.readexactly(size)
            await reader.readexactly(2)
        await reader.readexactly(2)
    return Arrived(line, headers, body)


def first_of(name: str) -> ApiOperation:
    """The operation of this name; of the two forms of one, that of the client."""
    return next(operation for operation in OURS if operation.route.name == name)


def attacks(operation: ApiOperation) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Arguments with hostile text in the place of one that takes text, and what is hostile in them."""
    parameters = [p for p in inspect.signature(method_of(operation)).parameters.values() if p.name not in NOT_SENT]
    good = {p.name: sample(p) for p in parameters if p.default is inspect.Parameter.empty}
    if "form" in inspect.signature(method_of(operation)).parameters:
        good["form"] = "client" if operation is first_of(operation.route.name) else "simulator"
    for parameter in parameters:
        value = sample(parameter)
        for hostile in HOSTILE:
            if isinstance(value, str):
                yield parameter.name, hostile, {**good, parameter.name: hostile}
            elif isinstance(value, list) and value and isinstance(value[0], str):
                yield parameter.name, hostile, {**good, parameter.name: [hostile, "b"]}


@pytest.mark.parametrize("operation", OURS, ids=lambda operation: f"{operation.api}-{operation.route.name}")
async def test_hostile_text_is_refused_or_stays_in_its_place(operation: ApiOperation, wire: Wire) -> None:
    route = operation.route
    template = route.template.split("/")
    allowed = HEADERS | {route.wire.get(name, name).lower() for name in route.headers}
    refusals: list[str] = []
    for name, hostile, arguments in attacks(operation):
        try:
            call = (await what_is_sent(method_of(operation), arguments)).call
            arrived = await wire.carry(operation, call)
        except InvalidArgument as error:
            refusals.append(str(error))
            continue
        told = f"{name} = {hostile!r}: {arrived.line!r}"
        method, target, version = arrived.line.split(" ")
        path, _, query = target.partition("?")
        assert (method, version) == (route.method, "HTTP/1.1"), told
        assert re.fullmatch(r"[!-~]+", target), told
        assert "#" not in target, told
        segments = path.split("/")
        assert len(segments) == len(template), told
        for segment, expected in zip(segments, template, strict=True):
            if not expected.startswith("{"):
                assert segment == expected, told
            elif expected == f"{{{name}}}":
                assert unquote(segment) == hostile, told
                assert segment not in {".", ".."}, told
                assert unquote(segment) not in {".", ".."}, told
        pairs = parse_qsl(query, keep_blank_values=True, strict_parsing=bool(query))
        assert {key for key, _ in pairs} == set(call.query), told
        assert arrived.headers.keys() <= allowed, told
        assert arrived.headers["host"].startswith("127.0.0.1:"), told
        if arrived.headers.get("content-type") == "application/json":
            assert json.loads(arrived.body) is not None, told
    assert all(told.isprintable() for told in refusals), "a refusal would begin a new line in a log"


# --- text that cannot be sent, where a setting or a form carries it ---------------------------------------------------


@pytest.mark.parametrize("name", ["username", "password", "client_id", "client_secret", "scope", "refresh_token"])
async def test_a_setting_that_is_no_unicode_text_is_refused_without_quoting_it(name: str) -> None:
    with pytest.raises(ConfigurationError, match=name) as refused:
        Settings.from_env({"ENGAGE_BASE_URL": "https://cloud.example", f"ENGAGE_{name.upper()}": "s3cret\udcff"})
    assert "s3cret" not in str(refused.value)


async def test_a_secret_of_a_form_that_is_no_unicode_text_is_refused_without_quoting_it() -> None:
    with pytest.raises(InvalidArgument, match="lone surrogates") as refused:
        Request(method="POST", path="/a", form={"password": Secret("s3cret\udcff")}).body()
    assert refused.value.__context__ is None


@pytest.mark.parametrize("hostile", HOSTILE)
async def test_header_of_the_settings_or_of_a_request_carries_no_second_line(hostile: str) -> None:
    if hostile.isascii() and hostile.isprintable():
        assert Request(method="GET", path="/a", headers={"x-one": hostile}).own_headers() == {"x-one": hostile}
        return
    with pytest.raises(ConfigurationError, match="extra_headers"):
        Settings(base_url="https://cloud.example", extra_headers={"x-one": hostile})
    with pytest.raises(InvalidArgument, match="x-one"):
        Request(method="GET", path="/a", headers={"x-one": hostile}).own_headers()
