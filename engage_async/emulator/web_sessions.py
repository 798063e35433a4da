"""Cookie sessions, as the gateway of a REST service keeps them.

Must live here: which cookies name a session, and whose it is. Must not: what a user does with it, Bayeux sessions.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator

from aiohttp import web
from attrs import define, field

__all__ = ["WebSession", "WebSessions"]

STICKINESS = "AWSALB"
"""The load balancer's cookie: names the node that holds the session."""


@define(eq=False)
class WebSession:
    """One user's session. `alive` until it is ended.

    `by_login` tells the form: with a name and a password, which is not `initialized` until it is asked for, or else
    with a token or code.
    """

    user: str
    cookie: str
    path: str
    id: str = field(factory=lambda: secrets.token_hex(16), repr=False)
    node: str = field(factory=lambda: secrets.token_urlsafe(24), repr=False)
    secure: bool = True
    alive: bool = True
    by_login: bool = False
    initialized: bool = True

    def attach(self, response: web.StreamResponse) -> None:
        """Set the session's cookies on a response: the session itself, and the node that holds it."""
        response.set_cookie(self.cookie, self.id, path=self.path, secure=self.secure, httponly=True)
        response.set_cookie(STICKINESS, self.node, path="/")

    def detach(self, response: web.StreamResponse) -> None:
        """Take the session's cookie back."""
        response.del_cookie(self.cookie, path=self.path, secure=self.secure, httponly=True)


class WebSessions:
    """The sessions of one service, by the value of its cookie.

    The functions in `on_open` and `on_end` hear of each session that begins or ends. `secure` is asked whether a new
    session's cookie is marked Secure; without `sticky` a request may do without the stickiness cookie.
    """

    def __init__(
        self, cookie: str, path: str, *, secure: Callable[[], bool] = lambda: True, sticky: bool = True
    ) -> None:
        self.on_open: list[Callable[[WebSession], None]] = []
        self.on_end: list[Callable[[WebSession], None]] = []
        self._cookie, self._path, self._secure, self._sticky = cookie, path, secure, sticky
        self._sessions: dict[str, WebSession] = {}
        self._of_user: dict[str, set[WebSession]] = {}

    def open(self, user: str, *, node: str | None = None) -> WebSession:
        """Begin a session. Others of the same user go on.

        `node` is the value of the stickiness cookie that the browser has already, from a session of another service.
        """
        session = WebSession(user, self._cookie, self._path, secure=self._secure())
        if node:
            session.node = node
        self._sessions[session.id] = session
        self._of_user.setdefault(user, set()).add(session)
        for told in self.on_open:
            told(session)
        return session

    def end(self, session: WebSession) -> None:
        """End a session; one that has ended already stays ended."""
        if self._sessions.pop(session.id, None) is None:
            return
        session.alive = False
        mine = self._of_user[session.user]
        mine.discard(session)
        if not mine:
            del self._of_user[session.user]
        for told in self.on_end:
            told(session)

    def end_all(self, user: str | None = None) -> None:
        """End every session (of one user)."""
        for session in list(self._sessions.values() if user is None else self.of(user)):
            self.end(session)

    def of(self, user: str) -> Iterator[WebSession]:
        """The living sessions of a user."""
        return iter(self._of_user.get(user, ()))

    def find(self, request: web.BaseRequest) -> WebSession | None:
        """The session that the request's cookies name.

        None also when the stickiness cookie is another, or is missing where it is needed: that request reached a node
        without the session.
        """
        session = self._sessions.get(request.cookies.get(self._cookie, ""))
        node = request.cookies.get(STICKINESS)
        if session is None or (node != session.node and (self._sticky or node is not None)):
            return None
        return session
