"""The vendor's workspace client as a program, beside our own client in the same emulator.

Must live here: what the tests with that client share. Must not: tests, fixtures.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from typing import Any

from attrs import field, mutable
from official_cometd import Node, NodeProgram, eventually

import engage_async as ea
from engage_async.emulator import Emulator
from engage_async.models.codec import unstructure
from tests.end_to_end.agents import CLIENT_ID, CLIENT_SECRET, PASSWORD, USERS, engage_for

VOICE = "/workspace/v3/voice"

Told = tuple[str, Any, str]
"""What a client says of the voice channel: the event's name, what it is about, and why."""


@mutable
class VendorClient(NodeProgram):
    """The client's commands; see `workspace_client.js`."""

    emulator: Emulator
    user: str

    async def initialize(self) -> None:
        """Open a session with an access token, and wait until the client hears of the voice channel."""
        assert await self.say("initialize", token=token_of(self.emulator, self.user)) == {"data": None}
        # It is resolved when the subscription to the voice channel has been sent (src/index.js:55), not when it is
        # granted: what happens at once is lost.
        bayeux, mine = self.emulator.delivery.bayeux, self.emulator.web_sessions
        await eventually(
            lambda: any(VOICE in each.subscriptions for own in mine.of(self.user) for each in bayeux.bound_to(own))
        )

    async def ask(self, group: str, method: str, *args: Any) -> Any:
        """What a method of the client gives, which must not fail."""
        outcome = await self.say("call", group=group, method=method, args=args)
        assert "data" in outcome, (method, outcome)
        return outcome["data"]

    async def voice(self, method: str, *args: Any) -> None:
        """An operation of the voice channel, which the service accepts."""
        assert await self.ask("voice", method, *args) == {"status": {"code": 1}}, method

    async def generated(self, api: str, method: str, *args: Any) -> Any:
        """What a method of the generated code gives, which must not fail."""
        outcome = await self.say("generated", api=api, method=method, args=args)
        assert "data" in outcome, (method, outcome)
        return outcome["data"]

    async def media(self, api: str, method: str, *args: Any) -> None:
        """An operation on an interaction, which the service accepts."""
        assert await self.generated(api, method, *args) == {"status": {"code": 1}}, method

    async def call(self, state: str, **more: Any) -> dict[str, Any]:
        """Wait until the client has a call in this state, with these fields; gives it."""
        found: list[dict[str, Any]] = []

        async def there() -> bool:
            calls = (await self.say("calls")).values()
            found[:] = [each for each in calls if each["state"] == state and more.items() <= each.items()]
            return bool(found)

        await eventually(there)
        return found[-1]

    async def tells(self, event: str, **fields: Any) -> dict[str, Any]:
        """Wait until the client has emitted an event about a call or a DN with these fields; gives the last one."""
        found: list[dict[str, Any]] = []

        async def told() -> bool:
            emitted = [each for each in await self.say("emitted") if each["event"] == event]
            found[:] = [each for each in emitted if fields.items() <= each.get("call", each.get("dn", {})).items()]
            return bool(found)

        await eventually(told)
        return found[-1]

    async def told(self) -> list[Told]:
        """Everything it has emitted, in its order."""
        return [_emitted(each) for each in await self.say("emitted")]


@mutable
class Witness:
    """Our client in a second session of the vendor's agent: it is told all that the vendor's client is told."""

    session: ea.WorkspaceSession
    events: list[ea.Event] = field(factory=list)

    def told(self) -> list[Told]:
        """What the vendor's client should have emitted; it keeps errors to itself (src/internal/voice-api.js:30)."""
        return [told for each in self.events if (told := _heard(each)) is not None]

    def errors(self) -> list[int | None]:
        return [each.error_code for each in self.events if isinstance(each, ea.EventError)]

    async def agrees_with(self, client: VendorClient) -> None:
        """Both have been told the same in the same order, and what our models say of it is all that there is."""

        async def agree() -> bool:
            return await client.told() == self.told()

        with contextlib.suppress(TimeoutError):
            await eventually(agree)
        assert await client.told() == self.told()
        assert self.events, "nothing was told"


@contextlib.asynccontextmanager
async def emulator_for_vendor() -> AsyncIterator[Emulator]:
    """An emulator that this client can use: `secure_cookies` is off, because the client's cookie jar keeps Secure
    cookies back from plain http (src/cometd-nodejs-client.js:60).
    """
    async with Emulator() as emulator:
        emulator.switches.secure_cookies = False
        emulator.switches.poll_timeout = 5.0
        emulator.switches.answer_delay = 0.02
        yield emulator


@contextlib.asynccontextmanager
async def vendor_client(
    node: Node, emulator: Emulator, user: str = "JohnSmith", *, api_key: str = ""
) -> AsyncIterator[VendorClient]:
    """The client of an agent, without a session."""
    async with node("workspace_client.js") as process:
        client = VendorClient(process, emulator, user)
        assert await client.read() == {"ready": True}
        await client.say("create", apiKey=api_key, url=emulator.base_url)
        yield client


@contextlib.asynccontextmanager
async def vendor_agent(
    node: Node, emulator: Emulator, user: str = "JohnSmith"
) -> AsyncIterator[tuple[VendorClient, Witness]]:
    """An agent on the phone with the vendor's client, and our client as a second session of the same agent."""
    async with (
        vendor_client(node, emulator, user) as client,
        engage_for(emulator, user) as engage,
        engage.workspace(name="witness", log_out=False) as session,
    ):
        witness = Witness(session)
        await client.initialize()
        session.on(ea.Event)(witness.events.append)
        activated = await client.say("activateChannels", args=[USERS[user], USERS[user]])
        assert activated == {"data": {"status": {"code": 0}}}
        await client.tells("DnStateChanged", number=USERS[user], agentState="NotReady")
        yield client, witness


def token_of(emulator: Emulator, user: str) -> str:
    """An access token of a user."""
    form = {"grant_type": "password", "username": user, "password": PASSWORD}
    return emulator.oauth.token((CLIENT_ID, CLIENT_SECRET), form).access


def plain(value: Any) -> Any:
    """JSON without what says nothing: null, false and what is empty."""
    if isinstance(value, dict):
        cleaned = {name: plain(each) for name, each in value.items()}
        return {name: each for name, each in cleaned.items() if each is not False and each not in (None, "", [], {})}
    return [plain(each) for each in value] if isinstance(value, list) else value


def _emitted(message: dict[str, Any]) -> Told:
    match message["event"]:
        case "CallStateChanged":
            return "call", plain(message["call"]), message.get("notificationType", "")
        case "DnStateChanged":
            return "dn", plain(message["dn"]), ""
        case _:  # the only one that is handed on as CometD has it (src/internal/voice-api.js:81)
            return "user", plain(message["data"]["userData"]), ""


def _heard(event: ea.Event) -> Told | None:
    match event:
        case ea.CallStateChanged():
            return "call", plain(unstructure(event.call)), event.notification_type.value
        case ea.DnStateChanged():
            return "dn", plain(unstructure(event.dn)), ""
        case ea.EventUserEvent():
            return "user", plain(unstructure(event.user_data)), ""
        case _:
            return None
