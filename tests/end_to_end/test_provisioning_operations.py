"""Operations that are answered by a message: over a real long poll, in every form an answer may have."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

import engage_async as ea
from engage_async.emulator import Emulator, Fault, Refusal
from tests.end_to_end.agents import engage_for

GET_USERS = "*/operations/get-users"
WAIT = 5.0


@pytest.fixture
async def provisioning(emulator: Emulator) -> AsyncIterator[ea.ProvisioningSession]:
    async with engage_for(emulator, error_grace=0.02) as engage, engage.provisioning() as session:
        yield session
        if session.health.connected:
            assert session.health.pending == 0


def tell(emulator: Emulator, operation: ea.Operation[Any], answer: Any, *, channel: str = "operations") -> None:
    """Send a message with the operation's id."""
    data = {"id": operation.id, "path": "/operations/get-users", "data": {"data": answer}}
    emulator.provisioning.delivery.publish("JohnSmith", "/any", {"channel": channel, "data": data})


def accept_in_silence(emulator: Emulator) -> None:
    """The next request for users is accepted, and answered by nobody."""
    emulator.switches.faults.append(Fault(GET_USERS, "code", code=1))


async def test_users_and_skills_come_by_messages(emulator: Emulator, provisioning: ea.ProvisioningSession) -> None:
    nobody = await provisioning.operations.get_users(skills=["Falconry"])
    assert (nobody.items, nobody.total) == ((), 0)
    operation = provisioning.operations.get_users(limit=3, sort_by=["userName"])
    page = await operation
    assert [user.user_name for user in page.items] == ["IngridBerg", "JohnSmith", "KateLewis"]
    assert (page.total, operation.matched, operation.state) == (8, "operation-id", "succeeded")
    sent = next(record for record in reversed(emulator.requests) if record.path.endswith("/get-users"))
    assert (sent.query["_aioId"], sent.query["limit"]) == (operation.id, "3")
    skills = await provisioning.operations.get_used_skills()
    used = {skill.name for user in (await provisioning.users.get_page()).items for skill in user.skills}
    assert {skill.name for skill in skills} == used


@pytest.mark.parametrize("order", ["reply-first", "events-first"])
async def test_the_message_may_overtake_the_reply(
    emulator: Emulator, provisioning: ea.ProvisioningSession, order: Any
) -> None:
    emulator.switches.reply_order = order
    emulator.switches.reply_gap = 0.02
    pages = await asyncio.gather(*(provisioning.operations.get_users(limit=n) for n in range(1, 6)))
    assert [len(page.items) for page in pages] == [1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    "answer",
    [
        json.dumps({"status": {"code": 0}, "data": {"users": [{"userName": "ada"}], "totalCount": "1"}}),
        {"status": {"code": 0}, "data": {"users": [{"userName": "ada"}], "totalCount": 1}},
        json.dumps({"users": [{"userName": "ada"}, "no user"], "totalCount": 1}),
    ],
)
async def test_an_answer_is_understood_however_it_is_wrapped(
    emulator: Emulator, provisioning: ea.ProvisioningSession, answer: Any
) -> None:
    accept_in_silence(emulator)
    pending = await provisioning.operations.get_users().accepted()
    tell(emulator, pending, answer)
    page = await pending
    assert ([user.user_name for user in page.items], page.total) == (["ada"], 1)


async def test_several_messages_for_one_id_settle_once_and_the_rest_are_heard(
    emulator: Emulator, provisioning: ea.ProvisioningSession
) -> None:
    accept_in_silence(emulator)
    async with provisioning.events(ea.ProvisioningMessage) as heard:
        pending = await provisioning.operations.get_users().accepted()
        for total in (1, 2, 3):
            tell(emulator, pending, {"data": {"users": [], "totalCount": total}})
        assert (await pending).total == 1
        totals = [(await anext(heard)).content["totalCount"] for _ in range(3)]
    assert totals == [1, 2, 3]


async def test_a_message_of_a_foreign_id_settles_nothing_and_is_heard(
    emulator: Emulator, provisioning: ea.ProvisioningSession
) -> None:
    accept_in_silence(emulator)
    async with provisioning.events(ea.ProvisioningMessage) as heard:
        pending = await provisioning.operations.get_users(timeout=0.2).accepted()
        foreign = {"channel": "operations", "data": {"id": "foreign", "data": {"data": "{}"}}}
        emulator.provisioning.delivery.publish("JohnSmith", "/any", foreign)
        event = await anext(heard)
        assert (event.operation_id, event.raw["data"]["id"]) == ("foreign", "foreign")
        with pytest.raises(ea.OperationTimeout) as late:
            await pending
    assert late.value.accepted


async def test_an_answer_that_is_a_failure_is_typed(emulator: Emulator, provisioning: ea.ProvisioningSession) -> None:
    accept_in_silence(emulator)
    pending = await provisioning.operations.get_users().accepted()
    tell(emulator, pending, json.dumps({"status": {"code": 13, "message": "Not allowed"}}))
    with pytest.raises(ea.OperationFailed, match=r"operations\.get_users: 13 Not allowed") as failed:
        await pending
    assert (failed.value.error_code, failed.value.error_message) == (13, "Not allowed")
    assert (failed.value.matched, failed.value.operation_id) == ("operation-id", pending.id)


async def test_an_answer_that_is_not_complete_is_told(emulator: Emulator, provisioning: ea.ProvisioningSession) -> None:
    accept_in_silence(emulator)
    pending = await provisioning.operations.get_users().accepted()
    errors = [{"status": {"code": 7, "message": "One is hidden"}}]
    tell(emulator, pending, {"status": {"code": 2}, "errors": errors, "data": {"users": [], "totalCount": 0}})
    with pytest.raises(ea.PartialSuccess) as partial:
        await pending
    assert [error.message for error in partial.value.partial.errors] == ["One is hidden"]


async def test_an_answer_that_is_none_harms_nobody(emulator: Emulator, provisioning: ea.ProvisioningSession) -> None:
    for answer in ("[" * 5_000, 7, None, ["x"], {"users": "all"}):
        accept_in_silence(emulator)
        pending = await provisioning.operations.get_users().accepted()
        tell(emulator, pending, answer)
        assert (await pending).items == ()
    assert (await provisioning.operations.get_users()).total == 8


async def test_a_service_that_answers_at_once_settles_by_its_reply(
    emulator: Emulator, provisioning: ea.ProvisioningSession
) -> None:
    emulator.switches.faults.append(Fault(GET_USERS, "code", code=0))
    operation = provisioning.operations.get_users()
    assert (await operation).items == ()
    assert operation.matched == "reply"


async def test_the_state_of_imports_is_asked_for_and_comes_as_an_event(
    emulator: Emulator, provisioning: ea.ProvisioningSession
) -> None:
    async with provisioning.events(ea.ProvisioningMessage) as heard:
        operation = provisioning.operations.post_check_import_status()
        await operation
        assert operation.matched == "reply"
        event = await anext(heard)
    assert (event.logical_channel, event.operation_id) == ("import", None)
    assert event.content["adminName"] == "JohnSmith"


async def test_objects_that_are_watched_tell_when_they_change(
    emulator: Emulator, provisioning: ea.ProvisioningSession
) -> None:
    await provisioning.operations.post_watch_objects(["users"])
    async with provisioning.events(ea.ProvisioningMessage) as heard:
        made = await provisioning.users.add(
            ea.NewUser(user_name="ada", first_name="Ada", last_name="Lovelace", password="s3cret-pw")
        )
        await provisioning.operations.delete_users(made.dbid)
        events = [await anext(heard), await anext(heard)]
        assert {event.logical_channel for event in events} == {"objects"}
        assert {event.content["DBID"] for event in events} == {made.dbid}
        await provisioning.operations.delete_watch_objects()
        await provisioning.users.add(ea.NewUser(user_name="bob", first_name="Bob", last_name="B", password="s3cret-pw"))
        await provisioning.operations.get_users()
        assert (await anext(heard)).logical_channel == "operations"


async def test_what_the_emulator_does_not_model_is_refused(provisioning: ea.ProvisioningSession) -> None:
    for refused in (
        provisioning.operations.post_users,
        provisioning.operations.put_users,
        provisioning.operations.post_import,
        provisioning.operations.post_validate_import,
        provisioning.operations.check_inactivity,
        provisioning.operations.get_sub,
    ):
        with pytest.raises(ea.ServerFault) as unmodelled:
            await refused()
        assert unmodelled.value.http_status == 501


@pytest.mark.parametrize("name", ["get_users", "get_used_skills"])
async def test_a_refused_operation_fails_with_what_the_message_says(
    emulator: Emulator, provisioning: ea.ProvisioningSession, name: str
) -> None:
    emulator.switches.refuse_next.append(Refusal(name.replace("_", "-"), 603, "Not for you"))
    operation = getattr(provisioning.operations, name)()
    with pytest.raises(ea.OperationFailed, match="Not for you") as refused:
        await operation
    assert (refused.value.error_code, refused.value.matched) == (603, "operation-id")
    assert await getattr(provisioning.operations, name)()
