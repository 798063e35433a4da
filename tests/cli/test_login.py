"""``engage-async login``, with aiohttp in the place of a browser."""

from __future__ import annotations

import asyncio
import io
import re
import stat
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest
from rich.console import Console

import engage_async as ea
from engage_async.cli.login import Listener, log_in, log_out, store_path
from engage_async.emulator import Emulator

WAIT = 5.0


@pytest.fixture
async def emulator() -> AsyncIterator[Emulator]:
    async with Emulator() as running:
        yield running


def settings(emulator: Emulator) -> dict[str, Any]:
    return {"base_url": emulator.base_url, "client_id": "engage-client", "client_secret": "engage-secret"}


class Terminal:
    """What the command prints, and the login it runs."""

    def __init__(self, emulator: Emulator, store: Path) -> None:
        self.output = io.StringIO()
        console = Console(file=self.output, width=200)
        self.command = asyncio.ensure_future(
            log_in(settings(emulator), store, console, port=0, browser=False, timeout=WAIT)
        )

    async def address(self) -> str:
        async with asyncio.timeout(WAIT):
            while not (found := re.search(r"^(http\S+)$", self.output.getvalue(), re.MULTILINE)):
                await asyncio.sleep(0.005)
        return found[1]


async def test_a_login_keeps_a_token_that_only_its_owner_can_read(emulator: Emulator, tmp_path: Path) -> None:
    store = tmp_path / "sub" / "token.json"
    terminal = Terminal(emulator, store)
    url = await terminal.address()
    assert "code_challenge_method=S256" in url
    async with aiohttp.ClientSession() as browser, browser.get(f"{url}&username=JohnSmith") as page:
        assert page.status == 200
        assert "You are logged in" in await page.text()
        assert page.headers["Cache-Control"] == "no-store"
        redirected_to = str(page.url)
    await terminal.command
    assert stat.S_IMODE(store.stat().st_mode) == 0o600
    shown = terminal.output.getvalue()
    assert str(store) in shown
    token = emulator.oauth.tokens()[0]
    code = parse_qs(urlsplit(redirected_to).query)["code"][0]
    assert not {secret for secret in (token.access, token.refresh or "-", code, "engage-secret") if secret in shown}

    async with (
        ea.Engage(
            **settings(emulator),
            grant="authorization_code",
            token_store=ea.FileTokenStore(store),
        ) as engage,
        engage.workspace() as agent,
    ):
        assert agent.user is not None
        assert agent.user.user_name == "JohnSmith"


async def test_a_refused_consent_is_an_authentication_error(emulator: Emulator, tmp_path: Path) -> None:
    terminal = Terminal(emulator, tmp_path / "token.json")
    url = await terminal.address()
    async with aiohttp.ClientSession() as browser, browser.get(f"{url}&username=Nobody") as page:
        assert "The login was refused" in await page.text()
    with pytest.raises(ea.AuthenticationError, match="access_denied"):
        await terminal.command
    assert not (tmp_path / "token.json").exists()


async def test_a_redirect_of_another_login_changes_nothing() -> None:
    async with Listener.listening() as listener, aiohttp.ClientSession() as browser:
        listener.state = "the-state"
        for query in ("code=c", "code=c&state=another", "code=c&state=the-state&state=another"):
            async with browser.get(f"{listener.redirect_uri}?{query}") as page:
                assert page.status == 400
        async with browser.get(listener.redirect_uri.replace("/callback", "/other")) as page:
            assert page.status == 404
        async with browser.get(
            f"{listener.redirect_uri}?code=c&state=the-state", headers={"Host": "evil.example"}
        ) as page:
            assert page.status == 421
        waiting = asyncio.ensure_future(listener.redirected())
        await asyncio.sleep(0)
        assert not waiting.done()
        async with browser.get(f"{listener.redirect_uri}?code=c&state=the-state") as page:
            assert page.status == 200
        assert "code=c" in (await waiting).reveal()
        uri = listener.redirect_uri
    async with aiohttp.ClientSession() as browser:
        with pytest.raises(aiohttp.ClientConnectionError):
            await browser.get(uri)


async def test_nobody_who_comes_back_is_a_time_out(emulator: Emulator, tmp_path: Path) -> None:
    console = Console(file=io.StringIO())
    with pytest.raises(ea.WaitTimeout, match=r"nobody logged in within 0\.05 s"):
        await log_in(settings(emulator), tmp_path / "t.json", console, port=0, browser=False, timeout=0.05)


async def test_logging_out_voids_the_token_and_forgets_it(emulator: Emulator, tmp_path: Path) -> None:
    store = tmp_path / "token.json"
    terminal = Terminal(emulator, store)
    url = await terminal.address()
    async with aiohttp.ClientSession() as browser, browser.get(f"{url}&username=JohnSmith"):
        pass
    await terminal.command
    token = emulator.oauth.tokens()[0].access
    output = io.StringIO()
    await log_out(settings(emulator), store, Console(file=output), everywhere=False)
    assert "Signed out" in output.getvalue()
    assert not store.exists()
    assert emulator.oauth.owner(token) is None
    with pytest.raises(ea.AuthenticationError, match="log in again"):
        await log_out(settings(emulator), store, Console(file=output), everywhere=False)


def test_the_store_is_named_after_the_environment() -> None:
    assert store_path("https://host.example:8443/x").name == "token-host.example_8443.json"
