"""The cookies of one session: every one is kept, whatever its name.

Must live here: what is kept, and the ``Cookie`` header made of it. Must not: sending. The rules (domain, path, expiry,
Secure) are the standard library's; its answer is remembered until a cookie changes, because asking is slow.
"""

from __future__ import annotations

import time
import urllib.request
from collections.abc import Sequence
from email.message import Message
from functools import cache
from http.client import HTTPResponse
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import cast
from urllib.parse import urlsplit

__all__ = ["SessionCookies"]

_PATHS_REMEMBERED = 64


class SessionCookies:
    """Cookies for requests to one base URL. `over_http`: those marked Secure are sent over plain http, too."""

    def __init__(self, base_url: str, *, over_http: bool) -> None:
        base = urlsplit(base_url)
        self._host, self._prefix = base.netloc, base.path
        self._secure = over_http or base.scheme == "https"
        self._jar = CookieJar(_policy())
        self._paths: tuple[str, ...] = ()
        self._headers: dict[tuple[bool, ...], str | None] = {}
        self._good_until = float("inf")

    def __len__(self) -> int:
        return len(self._jar)

    def header(self, path: str) -> str | None:
        """The ``Cookie`` header of a request for this path of the base URL; None when no cookie goes there."""
        if time.time() >= self._good_until:
            self._changed()
        full = self._prefix + path
        under = tuple([full == p or full.startswith(p if p.endswith("/") else p + "/") for p in self._paths])
        if under not in self._headers:
            request = self._asked_for(path)
            self._jar.add_cookie_header(request)
            self._headers[under] = request.get_header("Cookie")
        return self._headers[under]

    def keep(self, path: str, set_cookie: Sequence[str]) -> None:
        """Keep what an answer to a request for this path set."""
        message = Message()
        for value in set_cookie:
            message["Set-Cookie"] = value
        self._jar.extract_cookies(cast("HTTPResponse", _Headers(message)), self._asked_for(path))
        self._changed()

    def clear(self) -> None:
        """Forget them all."""
        self._jar.clear()
        self._changed()

    def _asked_for(self, path: str) -> urllib.request.Request:
        """A request as a cookie jar knows it; nobody opens it. To the jar it is https where Secure cookies may go."""
        where = self._host + self._prefix + path
        if self._secure:
            return urllib.request.Request(f"https://{where}")
        return urllib.request.Request(f"http://{where}")

    def _changed(self) -> None:
        self._jar.clear_expired_cookies()
        cookies = list(self._jar)
        self._headers.clear()
        self._paths = tuple(dict.fromkeys(cookie.path for cookie in cookies))[:_PATHS_REMEMBERED]
        self._good_until = min(
            (cookie.expires for cookie in cookies if cookie.expires is not None), default=float("inf")
        )


@cache
def _policy() -> DefaultCookiePolicy:
    return DefaultCookiePolicy()


class _Headers:
    """As much of a response as a cookie jar reads."""

    def __init__(self, message: Message) -> None:
        self._message = message

    def info(self) -> Message:
        """The headers."""
        return self._message
