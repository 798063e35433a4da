"""The form of voice requests: what is read from a body, and what is wrong with one."""

from __future__ import annotations

import json
from typing import Any

import pytest

from engage_async.emulator.centre import ContactCentre
from engage_async.emulator.chance import Chance
from engage_async.emulator.directory import Directory
from engage_async.emulator.documented import documented_operations
from engage_async.emulator.request_forms import read_body
from engage_async.emulator.rest_replies import MalformedRequest
from engage_async.emulator.scheduler import ManualScheduler
from engage_async.emulator.switches import Switches
from engage_async.emulator.voice_requests import CALL_FORMS, DN_FORMS

_OF_THE_SESSION_GROUP = {"activate", "deactivate"}


def read(operation: str, body: Any) -> tuple[str | None, dict[str, Any]]:
    return read_body((DN_FORMS | CALL_FORMS)[operation], json.dumps(body).encode())


def complaint(operation: str, body: Any) -> str:
    with pytest.raises(MalformedRequest) as complained:
        read(operation, body)
    return str(complained.value)


def test_every_documented_voice_operation_has_a_form_and_is_carried_out() -> None:
    on_calls: set[str] = set()
    on_dn: set[str] = set()
    for verb, path in documented_operations():
        if verb == "POST" and path.startswith("/workspace/v3/voice/"):
            (on_calls if "{id}" in path else on_dn).add(path.rpartition("/")[2])
    assert CALL_FORMS.keys() == on_calls | {"set-comment", "set-focus-time"}  # which the vendor's own desktop sends
    assert DN_FORMS.keys() == on_dn - _OF_THE_SESSION_GROUP
    centre = ContactCentre(Directory.load(), Switches(), lambda *_: None, ManualScheduler(), Chance(0))
    assert centre.voice.operations == DN_FORMS.keys() | CALL_FORMS.keys()


def test_body_is_read_into_operation_id_and_data() -> None:
    assert read("make-call", {"operationId": "1", "data": {"destination": "7002", "unknown": 1, "location": None}}) == (
        "1",
        {"destination": "7002"},
    )


@pytest.mark.parametrize(
    "operation", ["hold", "ready", "dnd-on", "start-recording", "complete", "login", "complete-transfer"]
)
@pytest.mark.parametrize("body", [b"", b" ", b"{}", b'{"data": null}', b'{"data": {}}'])
def test_body_can_be_left_out_where_nothing_is_required(operation: str, body: bytes) -> None:
    assert read_body((DN_FORMS | CALL_FORMS)[operation], body) == (None, {})


def test_operation_without_data_ignores_them() -> None:
    assert read("dnd-on", {"operationId": "1", "data": [1]}) == ("1", {})


@pytest.mark.parametrize("body", [b"{", b"\xff", b"[" * 100_000, b"1" * 10_000, b"nonsense"])
def test_text_that_is_not_json_is_refused(body: bytes) -> None:
    with pytest.raises(MalformedRequest, match=r"^The body"):
        read_body(CALL_FORMS["hold"], body)


@pytest.mark.parametrize(
    ("operation", "body", "expected"),
    [
        ("hold", [1], "The body must be an object, not an array"),
        ("hold", "x", "The body must be an object, not a string"),
        ("hold", {"operationId": 5}, "operationId must be a string, not a number"),
        ("hold", {"data": "x"}, "data must be an object, not a string"),
        ("make-call", {}, "Missing parameters: data.destination"),
        ("make-call", {"data": {"destination": None}}, "Missing parameters: data.destination"),
        ("make-call", {"destination": "7002"}, "Missing parameters: data.destination"),
        ("make-call", {"data": {"destination": 7002}}, "data.destination must be a string, not a number"),
        ("make-call", {"data": {"destination": True}}, "data.destination must be a string, not a boolean"),
        ("alternate", {"data": {"heldConnId": {}}}, "data.heldConnId must be a string, not an object"),
        ("attach-user-data", {"data": {}}, "Missing parameters: data.userData"),
        (
            "ready",
            {"data": {"agentWorkMode": "Auto"}},
            "data.agentWorkMode must be one of AutoIn, ManualIn, not 'Auto'",
        ),
        ("not-ready", {"data": {"agentWorkMode": 1}}, "data.agentWorkMode must be a string, not a number"),
    ],
)
def test_complaint_says_what_was_expected_and_what_came(operation: str, body: Any, expected: str) -> None:
    assert complaint(operation, body) == expected


@pytest.mark.parametrize(
    ("pairs", "expected"),
    [
        ({"a": "b"}, "data.userData must be a key/value list (an array), not an object"),
        (["x"], "data.userData[0] must be an object with key, type and value, not a string"),
        ([{"value": "x"}], "data.userData[0].key must be a non-empty string"),
        ([{"key": ""}], "data.userData[0].key must be a non-empty string"),
        ([{"key": "a"}], "data.userData[0].value must be a string, not null"),
        ([{"key": "a", "type": "str", "value": 1}], "data.userData[0].value must be a string, not a number"),
        ([{"key": "a", "type": "int", "value": True}], "data.userData[0].value must be an integer of at most 64 bits"),
        ([{"key": "a", "type": "int", "value": 2**63}], "data.userData[0].value must be an integer of at most 64 bits"),
        ([{"key": "a", "type": "binary", "value": ""}], "data.userData[0].type must be one of str, int, kvlist"),
        ([{"key": "a", "type": [], "value": ""}], "data.userData[0].type must be one of str, int, kvlist"),
        (
            [{"key": "a", "type": "kvlist", "value": [{"key": 1}]}],
            "data.userData[0].value[0].key must be a non-empty string",
        ),
    ],
)
def test_complaint_about_a_key_value_list_names_the_place(pairs: Any, expected: str) -> None:
    assert complaint("attach-user-data", {"data": {"userData": pairs}}) == expected


def test_key_value_list_is_read_in_order_with_repeated_and_nested_keys() -> None:
    pairs = [
        {"key": "A", "type": "str", "value": "1"},
        {"key": "A", "type": "int", "value": -5},
        {"key": "B", "type": "kvlist", "value": [{"key": "C", "type": "kvlist", "value": []}]},
    ]
    assert read("attach-user-data", {"data": {"userData": pairs}})[1] == {"userData": pairs}
    assert read("attach-user-data", {"data": {"userData": [{"key": "A", "value": "1", "more": 2}]}})[1] == {
        "userData": [{"key": "A", "type": "str", "value": "1"}]
    }


def test_key_value_list_does_not_nest_without_end() -> None:
    nested: list[Any] = []
    for _ in range(100):
        nested = [{"key": "k", "type": "kvlist", "value": nested}]
    assert "nests deeper than 32 levels" in complaint("attach-user-data", {"data": {"userData": nested}})
