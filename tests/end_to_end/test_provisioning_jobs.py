"""Imports and exports of users against the emulator: followed, stopped, refused, cut off."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from attrs import evolve

import engage_async as ea
from engage_async.emulator import Emulator, Fault
from tests.end_to_end.agents import engage_for

HEADER = "userName,firstName,lastName,password,skills,agentGroups"
EVERYTHING = [
    "userName", "firstName", "lastName", "employeeID", "externalID", "emailAddress", "loginCode", "enabled", "isAgent",
    "placeNames", "switchNames", "accessGroups", "phones", "skills", "agentGroups", "wwe", "voiceMail", "wrapUpTime",
    "changePasswordOnNextLogin", "callRecording", "supportSoftPhone",
]  # fmt: skip
FIELDS = ["userName", "firstName", "lastName", "skills", "agentGroups", "placeNames"]


@pytest.fixture
async def provisioning(emulator: Emulator) -> AsyncIterator[ea.ProvisioningSession]:
    async with engage_for(emulator) as engage, engage.provisioning() as session:
        yield session


def a_row(number: int) -> str:
    return f"user{number},First,Last {number},Passw0rd-{number},Billing={number % 10};German,Wave {number % 3}"


def a_file(rows: int, *more: str) -> bytes:
    return "\n".join([HEADER, *map(a_row, range(rows)), *more]).encode()


async def test_ten_thousand_users_are_imported_and_come_back_by_an_export(
    emulator: Emulator, provisioning: ea.ProvisioningSession, tmp_path: Path
) -> None:
    (tmp_path / "users.csv").write_bytes(a_file(10_000))
    sent: list[int] = []
    job = await provisioning.imports.users(
        tmp_path / "users.csv", validate=True, every=0.05, progress=lambda each: sent.append(each.done)
    )
    states = [status async for status in job]
    assert sent[-1] == (tmp_path / "users.csv").stat().st_size
    assert len(states) > 2
    assert [state.done_count for state in states] == sorted(state.done_count for state in states)
    result = await job
    assert (result.errors, result.data.succeed_count, result.data.last_entity) == ((), 10_000, "user9999")

    export = await provisioning.exports.users(FIELDS, file_name="back.csv", every=0.02)
    written = await export.save(tmp_path / "back.csv")
    assert written == (tmp_path / "back.csv").stat().st_size
    back = {row["userName"]: row for row in csv.DictReader(io.StringIO((tmp_path / "back.csv").read_text()))}
    for row in csv.DictReader(io.StringIO(a_file(10_000).decode())):
        del row["password"]
        assert {name: back[row["userName"]][name] for name in row} == row
    assert len(back) == (await provisioning.users.get_page(limit=1)).total


async def test_every_attribute_of_a_user_comes_back_equal(provisioning: ea.ProvisioningSession, tmp_path: Path) -> None:
    """Also what a plain list in a column could not say: telephones with more than a number, names with separators."""
    ada = ea.NewUser(
        user_name="ada", first_name="Ada, \"Countess\"", last_name="Lovelace\nKing", password="s3cret-pw",
        is_agent=False, employee_id="1815", external_id="x-1", email_address="ada@host", login_code="7815",
        enabled=False,
        place_names=["Desk; by the window", "Lab"], switch_names=["SIP_Switch"], access_groups=["Users"],
        phones=[ea.Phone(number="7815", description="study", is_default=True, place_name="Lab"), ea.Phone(number="1")],
        skills=[
            ea.SkillLevel(name="Ada=Babbage", level=9), ea.SkillLevel(name="English"), ea.SkillLevel(name="C", level=0)
        ],
        agent_groups=["[Analysts]"], roles=["ROLE_AGENT", "ROLE_SUPERVISOR"], voice_mail=42, wrap_up_time=30,
        change_password_on_next_login=True, call_recording=False, support_soft_phone=True,
    )  # fmt: skip
    made = await provisioning.users.add(ada)
    await (await provisioning.exports.users(EVERYTHING, person_dbids=[made.dbid], every=0.02)).save(
        tmp_path / "ada.csv"
    )
    await provisioning.users.delete(made.dbid)
    header, row = (tmp_path / "ada.csv").read_bytes().rstrip().split(b"\r\n", 1)
    (tmp_path / "ada.csv").write_bytes(header + b",password\r\n" + row + b",s3cret-pw\r\n")
    result = await (await provisioning.imports.users(tmp_path / "ada.csv", every=0.02))
    assert result.errors == ()
    (again,) = [user async for user in provisioning.users.iter(filter_parameters="ada")]
    assert evolve(again, dbid=made.dbid) == made


async def test_rows_that_cannot_be_taken_over_are_named(provisioning: ea.ProvisioningSession) -> None:
    bad = ",First,Last,Passw0rd-1,,", "short,row", "wrong,First,Last,Passw0rd-2,Billing=much,"
    job = await provisioning.imports.users(a_file(5, *bad), every=0.02)
    result = await job
    assert (result.data.succeed_count, result.data.total_count) == (5, 8)
    told = [str(error) for error in result.errors]
    assert len(told) == 3
    for text, row, reason in zip(told, ("7", "8", "9"), ("userName", "columns", "skills"), strict=True):
        assert row in text
        assert reason in text
    with pytest.raises(ExceptionGroup) as raised:
        result.raise_for_errors()
    assert [type(each) for each in raised.value.exceptions] == [ea.ImportRowFailed] * 3
    assert [str(each) for each in raised.value.exceptions] == told


async def test_validated_file_with_bad_rows_is_refused_before_the_first_row(
    provisioning: ea.ProvisioningSession,
) -> None:
    file = a_file(3, "short,row")
    with pytest.raises(ea.ImportRejected, match="columns"):
        await provisioning.imports.users(file, validate=True)
    with pytest.raises(ea.ImportRejected, match="columns"):
        await provisioning.imports.validate_file(file)
    await provisioning.imports.validate_file(a_file(3))
    assert [user async for user in provisioning.users.iter(filter_parameters="user0")] == []


async def test_import_is_stopped_halfway(emulator: Emulator, provisioning: ea.ProvisioningSession) -> None:
    emulator.switches.import_pace = 500
    job = await provisioning.imports.users(a_file(5_000), every=0.02)
    async for status in job:
        if status.done_count > 20:
            break
    await job.stop()
    result = await job
    assert result.data.stopped
    assert 20 < (result.data.succeed_count or 0) < 5_000
    assert [user.user_name async for user in provisioning.users.iter(filter_parameters="user0")] == ["user0"]


async def test_second_administrator_is_told_who_is_importing(
    emulator: Emulator, provisioning: ea.ProvisioningSession
) -> None:
    emulator.switches.import_pace = 500
    job = await provisioning.imports.users(a_file(5_000), every=0.02)
    async with engage_for(emulator, "KateLewis") as engage, engage.provisioning() as other:
        with pytest.raises(ea.ImportInProgress, match="JohnSmith"):
            await other.imports.users(a_file(1))
        await job.stop()
        await job
        await (await other.imports.users(a_file(1), every=0.02))


async def test_what_is_no_csv_is_refused(provisioning: ea.ProvisioningSession) -> None:
    with pytest.raises(ea.ApiError, match="column"):
        await provisioning.imports.users(b"name\nx\n")
    with pytest.raises(ea.ApiError, match="UTF-8"):
        await provisioning.imports.users(b"\xff\xfe\x00" * 10)


@pytest.mark.parametrize("carried_out", [False, True])
async def test_upload_whose_answer_never_comes_is_looked_after(
    emulator: Emulator, provisioning: ea.ProvisioningSession, carried_out: bool
) -> None:
    """When it has begun, it is followed; when it has not, nobody may say that it has."""
    emulator.switches.faults.append(
        Fault("/provisioning/v3/import-users/csv", "close", method="POST", carried_out=carried_out)
    )
    if carried_out:
        assert (await (await provisioning.imports.users(a_file(20), every=0.02))).data.succeed_count == 20
    else:
        with pytest.raises(ea.OutcomeUnknown):
            await provisioning.imports.users(a_file(20), every=0.02)


async def test_export_of_nothing_known_is_refused(provisioning: ea.ProvisioningSession) -> None:
    with pytest.raises(ea.ApiError, match="404"):
        await provisioning.exports.get_status("4711")
    with pytest.raises(ea.ApiError, match="404"):
        await provisioning.exports.download("4711")
