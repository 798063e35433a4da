"""`Engage`: one customer environment, and the door to its services.

Must live here: what the services share (the HTTP engine, the tokens) and who closes it. Must not: any one service.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
import warnings
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, Self

from engage_async.api.authentication import AuthenticationApi
from engage_async.api.engagement.engagement import EngagementApi
from engage_async.config import Settings
from engage_async.errors import ConfigurationError, SessionClosed, WrongEventLoop
from engage_async.io.http import HttpEngine, RequestHook, ResponseHook
from engage_async.io.tokens import TokenManager, TokenStore
from engage_async.operation import Operation
from engage_async.secret import Secret
from engage_async.sessions.provisioning import ProvisioningSession
from engage_async.sessions.requests import Requests
from engage_async.sessions.service import ServiceSession
from engage_async.sessions.statistics import StatisticsSession
from engage_async.sessions.workspace import WorkspaceSession

log: logging.Logger = logging.getLogger("engage_async")


class Engage:
    """One Engage Cloud environment: settings, one pool of connections, one token manager, any number of sessions.

    ``Engage(base_url=…, api_key=…, username=…, …)`` or ``Engage(Settings(…))`` or ``Engage.from_env()``; use it with
    ``async with``. It belongs to the event loop in which it is entered. Nothing is sent before a session or an
    operation needs it.

    `transport` is an httpx transport to use instead of real connections (for tests of single replies). `token_store`
    keeps tokens across processes. `on_request` and `on_response` are told of every request, redacted.
    """

    def __init__(
        self,
        settings: Settings | None = None,
        *,
        transport: object | None = None,
        token_store: TokenStore | None = None,
        on_request: RequestHook | None = None,
        on_response: ResponseHook | None = None,
        **options: Any,
    ) -> None:
        if settings is not None and options:
            raise TypeError(f"give a Settings object or single settings ({', '.join(options)}), not both")
        self.settings: Settings = settings if settings is not None else Settings(**options)
        self._engine = HttpEngine(self.settings, transport=transport, on_request=on_request, on_response=on_response)
        self._store = token_store
        self._tokens: TokenManager | None = None
        self._authentication: AuthenticationApi | None = None
        self._engagement: EngagementApi | None = None
        self._sessions: dict[ServiceSession, None] = {}
        self._on_close: Callable[[], object] | None = None
        self._others: dict[Engage, None] = {}
        self._numbers = itertools.count(1)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._closed = False
        self._closing: asyncio.Task[None] | None = None

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None, **options: Any) -> Self:
        """Settings from ``ENGAGE_BASE_URL``, ``ENGAGE_API_KEY``, ``ENGAGE_USERNAME`` … (see `Settings.from_env`)."""
        return cls(Settings.from_env(environ, **options))

    def with_credentials(self, *, token_store: TokenStore | None = None, **credentials: Any) -> Engage:
        """The same environment for another user, on the same connections: for many agents in one process.

        `credentials` are the settings of a grant (``username=…, password=…``, ``token_provider=…`` …) and take the
        place of this environment's; `client_id` and `client_secret` stay unless they are given. Use it with
        ``async with``; closing it leaves the connections open, closing this one closes it too. Raises
        `ConfigurationError` for what is no credential.
        """
        self._must_be_open()
        other = Engage(self.settings.with_credentials(**credentials), token_store=token_store)
        other._engine, other._on_close = self._engine, lambda: self._others.pop(other, None)
        self._others[other] = None
        return other

    def __repr__(self) -> str:
        return f"<Engage {self.settings.base_url}, {len(self._sessions)} session(s)>"

    def __del__(self) -> None:
        if getattr(self, "_loop", None) is not None and not self._closed:
            warnings.warn(f"unclosed {self!r}", ResourceWarning, stacklevel=2, source=self)

    @property
    def is_open(self) -> bool:
        """Whether it was entered, and not closed since."""
        return self._loop is not None and not self._closed

    @property
    def tokens(self) -> TokenManager:
        """The tokens that all sessions of this environment share."""
        self._must_be_open()
        if self._tokens is None:
            self._tokens = TokenManager(
                self.settings, self._engine.session(tokens=None, name="tokens"), store=self._store
            )
        return self._tokens

    @property
    def authentication(self) -> AuthenticationApi:
        """Tokens by every grant, users, passwords, signing out. See `AuthenticationApi`."""
        self._must_be_open()
        if self._authentication is None:
            self._authentication = AuthenticationApi(
                Requests(self._engine.session(tokens=self.tokens, name="authentication")),
                anonymous=Requests(self._engine.session(tokens=None, name="authentication")),
                settings=self.settings,
                tokens=lambda: self.tokens,
            )
        return self._authentication

    @property
    def engagement(self) -> EngagementApi:
        """Callbacks and waiting times. It needs only the API key; raises `ConfigurationError` without one."""
        self._must_be_open()
        if self._engagement is None:
            if self.settings.api_key is None:
                raise ConfigurationError("api_key", "is missing: the Engagement API asks for it, and for no token")
            http = self._engine.session(tokens=None, name="engagement")
            self._engagement = EngagementApi(Requests(http, authenticate=False))
        return self._engagement

    def statistics(self, *, name: str | None = None) -> StatisticsSession:
        """A session with the statistics service, to be opened with ``async with``. `name` appears in logs."""
        self._must_be_open()
        name = name or f"statistics-{next(self._numbers)}"
        session = StatisticsSession(self._engine.session(tokens=self.tokens, name=name), self.settings, name=name)
        self._sessions[session] = None
        session.on_close(self._forget)
        return session

    def provisioning(
        self,
        *,
        code: str | Secret | None = None,
        redirect_uri: str | None = None,
        name: str | None = None,
        log_out: bool = True,
    ) -> ProvisioningSession:
        """An administrator's session with the provisioning service, to be opened with ``async with``.

        By default it is opened with the shared token. With `code` and `redirect_uri` it is opened by authorization code
        instead and needs no token. `name` appears in logs and task names. ``log_out=False`` leaves the session on the
        server when this one closes.
        """
        self._must_be_open()
        name = name or f"provisioning-{next(self._numbers)}"
        http = self._engine.session(tokens=None if code is not None else self.tokens, name=name)
        session = ProvisioningSession(
            http, self.settings, name=name, code=code, redirect_uri=redirect_uri, log_out=log_out
        )
        self._sessions[session] = None
        session.on_close(self._forget)
        return session

    def workspace(
        self,
        *,
        code: str | None = None,
        redirect_uri: str | None = None,
        state: str | None = None,
        name: str | None = None,
        on_progress: Callable[[int], object] | None = None,
        log_out: bool = True,
    ) -> WorkspaceSession:
        """An agent's session, to be opened with ``async with``.

        By default it is opened with the shared token. With `code` and `redirect_uri` (and `state`, when the login used
        one) it is opened by authorization code instead and needs no token. `name` appears in logs and task names.
        `on_progress` is called with the percentage while the server initializes the session. ``log_out=False`` leaves
        the agent logged in when the session closes.
        """
        self._must_be_open()
        name = name or f"workspace-{next(self._numbers)}"
        http = self._engine.session(tokens=None if code is not None else self.tokens, name=name)
        session = WorkspaceSession(
            http,
            self.settings,
            name=name,
            code=code,
            redirect_uri=redirect_uri,
            state=state,
            on_progress=on_progress,
            log_out=log_out,
        )
        self._sessions[session] = None
        session.on_close(self._forget)
        return session

    async def drain(self, timeout: float | None = None) -> tuple[Operation[Any], ...]:
        """Take no more operations, in any session, and wait until those that are pending are settled.

        Gives the operations that were not settled after `timeout` seconds (None: no limit but their own deadlines);
        they stay pending until everything is closed. See `WorkspaceSession.drain`.
        """
        self._must_be_open()
        open_ones: list[ServiceSession | Engage] = [session for session in self._sessions if session.is_open]
        open_ones += [other for other in self._others if other.is_open]
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(each.drain(timeout)) for each in open_ones]
        return tuple(operation for task in tasks for operation in task.result())

    async def aclose(self) -> None:
        """Close every session that is still open, newest first, then the connections.

        Safe to call again, and from several tasks. To cancel it ends the waiting: the closing goes on.
        """
        loop = asyncio.get_running_loop()
        if self._loop is not None and self._loop is not loop:
            raise WrongEventLoop("this Engage object belongs to another event loop than the running one")
        for session in self._sessions:
            session.closes_in(asyncio.current_task())
        if self._closing is None:
            self._closed = True
            self._closing = loop.create_task(self._close(), name="engage-close")
        await asyncio.shield(self._closing)

    async def _close(self) -> None:
        for session in reversed(list(self._sessions)):
            await session.aclose()
        for other in reversed(list(self._others)):
            await other.aclose()
        if self._tokens is not None:
            await self._tokens.aclose()
        if self._on_close is None:
            await self._engine.aclose()
        else:
            self._on_close()

    async def __aenter__(self) -> Self:
        if self._loop is not None:
            raise SessionClosed("an Engage object can be entered once")
        self._loop = asyncio.get_running_loop()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    def _forget(self, session: ServiceSession) -> None:
        self._sessions.pop(session, None)

    def _must_be_open(self) -> None:
        if self._loop is None or self._closed:
            raise SessionClosed("this Engage object is not open: use it with 'async with'")
        if asyncio.get_running_loop() is not self._loop:
            raise WrongEventLoop("this Engage object belongs to another event loop than the running one")
