"""Routes sent and their replies judged, for every service.

Must live here: how a route becomes a request, and a reply a result or an error. Must not: operations that are completed
by an event, sessions.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from typing import Any

from attrs import evolve

from engage_async.api.module import Known, NothingKnown
from engage_async.errors import EngageError, MalformedResponse, PartialSuccess, RateLimited
from engage_async.io.delivery import may_be_done
from engage_async.io.downloads import Download
from engage_async.io.http import HttpSession
from engage_async.outcomes import SENT_TWICE
from engage_async.protocol.backoff import retry_after
from engage_async.protocol.envelope import DONE, PARTIAL, PartialResult, Reply, read_reply
from engage_async.protocol.multipart import FilePart, UploadForm
from engage_async.protocol.repeat import Repeat
from engage_async.protocol.requests import Answer, Request
from engage_async.protocol.route import Call, Route
from engage_async.secret import Secret

__all__ = ["Requests"]

_POLL_TIMEOUT = 60.0  # seconds for the answer to a poll, above any time that a server advises


class Requests:
    """Sends routes over one HTTP session. `known` is what results may look up."""

    def __init__(self, http: HttpSession, *, authenticate: bool = True, known: Known | None = None) -> None:
        self._http = http
        self._authenticate = authenticate
        self._known = known or NothingKnown()

    async def request(self, route: Route, arguments: Mapping[str, Any], timeout: float | None) -> Any:
        """Send a synchronous operation and give its result."""
        doubts: list[object] = []

        def again(outcome: object) -> bool:
            if may_be_done(outcome):
                doubts.append(outcome)
            return True

        answer = await self.send(route, route.call(arguments), timeout, again=again)
        if route.redirects and 300 <= answer.http_status < 400:
            return answer.headers.get("location", "")
        try:
            reply = self.judge(route, answer)
        except EngageError as error:
            if doubts and route.repeat is not Repeat.SAFE:
                error.add_note(SENT_TWICE)
            raise
        if route.redirects:
            raise MalformedResponse(f"{route.name}: expected a redirect, got HTTP {answer.http_status}")
        return self.conclude(route, reply, arguments)

    async def open(self, route: Route, arguments: Mapping[str, Any], timeout: float | None) -> Download:
        """Send an operation whose answer is a file, and give the file, which is still to come."""
        found = await self._http.open(self._made(route, route.call(arguments), timeout))
        if isinstance(found, Download):
            return found
        self.judge(route, found)
        raise MalformedResponse(f"{route.name}: expected a file, got HTTP {found.http_status}")

    async def send(
        self, route: Route, call: Call, timeout: float | None, *, again: Callable[[object], bool] | None = None
    ) -> Answer:
        """Send a call of a route and give the answer, whatever it is."""
        if route.polls:
            messages = list(call.json) if isinstance(call.json, list) else []
            return await self._http.post_messages(call.path, messages, read_timeout=timeout or _POLL_TIMEOUT)
        return await self._http.send(self._made(route, call, timeout, again))

    def _made(
        self, route: Route, call: Call, timeout: float | None, again: Callable[[object], bool] | None = None
    ) -> Request:
        return Request(
            method=route.method,
            path=call.path,
            query=call.query,
            json=call.json,
            form=call.form,
            upload=_form(call.parts) if call.parts is not None else None,
            headers={name: Secret.revealed(value) for name, value in call.headers.items()},
            operation=route.name,
            repeat=route.repeat,
            timeout=timeout,
            authenticate=self._authenticate,
            again=again,
        )

    def judge(self, route: Route, answer: Answer) -> Reply:
        """Read an answer as a reply with code 0, 1 or (for a bulk operation) 2; raise what else it says."""
        reply = read_reply(answer.http_status, answer.text, operation=route.name, enveloped=route.enveloped)
        if reply.status.code in route.done and reply.http_status < 400:
            reply = evolve(reply, status=evolve(reply.status, code=DONE))
        if route.refusal is not None and not reply.ok and (error := route.refusal(reply, route.name)) is not None:
            raise error
        try:
            reply.raise_for_status(route.name)
        except RateLimited as error:
            error.retry_after = retry_after(answer.headers.get("retry-after"), time.time(), longest=math.inf)
            raise
        if reply.status.code == PARTIAL and not route.bulk:
            raise PartialSuccess(reply.partial(reply.data, route.name), operation=route.name)
        return reply

    def conclude(self, route: Route, reply: Reply, arguments: Mapping[str, Any]) -> Any:
        """What the operation gives when its reply is its outcome: of a bulk operation, with what the reply refuses."""
        result = self.result(route, data_of(reply, route), arguments)
        if not route.bulk:
            return result
        return reply.partial(result.data if isinstance(result, PartialResult) else result, route.name)

    def result(self, route: Route, payload: Mapping[str, Any], arguments: Mapping[str, Any]) -> Any:
        """What the operation gives, made from its completing payload or the reply's data."""
        return route.gives(payload, arguments, self._known) if route.gives is not None else None


def _form(parts: Mapping[str, str | FilePart]) -> UploadForm:
    """A multipart form of the arguments that are files, and the others, which are text, as plain fields."""
    files = [part for part in parts.values() if isinstance(part, FilePart)]
    return UploadForm(files, {name: value for name, value in parts.items() if isinstance(value, str)})


def data_of(reply: Reply, route: Route) -> Mapping[str, Any]:
    """The data of a reply as an object. Raises `MalformedResponse` for other data."""
    if route.whole and isinstance(reply.raw, dict):
        return reply.raw
    if route.items and (isinstance(reply.data, list) or not (route.enveloped or isinstance(reply.data, dict | None))):
        return {route.items: reply.data}
    if reply.data is None or (not route.enveloped and not isinstance(reply.data, dict)):
        return {}
    if not isinstance(reply.data, dict):
        raise MalformedResponse(f"{route.name}: expected an object as data, got {type(reply.data).__name__}")
    return reply.data
