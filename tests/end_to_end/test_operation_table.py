"""Every operation of the Workspace API against the emulator: what it sends, and every way in which it can end."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

import engage_async as ea
from engage_async.emulator import Emulator, Fault
from engage_async.io.downloads import Download
from engage_async.protocol.route import Route
from tests.end_to_end.agents import agent_of
from tests.end_to_end.operations import Operation, operations

ALL = operations("workspace")
BY_EVENT = [operation for operation in ALL if operation.route.settles is not None]
NEVER_EMPTY = {"security.get_exchange_token", "security.get_pure_cloud_token", "targets.get_target"}
"""Operations for which an answer without data is a fault."""
OPENS_THE_SESSION = {"session.initialize_workspace"}

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def emulator() -> AsyncIterator[Emulator]:
    async with Emulator() as running:
        yield running


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def agent(emulator: Emulator) -> AsyncIterator[ea.WorkspaceSession]:
    async with agent_of(emulator, error_grace=0.02, retry_attempts=1) as session:
        yield session


def answer_with(emulator: Emulator, operation: Operation, **answer: Any) -> None:
    """The next request of the operation is answered so, whatever it asks for."""
    emulator.switches.faults.append(Fault(path_glob(operation.route), "code", method=operation.route.method, **answer))


def path_glob(route: Route) -> str:
    return re.sub(r"\{\w+\}", "*", route.template)


def channel_of(route: Route) -> str:
    return f"/workspace/v3/{route.domain}"


@pytest.mark.parametrize("operation", ALL, ids=str)
async def test_sends_verb_path_query_and_body(
    operation: Operation, emulator: Emulator, agent: ea.WorkspaceSession
) -> None:
    arguments = operation.arguments(agent)
    route = operation.route
    if route.redirects:
        emulator.switches.faults.append(Fault(path_glob(route), "status", method=route.method, status=302))
    else:
        answer_with(emulator, operation, code=0, message="")
    try:
        outcome = await operation.of(agent)(**arguments)
    except (ea.MalformedResponse, ea.NotFound):
        assert str(operation) in NEVER_EMPTY
    else:
        if isinstance(outcome, Download):
            await outcome.aclose()
    sent = next(record for record in reversed(emulator.requests) if record.path.startswith("/workspace"))
    assert sent.method == route.method
    assert re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", route.template), sent.path)
    in_path = [part for part in sent.path.split("/") if part not in route.template.split("/")]
    assert in_path == [str(arguments[name]) for name in route.path_arguments]
    assert len(sent.query) == len([name for name in route.query if name in arguments])
    rest = [n for n in arguments if n not in (*route.path_arguments, *route.query, *route.headers)]
    if route.body == "data":
        assert bool(sent.body["data"]) is bool(rest)  # its fields by name: tests/unit/test_every_operation.py
        assert ("operationId" in sent.body) is route.operation_id
    elif route.body == "bare":
        assert sent.body.keys() == {"operationId"}
    elif route.body == "plain":
        assert len(sent.body) == len(rest)
    else:
        assert sent.body is None


@pytest.mark.parametrize("operation", ALL, ids=str)
async def test_refusal_by_the_server_is_an_api_error(
    operation: Operation, emulator: Emulator, agent: ea.WorkspaceSession
) -> None:
    answer_with(emulator, operation, status=500, code=17, message="No such thing")
    with pytest.raises(ea.ServerFault) as refused:
        await operation.of(agent)(**operation.arguments(agent))
    assert (refused.value.code, refused.value.message, refused.value.operation) == (17, "No such thing", str(operation))


@pytest.mark.parametrize("operation", [o for o in ALL if o.route.enveloped and not o.route.redirects], ids=str)
async def test_partial_success_is_told(operation: Operation, emulator: Emulator, agent: ea.WorkspaceSession) -> None:
    answer_with(emulator, operation, code=2, message="")
    if operation.route.bulk:
        result = await operation.of(agent)(**operation.arguments(agent))
        assert isinstance(result, ea.PartialResult)
    else:
        with pytest.raises(ea.PartialSuccess):
            await operation.of(agent)(**operation.arguments(agent))


@pytest.mark.parametrize("operation", BY_EVENT, ids=str)
async def test_event_error_fails_the_accepted_operation(
    operation: Operation, emulator: Emulator, agent: ea.WorkspaceSession
) -> None:
    answer_with(emulator, operation, code=1)
    pending = await operation.of(agent)(**operation.arguments(agent), timeout=5.0).accepted()
    error = {"errorCode": 50, "errorMessage": "Unrecognised"}
    emulator.publish("JohnSmith", channel_of(operation.route), {"messageType": "EventError", "error": error})
    with pytest.raises(ea.OperationFailed) as failed:
        await pending
    assert (failed.value.error_code, failed.value.error_message) == (50, "Unrecognised")
    # a guess, because the operations that were refused just before might get an error, too
    assert failed.value.matched in ("sole", "object", "guess")


@pytest.mark.parametrize("operation", BY_EVENT, ids=str)
async def test_without_an_event_it_times_out_or_settles_on_acceptance(
    operation: Operation, emulator: Emulator, agent: ea.WorkspaceSession
) -> None:
    answer_with(emulator, operation, code=1)
    pending = operation.of(agent)(**operation.arguments(agent), timeout=0.1)
    outcome = (await asyncio.gather(pending, return_exceptions=True))[0]
    if isinstance(outcome, ea.OperationTimeout):
        assert outcome.accepted
    else:
        assert pending.matched == "reply", outcome


async def test_loss_settles_every_pending_operation(emulator: Emulator, agent: ea.WorkspaceSession) -> None:
    lasting = [operation for operation in BY_EVENT if str(operation) not in OPENS_THE_SESSION]
    pendings = []
    for operation in lasting:
        answer_with(emulator, operation, code=1)
        pendings.append(await operation.of(agent)(**operation.arguments(agent), timeout=20.0).accepted())
    emulator.drop_bayeux_sessions()
    outcomes = await asyncio.gather(*(pending for pending in pendings), return_exceptions=True)
    for operation, pending, outcome in zip(lasting, pendings, outcomes, strict=True):
        if not isinstance(outcome, ea.OperationLost | ea.CallEnded):
            assert pending.matched in ("snapshot", "reply"), f"{operation}: {outcome!r}"
    assert agent.health.pending == 0
