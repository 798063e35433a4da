"""Emails: what arrives, what agents write, and what becomes of it."""

from __future__ import annotations

from typing import Any

import pytest
from media_room import ID_OF, JOHN, KATE, PAULA, SAM, Event, Room, pair, values

from engage_async.emulator.interactions import Interaction

OUT: dict[str, Any] = {"queue": "email-outbound", "from": "support@example.com", "to": ["ada@example.net"]}


def draft(room: Room, operation: str = "create", about: Interaction | None = None, **data: Any) -> Interaction:
    """What a request of John's for a new email brings to hand; what was said so far is forgotten."""
    room.ask(JOHN, operation, about, media="email", **{"queue": "email-outbound", **data})
    view = room.last(JOHN)
    assert view["state"] == "Composing", view
    return room.store.get(view["id"])


def test_email_says_who_wrote_what_to_whom() -> None:
    room = Room(JOHN)
    room.scenario.inbound_email(
        "Hours",
        "When?",
        sender="ada@example.net",
        to="sales@example.com",
        cc=["carl@example.net"],
        html="<p>When?</p>",
    )
    view = room.last(JOHN)
    assert view["email"] == {
        "from": "ada@example.net",
        "to": ["sales@example.com"],
        "cc": ["carl@example.net"],
        "body": "<p>When?</p>",
        "bodyAsPlainText": "When?",
        "mime": "text/html",
    }
    assert dict(values(view)) == {"Subject": "Hours", "Mailbox": "sales@example.com"}


def test_email_arrives_with_its_files() -> None:
    room = Room(JOHN)
    email = room.scenario.inbound_email(attachments={"scan.pdf": b"%PDF-1.7", "what.is-this": b""})
    told = [(each["name"], each["mime"], each["size"]) for each in room.last(JOHN)["attachments"]]
    assert told == [("scan.pdf", "application/pdf", 8), ("what.is-this", "application/octet-stream", 0)]
    (scan, _) = email.attachments.values()
    assert b"".join(scan.pieces(scan.size)) == b"%PDF-1.7"


def test_email_of_a_known_address_is_its_contacts() -> None:
    room = Room(JOHN)
    room.centre.media_floor.contact_of = {"ada@example.net": "c-ada"}.get
    room.scenario.inbound_email(sender="ada@example.net")
    assert room.last(JOHN)["contactId"] == "c-ada"


def test_created_email_is_composed_saved_and_sent() -> None:
    room = Room(JOHN)
    offer = {**OUT, "from": "sales@example.com", "subject": "Offer", "body": "Dear", "mime": "text/plain"}
    email = draft(room, **offer, userData=[pair("Campaign", "Spring")], documents=("doc-price-list",))
    event = room.heard(JOHN, "InteractionStateChanged")[-1]
    view = event["interaction"]
    assert (view["interactionType"], view["interactionSubtype"], event["operationId"]) == (
        "Outbound",
        "OutboundNew",
        "JohnSmith/create",
    )
    assert (view["subject"], view["queue"], [each["id"] for each in view["attachments"]]) == (
        "Offer",
        "email-outbound",
        ["doc-price-list"],
    )
    assert {"send", "save", "cancel", "transfer", "add-attachment"} <= set(view["capabilities"])
    assert "complete" not in view["capabilities"]
    room.ask(
        JOHN,
        "save",
        email,
        **{**OUT, "cc": ["carl@example.net"], "body": "Dear Ada", "subject": "Our offer", "comment": "x"},
    )
    saved = room.heard(JOHN, "InteractionStateChanged")[-1]
    assert saved["notificationType"] == "EmailSaved"
    assert (saved["interaction"]["subject"], saved["interaction"]["comment"]) == ("Our offer", "x")
    assert saved["interaction"]["email"] == {
        "from": "support@example.com",
        "to": ["ada@example.net"],
        "cc": ["carl@example.net"],
        "body": "Dear Ada",
        "mime": "text/plain",
    }
    room.ask(JOHN, "send", email, **OUT, bcc=["boss@example.com"])
    assert (room.last(JOHN)["state"], room.last(JOHN)["email"]["bcc"]) == ("Sent", ["boss@example.com"])
    assert (room.scenario.sent_emails, email.ended) == ([email], True)


def test_canceled_email_is_gone() -> None:
    room = Room(JOHN)
    email = draft(room)
    room.ask(JOHN, "cancel", email)
    assert (room.states(JOHN)[-1], email.ended, room.scenario.sent_emails) == ("Canceled", True, [])


def test_reply_is_a_new_email_to_the_sender_in_the_same_thread() -> None:
    room = Room(JOHN)
    question = room.taken_email(JOHN, subject="Hours", sender="ada@example.net", to="sales@example.com")
    question.contact_id = "c-ada"
    answer = draft(room, "reply", question, **{"from": "sales@example.com"}, body="9 to 5")
    view = room.last(JOHN)
    assert view["id"] != question.id
    assert (view["interactionSubtype"], view["parentInteractionId"], view["threadId"]) == (
        "OutboundReply",
        question.id,
        question.thread_id,
    )
    assert (view["subject"], view["contactId"], view["email"]["to"]) == ("Re: Hours", "c-ada", ["ada@example.net"])
    assert room.heard(JOHN, "InteractionStateChanged")[-1]["operationId"] == "JohnSmith/reply"
    assert question.state == "Processing", "the question stays at hand"
    again = room.taken_email(JOHN, subject="Re: Hours", answers=answer)
    assert (again.subtype, again.parent_id, again.thread_id) == ("InboundCustomerReply", answer.id, question.thread_id)
    assert draft(room, "reply", again, **{"from": "sales@example.com"}).subject == "Re: Hours", "said once"


def test_forwarded_email_takes_text_and_files_along() -> None:
    room = Room(JOHN)
    email = room.taken_email(JOHN, subject="Scan", text="see file", attachments={"scan.pdf": b"%PDF"})
    onward = draft(room, "forward", email, **{"from": "support@example.com"}, to=["expert@example.net"])
    view = room.last(JOHN)
    assert (view["interactionSubtype"], view["parentInteractionId"]) == ("OutboundNew", email.id)
    assert (view["subject"], view["email"]["body"], view["email"]["to"]) == (
        "Fwd: Scan",
        "see file",
        ["expert@example.net"],
    )
    assert onward.attachments == email.attachments
    room.ask(JOHN, "remove-attachment", onward, documentId=next(iter(onward.attachments)))
    assert email.attachments, "what is removed from one stays on the other"


def test_reviewed_email_waits_for_somebody_who_sends_it() -> None:
    room = Room(JOHN, SAM)
    email = draft(room)
    room.ask(JOHN, "send", email, **{**OUT, "queue": "email-review"}, useReviewer=True)
    assert (room.states(JOHN)[-1], room.states(SAM, email), email.ended) == ("Queued", ["Invited"], False)
    room.ask(SAM, "accept", email)
    assert room.last(SAM)["state"] == "Composing"
    room.ask(SAM, "send", email, **OUT)
    assert (room.states(SAM)[-1], room.scenario.sent_emails) == ("Sent", [email])


def test_draft_is_handed_to_another_agent_who_goes_on_composing() -> None:
    room = Room(JOHN, KATE)
    email = draft(room)
    room.ask(JOHN, "transfer-agent", email, agentId=ID_OF[KATE])
    room.ask(KATE, "accept", email)
    assert room.states(KATE, email) == ["Invited", "Composing"]
    assert room.channel(KATE, "email")["activity"] == "HandlingOutboundInteraction"


@pytest.mark.parametrize(
    ("operation", "data"),
    [
        ("create", {"queue": "nowhere"}),
        ("create", {"queue": "chat-inbound"}),
        ("create", {"contactId": "nobody"}),
        ("create", {"documents": ("doc-terms", "no such")}),
        ("reply", {"queue": "nowhere", "from": "a"}),
        ("forward", {"queue": "nowhere", "from": "a"}),
    ],
)
def test_new_email_with_something_that_is_not_there_is_refused(operation: str, data: Event) -> None:
    room = Room(JOHN)
    room.centre.media_floor.knows_contact = lambda _: False
    email = room.taken_email(JOHN)
    before = list(room.store)
    about = email if operation != "create" else None
    assert room.refusal(JOHN, operation, about, media="email", **data) == 53
    assert list(room.store) == before


def test_email_to_nobody_or_into_no_queue_is_not_sent() -> None:
    room = Room(JOHN)
    email = draft(room)
    room.forget()
    assert room.refusal(JOHN, "send", email, **{**OUT, "to": []}) == 53
    assert room.refusal(JOHN, "send", email, **{**OUT, "queue": "nowhere"}) == 53
    assert not email.ended


def test_email_that_came_in_is_not_sent_and_one_that_goes_out_not_answered() -> None:
    room = Room(JOHN)
    came = room.taken_email(JOHN)
    assert room.refusal(JOHN, "send", came, **OUT) == 506
    assert room.refusal(JOHN, "save", came, **OUT) == 506
    assert room.refusal(JOHN, "cancel", came) == 506
    goes = draft(room)
    room.forget()
    assert room.refusal(JOHN, "reply", goes, **OUT) == 506
    assert room.refusal(JOHN, "complete", goes) == 506


def test_only_the_agent_who_has_it_writes_it() -> None:
    room = Room(JOHN, PAULA)
    email = draft(room)
    room.forget()
    assert room.refusal(PAULA, "send", email, **OUT) == 165
