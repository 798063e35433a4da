"""What of a request may be shown."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engage_async.protocol.redaction import SHOWN_HEADERS, RequestRecord, ResponseRecord, shown


def test_headers_of_the_list_are_shown_in_lower_case_and_no_other() -> None:
    headers = [("Content-Type", "application/json"), ("AUTHORIZATION", "Bearer t"), ("x-api-key", "k"), ("Date", "now")]
    assert shown(headers) == {"content-type": "application/json", "date": "now"}


@pytest.mark.parametrize(
    "header",
    ["Authorization", "authorization", "Proxy-Authorization", "Cookie", "Set-Cookie", "X-API-Key", "x-api-key",
     "X-Amz-Security-Token", "WWW-Authenticate", "Location", "Referer"],
)  # fmt: skip
def test_header_that_may_carry_a_credential_is_not_shown(header: str) -> None:
    assert shown([(header, "secret")]) == {}


@given(st.lists(st.tuples(st.text() | st.sampled_from(sorted(SHOWN_HEADERS)).map(str.upper), st.text())))
def test_nothing_is_shown_but_what_the_list_has(headers: list[tuple[str, str]]) -> None:
    assert set(shown(headers)) <= SHOWN_HEADERS


def test_records_are_kept_as_they_were_told() -> None:
    request = RequestRecord(method="POST", path="/voice/ready", query=("code",), attempt=2)
    response = ResponseRecord(request=request, http_status=200, elapsed=0.1)
    assert (response.request, response.error, request.headers) == (request, None, {})
    with pytest.raises(AttributeError):
        request.attempt = 3  # type: ignore[misc]
