"""Contacts, standard responses, workbins and media management over HTTP: replies, messages, and what is refused."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
from agent_wire import AgentWire, Reply, agent_browser, agent_session

from engage_async.emulator import Emulator, Refusal
from engage_async.emulator.documented import documented_operations
from engage_async.emulator.ucs_requests import RESPONSES_OPERATIONS, UCS_OPERATIONS
from engage_async.emulator.workbin_requests import MEDIA_MANAGEMENT_OPERATIONS, WORKBINS_OPERATIONS

ADA, HELLO, GREETINGS = "0000AdaByron0001", "0000ResponseHello", "0000CategoryGreet"
DRAFTS = "2c678878-c54d-4660-b549-000000000001"
CONTACTS, WORKBINS, MANAGEMENT = (f"/workspace/v3/{name}" for name in ("contacts", "workbins", "media-management"))
EVERYTHING = ["*"]
ALL = {"query": "*:*", "returnedAttributes": []}
NO_CHANGES: dict[str, Any] = {"addedProperties": [], "changedProperties": [], "deletedProperties": []}


@pytest.fixture
async def emulator() -> AsyncIterator[Emulator]:
    async with Emulator() as emulator:
        emulator.switches.push_unsubscribed = True
        yield emulator


@pytest.fixture
async def john(emulator: Emulator) -> AsyncIterator[AgentWire]:
    async with agent_session(emulator) as agent:
        yield agent


async def ask(agent: AgentWire, path: str, data: Any = None, operation_id: str | None = "op-1") -> Reply:
    named = {} if operation_id is None else {"operationId": operation_id}
    return await agent.ask("POST", path, json=named | ({} if data is None else {"data": data}))


async def told(agent: AgentWire, path: str, data: Any = None) -> tuple[str, dict[str, Any]]:
    """The channel and the message that answer a request."""
    await agent.forget()
    reply = await ask(agent, path, data)
    assert reply.body == {"status": {"code": 1}, "operationId": "op-1"}
    await agent.hear(lambda event: event.get("operationId") == "op-1")
    [answer] = [(channel, event) for channel, event in agent.heard if event.get("operationId") == "op-1"]
    return answer


# --- shapes -----------------------------------------------------------------------------------------------------------


async def test_contact_server_answers_in_the_documented_shapes(john: AgentWire) -> None:
    channel, found = await told(
        john, "ucs/contacts/search", {"query": "LastName:byron", "returnedAttributes": EVERYTHING}
    )
    assert channel == CONTACTS
    assert found == {
        "messageType": "UcsMessage",
        "name": "EventSearchContact",
        "operationId": "op-1",
        "totalCount": 1,
        "contacts": [
            {
                "id": ADA,
                "title": "Ms",
                "firstName": "Ada",
                "lastName": "Byron",
                "phoneNumbers": ["+15550100", "+15550101"],
                "emailAddresses": ["ada.byron@example.net", "ada@analytical.example"],
                "CompanyName": "Analytical Engines",
                "Segment": "Gold",
            }
        ],
    }
    _, details = await told(john, f"ucs/contacts/{ADA}/get-details", {"returnedAttributes": ["FirstName", "None"]})
    assert details["attributes"] == {"FirstName": [{"value": "Ada", "primary": True}]}
    assert (details["name"], details["contactId"]) == ("EventGetContactDetails", ADA)
    _, history = await told(john, f"ucs/contacts/{ADA}/get-history", {"returnedAttributes": ["StartDate", "OwnerId"]})
    assert history["interactions"][-1] == {
        "id": "0000HistoryCall1",
        "startDate": "2025-11-03T09:15:00.000Z",
        "ownerInformation": [{"DBID": 101, "firstName": "John", "lastName": "Smith", "userName": "JohnSmith"}],
    }
    _, searched = await told(john, "ucs/interactions/search", {"query": "MediaTypeId:chat", "maxResults": 1})
    assert (searched["name"], searched["foundInteractions"], searched["returnedInteractions"]) == (
        "EventSearchInteractions",
        1,
        1,
    )
    _, content = await told(john, "ucs/interactions/0000HistoryMail1/get-details")
    assert content["interaction"]["email"]["from"] == "ada.byron@example.net"
    assert (content["interactionId"], content["interaction"]["subtypeId"]) == ("0000HistoryMail1", "InboundNew")
    _, narrow = await told(john, "ucs/interactions/0000HistoryMail1/get-details", {"returnedAttributes": ["Subject"]})
    assert narrow["interaction"] == {"id": "0000HistoryMail1", "subject": "Premium tariff"}


async def test_standard_responses_are_answered_in_the_documented_shapes(john: AgentWire) -> None:
    _, roots = await told(john, "ucs/responses/categories/get-root", {"language": "English"})
    assert (roots["name"], [each["categoryId"] for each in roots["categories"]]) == (
        "EventGetRootCategories",
        [GREETINGS, "0000CategoryAnswr"],
    )
    _, category = await told(john, f"ucs/responses/categories/{GREETINGS}/get-details", {"returnChildrenSRInfo": True})
    assert category["category"]["childrenStdResponses"][0] == {
        "id": "0000PlaceHello001",
        "standardResponseId": HELLO,
        "name": "Hello",
    }
    _, response = await told(john, f"ucs/responses/{HELLO}/get-details", {"version": 0})
    assert (response["standardResponse"]["lang"], response["standardResponse"]["status"]) == ("English", "Approved")
    _, used = await told(john, f"ucs/responses/{HELLO}/report-usage", {"interactionId": "0000HistoryMail1"})
    assert used == {"messageType": "UcsMessage", "name": "EventReportStandardResponseUsageAck", "operationId": "op-1"}
    file = "ucs/responses/0000ResponseTarif/attachments/0000FileConditions"
    async with john.wire.http.get(
        f"{john.wire.emulator.base_url}/workspace/v3/{file}", cookies=john.wire.cookies
    ) as answer:
        assert answer.headers["Content-Type"] == "application/octet-stream"
        assert "filename*=UTF-8''conditions%20%E2%80%93%202026.txt" in answer.headers["Content-Disposition"]
        assert await answer.text() == "Premium: 25 a month.\n"


async def test_workbins_and_snapshots_are_answered_in_the_documented_shapes(
    emulator: Emulator, john: AgentWire
) -> None:
    channel, workbins = await told(john, "workbins/get-workbins")
    assert (channel, workbins["workbins"][0]) == (
        WORKBINS,
        {"id": DRAFTS, "workbinName": "email-draft-wb", "displayName": "My draft emails", "type": "Agent"},
    )
    item = emulator.scenario.work_item("Form", queue="waiting-room")
    _, ack = await told(john, f"workbins/{DRAFTS}/subscribe")
    assert (ack["name"], ack["workbinId"], ack["operation"]) == ("EventAck", DRAFTS, "SubscribeWorkbinEvents")
    channel, moved = await told(
        john, "media-management/move-to-workbin", {"interactions": [item.id], "workbinId": DRAFTS}
    )
    assert (channel, moved["notificationType"]) == (MANAGEMENT, "MoveToWorkbin")
    change = await john.hear(lambda event: event.get("name") == "EventWorkbinContentChanged")
    assert "operationId" not in change
    assert (change["operation"], change["workbinContentOperation"]) == ("PlaceInWorkbin", "Add")
    assert change["workbin"] == {"id": DRAFTS, "owner": "JohnSmith"}
    assert (change["interaction"]["id"], change["interaction"]["queue"]) == (item.id, "email-draft-wb/PrivateQueue")
    _, content = await told(john, f"workbins/{DRAFTS}/get-content", {})
    assert [each["state"] for each in content["workbin"]["interactions"]] == ["InWorkbin"]
    _, taken = await told(john, "media-management/get-snapshot", {"condition": "Workbin IS NOT NULL", "size": 5})
    assert (taken["numberOfInteractions"], taken["startIndex"], taken["size"]) == (1, 0, 5)
    _, released = await told(john, f"media-management/{taken['snapshotId']}/release-snapshot")
    assert released["notificationType"] == "SnapshotReleased"


async def test_subscriptions_end_with_the_last_session_of_the_agent(emulator: Emulator, john: AgentWire) -> None:
    await told(john, "workbins/subscribe", {"workbinIds": f"{DRAFTS}, {DRAFTS}"})
    emulator.end_web_sessions("JohnSmith")
    item = emulator.scenario.work_item("Form", queue="waiting-room")
    async with agent_session(emulator) as again:
        await told(again, "media-management/move-to-workbin", {"interactions": [item.id], "workbinId": DRAFTS})
        names = [event.get("name") for event in await again.hear_all()]
    assert "EventWorkbinContentChanged" not in names


# --- what is refused --------------------------------------------------------------------------------------------------

GROUPS = (UCS_OPERATIONS, RESPONSES_OPERATIONS, WORKBINS_OPERATIONS, MEDIA_MANAGEMENT_OPERATIONS)
PATHS = [operation.path for group in GROUPS for operation in group]


@pytest.mark.parametrize("path", PATHS)
async def test_request_without_a_session_is_forbidden(emulator: Emulator, path: str) -> None:
    async with agent_browser(emulator) as nobody:
        assert (await ask(nobody, "/workspace/v3" + re.sub(r"\{\w+\}", "some-id", path))).http == 403


@pytest.mark.parametrize("path", PATHS)
async def test_operation_can_be_refused_by_a_switch(emulator: Emulator, john: AgentWire, path: str) -> None:
    word = path.rpartition("/")[2]
    form = next(operation.form for group in GROUPS for operation in group if operation.path == path)
    samples: dict[str, Any] = {"callDuration": 1, "query": "a", "comment": "c", "workbinIds": "w"}
    given = {name: samples.get(name, "text") for name in form.required}
    listed = ("returnedAttributes", "interactions", "deletedProperties")
    given |= {name: ["one"] for name in form.required if name in listed}
    objects = ("properties", "addedProperties", "changedProperties", "userData")
    given |= {name: [] for name in form.required if name in objects}
    emulator.switches.refuse_next.append(Refusal(word, 118, "Service unavailable"))
    emulator.switches.error_names = "everything"
    reply = await ask(john, "/workspace/v3" + re.sub(r"\{\w+\}", "some-id", path), given)
    assert reply.code == 1, reply.body
    error = await john.hear(lambda event: event.get("messageType") == "EventError")
    assert error["error"] == {"errorCode": 118, "errorMessage": "Service unavailable"}
    assert error["operationId"] == "op-1"
    named = re.findall(r"\{(\w+)\}", path)
    assert all(error[name] == "some-id" for name in named)


def test_every_documented_operation_of_these_groups_is_modelled() -> None:
    documented = [path for verb, path in documented_operations() if verb == "POST"]
    mine = [path for path in documented if re.search(r"/v3/(ucs|workbins|media-management)/", path)]
    assert len(mine) == 40
    shapes = {re.sub(r"\{\w+\}", "{}", "/workspace/v3" + path) for path in PATHS}
    assert {re.sub(r"\{\w+\}", "{}", path) for path in mine} <= shapes


@pytest.mark.parametrize(
    ("path", "data", "told"),
    [
        ("ucs/contacts/search", {"returnedAttributes": []}, "Missing parameters: data.query"),
        ("ucs/contacts/search", {"query": 7, "returnedAttributes": []}, "data.query must be a string"),
        ("ucs/contacts/search", {"query": "a", "returnedAttributes": "b"}, "must be a list of names"),
        ("ucs/contacts/search", {"query": "a", "returnedAttributes": [], "startIndex": -1}, "must be an integer"),
        ("ucs/contacts/create", {"properties": [{"name": ""}]}, "name must be a non-empty string"),
        (
            "ucs/contacts/create",
            {"properties": [{"name": "a", "values": [{"value": 1}]}]},
            "must have strings as value",
        ),
        ("ucs/contacts/c/get-history", {"returnedAttributes": [], "fromDate": "2026-01-01"}, "with a time zone"),
        ("ucs/contacts/c/get-history", {"returnedAttributes": [], "toDate": "soon"}, "a moment in ISO 8601"),
        ("ucs/interactions/i/set-completed", {"callDuration": True, "userData": []}, "must be an integer"),
        ("ucs/responses/r/report-usage", {"interactionId": "i", "responseType": "Other"}, "must be one of"),
        ("workbins/get-contents", {"workbinIds": " , "}, "must be a list of names"),
        ("workbins/w/add-interaction", {"interactionId": "i", "reason": 7}, "must be an object"),
        ("media-management/complete", {"interactions": []}, "must be a list of names"),
        ("media-management/complete", None, "Missing parameters: data.interactions"),
    ],
)
async def test_malformed_request_is_told_what_is_wrong(john: AgentWire, path: str, data: Any, told: str) -> None:
    reply = await ask(john, path, data)
    assert (reply.http, reply.body.keys()) == (400, {"message"})
    assert told in reply.body["message"]


@pytest.mark.parametrize(
    ("path", "data", "named"),
    [
        ("ucs/responses/none/get-details", {}, {"standardResponseId": "none"}),
        ("ucs/responses/none/add-to-favorites", None, {"standardResponseId": "none"}),
        ("ucs/responses/categories/none/get-details", {}, {"categoryId": "none"}),
        ("workbins/none/subscribe", {}, {"workbinId": "none"}),
        ("workbins/subscribe", {"workbinIds": f"{DRAFTS},none"}, {"workbinId": "none"}),
        ("media-management/none/release-snapshot", None, {"snapshotId": "none"}),
    ],
)
async def test_resource_that_there_is_not_is_refused_at_once(
    john: AgentWire, path: str, data: Any, named: dict[str, str]
) -> None:
    reply = await ask(john, path, data)
    assert (reply.http, reply.body["status"]["message"], reply.body["status"]["detail"]) == (
        500,
        "Resource not found",
        named,
    )
    assert await john.hear_all() == []


@pytest.mark.parametrize(
    ("path", "data", "message"),
    [
        ("ucs/contacts/none/update", NO_CHANGES, "No such contact"),
        ("ucs/interactions/none/assign-contact", {"contactId": ADA}, "No such interaction"),
        ("ucs/interactions/0000HistoryCall1/assign-contact", {"contactId": "none"}, "No such contact"),
        ("ucs/voice/none/find-or-create", None, "No such call"),
        ("ucs/get-agent-history", {"sort": "sideways"}, "sort: neither"),
        ("ucs/contacts/search", {**ALL, "sortCriteria": [{"by": "a"}]}, "sortCriteria"),
        (f"ucs/responses/{HELLO}/get-details", {"version": 3}, "No such version"),
        (f"workbins/{DRAFTS}/get-content", {"ownerId": "nobody"}, "No such agent"),
        ("workbins/interactions/none/get-details", None, "No such interaction"),
        ("media-management/interactions/none/get-details", None, "No such interaction"),
    ],
)  # fmt: skip
async def test_what_cannot_be_done_is_told_by_an_error(john: AgentWire, path: str, data: Any, message: str) -> None:
    assert (await ask(john, path, data)).code == 1
    error = await john.hear(lambda event: event.get("messageType") == "EventError")
    assert message in error["error"]["errorMessage"]


async def test_contact_server_may_say_nothing_of_what_it_does_not_know(emulator: Emulator, john: AgentWire) -> None:
    emulator.switches.report_unknown = False
    await ask(john, "ucs/contacts/none/get-details", {"returnedAttributes": []})
    assert await john.hear_all() == []


async def test_messages_without_operation_ids_on_request(emulator: Emulator, john: AgentWire) -> None:
    await ask(john, "ucs/get-lucene-indexes", operation_id=None)
    invented = await john.hear(lambda event: event.get("name") == "EventGetIndexProperties")
    assert invented["operationId"]
    await john.forget()
    emulator.switches.echo_operation_id = False
    await ask(john, "ucs/get-lucene-indexes")
    assert "operationId" not in await john.hear(lambda event: event.get("name") == "EventGetIndexProperties")
