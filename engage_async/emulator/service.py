"""A service that sends notifications: its cookie sessions, its Bayeux endpoint, and the way of events between them.

Must live here: what belongs together for one service, and how its Bayeux sessions are found. Must not: what any service
does.

    /workspace/v3/…      cookie sessions opened by a request           WORKSPACE_SESSIONID
    /statistics/v3/…     cookie sessions opened by a handshake         STATISTICS_SESSIONID
         └── /notifications ── Bayeux sessions, each bound to the cookie session that its handshake named (or opened)
"""

from __future__ import annotations

from collections.abc import Iterator

from aiohttp import web

from engage_async.emulator.bayeux import Session
from engage_async.emulator.bayeux_http import BayeuxEndpoint, Gate
from engage_async.emulator.delivery import Delivery
from engage_async.emulator.switches import Switches
from engage_async.emulator.web_sessions import WebSession, WebSessions

__all__ = ["Service"]


class Service:
    """One service under `path`, whose sessions the cookie of this name stands for.

    Without a `gate` its notifications are for those who have a cookie session. With one, a handshake that the gate lets
    in opens the cookie session, which ends with the last of its Bayeux sessions. `sticky`: see `WebSessions`.
    """

    def __init__(
        self, switches: Switches, path: str, cookie: str, *, gate: Gate | None = None, sticky: bool = True
    ) -> None:
        self.path = path
        self.web_sessions: WebSessions = WebSessions(
            cookie, path, secure=lambda: switches.secure_cookies, sticky=sticky
        )
        self.delivery: Delivery = Delivery(switches, self.web_sessions, until_unbound=gate is not None)
        self._gate = gate

    def add_routes(self, app: web.Application) -> None:
        """Mount the notifications."""
        endpoint = BayeuxEndpoint(self.delivery.bayeux, self.web_sessions, gate=self._gate)
        endpoint.add_routes(app, f"{self.path}/notifications")

    def has(self, path: str) -> bool:
        """Whether a request path is one of this service."""
        return path.startswith(f"{self.path}/")

    def drop(self, user: str | None = None) -> None:
        """Forget the Bayeux sessions (of one user): the next request of each is answered with 402."""
        for session in self._bayeux_sessions(user):
            self.delivery.bayeux.drop(session)

    def dismiss(self, user: str | None = None) -> None:
        """Send the Bayeux sessions (of one user) a ``/meta/disconnect``."""
        for session in self._bayeux_sessions(user):
            self.delivery.bayeux.dismiss(session)

    def forget_all(self) -> None:
        """End every session of either kind without a word."""
        self.drop()
        self.web_sessions.end_all()

    def _bayeux_sessions(self, user: str | None) -> Iterator[Session]:
        for session in self.delivery.bayeux.sessions():
            if user is None or (isinstance(session.binding, WebSession) and session.binding.user == user):
                yield session
