"""Which events complete an operation: rules as data.

Must live here: `Step` and `Rule`, and the few constructors that the routes use. Must not: bookkeeping of pending
operations (`correlation`), or how an event is read (`readings`).

    Rule
     └─ Step   on an object (a call, the DN, …), for an aspect of it (its state, its user data, …), perhaps with a test

A rule is settled when one ENOUGH step is seen, or when all NEEDED steps are; PROGRESS steps are only kept. What is
seen of a step with a `grace` and does not settle its operation at once (a NEEDED one that is not the last, an ENOUGH
one that fits weakly) settles it that many seconds later, unless something better comes before.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from enum import Enum, IntEnum
from typing import Any

from attrs import frozen

from engage_async.protocol import destinations
from engage_async.protocol.notices import Payload

Key = tuple[str, str]
"""An object of the session: its kind and its id, for example ``("call", "0072…")`` or ``("dn", "")``."""

Arguments = Mapping[str, Any]

DN: Key = ("dn", "")
NEW_CALLS: Key = ("new calls", "")
MONITORING: Key = ("monitoring", "")
SESSION: Key = ("session", "")

ENDED = "ended"

ERROR_GRACE = 1.0
"""Seconds that an operation without a completing event stays open for an error after it was accepted."""
REFINEMENT_GRACE = 1.0
CONFERENCE_GRACE = 2.0


class Role(Enum):
    """What seeing a step means for its operation."""

    ENOUGH = "enough"
    NEEDED = "needed"
    PROGRESS = "progress"


@frozen
class Before:
    """What was known of an object before the event at hand.

    Of a chat: `me` is the agent's own participant id, `index` that of the last message.
    """

    state: str | None = None
    participants: frozenset[str] = frozenset()
    me: str | None = None
    index: int = -1


class Fit(IntEnum):
    """How well an event fits a step."""

    NO = 0
    WEAK = 1
    STRONG = 2


Test = Callable[[Payload, Before], Fit]


@frozen(eq=False)
class Step:
    """One event to wait for.

    `kind` is the aspect without what follows its colon. `main` marks the step whose event is the result. A `guess`
    step counts only when exactly one operation waits for it.
    """

    key: Key
    aspect: str
    role: Role = Role.ENOUGH
    test: Test | None = None
    grace: float | None = None
    main: bool = False
    guess: bool = False

    @property
    def kind(self) -> str:
        """``state`` of ``state:Held``, and so on."""
        return self.aspect.partition(":")[0]


@frozen
class Rule:
    """When an operation is settled by events.

    `on_acceptance` is the grace in seconds after which acceptance alone settles it (None: never). `strict` says that
    an event with the operation's id counts only when it also satisfies a step: the first of several events; without it
    such an event settles the operation, when its type is one of `echoes` (none: whatever its type). `partial` says that
    its NEEDED steps are parts which succeed or fail one by one: an error that names a part is credited to it, and at
    the deadline what was seen is the result.
    """

    steps: tuple[Step, ...] = ()
    on_acceptance: float | None = None
    strict: bool = False
    echoes: tuple[str, ...] = ()
    partial: bool = False


Settles = Callable[[Arguments], Rule]


def _fit(value: object) -> Fit:
    return Fit.STRONG if value else Fit.NO


def _call(payload: Payload) -> Mapping[str, Any]:
    call = payload.get("call")
    return call if isinstance(call, dict) else {}


# --- calls ------------------------------------------------------------------------------------------------------------


def call_becomes(state: str, *, after: str | None = None) -> Settles:
    """The call of the request reaches `state`; with `after`, only coming from that state (or from an unknown one)."""

    def came_from(_: Payload, before: Before) -> Fit:
        return _fit(before.state in (None, after))

    test = came_from if after else None
    return lambda args: Rule((Step(call_key(args["call_id"]), f"state:{state}", test=test),))


def call_ends(args: Arguments) -> Rule:
    """The call of the request is released or completed."""
    return Rule((Step(call_key(args["call_id"]), ENDED),))


def calls_swap(args: Arguments) -> Rule:
    """The call of the request is held, and the other established."""
    return Rule(
        (
            Step(call_key(args["call_id"]), "state:Held", Role.NEEDED),
            Step(call_key(args["held_call_id"]), "state:Established", Role.NEEDED, main=True),
        ),
        strict=True,
    )


def call_ends_and_other_returns(args: Arguments) -> Rule:
    """The call of the request ends, and the held one is established."""
    return Rule(
        (
            Step(call_key(args["call_id"]), ENDED, Role.NEEDED),
            Step(call_key(args["held_call_id"]), "state:Established", Role.NEEDED, main=True),
        ),
        strict=True,
    )


def calls_merge(args: Arguments) -> Rule:
    """One of the two calls ends, or one of them gains participants: which id survives is not documented."""
    return Rule(
        tuple(
            step
            for key in (call_key(args["call_id"]), call_key(args["other_call_id"]))
            for step in (Step(key, "participants", test=_has_grown, main=True), Step(key, ENDED))
        ),
        strict=True,
    )


def either_call_ends(args: Arguments) -> Rule:
    """The consult call or its parent is released: a completed transfer."""
    keys = [call_key(args["call_id"])]
    if args.get("parent_call_id"):
        keys.append(call_key(args["parent_call_id"]))
    return Rule(tuple(Step(key, ENDED) for key in keys), strict=True)


def consult_ends_and_conference_grows(args: Arguments) -> Rule:
    """The consult call ends and its parent gains a participant; the first alone settles after `CONFERENCE_GRACE`."""
    consult = call_key(args["call_id"])
    if not args.get("parent_call_id"):
        return Rule((Step(consult, ENDED),), strict=True)
    return Rule(
        (
            Step(consult, ENDED, Role.NEEDED, grace=CONFERENCE_GRACE),
            Step(call_key(args["parent_call_id"]), "participants", Role.NEEDED, test=_has_grown, main=True),
        ),
        strict=True,
    )


def consult_call_dials(args: Arguments) -> Rule:
    """A new consult call of the call of the request dials; the parent's ``Held`` comes before and is progress."""
    parent = call_key(args["call_id"])
    dialled = destinations.normal(args["destination"])

    def is_ours(payload: Payload, _: Before) -> Fit:
        seen = seen_destinations(_call(payload))
        if any(destinations.same(dialled, number) for number in seen):
            return Fit.STRONG
        return Fit.NO if any(destinations.comparable(dialled, number) for number in seen) else Fit.WEAK

    return Rule(
        (
            *_marked(args, "consult"),
            Step(parent, "consult", test=is_ours, main=True),
            *(Step(NEW_CALLS, f"consult:{entry}", test=is_ours, main=True) for entry in _waits_at(dialled)),
            Step(parent, "state:Held", Role.PROGRESS),
        ),
        strict=True,
    )


def new_call_dials(args: Arguments) -> Rule:
    """A call not known before dials the destination of the request.

    A destination that is a name or an address cannot be compared with the number that the switch made of it: then the
    only such operation takes the new call, flagged as a guess.
    """
    dialled = destinations.normal(args["destination"])

    def is_ours(payload: Payload, _: Before) -> Fit:
        return _fit(any(destinations.same(dialled, number) for number in seen_destinations(_call(payload))))

    def cannot_tell(payload: Payload, _: Before) -> Fit:
        seen = seen_destinations(_call(payload))
        return _fit(not any(destinations.comparable(dialled, number) for number in seen))

    guess = () if dialled.isdecimal() else (Step(NEW_CALLS, "new:?", test=cannot_tell, main=True, guess=True),)
    to = tuple(Step(NEW_CALLS, f"new:{entry}", test=is_ours, main=True) for entry in _waits_at(dialled))
    return Rule((*_marked(args, "new"), *to, *guess), strict=True)


def participant_joins(args: Arguments) -> Rule:
    """The destination is among the call's participants, or there are more of them than before."""
    dialled = destinations.normal(args["destination"])

    def joined(payload: Payload, before: Before) -> Fit:
        now = participant_numbers(_call(payload))
        if any(destinations.same(dialled, n) for n in now - before.participants):
            return Fit.STRONG
        return Fit.WEAK if before.participants and len(now) > len(before.participants) else Fit.NO

    return Rule((Step(call_key(args["call_id"]), "participants", test=joined),), strict=True)


def participant_leaves(args: Arguments) -> Rule:
    """The dropped number is no longer among the call's participants, or the call ends because one party is left."""
    dropped = destinations.normal(args["dn"])

    def left(payload: Payload, before: Before) -> Fit:
        now = participant_numbers(_call(payload))
        was_there = not before.participants or any(destinations.same(dropped, n) for n in before.participants)
        return _fit(was_there and not any(destinations.same(dropped, n) for n in now))

    key = call_key(args["call_id"])
    return Rule((Step(key, "participants", test=left, main=True), Step(key, ENDED)), strict=True)


def user_data_has(args: Arguments) -> Rule:
    """The call's user data change, and hold the pairs that were sent (another party's change looks the same)."""
    holds = holds_pairs(args["pairs"])
    return Rule((Step(call_key(args["call_id"]), "user data", test=lambda payload, _: holds(_user_data(payload))),))


def user_data_lacks(args: Arguments) -> Rule:
    """The call's user data change, and the deleted key is gone."""

    lacks = lacks_keys({args["key"]})
    return Rule((Step(call_key(args["call_id"]), "user data", test=lambda payload, _: lacks(_user_data(payload))),))


def recording_becomes(state: str) -> Settles:
    """The call's recording state is `state` (``Recording``, ``Stopped`` or ``Paused``)."""
    return lambda args: Rule((Step(call_key(args["call_id"]), f"recording:{state}"),))


def monitoring_becomes(mode: str) -> Settles:
    """The monitored call reports the monitor mode `mode` (``mute``, ``coach`` or ``connect``)."""
    return lambda args: Rule((Step(call_key(args["call_id"]), f"monitor:{mode}"),))


# --- the DN -----------------------------------------------------------------------------------------------------------


def agent_becomes(state: str) -> Settles:
    """The DN's agent state is `state`; ``"in"`` stands for any state of an agent who is logged in."""
    return lambda _: Rule((Step(DN, f"agent:{state}"),))


def agent_becomes_not_ready(args: Arguments) -> Rule:
    """The DN is ``NotReady``, with the work mode and reason asked for; without them after `REFINEMENT_GRACE`."""
    work_mode, reason = args.get("work_mode"), args.get("reason_code")
    if not work_mode and not reason:
        return Rule((Step(DN, "agent:NotReady"),))

    def as_asked(payload: Payload, _: Before) -> Fit:
        dn = payload.get("dn")
        if not isinstance(dn, dict):
            return Fit.NO
        reasons = values_of(dn.get("reasons"))
        mode_fits = not work_mode or dn.get("agentWorkMode") == str(work_mode)
        reason_fits = not reason or reasons is None or str(reason) in reasons
        return Fit.STRONG if mode_fits and reason_fits else Fit.WEAK

    return Rule((Step(DN, "agent:NotReady", test=as_asked, grace=REFINEMENT_GRACE),))


def agent_leaves(_: Arguments) -> Rule:
    """The DN's agent is logged out; without such an event acceptance settles it."""
    return Rule((Step(DN, "agent:LoggedOut"),), on_acceptance=ERROR_GRACE)


def channels_activate(args: Arguments) -> Rule:
    """Every channel of the request reports a state of an agent who is logged in; acceptance is enough for none."""
    steps = tuple(Step(("channel", str(name)), "active", Role.NEEDED) for name in args["channels"])
    return Rule(steps, on_acceptance=None if steps else ERROR_GRACE, strict=True)


def do_not_disturb_is(state: str) -> Settles:
    """The DN's do-not-disturb is ``"on"`` or ``"off"``."""
    return lambda _: Rule((Step(DN, f"dnd:{state}"),))


def forwarded(args: Arguments) -> Rule:
    """The DN is forwarded to the number of the request."""
    wanted = destinations.normal(args["forward_to"])

    def to_ours(payload: Payload, _: Before) -> Fit:
        dn = payload.get("dn")
        return _fit(isinstance(dn, dict) and destinations.same(wanted, destinations.normal(dn.get("forwardTo"))))

    return Rule((Step(DN, "forward:on", test=to_ours),))


def not_forwarded(_: Arguments) -> Rule:
    """The DN is not forwarded."""
    return Rule((Step(DN, "forward:off"),))


# --- monitoring, session, and what has no event -----------------------------------------------------------------------


def monitoring(event: str) -> Settles:
    """``MonitoringStateChanged`` with this eventType (``started``, ``stopped``) for the number of the request."""

    def rule(args: Arguments) -> Rule:
        number = destinations.normal(args["dn"])

        def of_ours(payload: Payload, _: Before) -> Fit:
            return _fit(destinations.same(number, monitored_number(payload)))

        named = tuple(Step(MONITORING, f"{event}:{entry}", test=of_ours, main=True) for entry in _waits_at(number))
        return Rule((*named, Step(MONITORING, f"{event}:?", main=True, guess=True)))

    return rule


def initialized(_: Arguments) -> Rule:
    """The session's initialization is ``Complete``; ``Executing`` is progress."""
    return Rule((Step(SESSION, "initialization:Complete", main=True), Step(SESSION, "progress", Role.PROGRESS)))


def accepted(args: Arguments) -> Rule:
    """No completing event is known: acceptance settles it after `ERROR_GRACE`, unless an error comes before.

    The step on the call is one that no event satisfies: the operation fails with the call, and an error that names the
    call finds it.
    """
    on_call = (Step(call_key(args["call_id"]), "nothing"),) if args.get("call_id") else ()
    return Rule(on_call, on_acceptance=ERROR_GRACE)


# --- reading what the tests need --------------------------------------------------------------------------------------


def call_key(call_id: Any) -> Key:
    """The key of the call with this id."""
    return ("call", str(call_id))


def seen_destinations(call: Mapping[str, Any]) -> list[str]:
    """The numbers, in normal form, that a call may have been dialled to."""
    numbers = [destinations.normal(call.get("dnis"))]
    participants = call.get("participants")
    if isinstance(participants, list):
        numbers += [
            destinations.normal(p.get("number"))
            for p in participants[:_PARTICIPANTS]
            if isinstance(p, dict) and p.get("role") != "RoleOrigination"
        ]
    return [number for number in dict.fromkeys(numbers) if number]


def monitored_number(payload: Payload) -> str:
    """The number that a ``MonitoringStateChanged`` is about, in normal form; ``""`` when it names none."""
    event = payload.get("event")
    return destinations.normal(event.get("otherDN")) if isinstance(event, dict) else ""


def participant_numbers(call: Mapping[str, Any]) -> frozenset[str]:
    """The participants' numbers in normal form."""
    participants = call.get("participants")
    if not isinstance(participants, list):
        return frozenset()
    numbers = (destinations.normal(p.get("number")) for p in participants[:_PARTICIPANTS] if isinstance(p, dict))
    return frozenset(number for number in numbers if number)


_PARTICIPANTS = 64


def _has_grown(payload: Payload, before: Before) -> Fit:
    now = participant_numbers(_call(payload))
    return _fit(len(now) > len(before.participants) and bool(before.participants or len(now) > 1))


def _user_data(payload: Payload) -> Any:
    return _call(payload).get("userData")


def holds_pairs(sent: Iterable[tuple[str, Any]]) -> Callable[[Any], Fit]:
    """How well user data, as an event shows them, fit what was sent: best when they hold every pair."""
    given = list(sent)
    flat = {(key, str(value)) for key, value in given if not isinstance(value, list | tuple | Mapping)}
    keys = {key for key, _ in given}

    def fit(shown: Any) -> Fit:
        pairs = _pairs(shown)
        if pairs is None:
            return Fit.WEAK
        if not keys <= {key for key, _ in pairs}:
            return Fit.NO
        return Fit.STRONG if flat <= set(pairs) else Fit.WEAK

    return fit


def values_of(shown: Any) -> set[str | None] | None:
    """The values of a key/value list of an event, as text; None when there is no such list."""
    pairs = _pairs(shown)
    return None if pairs is None else {value for _, value in pairs}


def lacks_keys(deleted: Collection[str]) -> Callable[[Any], Fit]:
    """How well user data, as an event shows them, fit a deletion: only when they have none of the keys."""

    def fit(shown: Any) -> Fit:
        pairs = _pairs(shown)
        return Fit.WEAK if pairs is None else _fit(not any(key in deleted for key, _ in pairs))

    return fit


def _pairs(value: Any) -> list[tuple[str, str | None]] | None:
    """Flat pairs of a key/value list of either form, values as text, nested ones as None; None without such a list."""
    if isinstance(value, dict):
        return [(key, _flat(v)) for key, v in value.items()]
    if isinstance(value, list):
        entries = (entry for entry in value if isinstance(entry, dict) and isinstance(entry.get("key"), str))
        return [(entry["key"], _flat(entry.get("value"))) for entry in entries]
    return None


def _flat(value: Any) -> str | None:
    return None if isinstance(value, dict | list) else str(value)


def _marked(args: Arguments, aspect: str) -> tuple[Step, ...]:
    """The step of a request whose call is marked with the operation's id."""
    return (Step(("marker", args["operation_id"]), aspect, main=True),) if args.get("operation_id") else ()


def _waits_at(dialled: str) -> tuple[str, ...]:
    return tuple(destinations.index_of_dialled(dialled)) if dialled else ()
