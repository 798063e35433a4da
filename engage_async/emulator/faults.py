"""What happens to every request around its handler: the record, the API key, the faults, the order of reply and events.

Must live here: the middleware and the bodies of faults. Must not: which fault is due (switches.py), any operation.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Awaitable, Callable, Iterator
from typing import TYPE_CHECKING, Any

from aiohttp import web
from attrs import define, field

from engage_async.emulator.documented import is_documented
from engage_async.emulator.rest_documents import Download
from engage_async.emulator.switches import Fault

if TYPE_CHECKING:
    from engage_async.emulator.server import Emulator

__all__ = ["RequestRecord", "middleware"]

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_PAGE = "<!DOCTYPE html><html><head><title>{0}</title></head><body><h1>{0}</h1></body></html>"
_UNRECORDED = ("/auth/", "/notifications")


@define(eq=False)
class RequestRecord:
    """One request as it was seen. `status` is None until it is answered, and stays None when it never is.

    `query` and `body` (the JSON value) are those of REST requests; authentication and Bayeux requests have none. A
    multipart body (a file) is not kept.
    """

    method: str
    path: str
    query: dict[str, str] = field(factory=dict, repr=False)
    body: Any = field(default=None, repr=False)
    operation_id: str | None = None
    user: str | None = None
    status: int | None = None


def middleware(emulator: Emulator) -> Any:
    """The middleware of an emulator's application."""

    @web.middleware
    async def around(request: web.Request, handler: Handler) -> web.StreamResponse:
        record = await _record(emulator, request)
        fault = emulator.switches.take_fault(request.method, request.path, carried_out=False)
        response = await _strike(request, fault, None) if fault else await _handle(emulator, request, handler)
        fault = fault or emulator.switches.take_fault(request.method, request.path, carried_out=True)
        if fault is not None and fault.carried_out:
            response = await _strike(request, fault, response)
        if not (fault is not None and fault.kind in ("close", "silent")):
            record.status = response.status
        return response

    return around


async def _record(emulator: Emulator, request: web.Request) -> RequestRecord:
    record = RequestRecord(request.method, request.path, user=emulator.user_of(request))
    if not any(part in request.path for part in _UNRECORDED):
        record.query = dict(request.query)
        if not request.content_type.startswith("multipart/"):
            record.body = _json(await request.read())
        if isinstance(record.body, dict) and isinstance(record.body.get("operationId"), str):
            record.operation_id = record.body["operationId"]
    emulator.requests.append(record)
    return record


async def _handle(emulator: Emulator, request: web.Request, handler: Handler) -> web.StreamResponse:
    key = emulator.switches.require_api_key
    if key is not None and request.headers.get("x-api-key") != key:
        return web.json_response({"message": "Forbidden"}, status=403)
    if request.match_info.http_exception is not None:
        return _unmodelled(request)
    if request.path.endswith("/notifications") or "/notifications/" in request.path:
        return await handler(request)
    service = emulator.service_at(request.path)
    if service is None:
        return await handler(request)
    outbox = service.delivery.begin()
    try:
        response = await handler(request)
        if outbox.published:
            await _in_order(emulator, request, response, held=outbox.holds)
    finally:
        if outbox.holds and outbox.held and emulator.switches.reply_gap > 0:
            service.delivery.later(emulator.switches.reply_gap, outbox)
        else:
            service.delivery.finish(outbox)
    return response


async def _in_order(emulator: Emulator, request: web.Request, response: web.StreamResponse, *, held: bool) -> None:
    """Let the reply leave now, before the events; or let the events leave first."""
    if held:
        fault_waits = any(
            fault.carried_out and fault.applies(request.method, request.path) for fault in emulator.switches.faults
        )
        if not fault_waits:
            with contextlib.suppress(ConnectionError):  # the client has gone: its events go their way all the same
                await response.prepare(request)
                await response.write_eof()
    else:
        await asyncio.sleep(emulator.switches.reply_gap)
        await asyncio.sleep(0)


def _unmodelled(request: web.Request) -> web.Response:
    if is_documented(request.method, request.rel_url.raw_path):
        return web.Response(status=501, text=f"{request.method} {request.path} is not modelled by this emulator")
    status = 405 if isinstance(request.match_info.http_exception, web.HTTPMethodNotAllowed) else 404
    title = f"{status} Not Found" if status == 404 else f"{status} Method Not Allowed"
    return web.Response(status=status, text=_PAGE.format(title), content_type="text/html")


async def _strike(request: web.Request, fault: Fault, true_answer: web.StreamResponse | None) -> web.StreamResponse:
    match fault.kind:
        case "delay":
            await asyncio.sleep(fault.delay)
        case "cut" if true_answer is not None:
            return await _cut(request, true_answer)
        case "close":
            if request.transport is not None:
                request.transport.abort()
        case "silent":
            await asyncio.Event().wait()  # until the client goes away or the connection is cut
        case _:
            return _false_answer(fault)
    return true_answer or web.Response(status=500)


async def _cut(request: web.Request, answer: web.StreamResponse) -> web.StreamResponse:
    """Announce the whole body, send its first half, and hang up."""
    size, first_half = _first_half(answer)
    response = web.StreamResponse(status=answer.status, headers=answer.headers)
    response.content_length = max(size, 1)
    with contextlib.suppress(ConnectionError):  # the client has gone already
        await response.prepare(request)
        for piece in first_half:
            await response.write(piece)
    if request.transport is not None:
        request.transport.close()
    return response


def _first_half(answer: web.StreamResponse) -> tuple[int, Iterator[bytes]]:
    """The size of the body, and its first half in pieces."""
    if isinstance(answer, Download):
        return answer.document.size, answer.document.pieces(answer.document.size // 2)
    body = answer.body if isinstance(answer, web.Response) and isinstance(answer.body, bytes) else b""
    return len(body), iter((body[: len(body) // 2],))


def _false_answer(fault: Fault) -> web.Response:
    status = fault.status or (503 if fault.kind == "status" else 200)
    headers = {} if fault.retry_after is None else {"Retry-After": f"{fault.retry_after:g}"}
    texts: dict[str, str] = {
        "status": json.dumps({"message": fault.message}),
        "code": json.dumps({"status": {"code": fault.code, "message": fault.message}}),
        "no-code": json.dumps({"status": {"message": fault.message}}),
        "malformed-json": '{"status": {"code": 0, "mess',
        "html": _PAGE.format(fault.message),
        "json-array": json.dumps([fault.message]),
        "empty": "",
    }
    return web.Response(status=status, text=texts[fault.kind], content_type="application/json", headers=headers)


def _json(body: bytes) -> Any:
    try:
        return json.loads(body) if body else None
    except (ValueError, RecursionError):
        return None
