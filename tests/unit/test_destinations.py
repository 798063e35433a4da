"""Destinations: normal form, comparison, and the index that finds every number which is the same."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from engage_async.protocol.destinations import comparable, index_of_dialled, index_of_seen, normal, same

DIGITS = st.text("0123456789", max_size=8)
NORMAL = DIGITS | st.text("ab12", max_size=6) | st.text(max_size=6).map(normal)


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        ("+1 (555) 121-2000", "15551212000"), ("7001", "7001"), (7001, "7001"), ("  7001 ", "7001"),
        ("sip:7001@host.example:5060", "7001"), ("SIPS:Jane.Doe@example.com;transport=tls", "janedoe"),
        (" tel:+1-555-1212;phone-context=x", "15551212"), ("sipper", "sipper"), ("Sales Queue", "salesqueue"),
        ("", ""), ("@host", ""), ("+-()", ""), (None, ""), (True, ""), (7.5, ""), ([], ""), ({"number": "7"}, ""),
    ],
)  # fmt: skip
def test_normal_form_is_what_can_be_dialled(number: Any, expected: str) -> None:
    assert normal(number) == expected


@given(st.text())
def test_normal_form_of_a_normal_form_is_itself(text: str) -> None:
    assert normal(normal(text)) == normal(text)


@pytest.mark.parametrize(
    ("dialled", "seen", "expected"),
    [
        ("7001", "7001", True), ("7001", "97001", True), ("15551212", "5551212", True), ("01", "7001", True),
        ("1", "7001", False), ("1", "1", True), ("7001", "7002", False), ("7001", "70011", False), ("", "", False),
        ("", "7001", False), ("sales", "sales", True), ("sales", "les", False), ("ext7001", "7001", True),
    ],
)  # fmt: skip
def test_numbers_are_the_same_when_one_is_the_end_of_the_other(dialled: str, seen: str, *, expected: bool) -> None:
    assert same(dialled, seen) is expected
    assert same(seen, dialled) is expected


@given(NORMAL, NORMAL, st.booleans())
def test_same_numbers_share_an_index_entry(dialled: str, seen: str, end: bool) -> None:
    if end:
        seen = seen + dialled if len(seen) % 2 else dialled[len(seen) :] or dialled
    assume(same(dialled, seen))
    assert set(index_of_dialled(dialled)) & set(index_of_seen(seen))


@given(NORMAL)
def test_index_entries_are_few_however_long_the_number(number: str) -> None:
    assert len(list(index_of_dialled(number * 50))) <= 3
    assert len(list(index_of_seen(number * 50))) <= 4


@pytest.mark.parametrize(
    ("dialled", "seen", "expected"),
    [("7001", "12", True), ("sales", "support", True), ("sales", "7001", False), ("7001", "sales", False),
     ("", "7001", False), ("7001", "", False), ("", "", False)],
)  # fmt: skip
def test_only_two_numbers_or_two_names_can_be_compared(dialled: str, seen: str, *, expected: bool) -> None:
    assert comparable(dialled, seen) is expected
