"""``engage-async operations``: every documented operation, and the method that sends it.

Must live here: the list and how it is shown. Must not: the walk through the package (`api.operations`), commands.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from attrs import frozen
from rich.console import Console
from rich.text import Text

from engage_async.api.operations import APIS, ApiOperation, all_operations, same_shape
from engage_async.emulator.documented import documented_operations

__all__ = ["Line", "lines", "print_operations", "totals"]

_HOLDERS = {
    "authentication": "engage",
    "workspace": "agent",
    "provisioning": "provisioning",
    "statistics": "stats",
    "engagement": "engage.engagement",
}
"""What a program usually calls the object that holds an API's groups."""


@frozen
class Line:
    """One operation. `method` is None when nothing sends it; `documented` is False for what the vendor's API
    definitions do not have (its simulator does)."""

    api: str
    verb: str
    path: str
    settles: str | None
    method: str | None
    documented: bool


def lines(apis: Collection[str] = tuple(APIS)) -> list[Line]:
    """Every operation of these APIs: first what is documented, in the order of paths, then what is not."""
    ours = {(o.route.method, same_shape(o.route.template)): o for o in reversed(all_operations())}
    documented = [_documented(verb, path, ours) for verb, path in documented_operations()]
    known = {(verb, same_shape(path)) for verb, path in documented_operations()}
    more = (_line(o, o.route.template, documented=False) for key, o in reversed(ours.items()) if key not in known)
    return sorted((line for line in (*documented, *more) if line.api in apis), key=_order)


def totals(found: Iterable[Line]) -> dict[str, tuple[int, int, int]]:
    """For each API: the number of documented operations with a method, of all documented ones, of further methods."""
    counted: dict[str, tuple[int, int, int]] = {}
    for line in found:
        have, documented, more = counted.get(line.api, (0, 0, 0))
        sent = line.method is not None
        counted[line.api] = (have + sent, documented + 1, more) if line.documented else (have, documented, more + sent)
    return counted


def print_operations(console: Console, apis: Collection[str]) -> None:
    """Show them: a line each, those beyond the definition in italics, and the totals below."""
    found = lines(apis)
    path, method = (max(len(getattr(line, name) or "") for line in found) for name in ("path", "method"))
    for line in found:
        style = "" if line.method is None else "italic" if not line.documented else "none"
        columns = (f"{line.verb:6}", f"{line.path:{path}}", f"{line.method or 'none':{method}}", line.settles or "")
        console.print(Text("  ".join(columns).rstrip(), style=style or "red"), soft_wrap=True)
    counts = totals(found)
    for api, (have, documented, more) in counts.items():
        beyond = f", and {more} beyond the definition" if more else ""
        console.print(f"{api}: {have} of {documented}{beyond}", highlight=False)
    if len(counts) > 1:
        have, documented = (sum(count[at] for count in counts.values()) for at in (0, 1))
        console.print(f"together: {have} of {documented}", highlight=False)


def _documented(verb: str, path: str, ours: dict[tuple[str, str], ApiOperation]) -> Line:
    operation = ours.get((verb, same_shape(path)))
    if operation is None or operation.function is None:
        api = next(api for api, base in APIS.items() if path.startswith(f"{base}/"))
        return Line(api, verb, path, None, None, documented=True)
    return _line(operation, path, documented=True)


def _line(operation: ApiOperation, path: str, *, documented: bool) -> Line:
    groups = (operation.group,) if operation.group != operation.api or operation.api == "authentication" else ()
    method = ".".join((_HOLDERS[operation.api], *groups, operation.method)) if operation.function else None
    return Line(operation.api, operation.route.method, path, operation.settles, method, documented)


def _order(line: Line) -> tuple[Any, ...]:
    return (list(APIS).index(line.api), not line.documented, line.path, line.verb)
