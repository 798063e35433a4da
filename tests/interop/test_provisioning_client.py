"""The vendor's provisioning client for Node (npm ``genesys-provisioning-client-js`` 9.0.102) drives the emulator.

Where it cannot do what its service does, the test says why, with the line of its source.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from typing import Any

import pytest
from attrs import mutable
from official_cometd import Node, NodeProgram, eventually
from vendor_workspace import token_of

from engage_async.emulator import Emulator
from tests.end_to_end.agents import CLIENT_ID, engage_for

pytestmark = pytest.mark.interop

API_KEY = "any-key"
REDIRECT = "http://localhost/signed-in"
ADA = {
    "userName": "ada", "firstName": "Ada", "lastName": "Lovelace", "password": "s3cret-pw",
    "skills": [{"name": "Mathematics", "level": 9}],
}  # fmt: skip
FILE = "userName,firstName,lastName,password\nada,Ada,Lovelace,pw-1\nbob,Bob,Builder,pw-2\n"


@mutable
class ProvisioningClient(NodeProgram):
    """The client's commands; see `provisioning_client.js`."""

    emulator: Emulator

    async def initialize(self, user: str = "JohnSmith") -> None:
        assert await self.say("initialize", token=token_of(self.emulator, user)) == {"data": None}

    async def ask(self, group: str, method: str, *args: Any) -> Any:
        """What a method of the client gives, which must not fail."""
        outcome = await self.say("call", group=group, method=method, args=args)
        assert "data" in outcome, (method, outcome)
        return outcome["data"]


@pytest.fixture
async def emulator() -> AsyncIterator[Emulator]:
    async with Emulator() as emulator:
        emulator.switches.poll_timeout = 5.0
        emulator.switches.require_api_key = API_KEY
        emulator.switches.secure_cookies = False
        yield emulator


@contextlib.asynccontextmanager
async def provisioning_client(node: Node, emulator: Emulator) -> AsyncIterator[ProvisioningClient]:
    async with node("provisioning_client.js") as process:
        client = ProvisioningClient(process, emulator)
        assert await client.read() == {"ready": True}
        await client.say("create", apiKey=API_KEY, url=emulator.base_url)
        yield client


@pytest.fixture
async def client(node: Node, emulator: Emulator) -> AsyncIterator[ProvisioningClient]:
    async with provisioning_client(node, emulator) as client:
        await client.initialize()
        yield client


# --- its session ------------------------------------------------------------------------------------------------------


async def test_client_is_opened_by_token_and_destroyed(emulator: Emulator, client: ProvisioningClient) -> None:
    assert len(list(emulator.provisioning.web_sessions.of("JohnSmith"))) == 1
    me = await client.ask("users", "getCurrentUser")
    assert me["userName"] == "JohnSmith"
    assert await client.say("destroy") == {"data": None}
    assert list(emulator.provisioning.web_sessions.of("JohnSmith")) == []


async def test_client_cannot_be_opened_by_code(node: Node, emulator: Emulator) -> None:
    """``initialize`` refers to a variable that does not exist (src/index.js:153), and the names that it would give the
    code and the redirect URI are not those that the generated call reads.
    """
    code = emulator.oauth.sign_in("JohnSmith", CLIENT_ID, REDIRECT, None)
    async with provisioning_client(node, emulator) as client:
        refused = await client.say("initialize", code=code, redirectUri=REDIRECT)
    assert "authCode is not defined" in refused["fault"]
    assert not emulator.requests


async def test_void_token_is_rejected(node: Node, emulator: Emulator) -> None:
    async with provisioning_client(node, emulator) as client:
        assert (await client.say("initialize", token="void"))["status"] == 401


async def test_sessions_are_those_of_our_client_too(emulator: Emulator, client: ProvisioningClient) -> None:
    async with engage_for(emulator, api_key=API_KEY) as engage, engage.provisioning() as ours:
        user = await ours.users.get_current()
        theirs = await client.ask("users", "getUser", user.dbid)
        assert (theirs["userName"], theirs["DBID"]) == (user.user_name, user.dbid)


# --- users and objects ------------------------------------------------------------------------------------------------


async def test_users_are_made_changed_listed_and_removed(emulator: Emulator, client: ProvisioningClient) -> None:
    """``addUser`` and ``updateUser`` hand the user through as the body (src/internal/users.js:24 and :35), which the
    definition has inside ``data``: so that is what they are given.
    """
    unwrapped = await client.say("call", group="users", method="addUser", args=[ADA])
    assert unwrapped["status"] == 400
    made = await client.ask("users", "addUser", {"data": ADA})
    assert made["person"]["userName"] == "ada"
    await client.ask("users", "updateUser", made["id"], {"data": {**ADA, "lastName": "King"}})
    found = await client.ask("users", "getUsers", {"skills": "Mathematics", "limit": 10, "sortBy": "lastName"})
    assert [user["lastName"] for user in found] == ["King"]
    await client.ask("users", "deleteUser", made["id"], False)
    gone = await client.say("call", group="users", method="getUser", args=[made["id"]])
    assert gone["status"] == 404


async def test_objects_are_listed_and_searched(emulator: Emulator, client: ProvisioningClient) -> None:
    dns = await client.ask(
        "objects", "getDns", {"searchTerm": "7001", "searchKey": "number", "dnGroups": ["Extensions", "b"]}
    )
    assert ([dn["number"] for dn in dns["dns"]], dns["totalCount"]) == (["7001"], 1)
    sent = next(record for record in reversed(emulator.requests) if record.path.endswith("/objects/dns"))
    assert sent.query["dn_groups"] == "Extensions,b"
    groups = await client.ask("objects", "getAgentGroups", {"limit": 1})
    skills = await client.ask("objects", "getSkills", {})
    assert len(groups["agent-groups"]) == 1
    assert skills["totalCount"] == len(skills["skills"])
    assert [group["name"] for group in (await client.ask("objects", "getDnGroups", {}))["dn-groups"]] == ["Extensions"]


async def test_options_are_read_replaced_and_changed(client: ProvisioningClient) -> None:
    assert (await client.ask("options", "get", {}))["cmeAppName"]
    await client.ask("options", "modify", {"mail": {"signature": "on"}})
    await client.ask("options", "update", {"chat": {"nudge": "on"}}, {"mail": {"signature": "off"}}, {})
    options = (await client.ask("options", "get", {}))["options"]
    assert options == {"mail": {"signature": "off"}, "chat": {"nudge": "on"}}


# --- operations answered by a message ---------------------------------------------------------------------------------


async def test_messages_find_their_callbacks(client: ProvisioningClient) -> None:
    assert (await client.say("ask", method="getUsers", args=[{"limit": 2}]))["data"] == {"status": {"code": 1}}
    assert (await client.say("ask", method="getUsedSkills", args=[]))["data"] == {"status": {"code": 1}}

    async def both() -> bool:
        return bool(len(await client.say("answers")) == 2)

    await eventually(both)
    users, skills = await client.say("answers")
    assert (len(users["users"]), users["totalCount"]) == (2, 8)
    assert skills["skills"]
    assert {message["channel"] for message in await client.say("messages")} == {"operations"}


# --- imports and exports ----------------------------------------------------------------------------------------------


async def test_users_are_imported_and_exported(emulator: Emulator, client: ProvisioningClient) -> None:
    assert '"code": 0' in await client.ask("import", "validateFile", "users.csv", FILE)
    assert '"code": 0' in await client.ask("import", "importFile", "users.csv", FILE, True)

    async def over() -> bool:
        status = await client.ask("import", "getStatus", "JohnSmith", "Environment")
        return bool(status["activeImporters"] == [] and status["succeedCount"] == 2)

    await eventually(over)
    assert emulator.provision_store.user_named("bob") is not None
    wanted = {
        "fields": ["userName", "lastName"], "fileName": "users.csv", "personDBIDs": [],
        "filterParameters": {"sortBy": ["userName"]},
    }  # fmt: skip
    export_id = await client.ask("export", "exportFile", wanted)

    async def ready() -> bool:
        return bool((await client.ask("export", "getStatus", export_id))["progress"] == 100)

    await eventually(ready)
    content = await client.ask("export", "downloadExport", export_id)
    assert "ada,Lovelace" in content.splitlines()
    assert content.splitlines()[0] == "userName,lastName"


async def test_refused_file_is_told_in_the_body_alone(client: ProvisioningClient) -> None:
    """The uploads resolve with whatever body came (src/internal/import.js:53): its status is not looked at."""
    refused = await client.ask("import", "validateFile", "users.csv", FILE + "short,row\n")
    assert '"code": 0' not in refused
    assert "columns" in refused


async def test_import_is_stopped(emulator: Emulator, client: ProvisioningClient) -> None:
    emulator.switches.import_pace = 100
    rows = "".join(f"user{number},First,Last,pw-{number}\n" for number in range(2_000))
    await client.ask("import", "importFile", "users.csv", FILE + rows, False)
    assert await client.ask("import", "terminate") == {"status": {"code": 0}}

    async def stopped() -> bool:
        return bool((await client.ask("import", "getStatus", "JohnSmith", "Environment"))["stopped"])

    await eventually(stopped)
    status = await client.ask("import", "getStatus", "JohnSmith", "Environment")
    assert status["succeedCount"] < 2_000
