"""Whole processes: what is never closed, an interpreter that ends, a fork after the import, SIGTERM."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from engage_async.emulator import Emulator, Fault
from tests.lifecycle.cancelling import WAIT

PASSWORD, CLIENT_SECRET = "password", "engage-secret"

PREAMBLE = """
import asyncio, gc, os, signal, sys
import engage_async as ea

ENVIRONMENT = dict(
    base_url=sys.argv[1], client_id="engage-client", client_secret="engage-secret",
    username="JohnSmith", password="password", api_key="an-api-key-that-is-secret",
)
"""

NEVER_CLOSED = """
async def main():
    engage = await ea.Engage(**ENVIRONMENT).__aenter__()
    agent = await engage.workspace(name="forgotten").__aenter__()
    print("token:", (await engage.tokens.bearer()).reveal())

asyncio.run(main())
gc.collect()
"""

ENDS_AT_ONCE = """
loop = asyncio.new_event_loop()

async def main():
    global engage, agent, stream, pending
    engage = await ea.Engage(**ENVIRONMENT).__aenter__()
    agent = await engage.workspace().__aenter__()
    await agent.activate_channels(dn="7001")
    stream = agent.events(ea.Event)
    pending = await agent.voice.ready().accepted()

    @agent.on(ea.Event)
    async def heard(event):
        await asyncio.sleep(60)

loop.run_until_complete(main())
sys.exit(3)
"""

FORKS = """
environment = ea.Engage(**ENVIRONMENT)
child = os.fork()

async def main():
    async with environment as engage, engage.workspace(log_out=False) as agent:
        os.write(1, (await agent.session.get_user_info()).user.user_name.encode() + b"\\n")

asyncio.run(main())
if child:
    _, status = os.waitpid(child, 0)
    sys.exit(os.waitstatus_to_exitcode(status))
"""

DICE = """
import random
from engage_async.io import notifications

def delays():
    connection = notifications.NotificationConnection(post=None, channels=(), deliver=print)
    return [connection._policy._dice() for _ in range(3)]

read, write = os.pipe()
if os.fork() == 0:
    os.write(write, repr(delays()).encode())
    os._exit(0)
os.wait()
print(os.read(read, 1000).decode() != repr(delays()))
"""

SERVICE = """
async def main():
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    async with ea.Engage(**ENVIRONMENT) as engage, engage.workspace() as agent:
        await agent.activate_channels(dn="7001")
        print("active", flush=True)
        await asyncio.to_thread(sys.stdin.readline)
        pending = await agent.voice.ready().accepted()
        print("pending", flush=True)
        await stop.wait()
        late = await agent.drain(timeout=float(sys.argv[2]))
        print("late:", [operation.name for operation in late])
    try:
        print("outcome:", (await pending).agent_state)
    except ea.SessionClosed as error:
        print("outcome:", type(error).__name__)

asyncio.run(main())
"""


@asynccontextmanager
async def program(text: str, *arguments: str, options: tuple[str, ...] = ()) -> AsyncIterator[Process]:
    """A Python process that runs the text; it is killed when it outlives the block."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, *options, "-c", PREAMBLE + text, *arguments, stdin=PIPE, stdout=PIPE, stderr=PIPE
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def ended(process: Process) -> tuple[int | None, str, str]:
    async with asyncio.timeout(3 * WAIT):
        out, err = await process.communicate()
    return process.returncode, out.decode(), err.decode()


async def test_what_is_never_closed_warns_by_name_and_without_a_secret(emulator: Emulator) -> None:
    async with program(NEVER_CLOSED, emulator.base_url, options=("-W", "always")) as process:
        status, out, err = await ended(process)
    assert status == 0, err
    assert "ResourceWarning: unclosed <WorkspaceSession forgotten open>" in err
    assert f"ResourceWarning: unclosed <Engage {emulator.base_url}, 1 session(s)>" in err
    token = out.split()[-1]
    for secret in (PASSWORD, CLIENT_SECRET, "an-api-key-that-is-secret", token, "WORKSPACE_SESSIONID"):
        assert len(secret) > 5
        assert secret not in err


async def test_what_is_closed_does_not_warn(emulator: Emulator) -> None:
    closed = NEVER_CLOSED.replace("    print(", "    await engage.aclose()\n    print(").replace(
        "(await engage.tokens.bearer()).reveal()", '"none"'
    )
    async with program(closed, emulator.base_url, options=("-W", "error")) as process:
        assert await ended(process) == (0, "token: none\n", "")


async def test_an_interpreter_ends_while_a_session_is_open(emulator: Emulator) -> None:
    async with program(ENDS_AT_ONCE, emulator.base_url) as process:
        status, _, err = await ended(process)
    assert status == 3, err
    assert "Traceback" not in err
    assert "Exception ignored" not in err


async def test_an_interpreter_ends_while_requests_are_in_flight(emulator: Emulator) -> None:
    emulator.switches.faults.append(Fault("*/voice/ready", "silent"))
    sending = "asyncio.ensure_future(agent.voice.ready())\n    await asyncio.sleep(0.1)"
    in_flight = ENDS_AT_ONCE.replace("await agent.voice.ready().accepted()", sending)
    assert in_flight != ENDS_AT_ONCE
    async with program(in_flight, emulator.base_url) as process:
        status, _, err = await ended(process)
    assert status == 3, err
    assert "Traceback" not in err, err
    assert "Exception ignored" not in err, err


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system has no fork")
async def test_processes_forked_after_the_import_each_have_a_session_of_their_own(emulator: Emulator) -> None:
    async with program(FORKS, emulator.base_url) as process:
        status, out, err = await ended(process)
    assert (status, out.split()) == (0, ["JohnSmith", "JohnSmith"]), err
    assert len([record for record in emulator.requests if record.path.endswith("initialize-workspace")]) == 2


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system has no fork")
def test_processes_forked_after_the_import_do_not_reconnect_in_step() -> None:
    done = subprocess.run([sys.executable, "-c", PREAMBLE + DICE, ""], capture_output=True, text=True, check=True)
    assert done.stdout == "True\n"


@pytest.mark.parametrize(
    ("event_delay", "deadline", "late", "outcome"),
    [(0.1, "10", [], "Ready"), (60.0, "0.05", ["voice.ready"], "SessionClosed")],
    ids=["in time", "too late"],
)
async def test_a_service_told_to_terminate_drains_first(
    emulator: Emulator, event_delay: float, deadline: str, late: list[str], outcome: str
) -> None:
    async with program(SERVICE, emulator.base_url, deadline) as process:
        await says(process, "active")
        emulator.switches.event_delay = event_delay
        assert process.stdin is not None
        process.stdin.write(b"go on\n")
        await says(process, "pending")
        process.send_signal(signal.SIGTERM)
        status, out, err = await ended(process)
    assert (status, out) == (0, f"late: {late}\noutcome: {outcome}\n"), err
    assert err == (f"session workspace-1: {len(late)} operation(s) pending after draining\n" if late else "")
    emulator.switches.event_delay = 0.0


async def says(process: Process, line: str) -> None:
    assert process.stdout is not None
    assert await asyncio.wait_for(process.stdout.readline(), 3 * WAIT) == f"{line}\n".encode()
