"""Imports and exports followed to their end, with a service whose states are told beforehand."""

from __future__ import annotations

import asyncio
import io
import os
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

import engage_async as ea
from engage_async.api.provisioning.exports import ExportsApi
from engage_async.api.provisioning.import_job import started
from engage_async.api.provisioning.import_results import import_refused
from engage_async.api.provisioning.imports import ImportsApi
from engage_async.api.provisioning.looking import Watched
from engage_async.api.provisioning.users import UsersApi
from engage_async.io.bodies import BodyReader
from engage_async.io.downloads import Download
from engage_async.models.provisioning.jobs import ExportStatus, ImportStatus, read_import_status
from engage_async.models.provisioning.users import UserObject
from engage_async.protocol.envelope import read_reply
from engage_async.protocol.route import Route

IDLE: dict[str, Any] = {"activeImporters": []}
RUNNING: dict[str, Any] = {"activeImporters": ["ada"], "totalCount": 3}
DONE: dict[str, Any] = {"activeImporters": [], "totalCount": 3, "succeedCount": 3}

Step = Mapping[str, Any] | Exception


class Service:
    """Answers each request with what comes next for it; the last of the states is repeated."""

    def __init__(
        self,
        states: Sequence[Step],
        *,
        files: Sequence[Step] = ({},),
        downloads: Sequence[Any] = (),
        content_type: str = "text/csv",
    ) -> None:
        self.sent: list[str] = []
        self._content_type = content_type
        self._states, self._files, self._downloads = list(states), list(files), list(downloads)

    async def request(self, route: Route, arguments: Mapping[str, Any], timeout: float | None) -> Any:
        route.call(arguments)
        assert timeout is None
        self.sent.append(route.name)
        if route.name == "users.get_current":
            return UserObject(user_name="ada")
        if route.name in ("imports.get_status", "exports.get_status"):
            told = self._next(self._states)
            return read_import_status(told) if route.name.startswith("imports") else ExportStatus(id="7", **told)
        if route.name == "imports.import_file":
            return self._next(self._files)
        return "7" if route.name == "exports.export_file" else None

    async def open(self, route: Route, arguments: Mapping[str, Any], timeout: float | None) -> Download:
        route.call(arguments)
        assert timeout is None
        self.sent.append(route.name)
        chunks = self._downloads.pop(0) if len(self._downloads) > 1 else self._downloads[0]
        if isinstance(chunks, Exception):
            raise chunks
        return download(chunks, self._content_type)

    @staticmethod
    def _next(steps: list[Step]) -> Mapping[str, Any]:
        step = steps.pop(0) if len(steps) > 1 else steps[0]
        if isinstance(step, Exception):
            raise step
        return step


def download(chunks: Sequence[bytes | Exception], content_type: str) -> Download:
    async def body() -> AsyncIterator[bytes]:
        for chunk in chunks:
            if isinstance(chunk, Exception):
                raise chunk
            yield chunk

    headers = {"content-type": content_type}
    reader = BodyReader(
        body(),
        http_status=200,
        headers=headers,
        peer="host",
        explain=lambda e: e if isinstance(e, ea.EngageError) else None,
    )
    return Download(reader, http_status=200, headers=headers, release=reader.aclose)


async def importing(service: Service, **options: Any) -> ea.ImportJob:
    defaults = {
        "filename": None, "validate": False, "admin_name": None, "tenant_name": "Environment", "progress": None,
        "every": 0.01, "patience": 1.0, "timeout": None,
    }  # fmt: skip
    return await started(ImportsApi(service), UsersApi(service), b"userName\nada\n", **{**defaults, **options})


# --- imports ----------------------------------------------------------------------------------------------------------


async def test_an_import_tells_each_new_state_once_and_then_its_outcome() -> None:
    one = {**RUNNING, "succeedCount": 1, "lastEntity": "ada"}
    job = await importing(Service([IDLE, RUNNING, one, one, DONE]))
    states = [(status.done_count, status.last_entity) async for status in job]
    assert states == [(0, None), (1, "ada"), (3, None)]
    result = await job
    assert result.errors == ()
    assert (result.data.succeed_count, result.data.stopped) == (3, False)
    assert await job == result
    assert [status.done_count async for status in job] == [3]
    assert "3 of 3, over" in repr(job)


async def test_records_that_failed_are_one_typed_error_each_in_their_order() -> None:
    failed = [{"row": 4, "userName": "bob", "message": "No such place", "code": 13}, {"row": 2, "message": "Empty"}]
    result = await (await importing(Service([IDLE, {**DONE, "succeedCount": 1, "failed": failed}])))
    assert [(error.code, error.message) for error in result.errors] == [(13, "No such place"), (-1, "Empty")]
    with pytest.raises(ea.PartialFailure) as refused:
        result.raise_for_errors()
    first = refused.value.exceptions[0]
    assert isinstance(first, ea.ImportRowFailed)
    assert (first.failure.row, first.failure.entity) == (4, "bob")
    assert str(first) == "imports.users: row 4 (bob): No such place"


async def test_the_state_of_the_import_before_is_not_taken_for_this_one() -> None:
    job = await importing(Service([DONE, DONE, DONE, RUNNING, {**DONE, "succeedCount": 2, "failed": [{}]}]))
    assert (await job).data.succeed_count == 2


async def test_an_import_like_the_one_before_it_is_over_when_it_must_have_begun() -> None:
    assert (await (await importing(Service([DONE]), begins_within=0.05))).data.succeed_count == 3


async def test_a_stopped_import_says_how_far_it_came() -> None:
    service = Service(
        [IDLE, RUNNING, {**RUNNING, "stopRequested": True}, {**RUNNING, "activeImporters": [], "stopped": True}]
    )
    job = await importing(service)
    await job.stop()
    result = await job
    assert (result.data.stopped, result.data.done_count, result.data.total_count) == (True, 0, 3)
    assert "imports.terminate" in service.sent
    before = len(service.sent)
    await job.stop()
    assert len(service.sent) == before


async def test_an_import_that_ends_for_no_reason_says_so() -> None:
    job = await importing(Service([IDLE, RUNNING, {**RUNNING, "activeImporters": [], "succeedCount": 1}]))
    with pytest.raises(ea.ImportEnded, match="after 1 of 3 records") as ended:
        await job
    assert ended.value.status.succeed_count == 1


@pytest.mark.parametrize("name", ["ada", "ADA", "tenant\\ada"])
async def test_the_importer_is_known_whatever_its_domain_and_case(name: str) -> None:
    job = await importing(Service([IDLE, {**DONE, "activeImporters": [name]}, DONE]), admin_name="Ada")
    assert len([status async for status in job]) == 2


async def test_a_service_that_does_not_name_importers_is_judged_by_its_counts() -> None:
    job = await importing(Service([{}, {"totalCount": 2, "succeedCount": 1}, {"totalCount": 2, "succeedCount": 2}]))
    assert (await job).data.succeed_count == 2


async def test_lost_connections_do_not_end_an_import() -> None:
    broken = [
        ea.NotSent("no route"),
        ea.OutcomeUnknown("cut"),
        ea.ServerFault(502),
        ea.Unauthorized(603),
        ea.RateLimited(429),
    ]
    job = await importing(Service([IDLE, RUNNING, *broken, DONE]))
    assert [status.done_count async for status in job] == [0, 3]


async def test_patience_ends() -> None:
    job = await importing(Service([IDLE, RUNNING, ea.NotSent("no route")]), patience=0.05)
    with pytest.raises(ea.NotSent, match="no route"):
        await job


@pytest.mark.parametrize(
    "error", [ea.ApiError(13), ea.NotFound(404), ea.SessionClosed("over"), ea.MalformedResponse("?")]
)
async def test_what_does_not_pass_is_raised_at_once(error: Exception) -> None:
    job = await importing(Service([IDLE, error]))
    with pytest.raises(type(error)):
        await job


async def test_several_tasks_share_one_look() -> None:
    service = Service([IDLE, RUNNING, {**RUNNING, "succeedCount": 1}, DONE])
    job = await importing(service)

    async def read() -> int:
        return len([status async for status in job])

    counts = await asyncio.gather(job, read(), read(), job)
    assert {counts[1], counts[2]} <= {1, 2, 3}
    assert counts[0] == counts[3]
    assert service.sent.count("imports.get_status") == 4


async def test_a_reader_that_is_cancelled_leaves_the_others_alone() -> None:
    job = await importing(Service([IDLE, RUNNING, RUNNING, RUNNING, RUNNING, DONE]), every=0.02)
    first = asyncio.ensure_future(job)
    await asyncio.sleep(0.01)
    first.cancel()
    assert (await job).data.succeed_count == 3


@pytest.mark.parametrize(
    "options", [{"every": 0}, {"every": "1"}, {"patience": -1}, {"patience": float("inf")}, {"every": True}]
)
async def test_times_must_be_positive_numbers(options: dict[str, Any]) -> None:
    with pytest.raises(ea.InvalidArgument, match="must be a positive number of seconds"):
        await importing(Service([IDLE]), **options)


# --- beginning --------------------------------------------------------------------------------------------------------


async def test_an_import_that_another_administrator_runs_is_told_by_its_name() -> None:
    refusal = ea.ApiError(500, "Busy")
    with pytest.raises(ea.ImportInProgress, match="by bob") as refused:
        await importing(Service([{"activeImporters": ["bob"]}], files=[refusal]))
    assert (refused.value.importers, refused.value.code, refused.value.__cause__) == (("bob",), 500, refusal)


async def test_any_other_refusal_stays_what_it_is() -> None:
    with pytest.raises(ea.ApiError) as refused:
        await importing(Service([IDLE], files=[ea.ApiError(500, "No")]))
    assert type(refused.value) is ea.ApiError


async def test_an_import_that_has_begun_without_an_answer_is_followed() -> None:
    after = {**DONE, "lastEntity": "bob"}
    job = await importing(Service([DONE, DONE, RUNNING, after], files=[ea.OutcomeUnknown("cut")]))
    assert (await job).data.last_entity == "bob"


async def test_an_import_that_has_not_begun_is_of_unknown_outcome() -> None:
    with pytest.raises(ea.OutcomeUnknown, match="cut"):
        await importing(Service([DONE], files=[ea.OutcomeUnknown("cut")]), begins_within=0.05)


async def test_a_file_that_cannot_be_read_begins_nothing(tmp_path: Path) -> None:
    with pytest.raises(ea.InvalidArgument, match="csvfile"):
        await ImportsApi(Service([IDLE])).users(io.StringIO("text"))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "body",
    [
        '{"status": {"code": 9, "message": "Invalid"}, "errors": [{"row": 2, "message": "Empty"}]}',
        '{"status": {"code": 9, "message": "Invalid"}, "data": {"failed": [{"row": 2, "message": "Empty"}]}}',
        '{"status": {"code": 9, "message": "Invalid", "detail": {"errors": [{"row": 2, "message": "Empty"}]}}}',
        '{"status": {"code": 9, "message": "Invalid", "detail": [{"row": 2, "message": "Empty"}]}}',
    ],
)
def test_a_file_that_is_refused_says_what_is_wrong_in_it(body: str) -> None:
    error = import_refused(read_reply(500, body), "imports.validate_file")
    assert isinstance(error, ea.ImportRejected)
    assert [(failure.row, failure.message) for failure in error.failures] == [(2, "Empty")]
    assert str(error) == "imports.validate_file: status code 9: Invalid (HTTP 500); row 2: Empty"


@pytest.mark.parametrize(
    ("http", "body", "importers"),
    [(409, "{}", ()), (500, '{"status": {"code": 1000, "detail": {"activeImporters": ["bob"]}}}', ("bob",))],
)
def test_a_refusal_because_of_another_import_is_told_apart(http: int, body: str, importers: tuple[str, ...]) -> None:
    error = import_refused(read_reply(http, body), "imports.import_file")
    assert isinstance(error, ea.ImportInProgress)
    assert error.importers == importers


@pytest.mark.parametrize(
    ("http", "body"), [(401, '{"errors": [{}]}'), (403, ""), (500, "oops"), (400, '{"message": "?"}')]
)
def test_refusals_that_are_about_something_else_are_left_alone(http: int, body: str) -> None:
    assert import_refused(read_reply(http, body), "imports.import_file") is None


# --- exports ----------------------------------------------------------------------------------------------------------


async def exporting(service: Service, **options: Any) -> ea.ExportJob:
    return await ExportsApi(service).users(["userName"], **{"every": 0.01, "patience": 1.0, **options})


async def test_an_export_tells_its_percentage_and_then_its_file(tmp_path: Path) -> None:
    service = Service([{"progress": 0}, {"progress": 50}, {"progress": 100}], downloads=[[b"userName\n", b"ada\n"]])
    job = await exporting(service)
    assert [status.progress async for status in job] == [0, 50, 100]
    assert (await job).ready
    assert await job.save(tmp_path / "users.csv") == 13
    assert (tmp_path / "users.csv").read_bytes() == b"userName\nada\n"
    async with await job.open() as file:
        assert await file.read() == b"userName\nada\n"


@pytest.mark.parametrize("to_path", [True, False])
async def test_a_download_that_is_cut_off_begins_again(to_path: bool, tmp_path: Path) -> None:
    cut = [b"userName\nbo", ea.OutcomeUnknown("cut")]
    service = Service([{"progress": 100}], downloads=[cut, ea.NotSent("no route"), [b"userName\n", b"ada\n"]])
    job = await exporting(service)
    told: list[int] = []
    with (tmp_path / "open.csv").open("w+b") as file:
        file.write(b"# ")
        target = tmp_path / "users.csv" if to_path else file
        assert await job.save(target, lambda progress: told.append(progress.done)) == 13
        file.seek(0)
        saved = (tmp_path / "users.csv").read_bytes() if to_path else file.read()[2:]
    assert saved == b"userName\nada\n"
    assert told[-1] == 13
    assert told.count(0) == 2
    assert sorted(os.listdir(tmp_path)) == (["open.csv", "users.csv"] if to_path else ["open.csv"])


async def test_a_file_that_cannot_be_rewound_is_written_once() -> None:
    class Pipe:
        def __init__(self) -> None:
            self.written = b""

        def write(self, data: bytes) -> int:
            self.written += data
            return len(data)

    pipe = Pipe()
    job = await exporting(Service([{"progress": 100}], downloads=[[b"us", ea.OutcomeUnknown("cut")]]))
    with pytest.raises(ea.OutcomeUnknown, match="cut"):
        await job.save(pipe)
    assert b"userName".startswith(pipe.written)


@pytest.mark.parametrize(
    ("body", "error", "told"),
    [
        (b'{"status": {"code": 404, "message": "not there"}}', ea.ApiError, "not there"),
        (b'{"status": {"code": 0}}', ea.MalformedResponse, "expected a file"),
        (b"oops", ea.MalformedResponse, "text that is not JSON"),
    ],
)
async def test_a_reply_in_place_of_a_file_is_what_it_says(body: bytes, error: type[Exception], told: str) -> None:
    with pytest.raises(error, match=told):
        await ExportsApi(Service([], downloads=[[body]], content_type="application/json")).download("7")


# --- looking ----------------------------------------------------------------------------------------------------------


async def test_what_is_watched_is_looked_at_only_while_somebody_waits_for_news() -> None:
    looks = iter(range(1, 10))

    async def look() -> int:
        return next(looks)

    watched = Watched("test", look, lambda state: state == 6, every=0.02, patience=1.0)
    assert await watched.after(0) == (1, 1)
    assert await watched.after(0) == (1, 1)
    assert [state async for state in watched] == [1, 2, 3, 4, 5, 6]
    assert watched.is_over
    assert await watched.last() == 6
    assert next(looks) == 7


def test_the_state_type_of_a_job_is_public() -> None:
    assert ea.ImportStatus is ImportStatus
