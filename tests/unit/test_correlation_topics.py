"""User events by topic, supervisors' operations and notes about calls: how they are settled."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from correlation_desk import Desk, error_event, open_desk, routes_of
from hypothesis import given
from hypothesis import strategies as st

from engage_async.api.module import NothingKnown
from engage_async.api.workspace import call_notes, topics, users
from engage_async.api.workspace.topics import an_answer
from engage_async.models.events import EventUserEvent
from engage_async.protocol.completion import ERROR_GRACE
from engage_async.protocol.notices import Notice
from engage_async.protocol.topic_completion import TOPICS

ROUTES = routes_of(topics, users, call_notes)
HANDLE = {"GSW_AGENT_REQ_TYPE": "RecordProcessed", "GSW_RECORD_HANDLE": 12}


@pytest.fixture
def desk() -> Iterator[Desk]:
    yield from open_desk(routes=ROUTES)


def pairs(**content: Any) -> list[dict[str, Any]]:
    return [{"key": key, "type": "int" if isinstance(v, int) else "str", "value": v} for key, v in content.items()]


def answer(channel: str = TOPICS, member: str = "eventContent", more: Any = None, **content: Any) -> Notice:
    payload = {"messageType": "EventUserEvent", member: pairs(**content), **(more or {})}
    return Notice(channel, "EventUserEvent", payload)


ACKNOWLEDGED = {"GSW_USER_EVENT": "RecordProcessedAcknowledge"}


def test_the_answer_with_the_same_record_settles_each_publication(desk: Desk) -> None:
    first = desk.start("topics.publish", topic="t", event_content=HANDLE)
    second = desk.start("topics.publish", topic="t", event_content={**HANDLE, "GSW_RECORD_HANDLE": 13})
    desk.feed(answer(GSW_RECORD_HANDLE=13, **ACKNOWLEDGED))
    assert (desk.how(first), desk.how(second)) == (None, ("succeeded", "object"))
    desk.feed(answer(GSW_RECORD_HANDLE="12", member="userData", **ACKNOWLEDGED))
    assert desk.how(first) == ("succeeded", "object")


def test_a_reference_does_as_well_and_one_answer_settles_one_operation(desk: Desk) -> None:
    content = {"GSW_AGENT_REQ_TYPE": "PreviewRecordRequest", "GSW_REFERENCE_ID": 7}
    both = [desk.start("topics.publish", topic="t", event_content={**content, "GSW_RECORD_HANDLE": 12}) for _ in "ab"]
    desk.feed(answer(GSW_REFERENCE_ID=7, GSW_RECORD_HANDLE=12, GSW_USER_EVENT="PreviewRecord"))
    assert [desk.how(pending) for pending in both] == [("succeeded", "guess"), None]


def test_the_operations_id_decides_when_it_comes_back(desk: Desk) -> None:
    first, second = (desk.start("topics.publish", topic="t", event_content=HANDLE) for _ in "ab")
    desk.feed(answer(GSW_RECORD_HANDLE=12, more={"operationId": "op-2"}, **ACKNOWLEDGED))
    assert (desk.how(first), desk.how(second)) == (None, ("succeeded", "operation-id"))


@pytest.mark.parametrize(
    "other",
    [
        answer(GSW_RECORD_HANDLE=99, **ACKNOWLEDGED),
        answer(GSW_RECORD_HANDLE=12),
        answer("/workspace/v3/voice", GSW_RECORD_HANDLE=12, **ACKNOWLEDGED),
        answer(GSW_RECORD_HANDLE=True, **ACKNOWLEDGED),
    ],
    ids=["another record", "a request, not an answer", "another channel", "no number"],
)
def test_other_user_events_settle_nothing(desk: Desk, other: Notice) -> None:
    pending = desk.start("topics.publish", topic="t", event_content=HANDLE)
    desk.accept(pending)
    desk.feed(other)
    desk.wait(ERROR_GRACE * 2)
    assert desk.how(pending) is None, "it waits for its answer, however long it was accepted"


def test_a_publication_that_names_no_record_is_settled_by_acceptance(desk: Desk) -> None:
    pending = desk.start("topics.publish", topic="t", event_content=[("Hello", "a"), ("Hello", "b")])
    desk.accept(pending)
    desk.feed(answer(Hello="a", **ACKNOWLEDGED))
    assert desk.how(pending) is None
    desk.wait(ERROR_GRACE)
    assert desk.how(pending) == ("succeeded", "reply")


@pytest.mark.parametrize(
    ("operation", "arguments"),
    [
        ("topics.subscribe", {"topics": ["t"]}),
        ("topics.unsubscribe", {"topics": ["t"]}),
        ("users.set_voice_state", {"dbid": 101, "state": "ready"}),
        ("users.set_media_state", {"dbid": 101, "state": "ready"}),
        ("users.set_channel_state", {"dbid": 101, "channel": "chat", "state": "ready"}),
        ("users.supervisor_remote_operation", {"operation_name": "ready", "user_name": "JohnSmith", "dn": "7001"}),
        ("voice.set_comment", {"call_id": "c1", "comment": "polite"}),
        ("voice.set_focus_time", {"call_id": "c1", "focus_time": 2.0}),
    ],
)
def test_what_no_event_tells_of_is_settled_by_acceptance_unless_an_error_comes(
    desk: Desk, operation: str, arguments: dict[str, Any]
) -> None:
    accepted = desk.start(operation, **arguments)
    desk.accept(accepted)
    desk.wait(ERROR_GRACE)
    assert desk.how(accepted) == ("succeeded", "reply")
    refused = desk.start(operation, **arguments)
    desk.accept(refused)
    channel = f"/workspace/v3/{ROUTES[operation].domain}"
    desk.feed(error_event(58, channel=channel))
    assert desk.how(refused) == ("failed", "sole")


def test_the_answer_is_given_as_an_event() -> None:
    event = an_answer(answer(GSW_RECORD_HANDLE=12, **ACKNOWLEDGED).payload, {}, NothingKnown())
    assert isinstance(event, EventUserEvent)
    assert event.user_data == {"GSW_RECORD_HANDLE": 12, **ACKNOWLEDGED}
    assert an_answer({}, {}, NothingKnown()) is None


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.sampled_from(["key", "value", "type"]), inner),
    max_leaves=20,
)


@given(content=json_values, user_data=json_values)
def test_any_json_in_a_user_event_is_survived(content: Any, user_data: Any) -> None:
    desk = Desk(routes=ROUTES)
    pending = desk.start("topics.publish", topic="t", event_content=HANDLE)
    payload = {"messageType": "EventUserEvent", "eventContent": content, "userData": user_data}
    desk.feed(Notice(TOPICS, "EventUserEvent", payload))
    assert desk.how(pending) is None
    an_answer(payload, {}, NothingKnown())
