"""The vendor's workspace client (npm ``genesys-workspace-client-js`` 9.0.1) opens and ends sessions of the emulator.

Where the client cannot do what its service does, the test says why, with the line of its source.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from official_cometd import Node, eventually
from vendor_workspace import VendorClient, emulator_for_vendor, plain, token_of, vendor_agent, vendor_client

from engage_async.emulator import Emulator, Fault
from engage_async.emulator.web_sessions import WebSession
from engage_async.models.codec import unstructure
from tests.end_to_end.agents import CLIENT_ID, engage_for

pytestmark = pytest.mark.interop

API_KEY = "any-key"
REDIRECT = "http://localhost/signed-in"


@pytest.fixture
async def emulator() -> AsyncIterator[Emulator]:
    async with emulator_for_vendor() as emulator:
        yield emulator


@pytest.fixture
async def client(node: Node, emulator: Emulator) -> AsyncIterator[VendorClient]:
    """The client of John Smith, without a session."""
    async with vendor_client(node, emulator) as client:
        yield client


def sessions(emulator: Emulator, user: str = "JohnSmith") -> list[WebSession]:
    return list(emulator.web_sessions.of(user))


async def test_initialization_by_token_gives_user_and_configuration(emulator: Emulator, client: VendorClient) -> None:
    await client.initialize()
    assert await client.say("initialized") is True
    async with engage_for(emulator) as engage, engage.workspace(log_out=False) as ours:
        assert plain(await client.say("user")) == plain(unstructure(ours.user))
        assert plain(await client.say("configuration")) == plain(unstructure(ours.configuration))


async def test_initialization_by_authorization_code(emulator: Emulator, client: VendorClient) -> None:
    code = emulator.oauth.sign_in("JohnSmith", CLIENT_ID, REDIRECT, None)
    assert await client.say("initialize", code=code, redirectUri=REDIRECT) == {"data": None}
    assert (await client.say("user"))["userName"] == "JohnSmith"
    assert len(sessions(emulator)) == 1


async def test_initialization_by_a_spent_code_is_rejected(emulator: Emulator, client: VendorClient) -> None:
    code = emulator.oauth.sign_in("JohnSmith", CLIENT_ID, REDIRECT, None)
    assert emulator.oauth.user_of_code(code or "", REDIRECT) == "JohnSmith"
    refused = await client.say("initialize", code=code, redirectUri=REDIRECT)
    assert refused["status"] == 403
    assert await client.say("initialized") is False


async def test_initialization_by_a_void_token_is_rejected(emulator: Emulator, client: VendorClient) -> None:
    assert (await client.say("initialize", token="void"))["status"] == 401
    assert sessions(emulator) == []


async def test_api_key_goes_with_every_request(node: Node, emulator: Emulator) -> None:
    emulator.switches.require_api_key = API_KEY
    async with vendor_client(node, emulator) as without:
        assert (await without.say("initialize", token=token_of(emulator, "JohnSmith")))["status"] == 403
    emulator.requests.clear()
    async with vendor_client(node, emulator, api_key=API_KEY) as client:
        await client.initialize()
        assert (await client.say("activateChannels", args=[]))["data"] == {"status": {"code": 0}}
        await client.tells("DnStateChanged", number="7001")
        answered = {record.status for record in emulator.requests} - {None}  # of the poll that is held
    assert answered == {200}


async def test_secure_cookies_are_kept_back_from_plain_http(emulator: Emulator, client: VendorClient) -> None:
    """Its cookie jar hands Secure cookies to https alone (src/cometd-nodejs-client.js:60), to this machine too, where
    browsers make an exception: its handshake is nobody's, so that the first connect is answered by a disconnect, and
    ``initialize`` waits without an end for what nobody tells (src/index.js:79). That is why all other tests run with
    the switch `secure_cookies` off.
    """
    emulator.switches.secure_cookies = True
    await client.say("begin", token=token_of(emulator, "JohnSmith"))
    await eventually(lambda: "/workspace/v3/notifications/connect" in [each.path for each in emulator.requests])
    assert [each.user for each in emulator.requests] == [None] * len(emulator.requests)
    (session,) = sessions(emulator)
    initialization = emulator.initializations.of(session)
    assert initialization is not None
    await eventually(lambda: initialization.state == "Complete")
    assert list(emulator.delivery.bayeux.sessions()) == []
    assert await client.say("initialization") == "pending"


async def test_failed_initialization_leaves_its_session_behind(emulator: Emulator, client: VendorClient) -> None:
    """``destroy`` does nothing before the initialization is complete (src/index.js:157): the session goes on, and so
    does its poll.
    """
    emulator.switches.initialization = "failed"
    failed = await client.say("initialize", token=token_of(emulator, "JohnSmith"))
    assert failed["fault"] == "Workspace initialization failed."
    assert await client.say("destroy") == {"data": None}
    (session,) = sessions(emulator)
    await eventually(lambda: any(each.resume for each in emulator.delivery.bayeux.bound_to(session)))


async def test_channels_are_activated_with_the_user_s_own(emulator: Emulator, client: VendorClient) -> None:
    await client.initialize()
    assert await client.say("activateChannels", args=[]) == {"data": {"status": {"code": 0}}}
    told = await client.tells("DnStateChanged", number="7001")
    async with engage_for(emulator) as engage, engage.workspace(log_out=False) as ours:
        theirs, own = plain(told["dn"]), plain(unstructure(ours.dn))
    assert theirs.pop("timestamp") <= own.pop("timestamp")
    assert theirs == own


async def test_channels_on_a_place_and_on_an_unknown_dn(emulator: Emulator, client: VendorClient) -> None:
    await client.initialize()
    refused = await client.say("activateChannels", args=["7001", "no-such-dn"])
    assert refused["status"] == 500
    assert refused["body"]["status"]["code"] != 0
    assert (await client.say("activateChannels", args=[None, None, "Place_7004"]))["data"] == {"status": {"code": 0}}
    await client.tells("DnStateChanged", number="7004", agentId="7001")


async def test_destroyed_client_logs_the_agent_out(node: Node, emulator: Emulator) -> None:
    async with vendor_agent(node, emulator) as (client, witness):
        await witness.agrees_with(client)
        assert len(sessions(emulator)) == 2
        assert await client.say("destroy") == {"data": None}
        await eventually(lambda: len(sessions(emulator)) == 1)
        await eventually(lambda: ("dn", "LoggedOut") in [(w, d.get("agentState")) for w, d, _ in witness.told()])
        assert await client.say("initialized") is False
        assert await client.say("unhandled") == []


async def test_failed_logout_is_let_go_of(node: Node, emulator: Emulator) -> None:
    """``destroy`` does not wait for the logout (src/index.js:164): it is resolved at once, and the failure is the
    rejection of a promise that nobody holds, which ends a Node program that does not catch those.
    """
    async with vendor_agent(node, emulator) as (client, _):
        emulator.switches.faults.append(Fault("/workspace/v3/logout", "status", status=503))
        assert await client.say("destroy") == {"data": None}

        async def let_go() -> bool:
            return bool(await client.say("unhandled"))

        await eventually(let_go)
        assert [each["status"] for each in await client.say("unhandled")] == [503]
        assert len(sessions(emulator)) == 2
