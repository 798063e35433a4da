"""The life of a provisioning session: log in, initialize, log out.

Must live here: the routes of the group and one method for each, in the same order. Must not: anything that branches;
the order in which a session uses them (`sessions.provisioning`).

There are two forms of logging in, and a session knows one of them: `initialize_provisioning` with a bearer token or an
authorization code; or `login` with a name and a password (or `get_login` with a browser), and then `init_provisioning`.
Methods raise what those of `UsersApi` do: `Unauthorized` for a token, code, redirect URI, name or password that is
wrong, and for a session that was opened in the other form.
"""

from __future__ import annotations

from engage_async.api.module import SynchronousModule
from engage_async.api.provisioning.results import a_session_id, login_refused
from engage_async.protocol.repeat import Repeat
from engage_async.protocol.route import Family
from engage_async.secret import Secret

_WIRE = {"redirect_uri": "redirect_uri", "include_state": "include_state"}

_session = Family("/provisioning/v3", "session", wire=_WIRE)

_INITIALIZE_PROVISIONING = _session.request(
    "POST", "initialize_provisioning", body="plain", bodiless=True, refusal=login_refused, gives=a_session_id
)
_GET_LOGIN = _session.get(
    "get_login", path="/login", query=("redirect_uri", "include_state"), needs=("redirect_uri",), redirects=True
)
_LOGIN = _session.request("POST", "login", body="data")
_INIT_PROVISIONING = _session.get("init_provisioning", path="/initialize-provisioning")
_LOGOUT = _session.request("POST", "logout", repeat=Repeat.REPEATABLE)
_GET_LOGOUT = _session.get("get_logout", path="/logout", repeat=Repeat.REPEATABLE)


class ProvisioningSessionApi(SynchronousModule):
    """Session operations of one administrator. `ProvisioningSession` calls the ones that open and close it."""

    async def initialize_provisioning(
        self, *, code: str | Secret | None = None, redirect_uri: str | None = None, timeout: float | None = None
    ) -> Secret | None:
        """Open the session on the server, by bearer token or by authorization code and redirect URI.

        Gives the id of the session, which is also the cookie's value and as secret.
        """
        code = None if code is None else Secret.of(code)  # no traceback shows the text
        session_id: Secret | None = await self._request(
            _INITIALIZE_PROVISIONING, code=code, redirect_uri=redirect_uri, timeout=timeout
        )
        return session_id

    async def get_login(
        self, redirect_uri: str, *, include_state: bool | None = None, timeout: float | None = None
    ) -> str:
        """Give the address of the login page to send a browser to; it comes back to `redirect_uri` with a code."""
        address: str = await self._request(
            _GET_LOGIN, redirect_uri=redirect_uri, include_state=include_state, timeout=timeout
        )
        return address

    async def login(self, name: str, password: str | Secret, *, timeout: float | None = None) -> None:
        """Log in to an HTTP session with a name and a password; `init_provisioning` comes next."""
        password = Secret.of(password)  # no traceback shows the text
        await self._request(_LOGIN, name=name, password=password, timeout=timeout)

    async def init_provisioning(self, *, timeout: float | None = None) -> None:
        """Initialize the session of a user who is logged in to an HTTP session."""
        await self._request(_INIT_PROVISIONING, timeout=timeout)

    async def logout(self, *, timeout: float | None = None) -> None:
        """Log out: the session and its cookie are void."""
        await self._request(_LOGOUT, timeout=timeout)

    async def get_logout(self, *, timeout: float | None = None) -> None:
        """Log out, as a browser does that follows a link."""
        await self._request(_GET_LOGOUT, timeout=timeout)
