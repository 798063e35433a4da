"""Agents at work: each opens a session, does one thing after the other by its dice, and opens another when it ends.

Must live here: what an agent does (calls, emails, contacts, its states), and that everything it starts is entered in
the ledger. Must not: faults, judgement.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from random import Random
from typing import Any

import engage_async as ea
from engage_async.protocol.lucene import lucene_term
from tests.soak.judgement import Heard, Ledger, outcome_of
from tests.soak.witness import NUMBER

OPERATION_TIMEOUT = 4.0
_HANG = 30.0  # seconds after which an operation, whose deadline is far earlier, hangs


class Worker:
    """One agent of the directory, number `number`; `pause` is the mean time between two operations in seconds."""

    def __init__(self, engage: ea.Engage, number: int, seed: int, ledger: Ledger, *, pause: float) -> None:
        self.user: str = f"agent{number}"
        self.heard: Heard = Heard()
        self.open_failures: int = 0
        self.session: ea.WorkspaceSession | None = None
        self.stopping: bool = False
        self._engage = engage
        self._dn = str(20_000 + number)
        self._dice = Random(f"agent {seed} {number}")
        self._ledger = ledger
        self._pause = pause
        self._contacts: dict[str, str] = {}  # some that it has created: their names by their ids

    async def work(self, opened: asyncio.Event) -> None:
        """Until `stopping`; then every operation is settled, every event is there, and the session is still open."""
        while True:
            session = self._engage.workspace(name=self.user)
            try:
                await session.__aenter__()
                self.heard.openings += 1
                session.on(ea.Event)(self._hear)
                await session.activate_channels(dn=self._dn, channels=["voice", "email"], timeout=OPERATION_TIMEOUT)
            except ea.EngageError:
                self.open_failures += 1
                await session.aclose()
                await asyncio.sleep(self._dice.uniform(0.05, 0.5))
                continue
            self.session = session
            opened.set()
            ended = await self._shift(session)
            if self.stopping and not ended:
                await session.drain(timeout=_HANG)
                return
            await session.aclose()

    async def _shift(self, session: ea.WorkspaceSession) -> bool:
        """Work until the session ends (True), or the agent is asked to stop."""
        while not self.stopping:
            await asyncio.sleep(self._dice.expovariate(1 / self._pause))
            if self._dice.random() < 0.01:
                return True
            try:
                await self._turn(session)
            except ea.SessionClosed:
                return True
        try:
            await session.connected()
        except ea.SessionClosed:
            return True
        return False

    async def _turn(self, session: ea.WorkspaceSession) -> None:
        voice, chance = session.voice, self._dice.random()
        if chance < 0.05:
            await self._give_up(voice.send_user_event({"Left": "alone"}))
        elif chance < 0.10:
            await asyncio.gather(*(self._do(voice.send_user_event({"Burst": str(n)})) for n in range(3)))
        elif chance < 0.15:
            await self._read(session.session.get_user_info(timeout=OPERATION_TIMEOUT))
        elif chance < 0.25:
            await self._with_contacts(session)
        elif chance < 0.35:
            await self._with_email(session)
        else:
            await self._on_the_phone(session)

    async def _on_the_phone(self, session: ea.WorkspaceSession) -> None:
        dice, voice = self._dice, session.voice
        call_id, chance = next(iter(session.calls), None), dice.random()
        if call_id is None:
            await self._do(dice.choice((self._other_state(session), voice.dnd_on, voice.dnd_off, self._dial(session))))
        elif chance < 0.30:
            await self._do(voice.release(call_id, timeout=OPERATION_TIMEOUT))
        elif chance < 0.53:
            held = session.calls[call_id].state == "Held"
            await self._do((voice.retrieve if held else voice.hold)(call_id, timeout=OPERATION_TIMEOUT))
        elif chance < 0.70:
            await self._do(voice.attach_user_data(call_id, {"Note": str(dice.random())}, timeout=OPERATION_TIMEOUT))
        elif chance < 0.88:
            await self._do(voice.send_dtmf(call_id, "1", timeout=OPERATION_TIMEOUT))
        else:
            await self._do(voice.hold("no-such-call", timeout=OPERATION_TIMEOUT))

    async def _with_contacts(self, session: ea.WorkspaceSession) -> None:
        ucs, known, name = session.ucs, self._contacts, f"{self.user}x{self._dice.getrandbits(40):x}"
        contact_id = self._dice.choice([*known, None]) if known else None
        if contact_id is None:
            created = ucs.create_contact({"LastName": name}, timeout=OPERATION_TIMEOUT)
            if await self._do(created) and created.matched != "guess":
                known[created.result().id] = name
        elif self._dice.random() < 0.5:
            if await self._do(ucs.update_contact(contact_id, changed={"LastName": name}, timeout=OPERATION_TIMEOUT)):
                known[contact_id] = name
            else:
                del known[contact_id]
        else:
            query = f"LastName:{lucene_term(known[contact_id])}"
            search = ucs.search_contacts(query, timeout=OPERATION_TIMEOUT)
            if await self._do(search) and search.matched != "guess":
                found = [contact.id for contact in search.result().contacts]
                if found != [contact_id]:
                    self._ledger.defect(f"{search!r} for {contact_id} has found {found} ({search.matched})")

    async def _with_email(self, session: ea.WorkspaceSession) -> None:
        media, email = session.media, session.email
        drafts = [each.id for each in session.interactions.values() if each.mediatype == "email"]
        channel = session.channels.get("email")
        if self._dice.random() < 0.4:
            is_ready = channel is not None and channel.state == "Ready"
            await self._do((media.not_ready if is_ready else media.ready)("email", timeout=OPERATION_TIMEOUT))
        elif not drafts:
            await self._do(email.create(subject="Soak", timeout=OPERATION_TIMEOUT))
        elif self._dice.random() < 0.5:
            to, seconds = ["you@example.com"], OPERATION_TIMEOUT
            await self._do(email.save(drafts[0], from_address="soak@example.com", to=to, timeout=seconds))
        else:
            await self._do(email.cancel(drafts[0], timeout=OPERATION_TIMEOUT))

    def _other_state(self, session: ea.WorkspaceSession) -> Any:
        is_ready = session.dn is not None and session.dn.agent_state == "Ready"
        return session.voice.not_ready if is_ready else session.voice.ready

    def _dial(self, session: ea.WorkspaceSession) -> Any:
        number = self._dice.choice(("5550001", "5550001", "5550001", "not-a-number"))
        return lambda *, timeout: session.voice.make_call(number, timeout=timeout)

    async def _do(self, made: Any) -> bool:
        """Start one operation, and enter how it ends; whether it has succeeded."""
        operation: ea.Operation[Any] = made if isinstance(made, ea.Operation) else made(timeout=OPERATION_TIMEOUT)
        self._ledger.started += 1
        error: BaseException | None = None
        patience = asyncio.timeout(_HANG)
        try:
            async with patience:
                if self._dice.random() < 0.3:
                    await operation.accepted()
                await operation
        except ea.EngageError as failed:
            error = failed
        except TimeoutError as late:
            error = late
        if patience.expired():
            self._ledger.defect(f"{operation!r} hangs")
        self._ledger.settled(operation, outcome_of(error, operation.matched), error or operation.matched)
        if isinstance(error, ea.SessionClosed):
            raise error
        return error is None

    async def _give_up(self, operation: ea.Operation[Any]) -> None:
        """Cancel an operation somewhere on its way."""
        self._ledger.started += 1
        waiting = asyncio.ensure_future(_outcome(operation))
        await asyncio.wait({waiting}, timeout=self._dice.uniform(0.0, 0.02))
        waiting.cancel()
        await asyncio.wait({waiting})
        error = None if waiting.cancelled() else waiting.result()
        self._ledger.settled(operation, "cancelled" if waiting.cancelled() else outcome_of(error), error)

    async def _read(self, reading: Awaitable[Any]) -> None:
        patience = asyncio.timeout(_HANG)
        try:
            async with patience:
                await reading
        except ea.SessionClosed:
            raise
        except (ea.EngageError, TimeoutError):
            if patience.expired():
                self._ledger.defect(f"{self.user}: a request hangs")

    def _hear(self, event: ea.Event) -> None:
        if isinstance(event, ea.EventsLost):
            self.heard.marks += 1
        elif isinstance(number := event.raw.get(NUMBER), int):
            self.heard.number(number)


async def _outcome(operation: ea.Operation[Any]) -> BaseException | None:
    try:
        await operation
    except ea.EngageError as error:
        return error
    return None
