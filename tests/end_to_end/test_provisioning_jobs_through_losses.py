"""Imports and exports while connections, sessions and the server itself are lost, and uploads that break half-way."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

import engage_async as ea
from engage_async.emulator import Emulator, Fault
from tests.end_to_end.agents import engage_for

HEADER = b"userName,firstName,lastName,password\n"
WAIT = 10.0


@pytest.fixture
async def provisioning(emulator: Emulator) -> AsyncIterator[ea.ProvisioningSession]:
    async with engage_for(emulator, retry_attempts=2) as engage, engage.provisioning() as session:
        yield session


def a_file(rows: int) -> bytes:
    return HEADER + b"".join(b"user%d,First,Last,Passw0rd-%d\n" % (number, number) for number in range(rows))


async def an_import(emulator: Emulator, provisioning: ea.ProvisioningSession, rows: int = 400) -> ea.ImportJob:
    """One that takes about half a second."""
    emulator.switches.import_pace = 2 * rows
    return await provisioning.imports.users(a_file(rows), every=0.02, patience=WAIT)


async def test_an_import_goes_on_while_connections_are_cut(
    emulator: Emulator, provisioning: ea.ProvisioningSession
) -> None:
    job = await an_import(emulator, provisioning)
    async for status in job:
        if status.done_count < 300:
            await emulator.cut_connections()
    assert (await job).data.succeed_count == 400


async def test_an_import_goes_on_while_its_state_is_not_to_be_had(
    emulator: Emulator, provisioning: ea.ProvisioningSession
) -> None:
    job = await an_import(emulator, provisioning)
    for kind in ("status", "close", "cut"):
        emulator.switches.faults.append(Fault("*/check-status", kind, times=3))
    assert (await job).data.succeed_count == 400


async def test_an_import_goes_on_while_its_session_is_replaced(
    emulator: Emulator, provisioning: ea.ProvisioningSession
) -> None:
    job = await an_import(emulator, provisioning)
    async for status in job:
        if status.done_count > 20:
            emulator.end_web_sessions()
            break
    assert (await job).data.succeed_count == 400
    assert sum(record.path.endswith("/initialize-provisioning") for record in emulator.requests) == 2


async def test_an_import_whose_session_closes_says_so(emulator: Emulator) -> None:
    async with engage_for(emulator) as engage:
        async with engage.provisioning() as provisioning:
            job = await an_import(emulator, provisioning)
            waiting = asyncio.ensure_future(job._outcome())
            await asyncio.sleep(0)
        with pytest.raises(ea.SessionClosed):
            await waiting
        async with engage.provisioning() as provisioning:  # on the server it went on
            async with asyncio.timeout(WAIT):
                while (await provisioning.imports.get_status("JohnSmith", "Environment")).active_importers:
                    await asyncio.sleep(0.02)
            status = await provisioning.imports.get_status("JohnSmith", "Environment")
    assert status.succeed_count == 400


async def test_a_source_that_fails_half_way_begins_no_import(
    emulator: Emulator, provisioning: ea.ProvisioningSession
) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        yield a_file(1_000)
        raise OSError("the disk is gone")

    with pytest.raises(ea.UploadFailed, match="csvfile") as broken:
        await provisioning.imports.users(pieces(), every=0.02)
    assert isinstance(broken.value.__cause__, OSError)
    status = await provisioning.imports.get_status("JohnSmith", "Environment")
    assert (status.active_importers, status.total_count) == ((), None)
    assert emulator.provision_store.user_named("user0") is None
    job = await provisioning.imports.users(a_file(3), every=0.02)
    assert (await job).data.succeed_count == 3


async def test_an_upload_that_is_cut_off_begins_no_import_and_says_so(
    emulator: Emulator, provisioning: ea.ProvisioningSession
) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for piece in range(200):
            yield a_file(1_000)
            if piece == 3:
                await emulator.cut_connections()

    with pytest.raises(ea.OutcomeUnknown):
        await provisioning.imports.users(pieces(), every=0.02)
    assert emulator.provision_store.user_named("user0") is None


async def test_the_whole_file_is_not_held_in_memory_and_its_bytes_are_told(
    provisioning: ea.ProvisioningSession, tmp_path: Path
) -> None:
    (tmp_path / "users.csv").write_bytes(a_file(2_000))
    size = (tmp_path / "users.csv").stat().st_size
    told: list[tuple[int, int | None]] = []
    await provisioning.imports.validate_file(
        tmp_path / "users.csv", progress=lambda progress: told.append((progress.done, progress.total))
    )
    assert (told[0], told[-1]) == ((0, size), (size, size))


@pytest.mark.parametrize("kind", ["cut", "close", "status"])
async def test_an_export_is_saved_whole_although_its_download_breaks(
    emulator: Emulator, provisioning: ea.ProvisioningSession, tmp_path: Path, kind: str
) -> None:
    job = await provisioning.exports.users(["userName", "lastName"], sort_by=["userName"], every=0.02, patience=WAIT)
    await job
    emulator.switches.faults.append(Fault("*/export-users/", kind, times=3))  # type: ignore[arg-type]
    written = await job.save(tmp_path / "back.csv")
    lines = (tmp_path / "back.csv").read_text("utf-8").split()
    assert lines[0] == "userName,lastName"
    assert lines[1:] == ["IngridBerg,Berg", *lines[2:]]
    assert len(lines) == 9
    assert written == (tmp_path / "back.csv").stat().st_size
    assert os.listdir(tmp_path) == ["back.csv"]


async def test_an_export_of_a_group_is_of_its_members(
    emulator: Emulator, provisioning: ea.ProvisioningSession, tmp_path: Path
) -> None:
    await provisioning.users.add(
        ea.NewUser(user_name="ada", first_name="Ada", last_name="L", password="s3cret-pw", agent_groups=["Analysts"])
    )
    job = await provisioning.exports.users(["userName"], agent_groups=["Analysts"], file_name="ana.csv", every=0.02)
    async with await job.open() as download:
        assert (download.name, download.content_type) == ("ana.csv", "text/csv")
        assert (await download.read()).split() == [b"userName", b"ada"]
    with (tmp_path / "open.csv").open("wb") as file:
        await job.save(file)
    assert (tmp_path / "open.csv").read_bytes().split() == [b"userName", b"ada"]
