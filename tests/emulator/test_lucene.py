"""Lucene queries: what each part of the syntax finds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import engage_async as ea
from engage_async.emulator.lucene import QueryError, parse

KATIE: Mapping[str, Sequence[str]] = {
    "FirstName": ["Katie"],
    "LastName": ["Bishop"],
    "PhoneNumber": ["+44 643-42", "5551212"],
    "EmailAddress": ["katie.bishop@mail.example"],
    "Created": ["2026-01-05T08:00:00Z"],
    "Note": ["Wants the premium tariff at once"],
}


@pytest.mark.parametrize(
    "query",
    [
        "LastName:Bishop",
        "LastName:bishop",
        "LastName:bish*",
        "FirstName:Ka?ie",
        "bishop",
        "*:*",
        "*:bishop",
        'Note:"premium tariff"',
        'Note:"PREMIUM  tariff"',
        "Note:tariff",
        "EmailAddress:katie.bishop@mail.example",
        "EmailAddress:katie",
        "PhoneNumber:555*",
        "PhoneNumber:\\+44\\ 643\\-42",
        "Created:2026\\-01\\-05T08\\:00\\:00Z",
        "LastName:Bishop AND FirstName:Katie",
        "LastName:Bishop && FirstName:Katie",
        "LastName:Nobody OR FirstName:Katie",
        "LastName:Nobody || FirstName:Katie",
        "LastName:Nobody FirstName:Katie",
        "LastName:Bishop AND NOT FirstName:Jack",
        "LastName:Bishop -FirstName:Jack",
        "LastName:Bishop !FirstName:Jack",
        "+LastName:Bishop FirstName:Jack",
        "LastName:(Nobody OR Bishop)",
        "(LastName:Nobody OR LastName:Bishop) AND FirstName:Katie",
        "Created:[2026-01-01 TO 2026-02-01]",
        "Created:[* TO 2026-02-01}",
        "LastName:[bishop TO bishop]",
        'LastName:["bishop" TO "c"]',
        "LastName:Bishop^2",
        "  LastName:Bishop  ",
    ],
)
def test_query_finds_the_contact(query: str) -> None:
    assert parse(query)(KATIE)


@pytest.mark.parametrize(
    "query",
    [
        "LastName:Bish",
        "LastName:Katie",
        "FirstName:K?ie",
        'Note:"tariff premium"',
        'Note:"premium tariffs"',
        "LastName:Bishop AND FirstName:Jack",
        "LastName:Bishop AND NOT FirstName:Katie",
        "-LastName:Bishop",
        "+FirstName:Jack LastName:Bishop",
        "LastName:(Nobody OR Nemo)",
        "Created:[2026-02-01 TO *]",
        "LastName:{bishop TO z]",
        "LastName:[a TO bishop}",
        "NoSuchField:bishop",
        "ANDROID",
        "NOTE",
    ],
)
def test_query_does_not_find_the_contact(query: str) -> None:
    assert not parse(query)(KATIE)


@pytest.mark.parametrize(
    "query",
    [
        "",
        "   ",
        "(",
        "()",
        "LastName:",
        "LastName:(a",
        "a)",
        '"a',
        "AND",
        "a AND",
        "OR a",
        "NOT",
        "+",
        "[a TO",
        "a~2",
        "(" * 40 + "a" + ")" * 40,
    ],
)
def test_text_that_is_no_query_is_refused(query: str) -> None:
    with pytest.raises(QueryError):
        parse(query)


@given(text=st.text(min_size=1, max_size=12))
@example("\n")
@example("a ")
@example("NOT")
def test_any_text_is_found_again_by_its_term(text: str) -> None:
    assert parse(f"Name:{ea.lucene_term(text)}")({"Name": [text]})
    assert parse(ea.lucene_term(text))({"Name": [text]})
    assert not parse(f"Name:{ea.lucene_term(text)}")({"Name": [text + "x"]})


@given(query=st.text(alphabet='ab:"()[]{}+-!*?\\^~ ANDORT&|', max_size=20))
def test_no_text_breaks_the_parser(query: str) -> None:
    try:
        parse(query)({"a": ["b"]})
    except QueryError:
        return


def test_empty_text_is_no_term() -> None:
    with pytest.raises(ea.InvalidArgument):
        ea.lucene_term("")
