"""Requests of one agent: GET current-session, so many at once. Parameters: contender, base URL, at once, how many."""

from __future__ import annotations

import asyncio
import importlib.util
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from benchmarks.contenders.reporting import cpu, run, say, say_nothing
from benchmarks.contenders.wire import FORM, login_form

PATH = "/workspace/v3/current-session"
Ask = Callable[[], Awaitable[object]]


@asynccontextmanager
async def ours(url: str) -> AsyncIterator[Ask]:
    import engage_async as ea

    async with (
        ea.Engage(
            base_url=url,
            client_id="engage-client",
            client_secret="engage-secret",
            username="JohnSmith",
            password="password",
        ) as engage,
        engage.workspace() as agent,
    ):
        yield agent.session.get_current_session


def like_httpx(name: str) -> Callable[[str], Any]:
    @asynccontextmanager
    async def contender(url: str) -> AsyncIterator[Ask]:
        library: Any = importlib.import_module(name)
        limits = library.Limits(max_connections=None, max_keepalive_connections=None)
        async with library.AsyncClient(base_url=url, limits=limits, timeout=60) as client:
            token = (await client.post("/auth/v3/oauth/token", content=login_form("JohnSmith"), headers=FORM)).json()
            bearer = {"Authorization": f"Bearer {token['access_token']}"}
            opened = await client.post("/workspace/v3/initialize-workspace", headers=bearer)
            cookies = "; ".join(line.split(";")[0] for line in opened.headers.get_list("set-cookie"))
            client.cookies.clear()
            headers = {**bearer, "Cookie": cookies}

            async def ask() -> object:
                answer = await client.get(PATH, headers=headers)
                assert answer.status_code == 200
                return answer.json()

            yield ask

    return contender


@asynccontextmanager
async def on_aiohttp(url: str) -> AsyncIterator[Ask]:
    import aiohttp

    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar()) as client:
        async with client.post(f"{url}/auth/v3/oauth/token", data=login_form("JohnSmith"), headers=FORM) as answer:
            bearer = {"Authorization": f"Bearer {(await answer.json())['access_token']}"}
        async with client.post(f"{url}/workspace/v3/initialize-workspace", headers=bearer) as opened:
            cookies = "; ".join(line.split(";")[0] for line in opened.headers.getall("Set-Cookie"))
        headers = {**bearer, "Cookie": cookies}

        async def ask() -> object:
            async with client.get(url + PATH, headers=headers) as answer:
                assert answer.status == 200
                return json.loads(await answer.read())

        yield ask


async def main(contender: str, url: str, at_once: int, count: int) -> None:
    if contender == "httpx2" and importlib.util.find_spec("httpx2") is None:
        say_nothing()
        return
    contenders = {
        "engage_async": ours,
        "httpx": like_httpx("httpx"),
        "httpx2": like_httpx("httpx2"),
        "aiohttp": on_aiohttp,
    }
    async with contenders[contender](url) as ask:
        await asyncio.gather(*(ask() for _ in range(min(at_once, 50))))
        left = count

        async def worker() -> None:
            nonlocal left
            while left > 0:
                left -= 1
                await ask()

        used, began = cpu(), time.perf_counter()
        await asyncio.gather(*(worker() for _ in range(at_once)))
        say(took=time.perf_counter() - began, cpu=cpu() - used)


if __name__ == "__main__":
    run(main)
