"""``engage-async login``: the browser part of the authorization-code grant, with PKCE.

Must live here: the loopback listener, and what it tells the browser. Must not: OAuth 2 (`io.oauth`), where tokens stay.

    browser ──► login page ──► redirect to http://127.0.0.1:PORT/callback ──► code ──► token ──► token store
"""

from __future__ import annotations

import asyncio
import contextlib
import webbrowser
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click
from aiohttp import web
from rich.console import Console

import engage_async as ea
from engage_async.secret import Secret

__all__ = ["Listener", "log_in", "log_out", "store_path"]

_PATH = "/callback"
_HEADERS = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "Connection": "close"}


def store_path(base_url: str) -> Path:
    """Where the token of an environment is kept when nothing else is said."""
    host = (urlsplit(base_url).netloc or "default").replace(":", "_")
    return Path(click.get_app_dir("engage-async")) / f"token-{host}.json"


class Listener:
    """Waits on the loopback interface for the one redirect that ends a login.

    A request for another path or host, and a redirect with another `state`, is refused and changes nothing.
    """

    def __init__(self) -> None:
        self.redirect_uri: str = ""
        self.state: str = ""
        self._came: asyncio.Future[Secret] = asyncio.get_running_loop().create_future()

    async def redirected(self) -> Secret:
        """The address that the browser came back to; it holds the code."""
        return await self._came

    async def _callback(self, request: web.Request) -> web.Response:
        if request.host != urlsplit(self.redirect_uri).netloc:
            return web.Response(status=421, text="Not for this host.", headers=_HEADERS)
        if not self.state or request.query.getall("state", []) != [self.state]:
            return web.Response(status=400, text="This is not the login that was begun.", headers=_HEADERS)
        if not self._came.done():
            self._came.set_result(Secret(str(request.url)))
        told = "The login was refused." if "error" in request.query else "You are logged in."
        return web.Response(text=f"{told} You can close this page.", headers=_HEADERS)

    @classmethod
    @contextlib.asynccontextmanager
    async def listening(cls, port: int = 0) -> AsyncIterator[Listener]:
        """A listener on 127.0.0.1, closed when the block ends. Raises `OSError` when the port is taken."""
        listener = cls()
        app = web.Application()
        app.router.add_get(_PATH, listener._callback)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", port).start()
            host, bound = runner.addresses[0][:2]
            listener.redirect_uri = f"http://{host}:{bound}{_PATH}"
            yield listener
        finally:
            await runner.cleanup()
            listener._came.cancel()


async def log_out(settings: dict[str, Any], store: Path, console: Console, *, everywhere: bool) -> None:
    """Sign the user of the kept token out, here and on the server. Raises `AuthenticationError` when there is none."""
    environment = {**settings, "grant": "authorization_code", "redirect_uri": f"http://127.0.0.1{_PATH}"}
    async with ea.Engage(token_store=ea.FileTokenStore(store), **environment) as engage:
        await engage.authentication.sign_out(everywhere=everywhere or None)
    console.print("Signed out, and the token is forgotten.")


async def log_in(
    settings: dict[str, Any], store: Path, console: Console, *, port: int, browser: bool, timeout: float
) -> None:
    """Log a user in, and keep the token in `store`, which only its owner can read.

    Raises `AuthenticationError` when it is refused, and `WaitTimeout` when nobody came back within `timeout` seconds.
    """
    store.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    async with Listener.listening(port) as listener:
        environment = {**settings, "grant": "authorization_code", "redirect_uri": listener.redirect_uri}
        async with ea.Engage(token_store=ea.FileTokenStore(store), **environment) as engage:
            request = engage.authentication.authorization_url()
            listener.state = request.state
            if not (browser and await asyncio.to_thread(webbrowser.open, request.url)):
                console.print(f"Open this address in a browser:\n\n{request.url}\n", soft_wrap=True)
            console.print("Waiting for the login …")
            try:
                async with asyncio.timeout(timeout):
                    redirected_to = await listener.redirected()
            except TimeoutError as error:
                raise ea.WaitTimeout(f"nobody logged in within {timeout:g} s") from error
            await engage.authentication.log_in(redirected_to, request)
    console.print(f"Logged in. The token is kept in {store}, which only you can read.", soft_wrap=True)
