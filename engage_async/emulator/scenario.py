"""What happens to a contact centre from outside: calls, emails, chats and work, now or at a rate.

Must live here: the interface for tests, demonstrations and benchmarks. Must not: what agents do, how things look when
they arrive (arrivals.py), what the switch does with a call (exchange.py).

    emulator.scenario.inbound_call("7001")                                            # rings at a DN
    email = emulator.scenario.inbound_email("Invoice 4711", "I was charged twice.")   # is offered to a ready agent
    customer = emulator.scenario.inbound_chat(replies=["Yes.", "Thank you, bye."], then_leaves=True)
    item = emulator.scenario.work_item("Change of address")

    arrivals = emulator.scenario.repeat(emulator.scenario.inbound_chat, rate=20)      # 20 a second, until stop()
"""

from __future__ import annotations

import asyncio
import inspect
import logging
import mimetypes
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping
from pathlib import Path
from typing import Any, Generic, TypeVar

from engage_async.emulator.arrivals import chat_arrives, email_arrives, preview_arrives, work_item_arrives
from engage_async.emulator.calls import Leg
from engage_async.emulator.centre import ContactCentre
from engage_async.emulator.customers import Answer, ChatCustomer, one_after_another
from engage_async.emulator.documents import Document
from engage_async.emulator.emails import EMAIL, Email
from engage_async.emulator.interactions import Interaction, InteractionState
from engage_async.emulator.scheduler import Timer
from engage_async.emulator.tlib_errors import Refused, TLibError
from engage_async.errors import InvalidArgument
from engage_async.protocol.kvlist import KeyValues

__all__ = ["Arrivals", "Scenario"]

T = TypeVar("T")

log: logging.Logger = logging.getLogger("engage_async.emulator")
_RECENT = 1_000
_SHORTEST = 0.001


class Scenario:
    """The world outside. Everything it does happens at once; what follows is told to agents as always."""

    def __init__(self, centre: ContactCentre) -> None:
        self._centre, self._floor = centre, centre.media_floor
        self._timers: set[Timer] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._arrivals: set[Arrivals[Any]] = set()

    # --- one thing now ------------------------------------------------------------------------------------------------

    def inbound_call(
        self, to: str | None = None, *, number: str = "5550001", user_data: KeyValues | None = None
    ) -> Leg:
        """A call from an outside number to a DN, or to an agent (user name); to None: to somebody ready who is idle.

        Gives the caller's part of the call. Raises `Refused` when nobody rings: with the switch's reason, or 231 when
        nobody is free.
        """
        return self._centre.outside.call(number, self._dn(to), user_data or {})

    def inbound_email(
        self,
        subject: str = "A question",
        text: str = "Good day!",
        *,
        sender: str = "customer@example.net",
        to: str | None = None,
        cc: Iterable[str] = (),
        html: str | None = None,
        queue: str | None = None,
        user_data: KeyValues | None = None,
        attachments: Mapping[str, bytes | Path] | None = None,
        answers: Interaction | None = None,
    ) -> Interaction:
        """An email from a customer; `answers` is one that was sent to the customer.

        `to` is the contact centre's mailbox (None: its first), `attachments` names and contents of files. Raises
        `InvalidArgument` for a queue that there is not.
        """
        self._must_take(queue, EMAIL)
        content = Email(sender, [to or self._floor.setup.mailboxes[0]], list(cc), body=text)
        if html is not None:
            content.body, content.plain, content.mime = html, text, "text/html"
        files = [self._document(name, data) for name, data in (attachments or {}).items()]
        return email_arrives(
            self._floor, content, subject, queue=queue, user_data=user_data or {}, attachments=files, answers=answers
        )

    def inbound_chat(
        self,
        text: str | None = "Hello?",
        *,
        replies: Iterable[str] | Answer = (),
        then_leaves: bool = False,
        after: float = 0.02,
        nickname: str = "Customer",
        subject: str | None = None,
        queue: str | None = None,
        user_data: KeyValues | None = None,
        asynchronous: bool = False,
    ) -> ChatCustomer:
        """A customer opens a chat, and says `text` (None: nothing) at once.

        `replies` are what the customer says to the agents' messages, one to each, each `after` so many seconds; or a
        function of a message's text and the customer, or a coroutine function, that gives the reply or None. When the
        replies are used up, the customer is silent, or leaves at the next message. Raises `InvalidArgument` for a queue
        that there is not.
        """
        self._must_take(queue, "chat")
        answer = replies if callable(replies) else one_after_another(replies, then_leaves=then_leaves)
        customer = ChatCustomer(
            lambda said, to: self._later(after, lambda: self._reply(answer, said, to) if to.here else None)
        )
        interaction, session = chat_arrives(
            self._floor,
            customer,
            nickname,
            queue=queue,
            subject=subject,
            user_data=user_data or {},
            asynchronous=asynchronous,
        )
        customer.opened(interaction, session)
        if text is not None:
            customer.say(text)
        return customer

    def work_item(
        self,
        subject: str = "A piece of work",
        *,
        mediatype: str = "workitem",
        queue: str | None = None,
        user_data: KeyValues | None = None,
    ) -> Interaction:
        """A piece of work of an open media type. Raises `InvalidArgument` for a media type or queue not there."""
        if mediatype not in self._centre.directory.media_channels:
            raise InvalidArgument(f"no media type {mediatype!r}: {', '.join(self._centre.directory.media_channels)}")
        self._must_take(queue, mediatype)
        return work_item_arrives(self._floor, mediatype, subject, queue=queue, user_data=user_data or {})

    def outbound_preview(
        self,
        phone: str = "5550001",
        *,
        campaign: str = "Spring",
        calling_list: str = "Customers",
        queue: str | None = None,
        record: Mapping[str, str | int] | None = None,
    ) -> Interaction:
        """A record of a campaign for an agent to look at before calling. `record` has more of its fields."""
        self._must_take(queue, "outboundpreview")
        fields = {"GSW_CAMPAIGN_NAME": campaign, "GSW_CALLING_LIST": calling_list, **(record or {})}
        return preview_arrives(self._floor, phone, fields, queue=queue)

    @property
    def sent_emails(self) -> list[Interaction]:
        """What agents have sent, oldest first (of the last two thousand interactions that ended)."""
        return [each for each in self._centre.interactions.ended if each.state is InteractionState.SENT]

    # --- at a rate ----------------------------------------------------------------------------------------------------

    def repeat(
        self,
        arrive: Callable[[], T],
        *,
        every: float | None = None,
        rate: float | None = None,
        times: int | None = None,
    ) -> Arrivals[T]:
        """Let something arrive now and then `every` so many seconds, or with this `rate` a second.

        It ends after so many `times` (None: not by itself), with its `stop`, or with the emulator. Raises
        `InvalidArgument` unless exactly one of `every` and `rate` is given, and positive.
        """
        given = [1 / value if value is rate else value for value in (every, rate) if value is not None and value > 0]
        if len(given) != 1 or (every is not None and rate is not None):
            raise InvalidArgument(f"give a positive `every` or a positive `rate`, not every={every!r}, rate={rate!r}")
        arrivals = Arrivals(arrive, given[0], times, self._centre.scheduler.now, self._later, self._arrivals.discard)
        self._arrivals.add(arrivals)
        arrivals.begin()
        return arrivals

    async def stop(self) -> None:
        """Let nothing happen any more: no arrival, no reply of a customer."""
        for arrivals in list(self._arrivals):
            arrivals.stop()
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    # --- inside -------------------------------------------------------------------------------------------------------

    def _dn(self, to: str | None) -> str:
        exchange, users = self._centre.exchange, self._centre.directory.users
        if to is None:
            free = (dn for dn in exchange.dns.values() if dn.agent_state == "Ready" and not dn.dnd and not dn.busy)
            to = next((dn.number for dn in free), None)
        elif to in users:
            dn = exchange.dn_of(to)
            to = dn.number if dn is not None else None
        if to is None:
            raise Refused(TLibError.DN_BUSY)
        return to

    def _must_take(self, queue: str | None, mediatype: str) -> None:
        queues = self._floor.setup.queues
        if queue is not None and not (queue in queues and queues[queue].takes(mediatype)):
            fit = ", ".join(name for name, each in queues.items() if each.takes(mediatype))
            raise InvalidArgument(f"no queue {queue!r} that takes {mediatype!r}; there are {fit}")

    def _document(self, name: str, data: bytes | Path) -> Document:
        mime = mimetypes.guess_type(name)[0] or "application/octet-stream"
        return self._centre.documents.add(name, mime, data if isinstance(data, bytes) else data.read_bytes())

    def _reply(self, answer: Answer, said: str, customer: ChatCustomer) -> None:
        try:
            reply = answer(said, customer)
        except Exception:
            log.exception("a customer's answer failed")
            return
        if inspect.isawaitable(reply):
            self._run(_say_when_there(reply, customer))
        elif reply is not None:
            customer.say(reply)

    def _later(self, delay: float, callback: Callable[[], object]) -> Timer:
        def fire() -> None:
            self._timers.discard(timer)
            callback()

        timer = self._centre.scheduler.call_later(delay, fire)
        self._timers.add(timer)
        return timer

    def _run(self, doing: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(doing, name="emulator: a customer's answer")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


class Arrivals(Generic[T]):
    """Things that arrive one after another. `count` is how many have, `refused` how many found nobody.

    `recent` holds the last thousand. What cannot keep up catches up: the rate holds on average.
    """

    def __init__(
        self,
        arrive: Callable[[], T],
        interval: float,
        times: int | None,
        now: Callable[[], float],
        later: Callable[[float, Callable[[], object]], Timer],
        done: Callable[[Arrivals[T]], object],
    ) -> None:
        self.count: int = 0
        self.refused: int = 0
        self.recent: deque[T] = deque(maxlen=_RECENT)
        self._arrive, self._interval, self._times = arrive, interval, times
        self._now, self._later, self._done = now, later, done
        self._since = 0.0
        self._timer: Timer | None = None
        self._error: Exception | None = None
        self._over = asyncio.Event()

    @property
    def running(self) -> bool:
        """Whether more will come."""
        return not self._over.is_set()

    def begin(self) -> None:
        """Let the first one arrive."""
        self._since = self._now()
        self._next()

    def stop(self) -> None:
        """Let no more come."""
        if self._timer is not None:
            self._timer.cancel()
        self._over.set()
        self._done(self)

    async def finished(self) -> None:
        """Wait until no more will come. Raises what stopped it, if something did."""
        await self._over.wait()
        if self._error is not None:
            raise self._error

    def _next(self) -> None:
        try:
            while self.running and self._tries * self._interval <= self._now() - self._since:
                if self._times is not None and self._tries >= self._times:
                    self.stop()
                    return
                self._one()
        except Exception as error:
            log.exception("arrivals have stopped")
            self._error = error
            self.stop()
            return
        if self.running:
            due = self._since + self._tries * self._interval
            self._timer = self._later(max(due - self._now(), _SHORTEST), self._next)

    def _one(self) -> None:
        try:
            self.recent.append(self._arrive())
        except Refused:
            self.refused += 1
        else:
            self.count += 1

    @property
    def _tries(self) -> int:
        return self.count + self.refused


async def _say_when_there(reply: Awaitable[str | None], customer: ChatCustomer) -> None:
    try:
        text = await reply
    except Exception:
        log.exception("a customer's answer failed")
        return
    if text is not None:
        customer.say(text)
