"""File names on the wire: ``Content-Disposition``, written into forms and read from answers.

Must live here: escaping and parsing. Must not: what a file holds, where it is kept.

Sources: RFC 7578 and the WHATWG's *multipart/form-data encoding algorithm* (written), RFC 6266 and RFC 8187 (read).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import unquote_to_bytes

_ESCAPES: Mapping[int, str] = {code: f"%{code:02X}" for code in (*range(32), ord('"'), 127)}
_PARAMETER = re.compile(r';\s*([^\s;="]+)\s*=\s*("(?:[^"\\]|\\.)*"|[^;]*)')
_QUOTED_PAIR = re.compile(r'\\(["\\])')
_CHARSETS = frozenset({"utf-8", "iso-8859-1", "us-ascii"})
_INVISIBLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def form_data(name: str, filename: str | None = None) -> str:
    """The header's value for one part of a form, as browsers write it.

    Names are UTF-8; quotes and control characters are percent-escaped, so that no name can end its place.
    """
    value = f'form-data; name="{name.translate(_ESCAPES)}"'
    return value if filename is None else f'{value}; filename="{filename.translate(_ESCAPES)}"'


def file_name(header: str | None) -> str | None:
    """The file name that an answer's header gives: ``filename*`` if it can be read, else ``filename``, else None.

    Only its last component, without control and direction characters: it may come from anybody.
    """
    parameters: dict[str, str] = {}
    for name, value in _PARAMETER.findall(header or ""):
        parameters.setdefault(name.lower(), value.strip())
    for given in (_extended(parameters.get("filename*", "")), _plain(parameters.get("filename", ""))):
        last = _INVISIBLE.sub("", re.split(r"[/\\]", given)[-1]).strip()
        if last not in {"", ".", ".."}:
            return last
    return None


def _extended(value: str) -> str:
    charset, _, rest = value.strip('"').partition("'")
    _, told, escaped = rest.partition("'")
    if not told or charset.lower() not in _CHARSETS:
        return ""
    try:
        return unquote_to_bytes(escaped).decode(charset)
    except UnicodeDecodeError:
        return ""


def _plain(value: str) -> str:
    if value.startswith('"'):
        value = _QUOTED_PAIR.sub(r"\1", value[1:].removesuffix('"'))
    try:
        return value.encode("latin-1").decode()  # UTF-8 that was taken for Latin-1 on its way
    except UnicodeError:
        return value
