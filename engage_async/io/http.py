"""HTTP: one engine for each environment, one session (with its own cookies) for each service session.

Must live here: every use of httpx; how one attempt of a request is sent, and its answer read. Must not: repetition (see
`io.delivery`), what answers mean, what files hold.

    request ─► attempt ─► 2xx, opened: Download          otherwise: Answer, or the error that there is instead of one
"""

from __future__ import annotations

import asyncio
import base64
import io
import json
import random
import secrets
import ssl
import time
import weakref
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any, TypeVar

import aiohttp
import httpx

from engage_async.config import Settings
from engage_async.errors import (
    ConfigurationError,
    EngageError,
    MalformedResponse,
    OutcomeUnknown,
    SessionClosed,
    WrongEventLoop,
)
from engage_async.io.bodies import ACCEPTED_CODINGS, BodyReader
from engage_async.io.connections import peer_of, proxy_of, tls_context
from engage_async.io.cookies import SessionCookies
from engage_async.io.deadlines import Deadline
from engage_async.io.delivery import Delivery, TokenSource, bearer_of, settle
from engage_async.io.downloads import Download
from engage_async.io.failures import failure_of
from engage_async.io.observation import Observer, RequestHook, ResponseHook
from engage_async.io.uploads import Body, Upload
from engage_async.protocol.backoff import Dice
from engage_async.protocol.redaction import RequestRecord, ResponseRecord, shown
from engage_async.protocol.requests import Answer, Request
from engage_async.secret import Secret

__all__ = ["HttpEngine", "HttpSession", "RequestHook", "ResponseHook"]

R = TypeVar("R", bound="Answer | Download")

_WITHOUT_BODY = frozenset({"GET", "HEAD", "DELETE", "OPTIONS"})
_CHUNK = 256 * 1024
_to_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class HttpEngine:
    """The connections of one environment. Made anywhere; belongs to the event loop that first uses it.

    `transport` (an ``httpx.AsyncBaseTransport``) replaces real connections. `dice` and `clock` (Unix time) are for
    tests. Raises `ConfigurationError` for a certificate or key that cannot be used.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        transport: object | None = None,
        on_request: RequestHook | None = None,
        on_response: ResponseHook | None = None,
        dice: Dice = random.random,
        clock: Callable[[], float] = time.time,
    ) -> None:
        if transport is not None and not isinstance(transport, httpx.AsyncBaseTransport):
            raise ConfigurationError("transport", "must be an httpx.AsyncBaseTransport")
        self.settings = settings
        self.dice = dice
        self.clock = clock
        self.observer: Observer = Observer(on_request, on_response)
        self._transport = transport
        self._given = transport is not None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._closed = False
        self._proxy = proxy_of(settings)
        self.peer: str = peer_of(self._proxy or settings.base_url)
        self._headers = httpx.Headers(_common_headers(settings), encoding="ascii")

    def session(self, *, tokens: TokenSource | None, name: str, bearer_on_notifications: bool = True) -> HttpSession:
        """A session on these connections, with cookies of its own. `name` appears in records and logs.

        Without `tokens` no request carries a token. `bearer_on_notifications` says whether `post_messages` sends it.
        """
        return HttpSession(self, tokens=tokens, name=name, bearer_on_notifications=bearer_on_notifications)

    def common_headers(self) -> httpx.Headers:
        """The headers of every request; the caller may add to them."""
        return self._headers.copy()

    @property
    def through_proxy(self) -> bool:
        """Whether there is a proxy between."""
        return self._proxy is not None

    def explain(self, error: Exception) -> EngageError | None:
        """What an exception of a connection means; None for one that nobody knows."""
        return failure_of(error, self.peer, through_proxy=self.through_proxy)

    def transport(self) -> httpx.AsyncBaseTransport:
        """What sends, made on first use. Raises `SessionClosed` and `WrongEventLoop`."""
        loop = asyncio.get_running_loop()
        if self._loop is None:
            self._loop = loop
        elif self._loop is not loop:
            raise WrongEventLoop("these connections belong to another event loop than the running one")
        if self._closed:
            raise SessionClosed("the connections are closed")
        if self._transport is None:
            self._transport = self._connect()
        return self._transport

    async def aclose(self) -> None:
        """Close every connection, in at most `close_timeout` seconds. Safe to call again."""
        if self._loop is not None and self._loop is not asyncio.get_running_loop():
            raise WrongEventLoop("these connections belong to another event loop than the running one")
        if self._closed:
            return
        self._closed = True
        if self._transport is not None:
            try:
                async with asyncio.timeout(self.settings.close_timeout):
                    await self._transport.aclose()
            except TimeoutError:
                pass  # the sockets are closed; only the farewells of TLS were not waited for

    def _connect(self) -> httpx.AsyncBaseTransport:
        context = tls_context(self.settings, self._proxy)
        connector = aiohttp.TCPConnector(limit=self.settings.max_connections or 0, ssl=context)
        jar = aiohttp.DummyCookieJar()
        client = aiohttp.ClientSession(connector=connector, cookie_jar=jar, request_class=_AiohttpRequest)
        # aiohttp would repeat PUT and DELETE by itself when a connection breaks: whether that is right is ours to say.
        client._retry_connection = False  # noqa: SLF001 - it has no public switch
        proxy = _httpx_proxy(self._proxy) if self._proxy is not None else None
        return _Transport(client, context, proxy)


class _Transport(httpx.AsyncBaseTransport):
    """httpx's requests on an aiohttp session, whose exceptions come through as they are: `io.failures` knows them.

    `httpx_aiohttp` makes a connect time-out of a connection that was lost, reads 16 KB at a time, and does anew for
    each request what is the same for all.
    """

    def __init__(self, client: aiohttp.ClientSession, context: ssl.SSLContext, proxy: httpx.Proxy | None) -> None:
        self.ssl_context = context
        self._client = client
        self._fixed: dict[str, Any] = {"allow_redirects": False, "auto_decompress": False, "compress": False}
        if proxy is not None:
            self._fixed |= {"proxy": str(proxy.url), "proxy_headers": proxy.headers}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        timeout = request.extensions["timeout"]
        streamed = isinstance(request.stream, _Sending)
        if streamed:
            request.headers.pop("transfer-encoding", None)  # aiohttp's business
        answer = await self._client.request(
            request.method,
            str(request.url),
            headers=[(name.decode(), value.decode()) for name, value in request.headers.raw],
            data=request.stream if streamed else request.content or None,  # without a name, so in no traceback
            timeout=aiohttp.ClientTimeout(
                sock_connect=timeout["connect"], connect=timeout["pool"], sock_read=timeout["read"]
            ),
            **self._fixed,
        )
        return httpx.Response(answer.status, headers=answer.raw_headers, stream=_Arriving(answer), request=request)

    async def aclose(self) -> None:
        await self._client.close()


class _Arriving(httpx.AsyncByteStream):
    """A body as it comes: in pieces of 16 KB, one of megabytes takes half as long again."""

    def __init__(self, answer: aiohttp.ClientResponse) -> None:
        self._answer = answer

    def __aiter__(self) -> AsyncIterator[bytes]:
        return aiter(self._answer.content.iter_chunked(_CHUNK))

    async def aclose(self) -> None:
        await self._answer.__aexit__(None, None, None)


class _AiohttpRequest(aiohttp.ClientRequest):
    """Takes its connection with it when its body is broken off: closing would first wait for a far end that stalls."""

    async def write_bytes(self, writer: Any, conn: Any, *more: Any, **named: Any) -> None:
        transport, protocol = conn.transport, conn.protocol
        whole = False
        try:
            await super().write_bytes(writer, conn, *more, **named)
            whole = protocol.exception() is None
        finally:
            if not whole and transport is not None:
                transport.abort()


class _Sending(httpx.AsyncByteStream):
    """A body as httpx takes it."""

    def __init__(self, body: Body) -> None:
        self._body = body

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self._body


class _Outgoing:
    """One attempt, ready to be sent. It shows nothing of itself: URL, headers and body may hold secrets."""

    __slots__ = ("body", "path", "record", "request")

    def __init__(self, path: str, request: httpx.Request, record: RequestRecord | None, body: Body | None) -> None:
        self.path = path
        self.request = request
        self.record = record
        self.body = body


class HttpSession:
    """Sends requests with one set of cookies. Every cookie is kept, whatever its name. Made by `HttpEngine.session`."""

    def __init__(
        self, engine: HttpEngine, *, tokens: TokenSource | None, name: str, bearer_on_notifications: bool
    ) -> None:
        settings = engine.settings
        self.name = name
        self._engine = engine
        self._settings = settings
        self._delivery = Delivery(settings, tokens, dice=engine.dice, clock=engine.clock)
        self._notification_tokens = tokens if bearer_on_notifications else None
        self._cookies = SessionCookies(settings.base_url, over_http=settings.allow_insecure_cookies)
        self._urls: dict[str, httpx.URL] = {}
        self._downloads: weakref.WeakSet[Download] | None = None
        self._under_way: set[asyncio.Timeout] = set()
        self._closed = False

    def __repr__(self) -> str:
        return f"<HttpSession {self.name}>"

    async def send(self, request: Request) -> Answer:
        """Send and give the answer, whatever its status.

        Repeats as the request's class allows, a form only when all its files can be read again from their start; a 401
        renews the token and repeats once. Raises `InvalidArgument`, `AuthenticationError`, `NotSent`, `OutcomeUnknown`,
        `UploadFailed`, `MalformedResponse` (too large, or badly compressed), `SessionClosed` and `WrongEventLoop`.
        """
        return await self._deliver(request, self._read)

    async def open(self, request: Request) -> Answer | Download:
        """Send, and give the body of a 2xx answer as a `Download` once its head is there; any other answer as `send`.

        The request's time ends with the head. Repeats and raises as `send`. The download ends with this session.
        """
        return await self._deliver(request, self._receive)

    async def post_messages(
        self,
        path: str,
        payload: list[dict[str, Any]] | str | bytes,
        *,
        read_timeout: float,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Post Bayeux messages (JSON text, or a list) and give the answer. Never repeated, but once after a 401.

        `read_timeout` seconds are for the whole answer, after `connect_timeout` for the connection. Raises as `send`.
        """
        self._must_be_open()
        if isinstance(payload, list):
            payload = _to_json(payload)
        content = payload.encode() if isinstance(payload, str) else payload
        deadline = Deadline(self._settings.connect_timeout + read_timeout, silence=read_timeout)
        tokens = self._notification_tokens
        bearer = await bearer_of(tokens, None, deadline) if tokens is not None else None
        attempt = 1
        while True:
            outgoing = self._build("POST", path, headers, bearer, content, "application/json", read_timeout, attempt)
            outcome = await self._attempt(outgoing, deadline, self._read)
            if isinstance(outcome, Answer) and outcome.http_status == 401 and tokens is not None and attempt == 1:
                attempt = 2
                bearer = await bearer_of(tokens, bearer, deadline)
                continue
            return settle(outcome)

    async def aclose(self) -> None:
        """Forget the cookies, close the downloads, end every request with `SessionClosed`, and refuse further ones.

        The connections are the engine's. Safe to call again.
        """
        self._closed = True
        self._cookies.clear()
        for request in self._under_way:
            request.reschedule(0.0)
        for download in list(self._downloads or ()):
            await download.aclose()

    def _must_be_open(self) -> None:
        if self._closed:
            raise SessionClosed(f"the HTTP session {self.name} is closed")
        self._engine.transport()

    async def _deliver(self, request: Request, receive: Callable[[httpx.Response], Awaitable[R]]) -> R:
        self._must_be_open()

        async def attempt(
            upload: Upload | None, bearer: Secret | None, number: int, deadline: Deadline
        ) -> R | EngageError:
            content: bytes | Body | None
            content, content_type = request.body()
            if upload is not None:
                content, content_type = upload.body(deadline), upload.content_type
            outgoing = self._build(
                request.method,
                request.target(),
                request.own_headers(),
                bearer,
                content,
                content_type,
                self._settings.read_timeout,
                number,
                request.operation,
            )
            return await self._attempt(outgoing, deadline, receive)

        under_way = asyncio.timeout(None)
        self._under_way.add(under_way)
        try:
            async with under_way:
                return await self._delivery.deliver(request, attempt)
        except TimeoutError:
            if not under_way.expired():
                raise
            told = f"the HTTP session {self.name} was closed before an answer came; the request may have taken effect"
            raise SessionClosed(told) from None
        finally:
            self._under_way.discard(under_way)

    def _build(
        self,
        method: str,
        target: str,
        extra: Mapping[str, str] | None,
        bearer: Secret | None,
        content: bytes | Body | None,
        content_type: str,
        read_timeout: float,
        attempt: int,
        operation: str = "",
    ) -> _Outgoing:
        headers = self._engine.common_headers()
        if content is not None:
            headers["content-type"] = content_type
        for name, value in (extra or {}).items():
            headers[name] = value
        if bearer is not None:
            headers["authorization"] = f"Bearer {bearer.reveal()}"
        if self._settings.trace_headers:
            headers["x-b3-traceid"] = secrets.token_hex(16)
            headers["x-b3-spanid"] = secrets.token_hex(8)
        connect = self._settings.connect_timeout
        extensions = {"timeout": {"connect": connect, "pool": connect, "read": read_timeout}}
        path = target.partition("?")[0]
        if cookies := self._cookies.header(path):
            headers["cookie"] = cookies
        url = self._url(target)
        # With the content as a stream httpx takes the headers as they are, which saves reading them once more.
        if isinstance(content, Body):
            body = content
            headers.update(
                {"transfer-encoding": "chunked"} if body.size is None else {"content-length": f"{body.size}"}
            )
            request = httpx.Request(method, url, headers=headers, stream=_Sending(body), extensions=extensions)
        else:
            body = None
            if content is not None or method not in _WITHOUT_BODY:
                headers["content-length"] = str(len(content or b""))
            stream = httpx.ByteStream(content or b"")
            request = httpx.Request(method, url, headers=headers, stream=stream, extensions=extensions)
            request.read()
        record = None
        if self._engine.observer.watching:
            query = target.partition("?")[2]
            record = RequestRecord(
                method=method,
                path=path,
                query=tuple(part.partition("=")[0] for part in query.split("&") if part),
                operation=operation,
                session=self.name,
                attempt=attempt,
                headers=shown(request.headers.items()),
            )
        return _Outgoing(path, request, record, body)

    def _url(self, target: str) -> httpx.URL:
        """The URL of `target`. Those without variable parts come again and again, so they are parsed once."""
        url = self._urls.get(target)
        if url is None:
            url = httpx.URL(self._settings.base_url + target)
            if len(self._urls) < 16 and "?" not in target:
                self._urls[target] = url
        return url

    async def _attempt(
        self, outgoing: _Outgoing, deadline: Deadline, receive: Callable[[httpx.Response], Awaitable[R]]
    ) -> R | EngageError:
        """One exchange; a failure is given back, not raised. Hooks and the log are told of both."""
        record = outgoing.record
        if record is None:
            return await self._exchange(outgoing, deadline, receive)
        observer = self._engine.observer
        await observer.sending(record)
        started = time.perf_counter()
        outcome = await self._exchange(outgoing, deadline, receive)
        elapsed = time.perf_counter() - started
        if isinstance(outcome, EngageError):
            ended = ResponseRecord(request=record, error=str(outcome), elapsed=elapsed)
        else:
            headers = shown(outcome.headers.items())
            ended = ResponseRecord(request=record, http_status=outcome.http_status, headers=headers, elapsed=elapsed)
        await observer.ended(ended)
        return outcome

    async def _exchange(
        self, outgoing: _Outgoing, deadline: Deadline, receive: Callable[[httpx.Response], Awaitable[R]]
    ) -> R | EngageError:
        engine, body = self._engine, outgoing.body
        transport = engine.transport()
        if self._closed:
            raise SessionClosed(f"the HTTP session {self.name} is closed")
        failure: EngageError | None
        try:
            async with deadline:
                response = await transport.handle_async_request(outgoing.request)
                answer = None
                try:
                    self._keep_cookies(response, outgoing)
                    answer = await receive(response)
                    return answer
                finally:
                    if not isinstance(answer, Download):
                        await response.aclose()
        except EngageError as error:
            failure = error
        except Exception as error:
            if isinstance(error.__context__, GeneratorExit):
                raise error.__context__ from None  # thrown away unfinished; aiohttp stumbled over the closed loop
            if type(error) is TimeoutError:  # the deadline's; aiohttp has classes of its own
                lacking = "no complete answer from" if body is None or body.complete else "no end of the request to"
                failure = OutcomeUnknown(f"{lacking} {engine.peer} in time")
            else:
                failure = engine.explain(error)
            if failure is None:
                raise
        finally:
            if body is not None:
                await body.aclose()
        return body.failure if body is not None and body.failure is not None else failure

    def _keep_cookies(self, response: httpx.Response, outgoing: _Outgoing) -> None:
        if "set-cookie" in response.headers and not self._closed:
            self._cookies.keep(outgoing.path, response.headers.get_list("set-cookie"))

    async def _receive(self, response: httpx.Response) -> Answer | Download:
        if not response.is_success:
            return await self._read(response)
        headers = _without_cookies(response.headers)
        body = self._body(response, headers)
        download = Download(body, http_status=response.status_code, headers=headers, release=response.aclose)
        if self._downloads is None:
            self._downloads = weakref.WeakSet()
        self._downloads.add(download)
        return download

    async def _read(self, response: httpx.Response) -> Answer:
        limit = self._settings.max_response_bytes
        content = io.BytesIO()  # and no name for a piece: what came must not show in a traceback's variables
        headers = _without_cookies(response.headers)
        body = self._body(response, headers)
        try:
            while content.write(await body.piece()):
                if content.tell() > limit:
                    told = f"the answer is larger than {limit} bytes"
                    raise MalformedResponse(told, http_status=response.status_code)
        finally:
            await body.aclose()
        return Answer(response.status_code, headers, content.getvalue())

    def _body(self, response: httpx.Response, headers: Mapping[str, str]) -> BodyReader:
        if not isinstance(response.stream, httpx.AsyncByteStream):
            raise TypeError("the transport gave a response without an asynchronous body")
        return BodyReader(
            aiter(response.stream),
            http_status=response.status_code,
            headers=headers,
            peer=self._engine.peer,
            explain=self._engine.explain,
        )


def _common_headers(settings: Settings) -> dict[str, str]:
    headers = {
        "host": httpx.URL(settings.base_url).netloc.decode(),
        "accept": "application/json, */*;q=0.5",
        "accept-encoding": ACCEPTED_CODINGS,
        "user-agent": "engage-async",
    }
    headers |= {name.lower(): value for name, value in settings.extra_headers.items()}
    return headers if settings.api_key is None else {**headers, "x-api-key": settings.api_key.reveal()}


def _without_cookies(headers: httpx.Headers) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name != "set-cookie"}


def _httpx_proxy(url: str) -> httpx.Proxy:
    """The proxy with its credentials as a header: aiohttp, which makes it Proxy-Authorization, deprecates others."""
    proxy = httpx.Proxy(url)
    if proxy.auth is None:
        return proxy
    credentials = base64.b64encode(":".join(proxy.auth).encode()).decode()
    return httpx.Proxy(proxy.url, headers={"Authorization": f"Basic {credentials}"})
