"""Requests: their target, headers and body, and what is refused before anything is sent."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engage_async.errors import InvalidArgument
from engage_async.protocol.requests import Answer, Request
from engage_async.secret import Secret


def request(**more: Any) -> Request:
    return Request(**{"method": "POST", "path": "/voice/ready", "operation": "voice.ready", **more})


# --- target -----------------------------------------------------------------------------------------------------------


def test_path_is_sent_as_it_is_and_the_query_is_escaped() -> None:
    target = request(path="/calls/a%2Fb/hold", query={"a b": "c&d=é", "ids": ["x,y", "z"]}).target()
    assert target == "/calls/a%2Fb/hold?a%20b=c%26d%3D%C3%A9&ids=x%2Cy,z"


@given(st.dictionaries(st.text(min_size=1).filter(lambda t: t.isprintable()), st.text(min_size=1), max_size=4))
def test_query_says_what_was_given(query: dict[str, str]) -> None:
    target = request(query=query).target()
    assert dict(parse_qsl(urlsplit(target).query, strict_parsing=bool(query))) == query
    assert target.isascii()


@pytest.mark.parametrize(
    "path", ["", "calls", "http://x/calls", "/a b", "/a?b", "/a#b", "/a\\b", "/é", "/a\n", "/a\x7f"]
)
def test_path_that_is_not_escaped_is_refused(path: str) -> None:
    with pytest.raises(InvalidArgument, match=r"voice\.ready: the path is not percent-encoded"):
        request(path=path).target()


@pytest.mark.parametrize("segment", [".", "..", "%2e", "%2E%2e", ".%2E", "%2e."])
def test_path_with_a_dot_segment_is_refused(segment: str) -> None:
    for path in (f"/{segment}", f"/calls/{segment}/hold", f"/calls/{segment}"):
        with pytest.raises(InvalidArgument, match="dot segment"):
            request(path=path).target()


@pytest.mark.parametrize("path", ["/", "/a.b", "/...", "/.well-known", "/a%2e", "/%2ea", "/a/%252e%252e/b"])
def test_path_with_dots_elsewhere_is_fine(path: str) -> None:
    assert request(path=path).target() == path


# --- headers ----------------------------------------------------------------------------------------------------------


def test_headers_are_given_in_lower_case() -> None:
    assert request(headers={"X-Trace": "1"}).own_headers() == {"x-trace": "1"}


@pytest.mark.parametrize(
    ("name", "value"),
    [("Host", "x"), ("content-LENGTH", "1"), ("Transfer-Encoding", "chunked"), ("Connection", "close"), ("", "x"),
     ("a b", "x"), ("a:", "x"), ("X-A", "secret\r\nX-B: y"), ("X-A", "secret\n"), ("X-A", "secret\x00")],
)  # fmt: skip
def test_header_that_breaks_the_request_is_refused_and_its_value_is_not_told(name: str, value: str) -> None:
    with pytest.raises(InvalidArgument, match=r"voice\.ready: headers: ") as caught:
        request(headers={name: value}).own_headers()
    assert "secret" not in str(caught.value)


# --- body -------------------------------------------------------------------------------------------------------------


def test_json_is_written_compactly_in_utf_8() -> None:
    assert request(json={"a": ["é", 1, None]}).body() == ('{"a":["é",1,null]}'.encode(), "application/json")
    assert request(json={}).body() == (b"{}", "application/json")


@given(
    st.recursive(
        st.none() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
    )
)
def test_json_that_is_written_reads_the_same(body: Any) -> None:
    if body is not None:
        written, _ = request(json=body).body()
        assert json.loads(written or b"") == body


def test_secrets_are_revealed_in_the_body_only() -> None:
    given_json, given_form = request(json={"password": Secret("pa55")}), request(form={"password": Secret("pa55")})
    assert given_json.body() == (b'{"password":"pa55"}', "application/json")
    assert given_form.body() == (b"password=pa55", "application/x-www-form-urlencoded")
    assert "pa55" not in repr(given_json) + repr(given_form)


@pytest.mark.parametrize("value", [{"secret"}, object(), float("nan"), float("inf"), b"secret", "\ud800secret"])
def test_body_that_json_cannot_express_is_refused_and_not_told(value: Any) -> None:
    endless: list[Any] = []
    endless.append(endless)
    for body in ({"a": value}, endless):
        with pytest.raises(InvalidArgument, match=r"voice\.ready: the body cannot be written as JSON") as caught:
            request(json=body).body()
        assert "secret" not in str(caught.value)
        assert caught.value.__context__ is None


def test_form_is_url_encoded() -> None:
    written, kind = request(form={"a b": "c&d", "e": "é"}).body()
    assert (written, kind) == (b"a+b=c%26d&e=%C3%A9", "application/x-www-form-urlencoded")
    assert unquote((written or b"").decode()) == "a+b=c&d&e=é"


def test_content_goes_as_it_is_and_nothing_is_nothing() -> None:
    assert request(content=b"x,y", content_type="text/csv").body() == (b"x,y", "text/csv")
    assert request().body() == (None, "application/octet-stream")


def test_what_may_be_secret_is_in_no_repr() -> None:
    shown = repr(
        request(query={"code": "pa55"}, json="pa55", form={"a": "pa55"}, content=b"pa55", headers={"a": "pa55"})
    )
    assert "pa55" not in shown
    assert "pa55" not in repr(Answer(200, {"a": "pa55"}, b"pa55"))
