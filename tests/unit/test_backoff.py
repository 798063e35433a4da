"""How long to wait before the next attempt."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engage_async.protocol.backoff import LONGEST_RETRY_AFTER, Backoff, retry_after

NOW = 1_700_000_000.0  # Tue, 14 Nov 2023 22:13:20 GMT


def test_delays_double_up_to_the_longest() -> None:
    delays = [Backoff(0.5, 4.0).delay(failures, lambda: 0.0) for failures in range(1, 7)]
    assert delays == [0.5, 1.0, 2.0, 4.0, 4.0, 4.0]


@given(st.integers(1, 10**9), st.floats(0, 1), st.floats(0, 100), st.floats(0, 100))
def test_chance_takes_off_up_to_a_half_and_never_adds(failures: int, dice: float, first: float, longest: float) -> None:
    whole = Backoff(first, longest).delay(failures, lambda: 0.0)
    assert whole / 2 <= Backoff(first, longest).delay(failures, lambda: dice) <= whole <= longest


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None), ("", None), ("soon", None), ("-1", None), ("1.5", None), ("\u0661", None), ("0", 0.0), ("7", 7.0),
        (" 7 ", 7.0), ("3600", LONGEST_RETRY_AFTER), ("9" * 400, LONGEST_RETRY_AFTER),
        ("Tue, 14 Nov 2023 22:13:25 GMT", 5.0), ("Tue, 14 Nov 2023 22:13:10 GMT", 0.0),
        ("Fri, 31 Dec 2199 23:59:59 GMT", LONGEST_RETRY_AFTER), ("Tue, 14 Nov 2023 23:13:25 +0100", 5.0),
        ("Tue, 99 Nov 2023 22:13:25 GMT", None), ("Tue, 14 Nov 99999 22:13:25 GMT", None),
    ],
)  # fmt: skip
def test_retry_after_is_read_as_seconds_or_as_a_date(header: str | None, seconds: float | None) -> None:
    assert retry_after(header, NOW) == seconds


DATES = st.builds(
    "{}, {} {} {} {} {}".format,
    st.sampled_from(["Tue", "", "X"]),
    st.integers(-1, 99),
    st.sampled_from(["Nov", "Foo", "13"]),
    st.integers(-1, 10**10),
    st.sampled_from(["22:13:25", "99:99:99", "22:13", ":", "1:2:3:4"]),
    st.sampled_from(["GMT", "+9999", "-0000", "", "+99999999999", "\x00"]),
)


@given(st.text() | DATES)
def test_any_header_is_read_within_bounds_or_not_at_all(header: str) -> None:
    seconds = retry_after(header, NOW)
    assert seconds is None or (0 <= seconds <= LONGEST_RETRY_AFTER and math.isfinite(seconds))
