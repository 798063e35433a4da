"""What happens to a contact centre from outside: now, at a rate, and no longer than the emulator runs."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from media_room import JOHN, KATE, Room
from voice_floor import DN_OF

from engage_async.emulator import Emulator
from engage_async.emulator.customers import ChatCustomer
from engage_async.emulator.scenario import Arrivals
from engage_async.emulator.tlib_errors import Refused
from engage_async.errors import InvalidArgument


def seated(room: Room, *agents: str, work_mode: str | None = "AutoIn") -> None:
    """The agents, at their DNs."""
    for agent in agents:
        dn = room.centre.exchange.dns[DN_OF[agent]]
        room.centre.exchange.seat(agent, dn)
        room.centre.exchange.log_in(dn, work_mode)


def chat_of(room: Room, **chat: Any) -> ChatCustomer:
    """A customer in a chat with John, who has said nothing yet."""
    customer = room.scenario.inbound_chat(None, **chat)
    room.ask(JOHN, "accept", customer.interaction, nickname="John")
    return customer


def says(room: Room, customer: ChatCustomer, *texts: str) -> list[str]:
    """What the customer has answered so far, once John has said this and a while has gone by."""
    for text in texts:
        room.ask(JOHN, "send-message", customer.interaction, message=text)
        room.clock.advance(1)
    return [text or "" for kind, nickname, text in room.lines(JOHN) if kind == "Text" and nickname != "John"]


# --- calls ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("to", ["7002", KATE])
def test_call_rings_at_a_dn_or_an_agent(to: str) -> None:
    room = Room()
    seated(room, JOHN, KATE)
    room.forget()
    room.scenario.inbound_call(to, number="5551234", user_data={"Segment": "Gold"})
    (event,) = [e for e in room.heard(KATE) if "call" in e]
    assert (event["call"]["state"], event["call"]["ani"]) == ("Ringing", "5551234")
    assert event["call"]["userData"] == [{"key": "Segment", "type": "str", "value": "Gold"}]


def test_call_to_nobody_rings_at_whoever_is_ready_and_idle() -> None:
    room = Room()
    seated(room, JOHN, work_mode=None)
    seated(room, KATE)
    room.forget()
    room.scenario.inbound_call()
    assert {user for user, _, _ in room.said} == {KATE}
    with pytest.raises(Refused, match="231"):
        room.scenario.inbound_call()


def test_call_to_an_agent_without_a_dn_finds_nobody() -> None:
    with pytest.raises(Refused, match="231"):
        Room().scenario.inbound_call(JOHN)


# --- customers in chats -----------------------------------------------------------------------------------------------


def test_customer_says_one_reply_to_each_message() -> None:
    room = Room(JOHN)
    customer = chat_of(room, replies=["one", "two"])
    assert says(room, customer, "a", "b", "c") == ["one", "two"]
    assert (customer.texts, customer.here) == (["a", "b", "c"], True)


def test_customer_leaves_when_the_replies_are_used_up() -> None:
    room = Room(JOHN)
    customer = chat_of(room, replies=["one"], then_leaves=True)
    assert says(room, customer, "a", "b") == ["one"]
    assert not customer.here


def test_customer_takes_a_while_to_answer() -> None:
    room = Room(JOHN)
    customer = chat_of(room, replies=["one"], after=5.0)
    assert says(room, customer, "a") == []
    room.clock.advance(4)
    assert says(room, customer) == ["one"]


def test_customer_answers_by_a_function() -> None:
    room = Room(JOHN)

    def answer(text: str, customer: ChatCustomer) -> str | None:
        if text == "bye":
            customer.leave()
        return text.upper() if "?" in text else None

    customer = chat_of(room, replies=answer)
    assert says(room, customer, "who?", "aha", "why?") == ["WHO?", "WHY?"]
    says(room, customer, "bye")
    assert not customer.here


def test_customer_whose_function_fails_is_silent(caplog: pytest.LogCaptureFixture) -> None:
    room = Room(JOHN)

    def answer(text: str, customer: ChatCustomer) -> str | None:
        raise ValueError(text)

    with caplog.at_level(logging.ERROR, "engage_async.emulator"):
        assert says(room, chat_of(room, replies=answer), "a") == []
    assert [record.message for record in caplog.records] == ["a customer's answer failed"]


def test_customer_who_has_left_says_nothing() -> None:
    room = Room(JOHN)
    customer = chat_of(room, replies=["late"], after=5.0)
    says(room, customer, "a")
    customer.leave()
    room.clock.advance(10)
    assert says(room, customer) == []


def test_customer_hears_only_what_is_meant_for_customers() -> None:
    room = Room(JOHN)
    customer = chat_of(room, replies=["what?"])
    room.ask(JOHN, "send-message", customer.interaction, message="idiot", visibility="Agent")
    assert (says(room, customer), customer.texts) == ([], [])


async def test_customer_answers_by_a_coroutine_function() -> None:
    room = Room(JOHN)
    release = asyncio.Event()

    async def answer(text: str, _: ChatCustomer) -> str | None:
        await release.wait()
        return f"{text}!"

    customer = chat_of(room, replies=answer)
    assert says(room, customer, "a") == []
    release.set()
    while not (answers := says(room, customer)):
        await asyncio.sleep(0)
    assert answers == ["a!"]


async def test_stop_ends_what_customers_think_about() -> None:
    room = Room(JOHN)
    thinking = asyncio.Event()

    async def answer(text: str, _: ChatCustomer) -> str | None:
        thinking.set()
        await asyncio.Event().wait()
        return text

    customer = chat_of(room, replies=answer)
    says(room, customer, "a")
    await thinking.wait()
    await room.scenario.stop()
    assert says(room, customer) == []


# --- other arrivals ---------------------------------------------------------------------------------------------------


def test_work_item_is_of_a_media_type_that_there_is() -> None:
    room = Room(JOHN)
    with pytest.raises(InvalidArgument, match="no media type 'fax': chat, email, workitem, outboundpreview"):
        room.scenario.work_item(mediatype="fax")


def test_outbound_preview_has_the_record_of_its_campaign() -> None:
    room = Room(JOHN)
    room.scenario.outbound_preview("5551234", record={"GSW_CHAIN_ID": 7})
    view = room.last(JOHN)
    data = {pair["key"]: pair["value"] for pair in view["userData"]}
    assert (view["mediatype"], view["interactionType"], data["GSW_PHONE"]) == ("outboundpreview", "Internal", "5551234")
    assert (data["GSW_CAMPAIGN_NAME"], data["GSW_CALLING_LIST"], data["GSW_CHAIN_ID"]) == ("Spring", "Customers", 7)
    assert data["GSW_RECORD_HANDLE"] > 0


def test_file_on_disk_is_attached(tmp_path: Path) -> None:
    room = Room(JOHN)
    file = tmp_path / "letter.txt"
    file.write_text("Dear all")
    room.scenario.inbound_email(attachments={"letter.txt": file})
    (attachment,) = room.last(JOHN)["attachments"]
    assert (attachment["name"], attachment["mime"], attachment["size"]) == ("letter.txt", "text/plain", 8)


# --- at a rate --------------------------------------------------------------------------------------------------------


def test_arrivals_come_at_their_rate_until_they_are_stopped() -> None:
    room = Room()
    arrivals = room.scenario.repeat(room.scenario.work_item, rate=4)
    assert arrivals.count == 1, "the first at once"
    room.clock.advance(1)
    assert arrivals.count == 5
    arrivals.stop()
    room.clock.advance(10)
    assert (arrivals.count, arrivals.running, len(arrivals.recent)) == (5, False, 5)


def test_arrivals_come_every_so_many_seconds_and_so_many_times() -> None:
    room = Room()
    numbers = iter(range(100))
    arrivals = room.scenario.repeat(lambda: room.scenario.work_item(f"item {next(numbers)}"), every=2.0, times=3)
    room.clock.advance(100)
    assert [item.subject for item in arrivals.recent] == ["item 0", "item 1", "item 2"]
    assert not arrivals.running


def test_rate_holds_on_average_when_the_machine_is_busy() -> None:
    time, due = [0.0], list[Callable[[], object]]()

    def later(_: float, callback: Callable[[], object]) -> Any:
        due.append(callback)

    arrivals = Arrivals(lambda: "one", 0.01, None, lambda: time[0], later, lambda _: None)
    arrivals.begin()
    for _ in range(7):
        time[0] += 0.135
        due.pop()()
    assert arrivals.count == 95


def test_calls_that_find_nobody_are_counted() -> None:
    room = Room()
    seated(room, JOHN)
    arrivals = room.scenario.repeat(room.scenario.inbound_call, every=1.0, times=4)
    room.clock.advance(10)
    assert (arrivals.count, arrivals.refused, arrivals.running) == (1, 3, False)


async def test_failure_of_an_arrival_ends_them_and_is_told() -> None:
    room = Room()
    arrivals = room.scenario.repeat(lambda: room.scenario.work_item(mediatype="fax"), rate=5)
    with pytest.raises(InvalidArgument, match="no media type 'fax'"):
        await arrivals.finished()
    assert not arrivals.running


@pytest.mark.parametrize(
    "given",
    [{}, {"every": 1.0, "rate": 1.0}, {"every": 0.0}, {"rate": -1.0}, {"every": -1.0, "rate": 2.0}],
    ids=str,
)
def test_rate_must_be_given_once_and_be_positive(given: dict[str, Any]) -> None:
    room = Room()
    with pytest.raises(InvalidArgument, match="give a positive `every` or a positive `rate`"):
        room.scenario.repeat(room.scenario.work_item, **given)


async def test_nothing_arrives_after_the_emulator_has_stopped() -> None:
    async with Emulator() as emulator:
        every = emulator.scenario.repeat(emulator.scenario.inbound_email, every=0.001)
        few = emulator.scenario.repeat(emulator.scenario.inbound_chat, rate=1_000, times=20)
        await few.finished()
        assert few.count == 20
    count = every.count
    await every.finished()
    await asyncio.sleep(0.01)
    assert (every.count, every.running) == (count, False)
