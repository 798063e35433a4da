"""Emails through the real client: read, answered, forwarded, written and sent, whatever the service tells of it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

import engage_async as ea
from engage_async.emulator import Emulator, Refusal
from engage_async.emulator.interactions import Interaction
from tests.end_to_end.agents import SETTINGS, agent_of, setting_name

WAIT = 5.0
OUT = "email-outbound"
OURS, ADA, CARL = "support@example.com", "ada.byron@example.net", "carl.gauss@example.net"


async def accepted(emulator: Emulator, agent: ea.WorkspaceSession, **email: Any) -> ea.Interaction:
    """An email that has arrived and was accepted."""
    await agent.media.ready("email")
    arrived = emulator.scenario.inbound_email(**email)
    async with asyncio.timeout(WAIT):
        while arrived.id not in agent.interactions:
            await agent.wait_for(ea.InteractionStateChanged, timeout=WAIT)
    assert agent.interactions[arrived.id].state == "Invited"
    return await agent.email.accept(arrived.id)


def sent(emulator: Emulator) -> list[Interaction]:
    return emulator.scenario.sent_emails


@pytest.mark.parametrize("setting", SETTINGS, ids=setting_name)
async def test_email_is_read_answered_forwarded_and_done(
    emulator: Emulator, agent: ea.WorkspaceSession, setting: dict[str, Any]
) -> None:
    for name, value in setting.items():
        setattr(emulator.switches, name, value)
    question = await accepted(
        emulator, agent, subject="Invoice", text="Twice!", sender=ADA, cc=[CARL], attachments={"scan.pdf": b"%PDF"}
    )
    assert (question.state, question.subject, question.interaction_type) == ("Processing", "Invoice", "Inbound")
    assert question.email is not None
    assert (question.email.from_address, question.email.cc, question.email.body) == (ADA, (CARL,), "Twice!")
    assert question.contact_id is not None, "the sender is in the records"
    assert [(each.name, each.mime) for each in question.attachments] == [("scan.pdf", "application/pdf")]

    answer = await agent.email.reply(question.id, queue=OUT, from_address=OURS, subject="Re: Invoice", body="Sorry.")
    assert (answer.state, answer.parent_interaction_id, answer.subject) == ("Composing", question.id, "Re: Invoice")
    saved = await agent.email.save(
        answer.id, from_address=OURS, to=[ADA], cc=[CARL], body="We are sorry.", comment="checked"
    )
    assert saved.email is not None
    assert (saved.email.body, saved.email.cc, saved.comment) == ("We are sorry.", (CARL,), "checked")
    done = await agent.email.send(answer.id, queue=OUT, from_address=OURS, to=[ADA], bcc=["boss@example.com"])
    assert (done.state, [each.id for each in sent(emulator)]) == ("Sent", [answer.id])
    content = sent(emulator)[0].view()["email"]
    assert (content["to"], content["bcc"], content["body"]) == ([ADA], ["boss@example.com"], "We are sorry.")

    onward = await agent.email.forward(question.id, queue=OUT, from_address=OURS, to=["books@example.com"])
    assert (onward.parent_interaction_id, [each.name for each in onward.attachments]) == (question.id, ["scan.pdf"])
    assert (await agent.email.cancel(onward.id)).state == "Canceled"
    assert (await agent.media.complete("email", question.id)).state == "Completed"
    assert not agent.interactions


@pytest.mark.parametrize("setting", SETTINGS, ids=setting_name)
async def test_new_email_is_written_with_files_and_sent(
    emulator: Emulator, agent: ea.WorkspaceSession, setting: dict[str, Any]
) -> None:
    for name, value in setting.items():
        setattr(emulator.switches, name, value)
    email = await agent.email.create(
        queue=OUT,
        from_address="sales@example.com",
        to=ADA,
        subject="Offer",
        body="<p>Dear</p>",
        mime="text/html",
        documents=["doc-price-list"],
        user_data={"Campaign": "Spring"},
    )
    assert email.email is not None
    assert (email.state, email.subject, email.user_data["Campaign"]) == ("Composing", "Offer", "Spring")
    assert (email.email.to, email.email.from_address, email.email.mime) == ((ADA,), "sales@example.com", "text/html")
    more = await agent.media.add_attachment("email", email.id, b"Terms", filename="terms.txt")
    assert [each.name for each in more.attachments] == ["price list.txt", "terms.txt"]
    assert (await agent.email.send(email.id, queue=OUT, from_address=OURS, to=[ADA, CARL])).state == "Sent"
    (gone,) = sent(emulator)
    assert (gone.id, gone.view()["email"]["to"], len(gone.attachments)) == (email.id, [ADA, CARL], 2)


async def test_several_emails_are_written_at_a_time(emulator: Emulator, agent: ea.WorkspaceSession) -> None:
    emulator.switches.echo_operation_id = False
    question = await accepted(emulator, agent, subject="One")
    other = await accepted(emulator, agent, subject="Two")
    new, first, second = await asyncio.gather(
        agent.email.create(queue=OUT, subject="New"),
        agent.email.reply(question.id, queue=OUT, from_address=OURS, subject="Re: One"),
        agent.email.reply(other.id, queue=OUT, from_address=OURS, subject="Re: Two"),
    )
    assert (new.subject, first.subject, second.subject) == ("New", "Re: One", "Re: Two")
    assert (first.parent_interaction_id, second.parent_interaction_id) == (question.id, other.id)


async def test_draft_is_reviewed_by_a_supervisor(emulator: Emulator, agent: ea.WorkspaceSession) -> None:
    async with agent_of(emulator, "SamOkoro") as sam:
        await sam.media.ready("email")
        draft = await agent.email.create(queue=OUT, to=ADA, subject="Delicate")
        handed_over = await agent.email.send(
            draft.id, queue="email-review", from_address=OURS, to=[ADA], use_reviewer=True
        )
        assert (handed_over.state, draft.id in agent.interactions, sent(emulator)) == ("Queued", False, [])
        async with asyncio.timeout(WAIT):
            while draft.id not in sam.interactions:
                await asyncio.sleep(0.005)
        assert (await sam.email.accept(draft.id)).state == "Composing"
        assert (await sam.email.send(draft.id, queue=OUT, from_address=OURS, to=[ADA])).state == "Sent"


async def test_answer_of_the_customer_comes_in_the_same_thread(emulator: Emulator, agent: ea.WorkspaceSession) -> None:
    question = await accepted(emulator, agent, subject="Hours", sender=ADA)
    answer = await agent.email.reply(question.id, queue=OUT, from_address=OURS, body="9 to 5")
    await agent.email.send(answer.id, queue=OUT, from_address=OURS, to=[ADA])
    again = await accepted(emulator, agent, subject="Re: Hours", sender=ADA, answers=sent(emulator)[0])
    assert again.parent_interaction_id == answer.id
    assert again.extra["threadId"] == question.extra["threadId"]


@pytest.mark.parametrize("names", ["nothing", "everything"])
async def test_refused_email_operations_fail_with_the_reason(
    emulator: Emulator, agent: ea.WorkspaceSession, names: Any
) -> None:
    emulator.switches.error_names = names
    question = await accepted(emulator, agent)
    for operation in (
        agent.email.create(queue="nowhere"),
        agent.email.create(queue=OUT, documents=["no such document"]),
        agent.email.reply(question.id, queue="nowhere", from_address=OURS),
    ):
        with pytest.raises(ea.OperationFailed) as refused:
            await operation
        assert (refused.value.error_code, refused.value.error_message) == (53, "Invalid attribute value")
    with pytest.raises(ea.OperationFailed) as refused:
        await agent.email.send(question.id, queue=OUT, from_address=OURS, to=[ADA])
    assert refused.value.error_code == 506
    emulator.switches.refuse_next.append(Refusal("cancel", 1234, "Not today"))
    draft = await agent.email.create(queue=OUT)
    with pytest.raises(ea.OperationFailed, match="Not today"):
        await agent.email.cancel(draft.id)
    assert agent.interactions[draft.id].state == "Composing"


async def test_email_that_was_taken_away_cannot_be_saved(emulator: Emulator, agent: ea.WorkspaceSession) -> None:
    draft = await agent.email.create(queue=OUT)
    saving = agent.email.save(draft.id, from_address=OURS, to=[ADA], body="x")
    emulator.centre.interactions.queue(emulator.centre.interactions.get(draft.id), OUT)
    with pytest.raises(ea.OperationFailed) as failed:
        await saving
    assert failed.value.error_code == 165
    assert draft.id not in agent.interactions
