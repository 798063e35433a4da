"""HTTP: one engine for each environment, one session (with its own cookies) for each service session.

Must live here: every use of httpx; how a request is sent, repeated, and its answer read. Must not: what answers mean.

    send ─► token? ─► attempt ─► answered ───────────────────────────────► Answer
               ▲         ▲          │ 401, the first time: renew the token ─┐
               │         │          │ 429, 502, 503, 504, or no answer: may it be repeated (class, attempts, deadline)?
               └─────────┴──────────┴─ yes: wait                           no: the last outcome stands
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
import urllib.request
from collections.abc import Callable, Mapping
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any, Protocol
from urllib.parse import urlsplit

import aiohttp
import httpx
from httpx_aiohttp import AiohttpTransport

from engage_async.config import Settings
from engage_async.config_checks import ENVIRONMENT
from engage_async.errors import (
    ConfigurationError,
    EngageError,
    MalformedResponse,
    NotSent,
    OutcomeUnknown,
    SessionClosed,
    WrongEventLoop,
)
from engage_async.io.failures import failure_of
from engage_async.io.observation import Observer, RequestHook, ResponseHook
from engage_async.protocol.backoff import Backoff, Dice, retry_after
from engage_async.protocol.redaction import RequestRecord, ResponseRecord, shown
from engage_async.protocol.repeat import Repeat
from engage_async.protocol.requests import Answer, Request
from engage_async.secret import Secret

__all__ = ["HttpEngine", "HttpSession", "RequestHook", "ResponseHook", "TokenSource"]

_BUSY = frozenset({429, 502, 503, 504})
_CODINGS = frozenset({"", "identity", "gzip", "x-gzip", "deflate"})


class TokenSource(Protocol):
    """Where bearer tokens come from. Both methods raise `AuthenticationError` when there is none to be had."""

    async def bearer(self) -> Secret:
        """A token that is good for now."""
        ...

    async def renew(self, stale: Secret) -> Secret:
        """Another token than `stale`, which was refused."""
        ...


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
        self.observer = Observer(on_request, on_response)
        self._transport = transport
        self._given = transport is not None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._closed = False
        self._proxy = _proxy_of(settings)
        self.peer = _peer_of(self._proxy or settings.base_url)

    def session(self, *, tokens: TokenSource | None, name: str, bearer_on_notifications: bool = True) -> HttpSession:
        """A session on these connections, with cookies of its own. `name` appears in records and logs.

        Without `tokens` no request carries a token. `bearer_on_notifications` says whether `post_messages` sends it.
        """
        return HttpSession(self, tokens=tokens, name=name, bearer_on_notifications=bearer_on_notifications)

    @property
    def through_proxy(self) -> bool:
        """Whether there is a proxy between."""
        return self._proxy is not None

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
        context = _ssl_context(self.settings, self._proxy)
        connector = aiohttp.TCPConnector(limit=self.settings.max_connections or 0, ssl=context)
        client = aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar())
        # aiohttp would repeat PUT and DELETE by itself when a connection breaks: whether that is right is ours to say.
        client._retry_connection = False  # noqa: SLF001
        proxy = _httpx_proxy(self._proxy) if self._proxy is not None else None
        return AiohttpTransport(client=client, verify=context, trust_env=False, proxy=proxy)


class _Outgoing:
    """One attempt, ready to be sent. It shows nothing of itself: URL, headers and body may hold secrets."""

    __slots__ = ("record", "request")

    def __init__(self, request: httpx.Request, record: RequestRecord | None) -> None:
        self.request = request
        self.record = record


class HttpSession:
    """Sends requests with one set of cookies. Every cookie is kept, whatever its name. Made by `HttpEngine.session`."""

    def __init__(
        self, engine: HttpEngine, *, tokens: TokenSource | None, name: str, bearer_on_notifications: bool
    ) -> None:
        settings = engine.settings
        self.name = name
        self._engine = engine
        self._settings = settings
        self._tokens = tokens
        self._notification_tokens = tokens if bearer_on_notifications else None
        self._backoff = Backoff(settings.retry_first_delay, settings.retry_longest_delay)
        insecure = ("http",) if settings.allow_insecure_cookies else ()
        self._cookies = httpx.Cookies(CookieJar(DefaultCookiePolicy(secure_protocols=("https", "wss", *insecure))))
        self._urls: dict[str, httpx.URL] = {}
        self._headers = httpx.Headers(
            {
                "accept": "application/json, */*;q=0.5",
                "accept-encoding": "gzip, deflate",
                "user-agent": "engage-async",
                **{name.lower(): value for name, value in settings.extra_headers.items()},
            }
        )
        if settings.api_key is not None:
            self._headers["x-api-key"] = settings.api_key.reveal()
        self._closed = False

    def __repr__(self) -> str:
        return f"<HttpSession {self.name}>"

    async def send(self, request: Request) -> Answer:
        """Send and give the answer, whatever its status.

        Repeats as the request's class allows; a 401 renews the token and repeats once. Raises `InvalidArgument`,
        `AuthenticationError`, `NotSent`, `OutcomeUnknown`, `MalformedResponse` (too large, or badly compressed),
        `SessionClosed` and `WrongEventLoop`.
        """
        self._must_be_open()
        loop = asyncio.get_running_loop()
        total = request.timeout if request.timeout is not None else self._settings.request_timeout
        deadline = loop.time() + total
        tokens = self._tokens if request.authenticate else None
        bearer = await self._bearer(tokens, None, deadline) if tokens is not None else None
        attempt, renewed = 0, False
        while True:
            attempt += 1
            outgoing = self._prepare(request, bearer, attempt)
            outcome = await self._attempt(outgoing, deadline)
            unauthorized = isinstance(outcome, Answer) and outcome.http_status == 401
            if unauthorized and tokens is not None and bearer is not None and not renewed:
                renewed = True
                bearer = await self._bearer(tokens, bearer, deadline)
                continue
            pause = self._pause(request, outcome, attempt - renewed)
            if pause is None or loop.time() + pause >= deadline:
                return _settle(outcome)
            await asyncio.sleep(pause)
            if request.wanted is not None and not request.wanted():
                return _settle(outcome)

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
            payload = json.dumps(payload, ensure_ascii=False, separators=(",", ":"))
        content = payload.encode() if isinstance(payload, str) else payload
        deadline = asyncio.get_running_loop().time() + self._settings.connect_timeout + read_timeout
        tokens = self._notification_tokens
        bearer = await self._bearer(tokens, None, deadline) if tokens is not None else None
        attempt = 1
        while True:
            outgoing = self._build("POST", path, headers, bearer, content, "application/json", read_timeout, attempt)
            outcome = await self._attempt(outgoing, deadline)
            if isinstance(outcome, Answer) and outcome.http_status == 401 and tokens is not None and attempt == 1:
                attempt = 2
                bearer = await self._bearer(tokens, bearer, deadline)
                continue
            return _settle(outcome)

    async def aclose(self) -> None:
        """Forget the cookies and refuse further requests. The connections are the engine's. Safe to call again."""
        self._closed = True
        self._cookies.clear()

    def _must_be_open(self) -> None:
        if self._closed:
            raise SessionClosed(f"the HTTP session {self.name} is closed")
        self._engine.transport()

    async def _bearer(self, tokens: TokenSource, stale: Secret | None, deadline: float) -> Secret:
        try:
            async with asyncio.timeout_at(deadline):
                return await (tokens.bearer() if stale is None else tokens.renew(stale))
        except TimeoutError:
            raise NotSent("no access token in time") from None

    def _pause(self, request: Request, outcome: Answer | EngageError, attempts: int) -> float | None:
        """Seconds to wait before the next attempt; None when there shall be none."""
        if attempts >= self._settings.retry_attempts:
            return None
        asked = None
        if isinstance(outcome, Answer):
            if outcome.http_status not in _BUSY or request.repeat is Repeat.ONCE:
                return None
            asked = retry_after(outcome.headers.get("retry-after"), self._engine.clock())
        elif not isinstance(outcome, NotSent) and (
            request.repeat is Repeat.ONCE or not isinstance(outcome, OutcomeUnknown)
        ):
            return None
        if request.wanted is not None and not request.wanted():
            return None
        return max(asked or 0.0, self._backoff.delay(attempts, self._engine.dice))

    def _prepare(self, request: Request, bearer: Secret | None, attempt: int) -> _Outgoing:
        content, content_type = request.body()
        return self._build(
            request.method,
            request.target(),
            request.headers,
            bearer,
            content,
            content_type,
            self._settings.read_timeout,
            attempt,
            request.operation,
        )

    def _build(
        self,
        method: str,
        target: str,
        extra: Mapping[str, str] | None,
        bearer: Secret | None,
        content: bytes | None,
        content_type: str,
        read_timeout: float,
        attempt: int,
        operation: str = "",
    ) -> _Outgoing:
        headers = self._headers.copy()
        if content is not None:
            headers["content-type"] = content_type
        if extra:
            headers.update(extra)
        if bearer is not None:
            headers["authorization"] = f"Bearer {bearer.reveal()}"
        if self._settings.trace_headers:
            headers["x-b3-traceid"] = secrets.token_hex(16)
            headers["x-b3-spanid"] = secrets.token_hex(8)
        connect = self._settings.connect_timeout
        timeouts = {"connect": connect, "pool": connect, "read": read_timeout}
        request = httpx.Request(
            method, self._url(target), headers=headers, content=content, extensions={"timeout": timeouts}
        )
        self._cookies.set_cookie_header(request)
        record = None
        if self._engine.observer.watching:
            path, _, query = target.partition("?")
            record = RequestRecord(
                method=method,
                path=path,
                query=tuple(part.partition("=")[0] for part in query.split("&") if part),
                operation=operation,
                session=self.name,
                attempt=attempt,
                headers=shown(request.headers.items()),
            )
        return _Outgoing(request, record)

    def _url(self, target: str) -> httpx.URL:
        """The URL of `target`. Those without variable parts come again and again, so they are parsed once."""
        url = self._urls.get(target)
        if url is None:
            url = httpx.URL(self._settings.base_url + target)
            if len(self._urls) < 16 and "?" not in target:
                self._urls[target] = url
        return url

    async def _attempt(self, outgoing: _Outgoing, deadline: float) -> Answer | EngageError:
        """One exchange; a failure is given back, not raised. Hooks and the log are told of both."""
        record = outgoing.record
        if record is None:
            return await self._exchange(outgoing, deadline)
        observer = self._engine.observer
        await observer.sending(record)
        started = time.perf_counter()
        outcome = await self._exchange(outgoing, deadline)
        elapsed = time.perf_counter() - started
        if isinstance(outcome, Answer):
            headers = shown(outcome.headers.items())
            ended = ResponseRecord(request=record, http_status=outcome.http_status, headers=headers, elapsed=elapsed)
        else:
            ended = ResponseRecord(request=record, error=str(outcome), elapsed=elapsed)
        await observer.ended(ended)
        return outcome

    async def _exchange(self, outgoing: _Outgoing, deadline: float) -> Answer | EngageError:
        engine = self._engine
        transport = engine.transport()
        if self._closed:
            raise SessionClosed(f"the HTTP session {self.name} is closed")
        failure: EngageError | None
        try:
            async with asyncio.timeout_at(deadline):
                response = await transport.handle_async_request(outgoing.request)
                try:
                    return await self._read(response, outgoing)
                finally:
                    await response.aclose()
        except TimeoutError:
            failure = OutcomeUnknown(f"no complete answer from {engine.peer} in time")
        except EngageError as error:
            failure = error
        except Exception as error:
            failure = failure_of(error, engine.peer, through_proxy=engine.through_proxy)
            if failure is None:
                raise
        return failure

    async def _read(self, response: httpx.Response, outgoing: _Outgoing) -> Answer:
        headers = response.headers
        if "set-cookie" in headers and not self._closed:
            response.request = outgoing.request
            self._cookies.extract_cookies(response)
        if headers.get("content-encoding", "").strip().lower() not in _CODINGS:
            # Codings within codings multiply: a few kilobytes could become gigabytes in one step.
            raise MalformedResponse(
                "the answer has a content coding that was not asked for", http_status=response.status_code
            )
        limit = self._settings.max_response_bytes
        body = io.BytesIO()  # and no name for a chunk: what came must not show in a traceback's variables
        chunks = response.aiter_bytes()
        while body.write(await anext(chunks, b"")):
            if body.tell() > limit:
                raise MalformedResponse(f"the answer is larger than {limit} bytes", http_status=response.status_code)
        shown_headers = {name: value for name, value in headers.items() if name != "set-cookie"}
        return Answer(response.status_code, shown_headers, body.getvalue().decode("utf-8-sig", "replace"))


def _settle(outcome: Answer | EngageError) -> Answer:
    if isinstance(outcome, Answer):
        return outcome
    raise outcome


def _proxy_of(settings: Settings) -> str | None:
    if settings.proxy is None or settings.proxy.reveal() != ENVIRONMENT:
        return settings.proxy.reveal() if settings.proxy is not None else None
    base = urlsplit(settings.base_url)
    if urllib.request.proxy_bypass(base.hostname or ""):
        return None
    return urllib.request.getproxies().get(base.scheme)


def _httpx_proxy(url: str) -> httpx.Proxy:
    """The proxy with its credentials as a header: aiohttp, which makes it Proxy-Authorization, deprecates others."""
    proxy = httpx.Proxy(url)
    if proxy.auth is None:
        return proxy
    credentials = base64.b64encode(":".join(proxy.auth).encode()).decode()
    return httpx.Proxy(proxy.url, headers={"Authorization": f"Basic {credentials}"})


def _peer_of(url: str) -> str:
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    host = parts.hostname or ""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _ssl_context(settings: Settings, proxy: str | None) -> ssl.SSLContext:
    if settings.base_url.startswith("http:") and (proxy is None or proxy.startswith("http:")):
        return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # never used: it trusts nobody, and costs nothing to make
    try:
        context = ssl.create_default_context(cafile=settings.ca_file)
    except (ssl.SSLError, ValueError) as error:
        raise ConfigurationError("ca_file", "is not a PEM file of certificates") from error
    if settings.client_cert is not None:
        try:
            # The password is given so that an encrypted key fails and never asks at the terminal.
            context.load_cert_chain(settings.client_cert, settings.client_key, password="")
        except (ssl.SSLError, ValueError) as error:
            raise ConfigurationError("client_cert", "certificate and key cannot be used together") from error
    return context
