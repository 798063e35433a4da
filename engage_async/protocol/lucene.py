"""Lucene's query syntax, as far as a client needs it.

Must live here: how text becomes a term of a query. Must not: parsing queries, which fields there are.

Source: Apache Lucene, "Query Parser Syntax", section *Escaping Special Characters*.
"""

from __future__ import annotations

import re

from engage_async.errors import InvalidArgument

__all__ = ["lucene_term"]

_SPECIAL = re.compile(r'([+\-&|!(){}\[\]^"~*?:\\/\s])')
_WORDS = frozenset({"AND", "OR", "NOT"})


def lucene_term(text: str) -> str:
    """Any text as one term of a query, whatever is in it: ``f"LastName:{lucene_term(name)}*"``.

    Raises `InvalidArgument` for an empty text, which is no term.
    """
    if not text:
        raise InvalidArgument("lucene_term: an empty text is no term of a query")
    escaped = _SPECIAL.sub(r"\\\1", text)
    return f"\\{escaped}" if text in _WORDS else escaped
