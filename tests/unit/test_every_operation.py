"""Every documented operation has exactly one route and one method, and they send what the vendor's definition says.

``tests/operations.json`` is the vendor's list, derived from its API definitions and generated clients: ``path`` with
the definition's parameter names, ``query``, ``headers`` (without those that every request has), ``form``, and ``body``.
A body's ``kind`` is ``data`` (its fields are in ``data``), ``plain`` (they are the body), ``bare`` (an operationId
alone) or ``any``; ``operation_id`` says whether it takes an operationId, null where only the definition of 2018 has the
operation, which knew none. ``fields`` of null are those of an array.
"""

from __future__ import annotations

import asyncio
import inspect
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from engage_async.api.operations import APIS, ApiOperation, all_operations, same_shape
from engage_async.protocol.route import Call, Route
from tests.end_to_end.operations import NOT_SENT, sample
from tests.end_to_end.outbox import method_of, what_is_sent

Documented = Mapping[str, Any]

LIST: list[dict[str, Any]] = json.loads((Path(__file__).parent.parent / "operations.json").read_text("utf-8"))
FAMILIES = sorted({(entry["api"], entry["group"]) for entry in LIST})
OURS = all_operations()
UNDOCUMENTED_FIELDS = {
    "mgtManageUserData": {"interactions"},
    "retrieveToken": {"assertion", "code_verifier"},
}
"""Fields that the definition lacks and the operation cannot do without: which interactions it is about, and what the
grants of RFC 7523 and the proof of RFC 7636 need."""
NOT_AS_DOCUMENTED = {"retrieveToken": {"client_id"}}
"""Fields that are sent in another way: the client's id in the ``Authorization`` header (RFC 6749, 2.3.1)."""
UNDOCUMENTED_BODIES = {("engagement", "statistics")}
"""Operations (API and name) that cannot do without a body, and have none in the definition."""


def sent_by(operation: ApiOperation) -> Iterator[Call]:
    """The requests of a method that is called with a value for one optional parameter after the other."""
    method = method_of(operation)
    parameters = [p for p in inspect.signature(method).parameters.values() if p.name not in NOT_SENT]
    required = {p.name: sample(p) for p in parameters if p.default is inspect.Parameter.empty}
    optional = {p.name: sample(p) for p in parameters if p.name not in required}
    for name in optional or {"": None}:
        arguments = {**required, **({name: optional[name]} if name else {})}
        yield asyncio.run(what_is_sent(method, arguments)).call


def problems(entry: Documented, ours: list[ApiOperation] = OURS) -> list[str]:
    """What is wrong with the routes and the method of a documented operation."""
    name = f"{entry['operation']} ({entry['verb']} {entry['path']})"
    fits = [o for o in ours if (o.route.method, same_shape(o.route.template)) == (entry["verb"], _shape(entry))]
    if len(fits) != 1:
        return [f"{name}: {len(fits)} routes: {[o.route.name for o in fits]}"]
    (operation,) = fits
    if operation.function is None:
        return [f"{name}: {operation.module} has no method {operation.method!r}"]
    found = [*_of_the_method(operation), *_of_the_path(entry, operation.route)]
    return [f"{name}: {problem}" for problem in [*found, *_of_the_request(entry, operation)]]


def _shape(entry: Documented) -> str:
    return same_shape(entry["path"])


def _of_the_method(operation: ApiOperation) -> list[str]:
    """A contract in the docstring; ``timeout`` as the last parameter, by keyword; an `Operation` where there is one."""
    found = []
    assert operation.function is not None
    told, signature = inspect.getdoc(operation.function) or "", inspect.signature(operation.function)
    first, _, _ = told.partition("\n")
    if len(first) < 12 or not first.endswith((".", ":")):
        found.append(f"the docstring of {operation.method} does not begin with a sentence")
    by_event = operation.route.settles is not None
    if by_event and "ettles" not in told:
        found.append(f"the docstring of {operation.method} does not say when it settles")
    if by_event is not str(signature.return_annotation).startswith("Operation["):
        found.append(f"{operation.method} gives {signature.return_annotation}")
    last = list(signature.parameters.values())[-1]
    if (last.name, last.kind, last.default) != ("timeout", inspect.Parameter.KEYWORD_ONLY, None):
        found.append(f"the last parameter of {operation.method} is {last}")
    return found


def _of_the_path(entry: Documented, route: Route) -> list[str]:
    pairs = zip(re.findall(r"\{(.+?)\}", entry["path"]), route.path_arguments, strict=True)
    return [f"{{{theirs}}} is {{{mine}}}" for theirs, mine in pairs if not _names_the_same(theirs, mine)]


def _names_the_same(theirs: str, mine: str) -> bool:
    one, other = (re.sub(r"[-_]", "", name).lower() for name in (theirs, mine))
    return one.endswith(other) or other.endswith(one)


def _of_the_request(entry: Documented, operation: ApiOperation) -> list[str]:
    calls = list(sent_by(operation))
    found = []
    for kind, sent in (
        ("query", (name for call in calls for name in call.query)),
        ("headers", (name.lower() for call in calls for name in call.headers if name.lower() != "authorization")),
        ("form", (name for call in calls for name in (*(call.parts or ()), *(call.form or ())))),
    ):
        found += _differences(entry, kind, entry[kind], sent)
    return found + _of_the_body(entry, [call.json for call in calls])


def _of_the_body(entry: Documented, sent: list[Any]) -> list[str]:
    body = entry["body"]
    if (entry["api"], entry["operation"]) in UNDOCUMENTED_BODIES:
        return [] if all(sent) else ["sends no body"]
    if body is None:
        bare = entry["sources"] == "2018" and sent == [{"operationId": "operation-1"}] * len(sent)
        return [] if bare or not any(sent) else [f"sends a body: {sent}"]
    if body["kind"] == "any":
        return [] if all(sent) else ["sends no body"]
    if not all(isinstance(each, Mapping) for each in sent):
        return [] if body.get("fields", ()) is None else [f"sends {sent} as its body"]
    found, takes = [], body["operation_id"]
    if takes is not None and any(takes is not ("operationId" in each) for each in sent):
        found.append("lacks its operationId" if takes else "sends an operationId that is not taken")
    fields: list[Any] = [{name: each[name] for name in each if name != "operationId"} for each in sent]
    if body["kind"] == "data":
        found += _differences(entry, "body", ["data"], (name for each in fields for name in each))
        fields = [each.get("data", {}) for each in fields]
    if all(isinstance(each, Mapping) for each in fields):
        named = (name for each in fields for name in each)
        found += _differences(entry, body["kind"], body.get("fields", ()), named)
    return found


def _differences(entry: Documented, kind: str, documented: Iterable[str], sent: Iterable[str]) -> list[str]:
    theirs, mine, operation = set(documented), set(sent), entry["operation"]
    missing = sorted(theirs - mine - NOT_AS_DOCUMENTED.get(operation, set()))
    unknown = sorted(mine - theirs - UNDOCUMENTED_FIELDS.get(operation, set()))
    return [
        *([f"{kind} lacks {', '.join(missing)}"] if missing else []),
        *([f"{kind} has unknown {', '.join(unknown)}"] if unknown else []),
    ]


# --- what is documented -----------------------------------------------------------------------------------------------


def test_the_list_is_the_vendors_292_operations() -> None:
    counts = {api: sum(entry["api"] == api for entry in LIST) for api in APIS}
    assert counts == {"authentication": 9, "workspace": 174, "provisioning": 89, "statistics": 11, "engagement": 9}
    assert len({(entry["verb"], _shape(entry)) for entry in LIST}) == 292


@pytest.mark.parametrize(("api", "group"), FAMILIES, ids=lambda part: part)
def test_routes_and_methods_are_those_of_the_definition(api: str, group: str) -> None:
    family = [entry for entry in LIST if (entry["api"], entry["group"]) == (api, group)]
    found = [problem for entry in family for problem in problems(entry)]
    assert not found, "\n".join(["", *found])


def test_no_method_sends_two_documented_operations() -> None:
    documented = {(entry["verb"], _shape(entry)) for entry in LIST}
    names = [
        (operation.api, operation.route.name)
        for operation in OURS
        if (operation.route.method, same_shape(operation.route.template)) in documented
    ]
    assert sorted(names) == sorted(set(names))


# --- that the test would notice ---------------------------------------------------------------------------------------

MAKE_CALL = next(entry for entry in LIST if entry["operation"] == "makeCall")
DEVICES = next(entry for entry in LIST if entry["operation"] == "getDevicesForPlace")


@pytest.mark.parametrize(
    ("entry", "change", "told"),
    [
        (MAKE_CALL, {"path": "/workspace/v3/voice/make-cal"}, "0 routes"),
        (MAKE_CALL, {"verb": "PUT"}, "0 routes"),
        (MAKE_CALL, {"query": ["destination"]}, "query lacks destination"),
        (MAKE_CALL, {"headers": ["x-trace"]}, "headers lacks x-trace"),
        (MAKE_CALL, {"form": ["file"]}, "form lacks file"),
        (MAKE_CALL, {"body": None}, "sends a body"),
        (MAKE_CALL, {"body": {**MAKE_CALL["body"], "operation_id": False}}, "an operationId that is not taken"),
        (MAKE_CALL, {"body": {**MAKE_CALL["body"], "kind": "plain"}}, "plain has unknown data"),
        (
            MAKE_CALL,
            {"body": {**MAKE_CALL["body"], "fields": [*MAKE_CALL["body"]["fields"][1:], "destinations"]}},
            "data lacks destinations",
        ),
        (DEVICES, {"query": ["placeState"]}, "query has unknown placeStatus"),
        (DEVICES, {"path": DEVICES["path"].replace("placeName", "switch")}, "{switch} is {place_name}"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_missing_or_misspelt_part_is_noticed(entry: Documented, change: dict[str, Any], told: str) -> None:
    assert problems(entry) == []
    assert told in " ".join(problems({**entry, **change}))


def test_a_second_route_and_a_missing_method_are_noticed() -> None:
    (operation,) = (found for found in OURS if found.route.name == "voice.make_call")
    assert "2 routes" in " ".join(problems(MAKE_CALL, [*OURS, operation]))
    without = ApiOperation("workspace", "voice", "mak_call", operation.route, operation.module, operation.owner)
    assert "no method 'mak_call'" in " ".join(problems(MAKE_CALL, [without]))
