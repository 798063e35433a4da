"""``EventError``: where what it names may stand, and any form it may have."""

from __future__ import annotations

import sys
from typing import Any

import pytest
from correlation_desk import VOICE
from hypothesis import given
from hypothesis import strategies as st

from engage_async.protocol.error_events import ErrorReading, domain_of, is_error, read_error
from engage_async.protocol.notices import Notice

JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["id", "key", "number"]), inner),
    max_leaves=5,
)
MEMBERS = [
    "error", "fault", "errors", "data", "errorCode", "errorMessage", "operationId", "referenceId", "call", "connId",
    "callId", "connectionId", "callUuid", "interaction", "interactionId", "workbinId", "contactId", "snapshotId", "dn",
    "thisDN", "phoneNumber", "name",
]  # fmt: skip


def read(payload: dict[str, Any], channel: str = VOICE) -> ErrorReading:
    return read_error(Notice(channel, "EventError", payload))


def test_form_that_every_vendor_source_shows() -> None:
    reading = read({"messageType": "EventError", "error": {"errorCode": 415, "errorMessage": "Invalid Destination DN"}})
    assert reading == ErrorReading("voice", code=415, message="Invalid Destination DN")


@pytest.mark.parametrize("level", ["inside", "beside"])
@pytest.mark.parametrize(
    ("named", "expected"),
    [
        ({"errorCode": "71"}, {"code": 71}),
        ({"errorCode": -1}, {"code": -1}),
        ({"errorMessage": "no"}, {"message": "no"}),
        ({"operationId": "op"}, {"operation_ids": ("op",)}),
        ({"operationId": 7}, {"operation_ids": ("7",)}),
        ({"referenceId": 7}, {"reference_ids": ("7",)}),
        ({"call": {"id": "i", "connId": "n", "callUuid": "u"}},
         {"objects": (("call", "i"), ("call", "n"), ("call uuid", "u")), "connection_id": "i", "call_uuid": "u"}),
        ({"connId": "n"}, {"objects": (("call", "n"),), "connection_id": "n"}),
        ({"callId": "n"}, {"objects": (("call", "n"),), "connection_id": "n"}),
        ({"callUuid": "u"}, {"objects": (("call uuid", "u"),), "call_uuid": "u"}),
        ({"interaction": {"id": "x"}}, {"objects": (("interaction", "x"),)}),
        ({"interactionId": "x"}, {"objects": (("interaction", "x"),)}),
        ({"workbinId": "w"}, {"objects": (("workbin", "w"),)}),
        ({"contactId": "k"}, {"objects": (("contact", "k"),)}),
        ({"dn": "7001"}, {"dn": "7001"}),
        ({"dn": {"number": "7001"}}, {"dn": "7001"}),
        ({"thisDN": "7001"}, {"dn": "7001"}),
        ({"phoneNumber": "7001"}, {"dn": "7001"}),
    ],
)  # fmt: skip
def test_each_name_is_found_at_either_level(level: str, named: dict[str, Any], expected: dict[str, Any]) -> None:
    reading = read({"error": named} if level == "inside" else named)
    assert reading == ErrorReading("voice", **expected)


def test_inner_code_and_message_go_before_outer_ones_and_every_name_is_kept() -> None:
    inner = {"errorCode": 71, "errorMessage": "inner", "operationId": "b", "connId": "n"}
    reading = read({"errorCode": 50, "errorMessage": "outer", "operationId": "a", "connId": "n", "error": inner})
    assert (reading.code, reading.message) == (71, "inner")
    assert (reading.operation_ids, reading.objects) == (("a", "b"), (("call", "n"),))


@pytest.mark.parametrize("code", ["", "abc", "7.1", "\u0667\u0661", "1" * 30, 7.1, True, [71], {"value": 71}, None])
def test_code_that_is_no_whole_number_is_none(code: Any) -> None:
    assert read({"error": {"errorCode": code}}).code is None


def test_error_that_is_only_text_is_the_message() -> None:
    assert read({"error": "busy"}) == ErrorReading("voice", message="busy")


@pytest.mark.parametrize(
    ("channel", "domain"),
    [
        ("/workspace/v3/voice", "voice"), ("/workspace/v3/media/chat", "media"), ("/workspace/v3/media/", "media"),
        ("/statistics/v3/updates", "updates"), ("/a", "a"), ("/", ""), ("", ""), ("//", ""),
    ],
)  # fmt: skip
def test_domain_is_the_third_part_of_the_channel(channel: str, domain: str) -> None:
    assert domain_of(channel) == domain


@pytest.mark.parametrize(
    ("message_type", "payload", "expected"),
    [
        ("EventError", {}, True), ("", {"name": "EventError"}, True), ("UcsMessage", {"name": "EventError"}, True),
        ("CallStateChanged", {"error": {"errorCode": 1}}, False), ("", {}, False), ("EventErrors", {}, False),
    ],
)  # fmt: skip
def test_error_is_told_by_type_or_name(message_type: str, payload: dict[str, Any], *, expected: bool) -> None:
    assert is_error(Notice(VOICE, message_type, payload)) is expected


@given(
    st.text(max_size=20) | st.just(VOICE),
    st.dictionaries(st.sampled_from(MEMBERS), JSON | st.dictionaries(st.sampled_from(MEMBERS), JSON)),
)
def test_any_payload_is_read(channel: str, payload: dict[str, Any]) -> None:
    reading = read(payload, channel)
    assert reading.code is None or isinstance(reading.code, int)
    names: list[Any] = [
        *reading.operation_ids,
        *reading.reference_ids,
        *(text for key in reading.objects for text in key),
    ]
    assert all(isinstance(name, str) for name in names)
    assert "" not in names
    is_error(Notice(channel, "UcsMessage", payload))


def test_members_nested_without_end_are_read_as_nothing() -> None:
    deep: Any = "bottom"
    for _ in range(sys.getrecursionlimit() + 100):
        deep = [deep]
    assert read({**dict.fromkeys(MEMBERS, deep), "errors": [{"key": deep, "message": deep}]}) == ErrorReading("voice")
