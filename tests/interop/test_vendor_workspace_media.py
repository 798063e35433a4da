"""The vendor's workspace client (npm ``genesys-workspace-client-js`` 9.0.1) with chats, emails, targets and reporting.

What it is told is compared with what our client knows in a second session of the same agent. Of media and chats the
client has the generated code alone, and it subscribes to the voice channel alone (src/index.js:55): it emits nothing of
them. Here its CometD subscribes to the other channels, as a program that uses it must.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from official_cometd import Node, eventually
from vendor_workspace import VendorClient, Witness, emulator_for_vendor, plain, vendor_agent

import engage_async as ea
from engage_async.emulator import Emulator
from engage_async.models.codec import unstructure
from engage_async.models.statistics import Statistic
from engage_async.models.targets import Target
from tests.end_to_end.agents import agent_of

pytestmark = pytest.mark.interop

KATE_TARGET = {"type": "agent", "id": 102}
STATE = {"name": "CurrentAgentState", "objectId": "johnsmith", "objectType": "Agent"}
TARGET = (
    "DBID", "name", "type", "firstName", "lastName", "employeeId", "userName", "number", "switchName", "availability"
)  # fmt: skip
CHANNELS = ("media", "media/chat", "media/email", "media/workitem")


@pytest.fixture
async def emulator() -> AsyncIterator[Emulator]:
    async with emulator_for_vendor() as emulator:
        yield emulator


@pytest.fixture
async def pair(node: Node, emulator: Emulator) -> AsyncIterator[tuple[VendorClient, Witness]]:
    async with vendor_agent(node, emulator) as pair:
        yield pair


@pytest.fixture
async def john(pair: tuple[VendorClient, Witness]) -> VendorClient:
    """John Smith with the vendor's client, whose CometD hears of media too."""
    for channel in CHANNELS:
        assert await pair[0].say("follow", channel=f"/workspace/v3/{channel}") is True
    return pair[0]


@pytest.fixture
def witness(pair: tuple[VendorClient, Witness]) -> Witness:
    """John Smith's second session, with ours."""
    return pair[1]


async def interactions(john: VendorClient) -> list[dict[str, Any]]:
    """What the client was told of interactions, in the order in which it came."""
    messages = [each["data"] for each in await john.say("messages")]
    return [plain(each["interaction"]) for each in messages if each["messageType"] == "InteractionStateChanged"]


async def comes(john: VendorClient, state: str, interaction_id: str) -> dict[str, Any]:
    """Wait until the client is told that the interaction is in this state; gives what it is told."""
    found: list[dict[str, Any]] = []

    async def there() -> bool:
        found[:] = [i for i in await interactions(john) if (i["id"], i["state"]) == (interaction_id, state)]
        return bool(found)

    await eventually(there)
    return found[-1]


async def agree(john: VendorClient, witness: Witness) -> None:
    """Both have been told the same of interactions, and what our models say of it is all that there is."""

    def ours() -> list[dict[str, Any]]:
        return [plain(unstructure(e.interaction)) for e in witness.events if isinstance(e, ea.InteractionStateChanged)]

    async def same() -> bool:
        return await interactions(john) == ours()

    await eventually(same)
    assert ours()


async def test_chat_with_a_customer_and_another_agent(emulator: Emulator, john: VendorClient, witness: Witness) -> None:
    await john.media("MediaApi", "readyForMedia", "chat", {})
    customer = emulator.scenario.inbound_chat("Hello?", replies=["Since Monday."], after=0.0)
    chat = customer.interaction.id
    await comes(john, "Invited", chat)
    await john.media("ChatApi", "acceptChat", chat, {"acceptData": {"data": {"nickname": "Johnny"}}})
    await comes(john, "Processing", chat)
    await john.media("ChatApi", "sendMessage", chat, {"acceptData": {"data": {"message": "Since when?"}}})
    await eventually(lambda: customer.texts == ["Since when?"])
    await john.media("ChatApi", "sendTypingStarted", chat, {"acceptData": {"data": {}}})
    await john.media("ChatApi", "sendTypingStopped", chat, {"acceptData": {"data": {}}})
    await john.media("ChatApi", "sendUrlData", chat, {"acceptData": {"data": {"url": "https://example.com/help"}}})
    await john.media("ChatApi", "updateNickname", chat, {"updateNicknameData": {"data": {"nickname": "Jack"}}})

    async with agent_of(emulator, "KateLewis") as kate:
        await john.media("ChatApi", "invite", chat, {"data": {"agentId": "katelewis"}})
        await eventually(lambda: chat in kate.interactions and kate.interactions[chat].state == "Invited")
        await kate.chat.accept(chat, nickname="Kate")
        await kate.chat.send_message(chat, "I am Kate.")
        await eventually(lambda: customer.texts == ["Since when?", "I am Kate."])
        messages = (await john.generated("ChatApi", "chatMessages", chat))["data"]["messages"]
        texts = [each["text"] for each in messages if each["type"] == "Text"]
        assert texts == ["Hello?", "Since when?", "Since Monday.", "I am Kate."]
        kates = kate.interactions[chat].chat
        assert kates is not None
        assert [each.text for each in kates.messages if each.type == "Text"] == texts
        await john.media("ChatApi", "removeFromConference", chat, {"data": {"agentId": "katelewis"}})
        await eventually(lambda: chat not in kate.interactions)

    messages = (await john.generated("ChatApi", "chatMessages", chat))["data"]["messages"]
    pushed: list[dict[str, Any]] = []

    async def same() -> bool:
        pushed[:] = [plain(m) for each in await john.say("messages") for m in each["data"].get("messages", ())]
        seen = witness.session.interactions[chat].chat
        return seen is not None and [plain(unstructure(each)) for each in seen.messages] == pushed

    await eventually(same)
    typing = ("TypingStarted", "TypingStopped")  # told, but not kept
    assert [each for each in pushed if each["type"] not in typing] == plain(messages)
    await john.media("ChatApi", "leaveChat", chat, {})
    await john.media("MediaApi", "complete", "chat", chat, {})
    await comes(john, "Completed", chat)
    await agree(john, witness)
    assert chat not in witness.session.interactions
    assert not customer.here
    assert {each["event"] for each in await john.say("emitted")} == {"DnStateChanged"}, "of media it emits nothing"


async def test_work_is_accepted_annotated_transferred_and_refused(
    emulator: Emulator, john: VendorClient, witness: Witness
) -> None:
    await john.media("MediaApi", "readyForMedia", "workitem", {})
    work = emulator.scenario.work_item().id
    await comes(john, "Invited", work)
    await john.media("MediaApi", "accept", "workitem", work, {})
    await comes(john, "Processing", work)
    pair = [{"key": "Note", "type": "str", "value": "one"}]
    await john.media("MediaApi", "attachMediaUserData", "workitem", work, {"data": {"userData": pair}})
    await eventually(lambda: witness.session.interactions[work].user_data.get("Note") == "one")
    pair[0]["value"] = "two"
    await john.media("MediaApi", "updateMediaUserData", "workitem", work, {"data": {"userData": pair}})
    await eventually(lambda: witness.session.interactions[work].user_data.get("Note") == "two")
    await john.media("MediaApi", "deleteMediaUserData", "workitem", work, {"data": {"keys": ["Note"]}})
    await eventually(lambda: "Note" not in witness.session.interactions[work].user_data)
    await john.media("MediaApi", "setComment", "workitem", work, {"data": {"comment": "checked"}})
    await eventually(lambda: witness.session.interactions[work].comment == "checked")
    async with agent_of(emulator, "KateLewis") as kate:
        await john.media("MediaApi", "transferAgent", "workitem", work, {"data": {"agentId": "katelewis"}})
        await eventually(lambda: work in kate.interactions and kate.interactions[work].state == "Invited")
        await kate.media.accept("workitem", work)
        await eventually(lambda: work not in witness.session.interactions)
        await kate.media.complete("workitem", work)
    other = emulator.scenario.work_item().id
    await comes(john, "Invited", other)
    await john.media("MediaApi", "reject", "workitem", other, {})
    await comes(john, "Revoked", other)
    await agree(john, witness)


async def test_media_channels_are_ready_and_not_ready(john: VendorClient, witness: Witness) -> None:
    async def email_is(state: str) -> None:
        await eventually(lambda: witness.session.channels["email"].state == state)

    await john.media("MediaApi", "readyAgentState")
    await email_is("Ready")
    await john.media("MediaApi", "notReadyAgentState", {"data": {}})
    await email_is("NotReady")
    await john.media("MediaApi", "readyForMedia", "email", {})
    await email_is("Ready")
    await john.media("MediaApi", "notReadyForMedia", "email", {"data": {}})
    await email_is("NotReady")
    assert {str(each.state) for each in witness.session.channels.values()} == {"NotReady"}
    await john.media("MediaApi", "dndOn")
    await eventually(lambda: all(each.dnd for each in witness.session.channels.values()))
    await john.media("MediaApi", "dndOff")
    await eventually(lambda: not any(each.dnd for each in witness.session.channels.values()))

    async def same() -> bool:
        told = [each["data"] for each in await john.say("messages")]
        theirs = [plain(each["media"]) for each in told if each["messageType"] == "ChannelStateChanged"]
        ours = [plain(unstructure(e.media)) for e in witness.events if isinstance(e, ea.ChannelStateChanged)]
        return theirs == ours[-len(theirs) :]

    await eventually(same)


async def test_email_is_written_with_a_file(
    emulator: Emulator, john: VendorClient, witness: Witness, tmp_path: Path
) -> None:
    await john.media("EmailApi", "createEmail", {"createData": {"data": {"queue": "email-outbound"}}})
    await eventually(lambda: len(witness.session.interactions) == 1)
    (email,) = witness.session.interactions
    path = tmp_path / "note.txt"
    path.write_bytes(b"line one\nline two\n")
    attached = await john.say("attach", mediatype="email", id=email, path=str(path))
    assert attached["data"] == {"status": {"code": 1}}
    await eventually(lambda: witness.session.interactions[email].attachments)
    (file,) = witness.session.interactions[email].attachments
    assert (file.name, file.size) == ("note.txt", 18)
    await agree(john, witness)


async def test_files_cannot_be_downloaded(emulator: Emulator, john: VendorClient, witness: Witness) -> None:
    """The generated code uses ``responseType`` (src/internal/code-gen/workspace-api/ApiClient.js:455), which the
    superagent that the package depends on (1.7.1) does not have in Node.
    """
    await john.media("MediaApi", "readyForMedia", "email", {})
    email = emulator.scenario.inbound_email("Invoice", "Twice!", attachments={"scan.pdf": b"%PDF"}).id
    await comes(john, "Invited", email)
    await john.media("EmailApi", "acceptEmail", email, {"acceptData": {"data": {}}})
    (file,) = (await comes(john, "Processing", email))["attachments"]
    failed = await john.say("generated", api="MediaApi", method="attachments", args=["email", email, file["id"]])
    assert failed["fault"] == "request.responseType is not a function"
    async with await witness.session.media.get_attachment("email", email, file["id"]) as download:
        assert await download.read() == b"%PDF"


def known(target: Target) -> dict[str, Any]:
    """What the client knows of a target: its record has neither address nor category, nor when it was used last
    (src/internal/code-gen/workspace-api/model/Target.js:73 to 100).
    """
    return {name: each for name, each in plain(unstructure(target)).items() if name in TARGET}


def timeless(value: Any) -> Any:
    """Without the time that goes on between two requests."""
    if isinstance(value, dict):
        return {name: timeless(each) for name, each in value.items() if name != "timeInCurrentState"}
    return [timeless(each) for each in value] if isinstance(value, list) else value


async def test_targets_are_what_our_client_finds(emulator: Emulator, john: VendorClient, witness: Witness) -> None:
    ours = witness.session.targets
    async with agent_of(emulator, "KateLewis"):
        (found,) = await john.ask("targets", "search", "kate")
        (kate,) = (await ours.get_targets("kate")).targets
        assert timeless(plain(found)) == timeless(known(kate))
        assert kate.availability is not None
        (found,) = (await john.ask("targets", "getTarget", 102, "agent"))["data"]["targets"]
        assert timeless(plain(found)) == timeless(plain(unstructure(await ours.get_target("agent", 102))))

    await john.ask("targets", "savePersonalFavorite", KATE_TARGET, "Desk")
    (favorite,) = (await john.ask("targets", "getPersonalFavorites"))["data"]["targets"]
    assert [known(each) for each in (await ours.get_personal_favorites()).targets] == [plain(favorite)]
    await john.ask("targets", "deletePersonalFavorite", 102, "agent")
    assert (await ours.get_personal_favorites()).targets == ()

    await john.ask("targets", "addRecentTarget", KATE_TARGET, "voice")
    (recent,) = (await john.ask("targets", "getRecentTargets", 5))["data"]["targets"]
    assert [known(each) for each in (await ours.get_recent()).targets] == [plain(recent)]
    assert await john.ask("targets", "ackRecentMissedCalls") == {"status": {"code": 0}}


async def test_search_without_a_limit_gives_ten_targets(emulator: Emulator, john: VendorClient) -> None:
    """Its documentation says fifty; ``search`` asks for ten (src/internal/targets-api.js:24)."""
    assert len(await john.ask("targets", "search", "e")) == 10
    assert len(await john.ask("targets", "search", "e", 50)) > 10
    asked = [record.query for record in emulator.requests if record.path == "/workspace/v3/targets"]
    assert [each["limit"] for each in asked] == ["10", "50"]


async def test_statistics_are_what_our_client_is_told(emulator: Emulator, john: VendorClient, witness: Witness) -> None:
    opened = (await john.ask("reporting", "subscribe", [STATE]))["data"]
    assert [each["value"]["stringValue"] for each in opened["statistics"]] == ["NotReadyForNextCall"]
    await john.voice("ready")
    await john.tells("DnStateChanged", agentState="Ready")
    peeked = (await john.ask("reporting", "peek", opened["subscriptionId"]))["data"]
    ours = await witness.session.reporting.subscribe([Statistic("CurrentAgentState", "johnsmith", "Agent")])
    (value,) = ours.data.statistics
    assert value.plain == peeked["statistics"][0]["value"]["stringValue"] == "WaitForNextCall"


async def test_subscription_cannot_be_ended(john: VendorClient) -> None:
    """``unsubscribe`` hands an object to the generated code, which wants the id (src/internal/reporting-api.js:21): it
    asks for the subscription ``[object Object]``. The generated code itself can.
    """
    opened = (await john.ask("reporting", "subscribe", [STATE]))["data"]["subscriptionId"]
    refused = await john.say("call", group="reporting", method="unsubscribe", args=[opened])
    assert refused["body"]["status"]["detail"] == {"subscriptionId": "[object Object]"}
    assert (await john.ask("reporting", "peek", opened))["status"] == {"code": 0}
    assert await john.generated("ReportingApi", "unsubscribe", opened) == {"status": {"code": 0}}
    assert (await john.say("call", group="reporting", method="peek", args=[opened]))["status"] == 500
