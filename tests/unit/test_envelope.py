"""Replies: any body is read into one form, or refused with one typed error."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engage_async.errors import (
    ApiError,
    MalformedResponse,
    NotFound,
    PartialFailure,
    RateLimited,
    ServerFault,
    Unauthorized,
)
from engage_async.protocol.envelope import PartialResult, Reply, Status, read_reply

JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["status", "code", "message", "detail", "data", "errors"]), inner)
    ),
    max_leaves=8,
)


def reply(body: Any, http_status: int = 200, **options: Any) -> Reply:
    return read_reply(http_status, json.dumps(body), operation="voice.hold", **options)


# --- reading ----------------------------------------------------------------------------------------------------------


def test_reply_in_full() -> None:
    read = reply({
        "status": {"code": 2, "message": "partly", "detail": {"a": 1}}, "data": {"x": 1}, "operationId": "op",
        "errors": [{"status": {"code": 500, "message": "no"}}, {"code": "404"}, "text"],
    })  # fmt: skip
    assert read.status == Status(2, "partly", {"a": 1})
    assert (read.data, read.operation_id, read.http_status) == ({"x": 1}, "op", 200)
    assert read.errors == (Status(500, "no"), Status(404), Status(-1, "an error without a readable status", "text"))


@pytest.mark.parametrize(
    ("code", "ok", "accepted"),
    [(0, True, False), (1, True, True), (2, True, False), (3, False, False), (-1, False, False)],
)
def test_codes_0_1_and_2_are_good(code: int, *, ok: bool, accepted: bool) -> None:
    read = reply({"status": {"code": code}})
    assert (read.ok, read.accepted) == (ok, accepted)


def test_code_may_be_text() -> None:
    assert reply({"status": {"code": "1"}}).accepted


@pytest.mark.parametrize("operation_id", [None, "", 7, ["op"], {}])
def test_operation_id_that_is_no_text_is_none(operation_id: Any) -> None:
    assert reply({"status": {"code": 1}, "operationId": operation_id}).operation_id is None


@pytest.mark.parametrize("errors", [None, {}, "text", 7, []])
def test_errors_that_are_no_list_are_none(errors: Any) -> None:
    assert reply({"status": {"code": 0}, "errors": errors}).errors == ()


def test_detail_is_what_else_the_status_says() -> None:
    assert reply({"status": {"code": 3, "message": "no", "corrId": "c"}}).status == Status(3, "no", {"corrId": "c"})


@pytest.mark.parametrize(
    ("body", "came"),
    [
        ("", "an empty body"), ("  \n", "an empty body"), ("<html>", "text that is not JSON"), ("{", "not JSON"),
        ("[1]", "a JSON array"), ('"x"', "a JSON string"), ("true", "a JSON boolean"), ("7", "a JSON number"),
        ("{}", "null"), ('{"status": {}}', "{}"), ('{"status": {"code": null}}', "null"),
        ('{"status": {"code": true}}', "true"), ('{"status": {"code": 1.5}}', "1.5"), ('{"status": 1}', "1"),
        ('{"status": {"code": "one"}}', "one"),
    ],
)  # fmt: skip
def test_success_that_is_no_reply_is_refused_and_the_error_says_what_came(body: str, came: str) -> None:
    with pytest.raises(MalformedResponse) as caught:
        read_reply(200, body, operation="voice.hold")
    assert came in str(caught.value)
    assert str(caught.value).startswith("voice.hold: expected ")
    assert (caught.value.http_status, caught.value.excerpt) == (200, body)


def test_excerpt_is_short() -> None:
    with pytest.raises(MalformedResponse) as caught:
        read_reply(200, "x" * 100_000)
    assert len(caught.value.excerpt) == 200


@pytest.mark.parametrize(
    ("body", "data"),
    [("", None), ('{"a": 1}', {"a": 1}), ("[1]", [1]), ("OK", "OK"), ('{"status": "up"}', {"status": "up"})],
)
def test_without_an_envelope_any_body_is_the_data(body: str, data: Any) -> None:
    read = read_reply(200, body, enveloped=False)
    assert (read.data, read.status, read.ok) == (data, Status(0), True)


def test_envelope_that_comes_nevertheless_is_read() -> None:
    assert reply({"status": {"code": 5, "message": "no"}, "data": 1}, enveloped=False).status == Status(5, "no")


@given(st.integers(200, 599), JSON.map(json.dumps) | st.text(), st.booleans())
def test_any_body_is_read_or_refused_and_an_http_error_is_always_read(http: int, text: str, enveloped: bool) -> None:
    try:
        read = read_reply(http, text, enveloped=enveloped)
    except MalformedResponse:
        assert http < 400
        assert enveloped
        return
    assert isinstance(read.status.code, int)
    assert http < 400 or not read.ok
    if not read.ok:
        with pytest.raises(ApiError):
            read.raise_for_status("x")


@pytest.mark.parametrize("http", [200, 500])
@pytest.mark.parametrize("member", ["status", "code", "data"])
def test_body_nested_without_end_is_like_any_other(http: int, member: str) -> None:
    deep = "[" * 900 + "]" * 900
    body = {
        "status": f'{{"status": {deep}}}',
        "code": f'{{"status": {{"code": {deep}}}}}',
        "data": f'{{"data": {deep}}}',
    }
    if http == 500:
        assert read_reply(http, body[member]).status.code == 500
    else:
        with pytest.raises(MalformedResponse):
            read_reply(http, body[member])


# --- refusals ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("http", "body", "status"),
    [
        (403, '{"status": {"code": 603, "message": "Unauthorized"}}', Status(603, "Unauthorized")),
        (
            400,
            '{"message": "Missing parameters"}',
            Status(400, "Missing parameters", {"message": "Missing parameters"}),
        ),
        (403, "", Status(403)),
        (404, "<html><body>Not found</body></html>", Status(404, "an HTML page")),
        (500, "Call  does\nnot exist", Status(500, "Call does not exist")),
        (500, "[1]", Status(500, "[1]", [1])),
        (500, '{"message": 7}', Status(500, '{"message": 7}', {"message": 7})),
        (502, "x" * 1000, Status(502, "x" * 200)),
    ],
)
def test_http_error_is_told_by_what_its_body_says(http: int, body: str, status: Status) -> None:
    read = read_reply(http, body)
    assert read.status == status
    assert not read.ok


@pytest.mark.parametrize(
    ("http", "code", "kind"),
    [
        (200, 7, ApiError), (400, 7, ApiError), (401, 7, Unauthorized), (403, 7, Unauthorized),
        (200, 603, Unauthorized),
        (404, 7, NotFound), (429, 7, RateLimited), (500, 7, ServerFault), (503, 7, ServerFault),
    ],
)  # fmt: skip
def test_refusal_is_raised_as_the_error_that_fits(http: int, code: int, kind: type[ApiError]) -> None:
    with pytest.raises(ApiError) as caught:
        reply({"status": {"code": code, "message": "no", "detail": {"x": 1}}}, http).raise_for_status("voice.hold")
    error = caught.value
    assert type(error) is kind
    assert (error.code, error.message, error.detail) == (code, "no", {"x": 1})
    assert (error.http_status, error.operation) == (http, "voice.hold")
    assert str(error).startswith(f"voice.hold: status code {code}: no")


def test_good_reply_gives_itself_back() -> None:
    read = reply({"status": {"code": 1}})
    assert read.raise_for_status("voice.hold") is read


# --- parts ------------------------------------------------------------------------------------------------------------


def test_partial_result_gives_its_data_or_raises_every_part_that_failed() -> None:
    read = reply(
        {"status": {"code": 2}, "errors": [{"status": {"code": 404, "message": "no such user"}}, {"code": 603}]}
    )
    partial = read.partial(["user"], "users.get")
    assert partial.data == ["user"]
    assert [(error.code, error.operation) for error in partial.errors] == [(404, "users.get"), (603, "users.get")]
    with pytest.raises(PartialFailure, match="2 part") as caught:
        partial.raise_for_errors()
    assert caught.value.exceptions == partial.errors
    assert isinstance(caught.value.exceptions[1], Unauthorized)


def test_partial_result_without_errors_is_its_data() -> None:
    assert PartialResult([1]).raise_for_errors() == [1]
