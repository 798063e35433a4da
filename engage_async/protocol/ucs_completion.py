"""Which messages complete an operation on contacts, standard responses, workbins and snapshots: rules as data.

Must live here: the constructors that the routes of these groups use. Must not: how a message is read (`ucs_readings`).

    UcsMessage  WorkbinsMessage  SnapshotMessage        each answers one request, and says by name what it is

A message with an operation's id is its answer, whatever its name. One without any id answers the oldest operation that
waits for its name on the object which it names, or, when it names none, for its name.

Source of the names: the vendor's agent API simulator.
"""

from __future__ import annotations

from typing import Any

from engage_async.protocol.completion import (
    ERROR_GRACE,
    Arguments,
    Before,
    Fit,
    Key,
    Rule,
    Settles,
    Step,
)
from engage_async.protocol.notices import Payload

CONTACTS: Key = ("contacts", "")
WORKBINS: Key = ("workbins", "")
SNAPSHOTS: Key = ("snapshots", "")

UCS, WORKBIN, SNAPSHOT = "ucs", "workbin", "snapshot"
"""The kinds of steps, one for each type of message: what such a message with an operation's id satisfies."""

CONTENT = "workbin content"
"""The kind of step that a change of a workbin's content satisfies."""

UNNAMED = "?"
"""In place of a message's name: it is not known, so that only an operation's id leads to the operation."""


def ucs(name: str, **ids: str) -> Settles:
    """A ``UcsMessage`` of this name. `ids` maps kinds of objects to the arguments that name them."""
    return lambda args: Rule((*_on(args, f"{UCS}:{name}", ids), Step(CONTACTS, f"{UCS}:{name}")), strict=True)


def ucs_unnamed(**ids: str) -> Settles:
    """A ``UcsMessage`` with the operation's id: its name is not known, and acceptance settles it soon after."""

    def rule(args: Arguments) -> Rule:
        steps = (*_on(args, f"{UCS}:{UNNAMED}", ids), Step(CONTACTS, f"{UCS}:{UNNAMED}"))
        return Rule(steps, on_acceptance=ERROR_GRACE, strict=True)

    return rule


def workbins(name: str, **ids: str) -> Settles:
    """A ``WorkbinsMessage`` of this name."""
    return lambda args: Rule((*_on(args, f"{WORKBIN}:{name}", ids), Step(WORKBINS, f"{WORKBIN}:{name}")), strict=True)


def workbins_acknowledged(args: Arguments) -> Rule:
    """An ``EventAck`` of a request about several workbins, which is likely and not documented: acceptance is enough."""
    named = (Step(("workbin", each), "nothing") for each in args["workbin_ids"].split(","))
    return Rule((*named, Step(WORKBINS, f"{WORKBIN}:EventAck")), on_acceptance=ERROR_GRACE, strict=True)


def placed_in_workbin(args: Arguments) -> Rule:
    """The interaction is in the workbin: its own state says so, or the workbin's content, or anything with our id."""
    interaction_id = args["interaction_id"]

    def is_ours(payload: Payload, _: Before) -> Fit:
        return Fit.STRONG if _id_of(payload.get("interaction")) == interaction_id else Fit.NO

    return Rule(
        (
            Step(("interaction", interaction_id), "state:InWorkbin", main=True),
            Step(("workbin", args["workbin_id"]), f"{CONTENT}:Add", test=is_ours, main=True),
            *_named_by_errors([interaction_id]),
        )
    )


def snapshot_taken(args: Arguments) -> Rule:
    """The content of a new snapshot, with the condition of the request when the message tells one."""
    condition = args.get("condition")

    def is_ours(payload: Payload, _: Before) -> Fit:
        told = payload.get("condition")
        return Fit.STRONG if told is None or told == condition else Fit.NO

    return Rule((Step(SNAPSHOTS, f"{SNAPSHOT}:SnapshotContent", test=is_ours),), strict=True)


def snapshots(name: str, **ids: str) -> Settles:
    """A ``SnapshotMessage`` with this ``notificationType``."""

    def rule(args: Arguments) -> Rule:
        named = tuple(str(each) for each in args.get("interactions") or ())
        aspect = f"{SNAPSHOT}:{name}"
        return Rule((*_on(args, aspect, ids), Step(SNAPSHOTS, aspect), *_named_by_errors(named)), strict=True)

    return rule


def answered(args: Arguments) -> Rule:
    """Any event with the operation's id: what else it is, is not documented."""
    return Rule(tuple(_named_by_errors([args["interaction_id"]])))


def _on(args: Arguments, aspect: str, ids: dict[str, str]) -> tuple[Step, ...]:
    return tuple(Step((kind, str(args[name])), aspect) for kind, name in ids.items())


def _named_by_errors(interaction_ids: Any) -> tuple[Step, ...]:
    """Steps that no event satisfies: an error that names one of these interactions finds the operation by them."""
    return tuple(Step(("record", each), "nothing") for each in interaction_ids)


def _id_of(value: Any) -> Any:
    return value.get("id") if isinstance(value, dict) else None
