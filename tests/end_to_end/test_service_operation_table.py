"""Every operation of Statistics, Engagement and Provisioning against the emulator: how each can go wrong."""

from __future__ import annotations

import re
import warnings
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any, Literal, get_args

import pytest
import pytest_asyncio
from attrs import frozen

import engage_async as ea
from engage_async.emulator import Emulator, Fault
from engage_async.emulator.switches import FaultKind
from engage_async.protocol.repeat import Repeat
from tests.end_to_end.agents import engage_for
from tests.end_to_end.operations import Operation, operations

Api = Literal["statistics", "engagement", "provisioning"]
ALL = [(api, operation) for api in get_args(Api) for operation in operations(api)]
EITHER_OR = {"start_ms", "end", "end_ms"}
"""Parameters of which only one of several may be given."""

WITHOUT_WHAT_WAS_ASKED_FOR = {
    "statistics.get_stat_value": r"data\.statistic",
    "exports.download": "expected a file",
}
"""What is missed in a reply that says nothing but that some of it succeeded."""

pytestmark = pytest.mark.asyncio(loop_scope="module")
every = pytest.mark.parametrize(("api", "operation"), ALL, ids=str)


@frozen
class Services:
    """A session of each service, and the Engagement API, of one emulator."""

    emulator: Emulator
    statistics: ea.StatisticsSession
    engagement: ea.EngagementApi
    provisioning: ea.ProvisioningSession

    async def call(self, api: Api, operation: Operation, **more: Any) -> Any:
        where = getattr(self, api)
        arguments = {name: v for name, v in operation.arguments(where).items() if name not in EITHER_OR}
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "use users", DeprecationWarning)
            return await operation.of(where)(**arguments, **more)

    def go_wrong(self, operation: Operation, kind: FaultKind, **how: Any) -> None:
        path = re.sub(r"\{\w+\}", "*", operation.route.template)
        self.emulator.switches.faults.append(Fault(path, kind, method=operation.route.method, **how))

    def requests(self, operation: Operation) -> int:
        pattern = re.compile(re.sub(r"\{\w+\}", "[^/]+", operation.route.template))
        return sum(bool(pattern.fullmatch(record.path)) for record in self.emulator.requests)


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def services() -> AsyncIterator[Services]:
    async with AsyncExitStack() as stack:
        emulator = await stack.enter_async_context(Emulator())
        engage = await stack.enter_async_context(engage_for(emulator, api_key="key", retry_attempts=2))
        statistics = await stack.enter_async_context(engage.statistics())
        provisioning = await stack.enter_async_context(engage.provisioning())
        yield Services(emulator, statistics, engage.engagement, provisioning)


async def test_every_operation_is_here() -> None:
    assert [api for api, _ in ALL].count("statistics") == 5
    assert [api for api, _ in ALL].count("engagement") == 9
    assert [api for api, _ in ALL].count(
        "provisioning"
    ) == 84  # and five of notifications, as test_raw_notifications has


@every
async def test_refusal_is_an_api_error(api: Api, operation: Operation, services: Services) -> None:
    services.go_wrong(operation, "code", status=400, code=17, message="No such thing")
    with pytest.raises(ea.ApiError) as refused:
        await services.call(api, operation)
    error = refused.value
    assert (error.code, error.operation, error.http_status) == (17, str(operation), 400)
    assert (error.message or "").startswith("No such thing")


@every
@pytest.mark.parametrize(
    ("status", "kind"), [(401, ea.Unauthorized), (403, ea.Unauthorized), (404, ea.NotFound), (500, ea.ServerFault)]
)
async def test_http_error_has_its_type(
    api: Api, operation: Operation, services: Services, status: int, kind: type[ea.ApiError]
) -> None:
    services.go_wrong(operation, "status", status=status, times=2)
    with pytest.raises(kind) as refused:
        await services.call(api, operation)
    assert refused.value.http_status == status
    services.emulator.switches.faults.clear()


@every
async def test_partial_success_is_told(api: Api, operation: Operation, services: Services) -> None:
    services.go_wrong(operation, "code", code=2)
    if expected := WITHOUT_WHAT_WAS_ASKED_FOR.get(str(operation)):
        with pytest.raises(ea.MalformedResponse, match=expected):
            await services.call(api, operation)
    elif operation.route.bulk:
        assert isinstance(await services.call(api, operation), ea.PartialResult)
    else:
        with pytest.raises(ea.PartialSuccess):
            await services.call(api, operation)


@pytest.mark.parametrize(
    ("api", "operation"), [each for each in ALL if str(each[1]) != "notifications.get_handshake"], ids=str
)
@pytest.mark.parametrize("kind", ["no-code", "malformed-json", "html", "json-array", "empty"])
async def test_answer_that_is_none_is_malformed(
    api: Api, operation: Operation, services: Services, kind: FaultKind
) -> None:
    services.go_wrong(operation, kind)
    with pytest.raises(ea.MalformedResponse):
        await services.call(api, operation)


@every
async def test_silence_leaves_the_outcome_unknown(api: Api, operation: Operation, services: Services) -> None:
    services.go_wrong(operation, "silent")
    later = operation.route.settles is not None
    with pytest.raises(ea.OperationTimeout if later else ea.OutcomeUnknown):
        await services.call(api, operation, timeout=0.05)


@every
async def test_cut_answer_is_asked_for_again_when_that_is_safe(
    api: Api, operation: Operation, services: Services
) -> None:
    before = services.requests(operation)
    services.go_wrong(operation, "close")
    services.go_wrong(operation, "code", status=400, code=17)
    once = operation.route.repeat is Repeat.ONCE
    with pytest.raises(ea.OutcomeUnknown if once else ea.ApiError):
        await services.call(api, operation)
    assert services.requests(operation) - before == (1 if once else 2)
    services.emulator.switches.faults.clear()
