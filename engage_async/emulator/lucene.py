"""Lucene queries as the contact server takes them: parsed once, then asked whether a document fits.

Must live here: the grammar and what its parts match. Must not: which documents and fields there are.

Source: Apache Lucene, "Query Parser Syntax". A clause is a term, a ``"phrase"``, a range ``[a TO b]`` or ``{a TO b}``,
or a query in parentheses; before it may stand ``field:``, and ``+``, ``-``, ``!`` or ``NOT``; between two of them
``AND``, ``&&``, ``OR``, ``||`` or nothing, which is OR. ``*`` and ``?`` are wildcards in a term (``*:*`` is
everything), ``\\`` takes its meaning from the next character. A boost (``^2``) changes the order of results alone, and
is left out. Fuzzy and proximity searches (``~``) are not modelled.

A document maps fields to values. A term matches a value as a whole, or one of its words, whatever the case; a range
compares the whole value as text, so that dates compare as they are written (ISO 8601).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence

from attrs import frozen

__all__ = ["Document", "Query", "QueryError", "parse"]

Document = Mapping[str, Sequence[str]]
Query = Callable[[Document], bool]
"""Whether a document fits."""

_Value = Callable[[str], bool]

_DEEPEST = 32
_WORDS = re.compile(r"\w+")
_TOKEN = re.compile(
    r"""\s*(?:
    (?P<and>AND\b|&&) | (?P<or>OR\b|\|\|) | (?P<not>NOT\b|!) | (?P<sign>[+-]) | (?P<open>\() | (?P<close>\))
    | (?P<field>(?:\\.|[^\s\\:()"\[\]{}+!^~*?-])(?:\\.|[^\s\\:()"\[\]{}^~*?])*|\*)\s*:
    | "(?P<phrase>(?:\\.|[^"\\])*)"
    | (?P<from>[\[{])\s*(?P<low>"[^"]*"|\S+?)\s+TO\s+(?P<high>"[^"]*"|[^\s\]}]+)\s*(?P<to>[\]}])
    | (?P<term>(?:\\.|[^\s\\:()"\[\]{}^~])+)
    | (?P<boost>\^\d+(?:\.\d+)?)
    )""",
    re.VERBOSE | re.DOTALL,
)

_END = re.compile(r"\s*\Z")


class QueryError(ValueError):
    """The text is no query that is understood here."""


def parse(text: str) -> Query:
    """Read a query. Raises `QueryError`."""
    parser = _Parser(list(_tokens(text)))
    query = parser.query(None, 0)
    if parser.kind is not None:
        raise QueryError(f"unexpected {parser.shown} in the query")
    return query


@frozen
class _Token:
    kind: str
    text: str
    match: re.Match[str]


def _tokens(text: str) -> Iterator[_Token]:
    at = 0
    while _END.match(text, at) is None:
        found = _TOKEN.match(text, at)
        if found is None or found.end() == at:
            raise QueryError(f"the query cannot be read from {text[at : at + 20]!r} on")
        kind = next(name for name in _KINDS if found[name] is not None)
        if kind != "boost":
            yield _Token(kind, found[kind], found)
        at = found.end()


_KINDS = ("and", "or", "not", "sign", "open", "close", "field", "phrase", "from", "term", "boost")


class _Parser:
    """Recursive descent; a clause knows the field that stands before it or before the parenthesis around it."""

    def __init__(self, tokens: list[_Token]) -> None:
        self._tokens, self._at = tokens, 0

    @property
    def kind(self) -> str | None:
        """Of the next token; None at the end."""
        return self._tokens[self._at].kind if self._at < len(self._tokens) else None

    @property
    def shown(self) -> str:
        """The next token for an error."""
        return repr(self._tokens[self._at].text) if self.kind is not None else "end"

    def query(self, field: str | None, depth: int) -> Query:
        """Clauses up to the end or a closing parenthesis."""
        if depth > _DEEPEST:
            raise QueryError(f"the query nests deeper than {_DEEPEST} levels")
        wanted: list[tuple[str, Query]] = []
        joined = False
        while self.kind not in {None, "close"}:
            joined = self._take("and") is not None if wanted else False
            if not joined and wanted:
                self._take("or")
            sign = self._take("sign", "not")
            occurs = "should" if sign is None else "must" if sign.text == "+" else "not"
            clause = self._clause(field, depth)
            if joined:
                wanted = [*wanted[:-1], ("must" if wanted[-1][0] == "should" else wanted[-1][0], wanted[-1][1])]
                occurs = "must" if occurs == "should" else occurs
            wanted.append((occurs, clause))
        if not wanted:
            raise QueryError("an empty query finds nothing")
        return _boolean(wanted)

    def _clause(self, field: str | None, depth: int) -> Query:
        if (named := self._take("field")) is not None:
            field = _plain(named.text)
        if self._take("open") is not None:
            query = self.query(field, depth + 1)
            if self._take("close") is None:
                raise QueryError("a parenthesis is not closed")
            return query
        token = self._take("phrase", "from", "term")
        if token is None:
            raise QueryError(f"expected a term, not {self.shown}")
        return _in_field(field, _value_of(token))

    def _take(self, *kinds: str) -> _Token | None:
        if self.kind not in kinds:
            return None
        self._at += 1
        return self._tokens[self._at - 1]


def _boolean(clauses: list[tuple[str, Query]]) -> Query:
    must = [query for occurs, query in clauses if occurs == "must"]
    never = [query for occurs, query in clauses if occurs == "not"]
    should = [query for occurs, query in clauses if occurs == "should"]

    def fits(document: Document) -> bool:
        if any(query(document) for query in never):
            return False
        if must:
            return all(query(document) for query in must)
        return any(query(document) for query in should)

    return fits


def _in_field(field: str | None, fits: _Value) -> Query:
    if field is None or field == "*":
        return lambda document: any(fits(value) for values in document.values() for value in values)
    return lambda document: any(fits(value) for value in document.get(field, ()))


def _value_of(token: _Token) -> _Value:
    match token.kind:
        case "phrase":
            words = _WORDS.findall(_plain(token.text).casefold())
            return lambda value: _has_phrase(_WORDS.findall(value.casefold()), words)
        case "from":
            return _range(token.match)
    pattern = re.compile(_pattern(token.text.casefold()), re.DOTALL)

    def fits(value: str) -> bool:
        value = value.casefold()
        return bool(pattern.fullmatch(value)) or any(pattern.fullmatch(word) for word in _WORDS.findall(value))

    return fits


def _has_phrase(words: list[str], phrase: list[str]) -> bool:
    starts = range(len(words) - len(phrase) + 1)
    return bool(phrase) and any(words[at : at + len(phrase)] == phrase for at in starts)


def _range(match: re.Match[str]) -> _Value:
    low, high = (_plain(match[end].strip('"')).casefold() for end in ("low", "high"))

    def fits(value: str) -> bool:
        value = value.casefold()
        above = low == "*" or (value >= low if match["from"] == "[" else value > low)
        below = high == "*" or (value <= high if match["to"] == "]" else value < high)
        return above and below

    return fits


def _pattern(term: str) -> str:
    pieces = re.findall(r"\\.|.", term, re.DOTALL)
    wild = {"*": ".*", "?": "."}
    return "".join(wild.get(piece) or re.escape(piece[-1]) for piece in pieces)


def _plain(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text, flags=re.DOTALL)
