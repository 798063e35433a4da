"""Routes: how arguments become a path, a query and a body, and what cannot be sent."""

from __future__ import annotations

import math
from typing import Any
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engage_async.errors import InvalidArgument
from engage_async.protocol.completion import call_becomes
from engage_async.protocol.repeat import Repeat
from engage_async.protocol.requests import Request
from engage_async.protocol.route import Call, Family, Route, marked

HOLD = Route("voice.hold", "POST", "/workspace/v3/voice/calls/{call_id}/hold", body="data", operation_id=True)
FAMILY = Family("/workspace/v3", "voice", "/voice/calls/{call_id}/", wire={"digits": "dtmfDigits"})


def route(**more: Any) -> Route:
    return Route("group.name", "POST", "/{a}/{b}", **more)


# --- path -------------------------------------------------------------------------------------------------------------


def test_arguments_of_the_path_are_put_into_it_and_nowhere_else() -> None:
    assert route(body="plain").call({"a": "x", "b": 7, "c": "y"}) == Call("/x/7", {}, {"c": "y"})
    assert route().path_arguments == ("a", "b")


@given(st.text(min_size=1))
def test_id_never_changes_the_path_that_it_is_put_into(value: str) -> None:
    try:
        path = HOLD.call({"call_id": value}).path
    except InvalidArgument:
        return
    segments = path.split("/")
    assert segments[:5] + segments[6:] == ["", "workspace", "v3", "voice", "calls", "hold"]
    assert unquote(segments[5]) == value
    assert Request(method="POST", path=path).target() == path


@pytest.mark.parametrize(
    "value", [None, "", "  ", "\t", ".", "..", 1.5, True, b"x", ["x"], {}, "a\nb", "a\x00", "\x7f"]
)
def test_what_is_no_id_is_refused_and_its_name_is_told(value: Any) -> None:
    with pytest.raises(InvalidArgument, match=r"voice\.hold: call_id must be a"):
        HOLD.call({"call_id": value})


@pytest.mark.parametrize("value", ["a/b", "a?b", "a#b", "a b", "%2e%2e", "../x", "é", "a;b", "a\\b"])
def test_id_is_escaped(value: str) -> None:
    path = HOLD.call({"call_id": value}).path
    assert path.count("/") == HOLD.template.count("/")
    assert unquote(path.split("/")[5]) == value


# --- query and body ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "expected"),
    [("x", "x"), (7, "7"), (1.5, "1.5"), (True, "true"), (False, "false"), (["a", "b,c"], ("a", "b,c")), ((), ())],
)
def test_values_of_the_query_are_text_and_lists_keep_their_elements_apart(value: Any, expected: Any) -> None:
    call = route(query=("place_status",)).call({"a": "x", "b": "y", "place_status": value})
    assert (dict(call.query), call.json) == ({"placeStatus": expected}, None)


@pytest.mark.parametrize("value", [{}, object(), [1], [None], b"x"])
def test_value_that_a_query_cannot_hold_is_refused(value: Any) -> None:
    with pytest.raises(InvalidArgument, match=r"group\.name: c must be text"):
        route(query=("c",)).call({"a": "x", "b": "y", "c": value})


def test_data_are_in_an_object_of_their_own_beside_the_operation_id() -> None:
    call = HOLD.call({"call_id": "c1", "reasons": {"a": "b"}, "some_thing": 1, "nothing": None}, "op-1")
    reasons = [{"key": "a", "type": "str", "value": "b"}]
    assert call.json == {"operationId": "op-1", "data": {"reasons": reasons, "someThing": 1}}


@pytest.mark.parametrize(
    ("body", "operation_id", "expected"),
    [
        ("none", True, None), ("bare", True, {"operationId": "op"}), ("bare", False, {}),
        ("data", False, {"data": {"c": 1}}), ("plain", False, {"c": 1}), ("plain", True, {"operationId": "op", "c": 1}),
    ],
)  # fmt: skip
def test_body_has_the_form_that_the_route_says(body: Any, expected: Any, *, operation_id: bool) -> None:
    call = route(body=body, operation_id=operation_id).call({"a": "x", "b": "y", "c": 1}, "op")
    assert call.json == expected


def test_body_of_an_operation_that_may_be_bodiless_goes_with_its_arguments() -> None:
    bodiless = route(body="data", operation_id=True, bodiless=True)
    assert bodiless.call({"a": "x", "b": "y"}, "op").json is None
    assert bodiless.call({"a": "x", "b": "y", "c": 1}, "op").json == {"operationId": "op", "data": {"c": 1}}


def test_names_on_the_wire_are_camel_case_unless_the_route_says_otherwise() -> None:
    call = route(body="plain", wire={"work_mode": "agentWorkMode"}).call(
        {"a": "x", "b": "y", "work_mode": 1, "c_d_e": 2}
    )
    assert call.json == {"agentWorkMode": 1, "cDE": 2}


def test_sets_are_sent_in_order() -> None:
    call = route(body="plain").call({"a": "x", "b": "y", "c": {"z", "a", "m"}})
    assert call.json == {"c": ["a", "m", "z"]}


@pytest.mark.parametrize("value", [object(), b"x", math.nan, math.inf, {1: object()}, [{"a": {1}}]])
def test_value_that_json_cannot_express_is_refused_and_its_name_is_told(value: Any) -> None:
    with pytest.raises(InvalidArgument, match=r"group\.name: c must be something that JSON can express"):
        route(body="plain").call({"a": "x", "b": "y", "c": value})


@pytest.mark.parametrize("value", [7, "text", {"a": 1.5}, [("a",)]])
def test_argument_that_is_no_key_value_list_is_refused(value: Any) -> None:
    with pytest.raises(InvalidArgument, match="key/value list"):
        HOLD.call({"call_id": "c1", "user_data": value})


@pytest.mark.parametrize("value", [None, "", "  ", 7, [], {}])
def test_argument_that_is_needed_must_be_text(value: Any) -> None:
    with pytest.raises(InvalidArgument, match=r"group\.name: c must be a non-empty string, not "):
        route(needs=("c",), body="data").call({"a": "x", "b": "y", "c": value})


def test_wrong_value_is_told_shortly_with_its_type() -> None:
    with pytest.raises(InvalidArgument) as caught:
        route(needs=("c",)).call({"a": "x", "b": "y", "c": ["z" * 1000]})
    assert "not list " in str(caught.value)
    assert len(str(caught.value)) < 120


# --- completion -------------------------------------------------------------------------------------------------------


def test_completion_rules_read_user_data_as_pairs() -> None:
    assert HOLD.expects({"user_data": {"a": "b"}})["pairs"] == [("a", "b")]
    assert HOLD.expects({"user_data": None}) == {"user_data": None}
    assert HOLD.expects({}) == {}


def test_mark_is_one_more_pair() -> None:
    assert marked(None, "k", "v") == [("k", "v")]
    assert marked([("a", "b"), ("a", "c")], "k", "v") == [("a", "b"), ("a", "c"), ("k", "v")]
    assert marked({"k": "own"}, "k", "v") == [("k", "own"), ("k", "v")]


# --- families ---------------------------------------------------------------------------------------------------------


def test_family_makes_routes_of_one_line() -> None:
    settles = call_becomes("Held")
    post, get = FAMILY.post("send_dtmf", settles), FAMILY.get("get_calls", path="/voice/calls")
    assert (post.name, post.method, post.repeat, post.domain) == ("voice.send_dtmf", "POST", Repeat.ONCE, "voice")
    assert post.template == "/workspace/v3/voice/calls/{call_id}/send-dtmf"
    assert (post.settles, post.body, post.operation_id) == (settles, "data", True)
    assert post.call({"call_id": "c1", "digits": "1"}).json == {"operationId": "", "data": {"dtmfDigits": "1"}}
    assert (get.method, get.template, get.repeat) == ("GET", "/workspace/v3/voice/calls", Repeat.SAFE)
    assert (get.settles, get.body, get.operation_id) == (None, "none", False)


def test_route_may_differ_from_its_family() -> None:
    odd = FAMILY.post("hold", repeat=Repeat.REPEATABLE, body="bare", domain="media", wire={})
    assert (odd.repeat, odd.body, odd.domain, odd.wire) == (Repeat.REPEATABLE, "bare", "media", {})


def test_a_wrong_argument_that_is_nested_too_deeply_to_be_shown_is_refused_all_the_same() -> None:
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    route = Family("/base", "group").post("do", path="/do/{id}")
    with pytest.raises(InvalidArgument, match="list nested too deeply"):
        route.call({"id": deep})
    with pytest.raises(InvalidArgument, match="nested too deeply"):
        route.call({"id": "1", "more": deep})
