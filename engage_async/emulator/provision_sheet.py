"""The file of users that imports read and exports write.

Must live here: its form. Must not: the course of imports and exports, HTTP.

A file is CSV in UTF-8 with a header: ``userName``, ``firstName``, ``lastName``, ``password`` and any other member of a
user. ``skills`` are ``name=level`` pairs, ``agentGroups``, ``accessGroups``, ``placeNames`` and ``switchNames`` names,
``phones`` numbers, each separated by semicolons, or, where that does not say everything, a list in JSON. ``wwe`` is an
object in JSON; ``enabled``, ``isAgent`` and their like are true or false. What is written reads as it was.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from engage_async.emulator.provision_store import ProvisionRefused, User

__all__ = ["Row", "read_rows", "written"]

_NEEDED = ("userName", "firstName", "lastName")

Row = tuple[int, User, str | None]
"""The line of a row (1 is the header's), what it says, and what is wrong with it."""


def read_rows(path: Path) -> Iterator[Row]:
    """The rows of a file. Raises `ProvisionRefused` for what is no such file."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, strict=True)
            missing = set(_NEEDED) - set(reader.fieldnames or ())
            if missing:
                raise ProvisionRefused(f"The file has no column {', '.join(sorted(missing))}", status=400)
            for row in reader:
                yield reader.line_num, *_read(row)
    except (UnicodeDecodeError, csv.Error) as error:
        raise ProvisionRefused(f"The file is no CSV in UTF-8: {error}", status=400) from None


def _read(row: dict[str | Any, Any]) -> tuple[User, str | None]:
    if None in row or None in row.values():
        return {"userName": str(row.get("userName") or "")}, "The row has another number of columns than the header"
    user: User = {}
    problem = next((f"{name} is missing" for name in _NEEDED if not row[name].strip()), None)
    for name, text in row.items():
        if not text.strip():
            continue
        try:
            user[name] = _value(name, text.strip())
        except (ValueError, RecursionError):
            user[name], problem = text, problem or f"{name} cannot be read: {text:.60}"
    return user, problem


def _split(text: str) -> list[str]:
    return [each.strip() for each in text.split(";") if each.strip()]


def _phones(text: str) -> list[User]:
    return [{"number": number} for number in _split(text)]


def _skills(text: str) -> list[User]:
    pairs = [each.partition("=") for each in _split(text)]
    return [{"name": name, "level": int(level)} if level else {"name": name} for name, _, level in pairs]


def _flag(text: str) -> bool:
    if text.lower() not in ("true", "false"):
        raise ValueError(text)
    return text.lower() == "true"


_LISTS: Mapping[str, Callable[[str], list[Any]]] = {
    **dict.fromkeys(("agentGroups", "accessGroups", "placeNames", "switchNames"), _split),
    "phones": _phones,
    "skills": _skills,
}
_FLAGS = ("enabled", "isAgent", "isAdmin", "changePasswordOnNextLogin", "callRecording", "supportSoftPhone")
_OTHERS: Mapping[str, Callable[[str], Any]] = {
    **dict.fromkeys(_FLAGS, _flag),
    **dict.fromkeys(("voiceMail", "wrapUpTime"), int),
    "wwe": json.loads,
}


def _value(name: str, text: str) -> Any:
    if name in _LISTS and not text.startswith("["):
        return _LISTS[name](text)
    return json.loads(text) if name in _LISTS else _OTHERS.get(name, str)(text)


def written(users: list[User], fields: list[str]) -> bytes:
    """A file of these users, with these columns."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(fields)
    writer.writerows([_cell(name, user.get(name)) for name in fields] for user in users)
    return text.getvalue().encode()


def _cell(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if name in _LISTS and isinstance(value, list):
        text = ";".join(map(_item, value))
        return text if _reads_as(name, text, value) else json.dumps(value)
    if isinstance(value, dict):
        return json.dumps(value)
    return "" if value is None else str(value)


def _reads_as(name: str, text: str, value: Any) -> bool:
    try:
        return bool(_value(name, text) == value)
    except ValueError:
        return False


def _item(value: Any) -> str:
    if not isinstance(value, dict):
        return str(value)
    if "number" in value:
        return str(value["number"])
    return f"{value.get('name', '')}={value['level']}" if value.get("level") is not None else str(value.get("name", ""))
