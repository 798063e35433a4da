"""What a caller can do with an operation, on a real correlator and a real clock; only the sending is ours."""

from __future__ import annotations

import asyncio
import gc
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, assert_type

import pytest
from attrs import define, field

from engage_async.errors import (
    ApiError,
    CallEnded,
    MalformedResponse,
    NotSent,
    OperationFailed,
    OperationLost,
    OperationTimeout,
    SessionClosed,
    WrongEventLoop,
)
from engage_async.operation import Course, Operation
from engage_async.outcomes import Outcomes
from engage_async.protocol.completion import accepted, call_becomes
from engage_async.protocol.correlation import Expectation, Pending
from engage_async.protocol.notices import Notice

VOICE = "/workspace/v3/voice"


def call_event(state: str, *, call_id: str = "c1", **more: Any) -> Notice:
    payload = {"messageType": "CallStateChanged", "call": {"id": call_id, "state": state}, **more}
    return Notice(VOICE, "CallStateChanged", payload)


def error_event(code: int, message: str = "refused", **more: Any) -> Notice:
    payload = {"messageType": "EventError", "error": {"errorCode": code, "errorMessage": message}, **more}
    return Notice(VOICE, "EventError", payload)


@define
class Desk:
    """Starts operations against `Outcomes` as a session does, with a reply that the test decides."""

    outcomes: Outcomes
    sent: list[str] = field(factory=list)

    def hold(
        self,
        reply: Callable[[Pending], Awaitable[None]] | None = None,
        *,
        timeout: float = 5.0,
        rule: Any = None,
        decode: Callable[[Any], Any] = lambda payload: (payload or {}).get("call", {}).get("state"),
    ) -> Operation[str]:
        async def perform(operation: Operation[Any], course: Course[Any]) -> None:
            expectation = Expectation(
                "voice.hold", operation.id, "voice", rule or call_becomes("Held")({"call_id": "c1"}), timeout
            )
            pending = self.outcomes.register(operation, course, expectation, lambda payload, _: decode(payload))
            self.outcomes.sending(pending)
            self.sent.append(operation.id)
            try:
                if reply is not None:
                    await reply(pending)
                else:
                    self.outcomes.accept(pending, None)
            except ApiError as error:
                course.fail(error)

        return Operation("voice.hold", f"op-{len(self.sent) + 1}", perform, asyncio.get_running_loop())


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    outcomes = Outcomes()
    yield Desk(outcomes)
    await asyncio.sleep(0)
    assert outcomes.is_empty(), "a pending operation was left over"
    outcomes.close(lambda operation: SessionClosed(operation.name))


async def test_nothing_is_sent_before_it_is_awaited(desk: Desk) -> None:
    operation = desk.hold()
    await asyncio.sleep(0.01)
    assert desk.sent == []
    assert operation.state == "created"
    operation.cancel()


async def test_an_operation_that_is_never_awaited_says_so(desk: Desk) -> None:
    operation = desk.hold()
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        del operation
        gc.collect()
    assert [str(w.message) for w in told] == ["operation voice.hold was never awaited, so it was never sent"]


async def test_awaiting_gives_the_result_of_the_matching_event(desk: Desk) -> None:
    operation = await desk.hold().accepted()
    assert operation.state == "accepted"
    desk.outcomes.feed(call_event("Held"))
    result = await operation
    assert_type(result, str)
    assert (result, operation.matched, operation.state) == ("Held", "object", "succeeded")
    assert operation.event == call_event("Held").payload


async def test_awaiting_twice_and_from_several_tasks_gives_the_same_and_sends_once(desk: Desk) -> None:
    operation = desk.hold()
    waiting = [asyncio.ensure_future(_result(operation)) for _ in range(3)]
    await asyncio.sleep(0.01)
    desk.outcomes.feed(call_event("Held"))
    assert await asyncio.gather(*waiting) == ["Held"] * 3
    assert await operation == "Held"
    assert len(desk.sent) == 1


async def _result(operation: Operation[str]) -> str:
    return await operation


async def test_event_that_arrives_before_the_answer_settles_the_operation(desk: Desk) -> None:
    answered = asyncio.Event()

    async def late(_: Pending) -> None:
        await answered.wait()

    operation = desk.hold(late)
    waiting = asyncio.ensure_future(_result(operation))
    await asyncio.sleep(0.01)
    desk.outcomes.feed(call_event("Held"))
    assert await waiting == "Held"
    answered.set()
    await asyncio.sleep(0.01)


async def test_accepted_gives_the_operation_back_even_when_its_error_overtook_the_acceptance(desk: Desk) -> None:
    async def refused_first(pending: Pending) -> None:
        desk.outcomes.feed(error_event(56))
        desk.outcomes.accept(pending, None)

    operation = await desk.hold(refused_first).accepted()
    with pytest.raises(OperationFailed) as caught:
        await operation
    assert (caught.value.error_code, caught.value.error_message, caught.value.matched) == (56, "refused", "sole")


async def test_accepted_raises_what_kept_it_from_being_accepted(desk: Desk) -> None:
    async def refuse(_: Pending) -> None:
        raise ApiError(500, "Resource not found", {"ConfCode": 12345})

    with pytest.raises(ApiError, match="Resource not found") as caught:
        await desk.hold(refuse).accepted()
    assert (caught.value.code, caught.value.detail) == (500, {"ConfCode": 12345})


async def test_deadline_raises_operation_timeout_which_is_a_timeout_error(desk: Desk) -> None:
    with pytest.raises(TimeoutError) as caught:
        await desk.hold(timeout=0.02)
    assert isinstance(caught.value, OperationTimeout)
    assert (caught.value.sent, caught.value.accepted) == (True, True)
    assert "accepted, but no completing event within 0.02 s" in str(caught.value)


async def test_acceptance_settles_an_operation_without_completing_event_after_its_grace(desk: Desk) -> None:
    rule = accepted({"call_id": "c1"})
    from attrs import evolve

    operation = desk.hold(rule=evolve(rule, on_acceptance=0.02), decode=lambda _: "sent")
    assert await operation == "sent"
    assert operation.matched == "reply"


async def test_end_of_the_call_fails_what_can_no_longer_happen(desk: Desk) -> None:
    operation = await desk.hold().accepted()
    desk.outcomes.feed(call_event("Released"))
    with pytest.raises(CallEnded, match="its call was released before it could succeed"):
        await operation


async def test_loss_fails_what_the_snapshot_does_not_prove(desk: Desk) -> None:
    operation = await desk.hold().accepted()
    desk.outcomes.lost([])
    with pytest.raises(OperationLost):
        await operation


async def test_cancel_ends_the_waiting_and_leaves_nothing_behind(desk: Desk) -> None:
    operation = await desk.hold().accepted()
    assert operation.cancel()
    assert not operation.cancel()
    assert operation.cancelled()
    with pytest.raises(asyncio.CancelledError):
        await operation


async def test_cancelling_before_sending_sends_nothing(desk: Desk) -> None:
    operation = desk.hold()
    assert operation.cancel()
    with pytest.raises(asyncio.CancelledError):
        await operation
    assert desk.sent == []


async def test_the_last_waiting_task_takes_the_operation_with_it_when_it_is_cancelled(desk: Desk) -> None:
    operation = desk.hold()
    first, second = (asyncio.ensure_future(_result(operation)) for _ in range(2))
    await asyncio.sleep(0.01)
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)
    assert not operation.done()
    second.cancel()
    await asyncio.gather(second, return_exceptions=True)
    assert operation.cancelled()


async def test_an_accepted_operation_outlives_the_task_that_waited_for_it(desk: Desk) -> None:
    operation = await desk.hold().accepted()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await operation
    desk.outcomes.feed(call_event("Held"))
    assert await operation == "Held"


async def test_done_callback_is_called_with_the_operation(desk: Desk) -> None:
    operation = await desk.hold().accepted()
    seen: list[Operation[str]] = []
    operation.add_done_callback(seen.append)
    desk.outcomes.feed(call_event("Held"))
    assert operation.done()
    assert operation.result() == "Held"
    assert operation.exception() is None
    await asyncio.sleep(0)
    assert seen == [operation]


async def test_result_before_the_outcome_is_an_invalid_state(desk: Desk) -> None:
    operation = await desk.hold().accepted()
    with pytest.raises(asyncio.InvalidStateError):
        operation.result()
    operation.cancel()


async def test_closing_fails_every_pending_operation_with_an_error_of_its_own(desk: Desk) -> None:
    operations = [await desk.hold().accepted() for _ in range(3)]
    desk.outcomes.close(lambda operation: SessionClosed(f"{operation.name}: closed"))
    errors = [operation.exception() for operation in operations]
    assert all(isinstance(error, SessionClosed) for error in errors)
    assert len({id(error) for error in errors}) == 3


async def test_a_result_that_cannot_be_read_fails_its_operation_and_no_other(desk: Desk) -> None:
    def explode(_: Any) -> Any:
        raise ZeroDivisionError

    broken = await desk.hold(decode=explode).accepted()
    sound = await desk.hold().accepted()
    desk.outcomes.feed(call_event("Held"))
    desk.outcomes.feed(call_event("Held"))
    with pytest.raises(MalformedResponse, match="ZeroDivisionError"):
        await broken
    assert await sound == "Held"


async def test_another_event_loop_is_refused(desk: Desk) -> None:
    operation = desk.hold()

    def elsewhere() -> None:
        with pytest.raises(WrongEventLoop):
            asyncio.run(_result(operation))

    await asyncio.to_thread(elsewhere)
    operation.cancel()


async def test_not_sent_is_raised_as_it_is(desk: Desk) -> None:
    async def perform(_: Operation[Any], course: Course[Any]) -> None:
        course.fail(NotSent("connection refused by 127.0.0.1:1"))

    operation: Operation[str] = Operation("voice.hold", "x", perform, asyncio.get_running_loop())
    with pytest.raises(NotSent):
        await operation
