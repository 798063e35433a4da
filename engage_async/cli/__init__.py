"""The command line: ``engage-async`` with ``demo``, ``emulator``, ``operations``, ``login``, ``logout``.

Must live here: commands and their options. Must not: anything a program could not do without them.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import click
from rich.console import Console
from rich.logging import RichHandler

import engage_async
from engage_async.api.operations import APIS
from engage_async.cli.demo import ON_A_REAL_SERVICE, PARTS, Stage, run_demo
from engage_async.cli.operations import print_operations

console: Console = Console(highlight=False)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(engage_async.__version__, prog_name="engage-async")
@click.option("-v", "--verbose", count=True, help="Log what goes on; twice for every request and event.")
def cli(verbose: int) -> None:
    """The asyncio-native client for Genesys Multicloud CX."""
    if verbose:
        level = logging.DEBUG if verbose > 1 else logging.INFO
        handler = RichHandler(console=Console(stderr=True), show_path=False)
        logging.basicConfig(level=level, format="%(name)s %(message)s", handlers=[handler])


@cli.command()
@click.option("--base-url", help="A real service; without it the embedded emulator is started.")
@click.option("--api-key", envvar="ENGAGE_API_KEY", help="The service's API key.")
@click.option("--client-id", envvar="ENGAGE_CLIENT_ID", help="OAuth 2 client id.")
@click.option(
    "--client-secret", envvar="ENGAGE_CLIENT_SECRET", help="OAuth 2 client secret; better in the environment."
)
@click.option("--caller", envvar="ENGAGE_DEMO_CALLER", metavar="USER:PASSWORD:DN", help="The first agent.")
@click.option("--callee", envvar="ENGAGE_DEMO_CALLEE", metavar="USER:PASSWORD:DN", help="The second agent.")
@click.option("--third-party", default="5550001", show_default=True, help="A number that answers by itself.")
@click.option("--refused", default="not-a-number", show_default=True, help="A destination that the switch refuses.")
@click.option("--reason", default="Lunch", show_default=True, help="A not-ready reason.")
@click.option("--only", multiple=True, type=click.Choice(PARTS), help="Play this part; may be given again.")
def demo(
    base_url: str | None,
    api_key: str | None,
    client_id: str | None,
    client_secret: str | None,
    caller: str | None,
    callee: str | None,
    third_party: str,
    refused: str,
    reason: str,
    only: tuple[str, ...],
) -> None:
    """An agent's day, a wallboard, a shop and an administrator; each outcome is awaited and checked.

    On a real service only the voice part is played unless --only says otherwise.

    Exits 0 only if each outcome was what it must be. Passwords are better given in the environment
    (ENGAGE_DEMO_CALLER, ENGAGE_DEMO_CALLEE) than on the command line.
    """
    if base_url is not None and (caller is None or callee is None):
        raise click.UsageError("a real service needs --caller and --callee (USER:PASSWORD:DN)")
    stage = Stage(
        base_url=base_url,
        api_key=api_key,
        client_id=client_id,
        client_secret=client_secret,
        caller=_agent("--caller", caller),
        callee=_agent("--callee", callee),
        third_party=third_party,
        refused=refused,
        reason=reason,
    )
    parts = only or (PARTS if base_url is None else ON_A_REAL_SERVICE)
    raise SystemExit(0 if asyncio.run(run_demo(stage, console, parts)) else 1)


def _environment(function: Callable[..., None]) -> Callable[..., None]:
    """The options of a command that talks to one environment."""
    for option in (
        click.option("--client-secret", envvar="ENGAGE_CLIENT_SECRET", help="Better in the environment than here."),
        click.option("--client-id", envvar="ENGAGE_CLIENT_ID", required=True, help="OAuth 2 client id."),
        click.option("--api-key", envvar="ENGAGE_API_KEY", help="The service's API key."),
        click.option("--base-url", envvar="ENGAGE_BASE_URL", required=True, help="The service."),
        click.option("--store", type=click.Path(path_type=Path, dir_okay=False), help="The token's file."),
    ):
        function = option(function)
    return function


@cli.command()
@_environment
@click.option("--port", default=0, show_default="any free one", help="The loopback port of the redirect.")
@click.option("--no-browser", is_flag=True, help="Print the address instead of opening a browser.")
@click.option("--timeout", default=300.0, show_default=True, help="Seconds to wait for the login.")
def login(store: Path | None, port: int, no_browser: bool, timeout: float, **environment: str | None) -> None:
    """Log a user in with the browser, and keep the token for programs.

    They use it with ``Engage(..., grant="authorization_code", token_store=FileTokenStore(path))``.
    """
    from engage_async.cli.login import log_in, store_path

    path = store or store_path(environment["base_url"] or "")
    with _told():
        asyncio.run(log_in({**environment}, path, console, port=port, browser=not no_browser, timeout=timeout))


@cli.command()
@_environment
@click.option("--everywhere", is_flag=True, help="End the user's sessions on every device.")
def logout(store: Path | None, everywhere: bool, **environment: str | None) -> None:
    """Sign the logged-in user out, and forget the token."""
    from engage_async.cli.login import log_out, store_path

    path = store or store_path(environment["base_url"] or "")
    with _told():
        asyncio.run(log_out({**environment}, path, console, everywhere=everywhere))


@contextlib.contextmanager
def _told() -> Iterator[None]:
    """Tell an error of ours in one line instead of a traceback."""
    try:
        yield
    except (engage_async.EngageError, OSError) as error:
        raise click.ClickException(f"{type(error).__name__}: {error}") from None


@cli.command()
@click.option("--port", default=0, show_default="any free one", help="The port to listen on.")
@click.option("--directory", type=click.Path(exists=True, dir_okay=False), help="Agents, places and numbers, as JSON.")
@click.option("--media", type=click.Path(exists=True, dir_okay=False), help="Queues and what waits in them, as JSON.")
def emulator(port: int, directory: str | None, media: str | None) -> None:
    """Start the emulator alone, on the loopback interface only, until interrupted."""
    asyncio.run(_serve(port, directory, media))


@cli.command()
@click.argument("apis", nargs=-1, type=click.Choice(tuple(APIS)))
def operations(apis: tuple[str, ...]) -> None:
    """List every operation of the APIs (of all without a name): verb, path, method, and when it is settled."""
    print_operations(console, apis or tuple(APIS))


async def _serve(port: int, directory: str | None, media: str | None) -> None:
    from engage_async.emulator import Emulator

    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: loop.call_soon_threadsafe(stop.set))
    async with Emulator(port=port, directory=directory, media=media) as emu:
        user = next(iter(emu.centre.directory.users.values()))
        client_id, secret = next(iter(emu.centre.directory.clients.items()))
        console.print(f"The emulator listens on [bold]{emu.base_url}[/bold] (loopback only). To connect:\n")
        for name, value in {
            "ENGAGE_BASE_URL": emu.base_url,
            "ENGAGE_CLIENT_ID": client_id,
            "ENGAGE_CLIENT_SECRET": secret,
            "ENGAGE_USERNAME": user.user_name,
            "ENGAGE_PASSWORD": user.password,
        }.items():
            console.print(f"export {name}={value}", soft_wrap=True)
        console.print(f"\nAgents: {', '.join(emu.centre.directory.users)}. Ctrl-C ends it.")
        await stop.wait()


def _agent(option: str, value: str | None) -> tuple[str, str, str] | None:
    if value is None:
        return None
    parts = value.split(":")
    if len(parts) != 3 or not all(parts):
        raise click.BadParameter("expected USER:PASSWORD:DN", param_hint=option)
    return parts[0], parts[1], parts[2]
