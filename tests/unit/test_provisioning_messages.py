"""Messages of the provisioning service: unwrapped, credited to their operation, and harmless whatever they hold."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engage_async.models.events import read_event
from engage_async.models.provisioning.events import ProvisioningMessage
from engage_async.protocol.correlation import Correlator, Expectation
from engage_async.protocol.notices import Notice
from engage_async.protocol.provisioning import answer_of, answered, read_service_notice

REPLY = {"status": {"code": 0}, "data": {"users": [{"userName": "ada"}], "totalCount": 1}}
WRAPPED: dict[str, Any] = {
    "as it is sent": {"data": {"data": json.dumps(REPLY)}},
    "text of a wrapper": {"data": json.dumps({"data": json.dumps(REPLY)})},
    "objects all the way": {"data": {"data": REPLY}},
    "one wrapper less": {"data": json.dumps(REPLY)},
    "without a status": {"data": {"data": json.dumps(REPLY["data"])}},
}


def message(content: dict[str, Any], *, channel: str = "operations", of: Any = "op-1") -> Notice:
    data = {"id": of, "path": "/operations/get-users", **content}
    return Notice("/provisioning", "", {"channel": channel, "data": data})


def pending_on(desk: Correlator, operation_id: str = "op-1") -> Any:
    pending = desk.register(Expectation("operations.get_users", operation_id, "operations", answered({}), 60.0), 0.0)
    desk.sending(pending, 0.0)
    return pending


@pytest.mark.parametrize("content", WRAPPED.values(), ids=list(WRAPPED))
def test_an_answer_is_unwrapped_however_deep_it_is(content: dict[str, Any]) -> None:
    read = read_service_notice(message(content))
    assert answer_of(read.payload) == REPLY["data"]
    assert (read.payload["operationId"], read.payload["path"]) == ("op-1", "/operations/get-users")
    assert "error" not in read.payload


def test_the_data_of_a_reply_are_an_answer_as_they_are() -> None:
    assert answer_of({"users": []}) == {"users": []}


def test_the_older_name_of_the_channel_is_understood() -> None:
    assert read_service_notice(message(WRAPPED["as it is sent"], channel="aio")).payload["operationId"] == "op-1"


def test_the_first_message_settles_and_further_ones_are_nobodys() -> None:
    desk = Correlator()
    pending_on(desk)
    (settled,) = desk.feed(read_service_notice(message(WRAPPED["as it is sent"])), 1.0)
    assert (settled.outcome, settled.matched) == ("succeeded", "operation-id")
    assert settled.payload is not None
    assert answer_of(settled.payload)["totalCount"] == 1
    assert desk.feed(read_service_notice(message(WRAPPED["as it is sent"])), 2.0) == []
    assert desk.is_empty()


@pytest.mark.parametrize("other", ["op-2", None, 7, "", ["op-1"], {"op-1": 1}])
def test_a_message_of_another_id_settles_nothing(other: Any) -> None:
    desk = Correlator()
    pending_on(desk)
    assert desk.feed(read_service_notice(message(WRAPPED["as it is sent"], of=other)), 1.0) == []


@pytest.mark.parametrize("channel", ["objects", "", None, "import"])
def test_a_message_of_another_logical_channel_settles_nothing(channel: Any) -> None:
    desk = Correlator()
    pending_on(desk)
    assert desk.feed(read_service_notice(message(WRAPPED["as it is sent"], channel=channel)), 1.0) == []


@pytest.mark.parametrize(
    ("content", "code", "told"),
    [
        ({"data": {"data": '{"status": {"code": 500, "message": "No licence"}}'}}, 500, "No licence"),
        ({"data": {"data": '{"status": {"code": "13"}, "data": {}}'}}, 13, None),
        ({"data": {"statusCode": 502, "data": "Bad gateway"}}, 502, None),
        ({"data": {"error": "It broke"}}, None, "It broke"),
        ({"data": {"error": {"message": "It broke"}}}, None, "It broke"),
        ({"data": {"data": {"status": {"code": 1000}, "errorMessage": "Why"}}}, 1000, "Why"),
    ],
)
def test_an_answer_that_is_a_failure_fails_its_operation(
    content: dict[str, Any], code: int | None, told: str | None
) -> None:
    desk = Correlator()
    pending_on(desk)
    (settled,) = desk.feed(read_service_notice(message(content)), 1.0)
    assert settled.outcome == "failed"
    assert settled.error is not None
    assert (settled.error.code, settled.error.message) == (code, told)


@pytest.mark.parametrize("code", [0, 1, 2, "0", 200, None, True])
def test_codes_of_success_fail_nothing(code: Any) -> None:
    told = {"data": {"data": json.dumps({"status": {"code": code}, "data": {"users": []}})}}
    assert "error" not in read_service_notice(message(told)).payload


def test_the_event_holds_what_came_and_what_it_means() -> None:
    event = read_event(read_service_notice(message(WRAPPED["as it is sent"])))
    assert isinstance(event, ProvisioningMessage)
    assert (event.logical_channel, event.operation_id, event.path) == ("operations", "op-1", "/operations/get-users")
    assert event.content == REPLY["data"]
    assert event.raw["data"]["data"] == WRAPPED["as it is sent"]["data"]
    other = read_event(read_service_notice(Notice("/provisioning", "", {"channel": "objects", "data": '{"a": [1]}'})))
    assert isinstance(other, ProvisioningMessage)
    assert (other.logical_channel, other.operation_id, other.content) == ("objects", None, {"a": [1]})


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["data", "id", "status", "code", "error", "errors", "channel", "path", "message", "x"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from(["channel", "data", "id", "error", "operationId", "messageType"]), json_values))
def test_no_message_does_any_harm(payload: dict[str, Any]) -> None:
    desk = Correlator()
    pending_on(desk)
    for each in (payload, {**payload, "channel": "operations", "data": {"id": "op-1", "data": payload}}):
        read = read_service_notice(Notice("/provisioning", "", each))
        desk.feed(read, 1.0)
        read_event(read)


def test_text_that_nests_without_end_stays_text() -> None:
    deep = "[" * 100_000
    assert read_service_notice(message({"data": deep})).payload["content"] == deep
