"""Contacts, their history and standard responses: the real client and the emulator's contact server."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import engage_async as ea
from engage_async.emulator import Emulator, Refusal
from tests.end_to_end.agents import agent_of

ADA, CARL = "0000AdaByron0001", "0000CarlGauss001"
HELLO, SIGNATURE, TARIFF = "0000ResponseHello", "0000ResponseSign1", "0000ResponseTarif"


# --- contacts ---------------------------------------------------------------------------------------------------------


async def test_contact_is_created_found_changed_and_deleted(agent: ea.WorkspaceSession) -> None:
    made = await agent.ucs.create_contact({
        "FirstName": "Grace",
        "LastName": "Hopper",
        "PhoneNumber": ["+15550900", ea.AttributeValue(value="+15550901", description="at work")],
    })  # fmt: skip
    assert (made.first_name, made.phone_numbers) == ("Grace", ("+15550900", "+15550901"))
    [found] = [contact async for contact in agent.ucs.search("LastName:hop*")]
    assert (found.id, found.last_name, found.phone_numbers) == (made.id, "Hopper", ("+15550900", "+15550901"))

    await agent.ucs.update_contact(
        made.id,
        added={"PhoneNumber": "+15550902", "Nickname": "Amazing"},
        changed={"FirstName": ["Grace", "Brewster"]},
        deleted=["LastName"],
    )
    names = ["FirstName", "LastName", "PhoneNumber", "Nickname"]
    contact = await agent.ucs.get_contact_details(made.id, returned_attributes=names)
    assert contact.get_all("FirstName") == ("Grace", "Brewster")
    assert contact.phone_numbers == ("+15550900", "+15550901", "+15550902")
    assert (contact.last_name, contact.first("Nickname")) == (None, "Amazing")
    assert contact.values("PhoneNumber")[1].description == "at work"

    await agent.ucs.delete_contact(made.id)
    with pytest.raises(ea.OperationFailed, match="No such contact"):
        await agent.ucs.get_contact_details(made.id)


async def test_search_pages_lazily_up_to_the_limit(emulator: Emulator, agent: ea.WorkspaceSession) -> None:
    def searches() -> list[Any]:
        return [record.body["data"] for record in emulator.requests if record.path.endswith("/contacts/search")]

    pages = agent.ucs.search("*:*", page_size=2, sort_criteria=[{"attrName": "LastName"}])
    assert searches() == []
    first = await anext(pages)
    assert (first.last_name, pages.total, len(searches())) == ("Byron", 6, 1)
    names = [first.last_name, *[contact.last_name async for contact in pages]]
    assert names == ["Byron", "Euler", "Gauss", "Kovalevskaya", "Noether", "Turing"]
    assert [(sent["startIndex"], sent["maxResults"]) for sent in searches()] == [(0, 2), (2, 2), (4, 2)]
    assert len([contact async for contact in agent.ucs.search("*:*", page_size=2, limit=3)]) == 3
    assert len(searches()) == 5


async def test_search_that_is_left_early_leaves_nothing_behind(agent: ea.WorkspaceSession) -> None:
    async for contact in agent.ucs.search("*:*", page_size=1):
        assert contact.id
        break
    assert agent.health.pending == 0


async def test_any_text_can_be_a_term_of_a_query(agent: ea.WorkspaceSession) -> None:
    awkward = 'O\'Neil (née "Or*?") AND +1:~'
    made = await agent.ucs.create_contact({"LastName": awkward})
    found = [contact.id async for contact in agent.ucs.search(f"LastName:{ea.lucene_term(awkward)}")]
    assert found == [made.id]


async def test_query_that_is_none_fails_with_what_is_wrong(agent: ea.WorkspaceSession) -> None:
    with pytest.raises(ea.OperationFailed, match="a parenthesis is not closed") as failed:
        [contact async for contact in agent.ucs.search("LastName:(smith")]
    assert failed.value.operation == "ucs.search_contacts"


async def test_indexes_tell_what_queries_can_name(agent: ea.WorkspaceSession) -> None:
    indexes = {index.index_name: index for index in await agent.ucs.get_lucene_indexes()}
    assert indexes.keys() == {"contact", "interaction", "response"}
    fields = {field.field_name: field for field in indexes["contact"].fields}
    assert fields["PhoneNumber"].is_searchable


# --- history ----------------------------------------------------------------------------------------------------------


async def test_history_comes_newest_first_and_span_by_span(emulator: Emulator, agent: ea.WorkspaceSession) -> None:
    waiting, *past = await agent.ucs.get_contact_history(ADA)
    assert (waiting.subject, waiting.state, waiting.owners) == ("Invoice 4711", "InProcess", ())
    assert [each.media_type for each in past] == ["email", "email", "Call"]
    assert (past[0].subject, past[0].owners[0].user_name) == ("Re: Premium tariff", "JohnSmith")
    since, until = datetime(2025, 11, 1, tzinfo=UTC), datetime(2025, 12, 1, tzinfo=UTC)
    pages = agent.ucs.history(ADA, since=since, until=until, span=timedelta(days=10))
    assert [each.id async for each in pages] == [each.id for each in past]
    asked = [record for record in emulator.requests if record.path.endswith("/get-history")]
    assert len(asked) == 4
    assert len([each async for each in agent.ucs.history(ADA, limit=1)]) == 1


async def test_history_of_agents_and_search_of_interactions(agent: ea.WorkspaceSession) -> None:
    mine = await agent.ucs.get_agent_history()
    assert {owner.user_name for each in mine.interactions for owner in each.owners} == {"JohnSmith"}
    hers = [each.id async for each in agent.ucs.agent_history(user_id="katelewis")]
    assert hers == ["0000HistoryCall2", "0000HistoryChat1"]
    for form in ("client", "simulator"):
        found = await agent.ucs.search_interactions("Subject:tariff AND TypeId:Outbound", form=form, max_results=5)
        assert (found.found, found.returned, found.interactions[0].id) == (1, 1, "0000HistoryMail2")


async def test_live_interaction_is_part_of_the_history_and_finds_its_contact(
    emulator: Emulator, agent: ea.WorkspaceSession
) -> None:
    email = emulator.scenario.inbound_email(
        "Tariff", "Please call.", sender="unknown@example.net", queue="waiting-room"
    )
    identified = await agent.ucs.identify_contact(email.id)
    assert (identified.contact_id, identified.contact_created, identified.count) == (None, False, 0)
    identified = await agent.ucs.identify_contact(email.id, create_contact_enabled=True)
    assert (identified.contact_created, identified.contact_ids) == (True, (identified.contact_id,))
    await agent.ucs.assign_interaction_to_contact(email.id, ADA)
    assert email.id in [each.id for each in await agent.ucs.get_contact_history(ADA)]
    await agent.ucs.set_call_comment(email.id, "Called back")
    details = await agent.ucs.get_interaction_details(email.id)
    assert (details.comment, details.contact_id, details.state) == ("Called back", ADA, "InProcess")
    assert details.email is not None
    assert details.email.from_address == "unknown@example.net"


@pytest.mark.parametrize("form", ["client", "simulator"])
async def test_call_has_a_record_that_is_found_commented_and_closed(agent: ea.WorkspaceSession, form: Any) -> None:
    call = await agent.voice.make_call("5550001")
    record = await agent.ucs.find_or_create_phone_call(call.id)
    assert record.is_created
    again = await agent.ucs.find_or_create_phone_call(call.call_uuid or "")
    assert (again.interaction_id, again.is_created) == (record.interaction_id, False)
    await agent.ucs.set_call_comment(record.interaction_id, "Asked for a quote")
    await agent.ucs.set_call_completed(
        record.interaction_id, call_duration=12, user_data={"Outcome": "Quote"}, form=form
    )
    details = await agent.ucs.get_interaction_details(record.interaction_id)
    assert (details.comment, details.call_duration, details.state) == ("Asked for a quote", 12, "Stopped")
    assert details.user_data == {"Outcome": "Quote"}
    assert details.contact_id == "0000EmmyNoether1", "the number called is hers"


# --- standard responses -----------------------------------------------------------------------------------------------


async def test_responses_are_found_by_category_and_by_query(agent: ea.WorkspaceSession) -> None:
    api = agent.standard_responses
    roots = await api.get_root_categories(language="English", approved=True)
    assert [root.name for root in roots] == ["Courtesy", "Answers"]
    answers = await api.get_category_details(roots[1].category_id, approved=True)
    assert [category.name for category in answers.categories] == ["Tariffs"]
    tariffs = await api.get_category_details(answers.categories[0].category_id)
    [listed] = tariffs.responses
    response = await api.get(listed.standard_response_id, attachments=True)
    assert (response.name, response.language) == ("Premium tariff", "English")
    assert response.attachments[0].name == "conditions \N{EN DASH} 2026.txt"
    found = await api.search('TheName:"premium tariff" OR Body:nothing')
    assert [each.standard_response_id for each in found] == [TARIFF]


async def test_file_of_a_response_is_a_stream_with_its_name(agent: ea.WorkspaceSession, tmp_path: Path) -> None:
    [attachment] = (await agent.standard_responses.get(TARIFF, attachments=True)).attachments
    async with await agent.standard_responses.get_attachment(TARIFF, attachment.id) as file:
        assert file.name == attachment.name
        await file.save(tmp_path / "file")
    assert (tmp_path / "file").stat().st_size == attachment.size
    with pytest.raises(ea.ApiError, match="Resource not found"):
        await agent.standard_responses.get_attachment(TARIFF, "none")


async def test_field_codes_are_rendered_for_an_interaction(emulator: Emulator, agent: ea.WorkspaceSession) -> None:
    email = emulator.scenario.inbound_email("Tariff <premium>", sender="ada.byron@example.net", queue="waiting-room")
    api = agent.standard_responses
    assert await api.render_field_codes(HELLO, email.id) == "Dear Ms Ada Byron,"
    assert await api.render_field_codes(SIGNATURE, email.id, use_plain_text=True) == "Kind regards\nJohn Smith"
    assert await api.render_field_codes(SIGNATURE, email.id) == "<p>Kind regards<br><b>John Smith</b></p>"
    assert 'asked about "Tariff <premium>".' in await api.render_field_codes(TARIFF, email.id)
    with pytest.raises(ea.OperationFailed, match=r"Outage\.Name.*not known"):
        await api.render_field_codes("0000ResponseDraft", email.id)
    rendered = await api.render_field_codes("0000ResponseDraft", email.id, custom_properties={"Outage.Name": "Friday"})
    assert rendered == "We are sorry for the outage of Friday."


async def test_favorites_are_kept_for_each_agent_and_usage_is_reported(
    emulator: Emulator, agent: ea.WorkspaceSession, kate: ea.WorkspaceSession
) -> None:
    api = agent.standard_responses
    adding = api.add_favorite(HELLO)
    await adding
    assert adding.matched == "operation-id"
    await api.add_favorite(TARIFF)
    assert [each.standard_response_id for each in await api.get_favorites()] == [HELLO, TARIFF]
    assert await kate.standard_responses.get_favorites() == ()
    await api.delete_favorite(HELLO)
    assert [each.name for each in await api.get_favorites()] == ["Premium tariff"]
    await api.delete_all_favorites()
    assert await api.get_favorites() == ()
    await api.report_usage(HELLO, "0000HistoryMail2", response_type=ea.ResponseUsage.SUGGESTED_RESPONSE_CHOSEN)
    [usage] = emulator.centre.records.responses.usage
    assert (usage.user, usage.kind) == ("JohnSmith", "SuggestedResponseChoosen")


# --- whatever the service tells ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("echo", [True, False])
@pytest.mark.parametrize("reply", ["echo", "fresh", "none"])
@pytest.mark.parametrize("order", ["event-first", "reply-first"])
async def test_operations_are_told_apart_whatever_ids_the_service_tells(
    emulator: Emulator, agent: ea.WorkspaceSession, echo: bool, reply: Any, order: Any
) -> None:
    emulator.switches.echo_operation_id, emulator.switches.reply_operation_id = echo, reply
    emulator.switches.reply_order = order
    ada, carl, found, indexes = await asyncio.gather(
        _outcome(agent.ucs.get_contact_details(ADA)),
        _outcome(agent.ucs.get_contact_details(CARL)),
        _outcome(agent.ucs.search_contacts("*:*")),
        _outcome(agent.ucs.get_lucene_indexes()),
    )
    assert (ada.id, carl.id, found.total_count, len(indexes)) == (ADA, CARL, 6, 3)


async def _outcome(operation: ea.Operation[Any]) -> Any:
    return await operation


@pytest.mark.parametrize("form", ["event", "answer"])
@pytest.mark.parametrize("names", ["nothing", "call", "everything"])
async def test_failure_reaches_its_operation_in_every_form(
    emulator: Emulator, agent: ea.WorkspaceSession, form: Any, names: Any
) -> None:
    emulator.switches.error_form, emulator.switches.error_names = form, names
    with pytest.raises(ea.OperationFailed, match="No such contact") as failed:
        await agent.ucs.get_contact_details("nobody")
    assert (failed.value.error_code, failed.value.operation) == (53, "ucs.get_contact_details")
    emulator.switches.refuse_next.append(Refusal("get-lucene-indexes", 118, "Service unavailable"))
    with pytest.raises(ea.OperationFailed, match="118 Service unavailable"):
        await agent.ucs.get_lucene_indexes()


async def test_service_that_is_silent_about_a_contact_runs_into_the_deadline(
    emulator: Emulator, agent: ea.WorkspaceSession
) -> None:
    emulator.switches.report_unknown = False
    with pytest.raises(ea.OperationTimeout) as late:
        await agent.ucs.get_contact_details("nobody", timeout=0.3)
    assert late.value.accepted


async def test_answers_to_another_tab_settle_nothing_here(emulator: Emulator) -> None:
    async with agent_of(emulator) as here, agent_of(emulator) as there:
        emulator.switches.report_unknown = False
        waiting = await here.ucs.get_contact_details("nobody", timeout=0.2).accepted()
        assert (await there.ucs.get_contact_details(ADA)).id == ADA
        with pytest.raises(ea.OperationTimeout):
            await waiting


async def test_messages_of_the_service_are_events_too(agent: ea.WorkspaceSession) -> None:
    async with agent.events(ea.UcsMessage) as messages:
        await agent.ucs.delete_contact(CARL)
        message = await anext(messages)
    assert (message.name, message.contact_id, message.channel) == (
        "EventContactDeleted",
        CARL,
        "/workspace/v3/contacts",
    )


# --- bad input --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda api: api.search_contacts(" "), "query must be a non-empty string"),
        (lambda api: api.search_contacts("a", returned_attributes="FirstName"), "returned_attributes must be a list"),
        (lambda api: api.get_contact_details("../x\n"), "contact_id must be"),
        (lambda api: api.create_contact({"FirstName": 7}), "FirstName must be text"),
        (lambda api: api.create_contact(["FirstName"]), "attributes must map attribute names"),
        (lambda api: api.create_contact({"": "x"}), "name must be a non-empty string"),
        (lambda api: api.update_contact("c", deleted="FirstName"), "deleted must be a list of strings"),
        (lambda api: api.get_contact_history("c", from_date=datetime(2026, 1, 1)), "must have a time zone"),  # noqa: DTZ001 - without a zone on purpose
        (lambda api: api.search_interactions("a", form="other"), "form must be one of client, simulator"),
        (lambda api: api.search("a", limit=0), "limit must be a positive integer"),
        (lambda api: api.history("c", since="yesterday"), "since must be a datetime"),
    ],
)
async def test_what_cannot_be_sent_is_refused_before_anything_is_sent(
    emulator: Emulator, agent: ea.WorkspaceSession, call: Any, told: str
) -> None:
    before = len(emulator.requests)
    with pytest.raises(ea.InvalidArgument, match=told):
        call(agent.ucs)
    assert not [record for record in list(emulator.requests)[before:] if "/ucs/" in record.path]
