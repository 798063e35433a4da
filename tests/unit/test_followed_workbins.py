"""A followed workbin: what messages do to its content, whatever they hold and whenever they come."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import engage_async as ea
from engage_async.api.module import NothingKnown
from engage_async.io.downloads import Download
from engage_async.operation import Course, Operation
from engage_async.protocol.route import Route
from engage_async.sessions.workbins import FollowedWorkbin, WorkbinDesk

OWN = frozenset({"JohnSmith", "johnsmith"})


class Service:
    """A session whose operations the test settles: by a message, or by a bare reply."""

    def __init__(self) -> None:
        self.sent: list[Operation[Any]] = []
        self.courses: dict[Operation[Any], Course[Any]] = {}
        self.replies: dict[str, Any] = {}
        self._looked_at = 0
        self.desk = WorkbinDesk(self, own_names=lambda: OWN)

    def start(self, route: Route, arguments: Mapping[str, Any], timeout: float | None) -> Operation[Any]:
        assert timeout is None
        loop = asyncio.get_running_loop()

        async def perform(operation: Operation[Any], course: Course[Any]) -> None:
            self.sent.append(operation)
            self.courses[operation] = course
            reply = self.replies.get(route.name)
            if isinstance(reply, Exception):
                course.fail(reply)
            elif reply is not None:
                assert route.gives is not None
                course.succeed(route.gives(reply, arguments, NothingKnown()), "reply")

        return Operation(route.name, f"op-{len(self.sent) + 1}", perform, loop)

    async def request(self, route: Route, arguments: Mapping[str, Any], timeout: float | None) -> Any:
        raise AssertionError(f"{route.name} is completed by an event: {arguments} {timeout}")

    async def open(self, route: Route, arguments: Mapping[str, Any], timeout: float | None) -> Download:
        raise AssertionError(f"{route.name} gives no file: {arguments} {timeout}")

    async def sends(self, name: str) -> Operation[Any]:
        """The next operation of this name, once it was sent."""
        while True:
            for operation in self.sent[self._looked_at :]:
                self._looked_at += 1
                if operation.name == name:
                    return operation
            await asyncio.sleep(0)

    def answer(self, operation: Operation[Any], *lying: str, tell: bool = True, **more: Any) -> None:
        """Answer a request for content: first the message passes the live state, then it settles the operation."""
        workbin = {"id": "w1", "workbinName": "wb", "interactions": [{"id": each} for each in lying], **more}
        message = {"messageType": "WorkbinsMessage", "name": "EventWorkbinContent", "workbin": workbin}
        if tell:
            self.desk.feed({**message, "operationId": operation.id})
        course = self.courses[operation]
        course.event = message
        course.succeed(ea.Workbin(id="w1"), "operation-id")

    def change(self, operation: str, interaction: str, *, workbin: str = "w1", owner: str | None = "JohnSmith") -> None:
        self.desk.feed({
            "messageType": "WorkbinsMessage",
            "name": "EventWorkbinContentChanged",
            "workbinContentOperation": operation,
            "workbin": {"id": workbin, "owner": owner},
            "interaction": {"id": interaction},
        })  # fmt: skip

    async def follow(self, *lying: str, owner_id: str | None = None, **more: Any) -> FollowedWorkbin:
        self.replies |= {"workbins.subscribe": {}, "workbins.unsubscribe": {}}
        workbin = self.desk.follow("w1", owner_id=owner_id)
        entering = asyncio.create_task(workbin.__aenter__())
        self.answer(await self.sends("workbins.get_content"), *lying, **more)
        return await entering


def ids(workbin: FollowedWorkbin) -> list[str]:
    return [each.id for each in workbin.interactions]


async def test_content_follows_each_change_once_it_was_read() -> None:
    service = Service()
    workbin = await service.follow("a", "b")
    service.change("Add", "c")
    service.change("Remove", "a")
    service.change("Add", "b")
    assert ids(workbin) == ["b", "c"]
    service.change("Remove", "never there")
    assert ids(workbin) == ["b", "c"]
    await workbin.aclose()


async def test_change_between_the_content_and_its_reader_is_not_lost() -> None:
    service = Service()
    service.replies["workbins.subscribe"] = service.replies["workbins.unsubscribe"] = {}
    workbin = service.desk.follow("w1")
    entering = asyncio.create_task(workbin.__aenter__())
    reading = await service.sends("workbins.get_content")
    service.change("Add", "before")
    service.answer(reading, "a")
    service.change("Add", "after")
    await entering
    assert ids(workbin) == ["a", "after"]
    await workbin.aclose()


async def test_content_of_a_message_that_names_no_operation_of_ours_is_taken_from_the_outcome() -> None:
    service = Service()
    service.replies["workbins.subscribe"] = service.replies["workbins.unsubscribe"] = {}
    workbin = service.desk.follow("w1")
    entering = asyncio.create_task(workbin.__aenter__())
    service.answer(await service.sends("workbins.get_content"), "a", tell=False)
    await entering
    assert ids(workbin) == ["a"]
    await workbin.aclose()


async def test_content_of_a_bare_reply_is_taken_too() -> None:
    service = Service()
    service.replies |= {"workbins.subscribe": {}, "workbins.unsubscribe": {}}
    service.replies["workbins.get_content"] = {"workbin": {"id": "w1", "interactions": [{"id": "a"}]}}
    async with service.desk.follow("w1") as workbin:
        assert ids(workbin) == ["a"]


async def test_changes_of_other_workbins_and_other_owners_are_not_its_own() -> None:
    service = Service()
    mine = await service.follow("a")
    hers = await service.follow("b", owner_id="KateLewis")
    service.change("Add", "x", workbin="w2")
    service.change("Add", "y", owner="OmarDiaz")
    service.change("Add", "mine", owner="johnsmith")
    service.change("Add", "hers", owner="KateLewis")
    service.change("Add", "whose", owner=None)
    assert (ids(mine), ids(hers)) == (["a", "mine", "whose"], ["b", "hers", "whose"])
    assert [each.id for each in service.desk.followed["w1"].interactions] == ids(mine)
    for workbin in (mine, hers):
        await workbin.aclose()


async def test_owner_is_known_by_the_name_that_the_content_tells() -> None:
    service = Service()
    hers = await service.follow(owner_id="katelewis", owner="KateLewis")
    service.change("Add", "a", owner="KateLewis")
    assert ids(hers) == ["a"]
    await hers.aclose()


async def test_same_workbin_followed_twice_is_unsubscribed_once_at_the_end() -> None:
    service = Service()
    first, second = await service.follow("a"), await service.follow("a")
    await first.aclose()
    service.change("Add", "b")
    assert (ids(first), ids(second)) == (["a"], ["a", "b"])
    assert "workbins.unsubscribe" not in [operation.name for operation in service.sent]
    await second.aclose()
    await second.aclose()
    assert [operation.name for operation in service.sent].count("workbins.unsubscribe") == 1


async def test_slow_reader_gets_the_newest_content() -> None:
    service = Service()
    workbin = await service.follow()
    contents = aiter(workbin)
    assert (await anext(contents)).interactions == ()
    for each in "abc":
        service.change("Add", each)
    assert [each.id for each in (await anext(contents)).interactions] == ["a", "b", "c"]
    waiting = asyncio.create_task(anext(contents))
    await asyncio.sleep(0)
    await workbin.aclose()
    with pytest.raises(StopAsyncIteration):
        await waiting


async def test_refused_subscription_leaves_nothing_behind() -> None:
    service = Service()
    service.replies["workbins.subscribe"] = ea.ApiError(17, "no")
    with pytest.raises(ea.ApiError):
        await service.desk.follow("w1").__aenter__()
    assert not service.desk.is_following
    assert [operation.name for operation in service.sent] == ["workbins.subscribe"]


async def test_cancelled_while_it_is_entered_it_unsubscribes() -> None:
    service = Service()
    service.replies["workbins.subscribe"] = service.replies["workbins.unsubscribe"] = {}
    entering = asyncio.create_task(service.desk.follow("w1").__aenter__())
    await service.sends("workbins.get_content")
    entering.cancel()
    with pytest.raises(asyncio.CancelledError):
        await entering
    assert service.sent[-1].name == "workbins.unsubscribe"
    assert not service.desk.is_following


async def test_failed_session_ends_it_with_its_error() -> None:
    service = Service()
    workbin = await service.follow("a")
    contents = aiter(workbin)
    await anext(contents)
    service.desk.close(ea.SessionClosed("gone"))
    with pytest.raises(ea.SessionClosed, match="gone"):
        await anext(contents)
    with pytest.raises(ea.SessionClosed, match="gone"):
        await workbin.until(lambda _: False)
    assert ids(workbin) == ["a"], "the last content stays"
    await workbin.aclose()


async def test_second_loss_while_it_is_read_again_does_not_end_it() -> None:
    service = Service()
    workbin = await service.follow("a")
    service.replies["workbins.get_content"] = ea.OperationLost(
        "lost", operation="workbins.get_content", operation_id=""
    )
    await service.desk.resume()
    assert (ids(workbin), workbin.ended) == (["a"], False)
    service.replies["workbins.get_content"] = {"workbin": {"id": "w1", "interactions": [{"id": "b"}]}}
    await asyncio.gather(service.desk.resume(), service.desk.resume())
    assert ids(workbin) == ["b"]
    await workbin.aclose()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(["w1", "a", "Add", "Remove", "JohnSmith"]),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from(["id", "owner", "interactions"]), inner, max_size=3)
    ),
    max_leaves=6,
)
MESSAGES = st.fixed_dictionaries(
    {"name": st.sampled_from(["EventWorkbinContentChanged", "EventWorkbinContent"]) | JSON},
    optional=dict.fromkeys(("workbin", "interaction", "workbinContentOperation", "operationId"), JSON),
)


@given(messages=st.lists(MESSAGES, max_size=8))
async def test_no_message_breaks_what_is_followed(messages: list[dict[str, Any]]) -> None:
    service = Service()
    workbin = await service.follow("a")
    for message in messages:
        assert service.desk.feed(message)
        assert isinstance(workbin.content, ea.Workbin)
    await workbin.aclose()
