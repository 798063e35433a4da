"""What the rules of correlation give, found by looking at every operation each time: the oracle of the state machine.

Must live here: the rules once more, from their text, in the plainest form: lists, no index, no limit on what is
remembered. Must not: anything of the package.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from attrs import define, field

Outcome = tuple[str, str | None]

GRACE, CONFERENCE_GRACE, ERROR_WINDOW = 1.0, 2.0, 10.0
ENDED = ("Released", "Completed")
ABOUT_SOMETHING_ELSE = ("AttachedDataChanged", "ParticipantsUpdated", "CallRecordingStateChange")
NO, WEAK, STRONG = 0, 1, 2

PARTS: dict[str, list[tuple[str, str]]] = {
    "hold": [("call", "Held")],
    "answer": [("call", "Established")],
    "retrieve": [("call", "Established")],
    "release": [("call", "ended")],
    "single_step_transfer": [("call", "ended")],
    "complete": [("call", "Completed")],
    "alternate": [("call", "Held"), ("other", "Established")],
    "reconnect": [("call", "ended"), ("other", "Established")],
    "complete_transfer": [("call", "ended"), ("other", "ended")],
    "complete_conference": [("call", "ended"), ("other", "grown")],
    "attach_user_data": [("call", "data")],
    "start_recording": [("call", "recording")],
    "send_dtmf": [("call", "nothing")],
    "initiate_transfer": [("call", "consult")],
    "make_call": [("", "new call")],
    "ready": [("", "agent")],
    "not_ready": [("", "agent")],
    "logout": [("", "agent")],
    "dnd_on": [("", "dnd")],
}
"""What each operation waits for, and on which of its calls."""

ALL_PARTS = {"alternate", "reconnect", "complete_conference"}
NOT_BY_ID_ALONE = ALL_PARTS | {"complete_transfer", "make_call", "initiate_transfer"}

ALREADY_SO = {43, 186}

CODES = {
    71: {"make_call", "initiate_transfer", "single_step_transfer"},
    96: {"complete_conference"},
    97: {"initiate_transfer"},
    98: {"complete_transfer"},
    99: {"retrieve", "reconnect", "alternate"},
    174: {"answer"},
    175: {"release"},
    186: {"ready", "not_ready"},
    187: {"ready", "not_ready"},
    302: {"send_dtmf"},
}


@define(eq=False)
class Op:
    """One operation that waits."""

    name: str
    operation_id: str
    due: float
    timeout: float
    call: str = ""
    other: str = ""
    to: str = ""
    reason: str = ""
    value: str = ""
    since: float = 0.0
    marked: bool = False
    sent: bool = False
    accepted: bool = False
    proven: bool = False
    repeated: bool = False
    refusal: str | None = None
    settles: str | None = None
    seen: set[str] = field(factory=set)
    ids: set[str] = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.ids = {self.operation_id}

    def parts(self) -> Iterator[tuple[str, str]]:
        """Each call that it waits on, and for what there; for what there is no call, an empty id."""
        for where, what in PARTS[self.name]:
            yield {"call": self.call, "other": self.other, "": ""}[where], what


@define(eq=False)
class Call:
    """What is known of one call: its ids, and its last state and parties once an event told them."""

    ids: set[str]
    before: tuple[str, frozenset[str]] | None = None


@define
class CallEvent:
    """``CallStateChanged``, as far as the rules look at it. A `consult` call may or may not name its `parent`."""

    id: str
    state: str
    kind: str | None = "StateChange"
    names: str | None = None
    to: str | None = None
    consult: bool = False
    parent: str | None = None
    previous: str | None = None
    data: str | None = None
    parties: frozenset[str] | None = None
    recording: str | None = None
    uuid: str | None = None
    mark: str | None = None
    snapshot: bool = False


@define
class AgentEvent:
    """``DnStateChanged``."""

    state: str
    names: str | None = None
    reason: str = ""
    dnd: bool = False
    snapshot: bool = False


@define
class ErrorEvent:
    """``EventError``."""

    code: int
    names: str | None = None
    call: str | None = None
    uuid: str | None = None
    dn: str | None = None
    voice: bool = True


@define
class Model:
    """The rules, and everything that was seen."""

    guesses: bool
    now: float
    ops: list[Op] = field(factory=list)
    calls: dict[str, Call] = field(factory=dict)
    ended: set[str] = field(factory=set)
    uuids: dict[str, str] = field(factory=dict)
    early: set[str] = field(factory=set)
    agent: str | None = None
    own_dn: bool = False
    settled: dict[Op, Outcome] = field(factory=dict)
    unresolved: dict[Op, float] = field(factory=dict)
    satisfied: dict[Op, float] = field(factory=dict)

    # --- what is done -------------------------------------------------------------------------------------------------

    def start(self, op: Op) -> None:
        self.ops.append(op)
        for call_id in {call_id for call_id, _ in op.parts() if call_id} - set(self.calls):
            self.calls[call_id] = Call({call_id})

    def send(self, op: Op) -> None:
        if not op.sent:
            op.sent, op.since = True, self.now

    def repeat(self, op: Op) -> None:
        op.repeated, op.since = True, self.now
        self._leave_unresolved(op)

    def accept(self, op: Op, alias: str | None) -> None:
        if op not in self.ops:
            return
        self.send(op)
        op.accepted = True
        if alias is not None and not any(alias in other.ids for other in self.ops):
            op.ids.add(alias)
            if alias in self.early:
                self.early.discard(alias)
                self._refuse(op, "operation-id")
                return
        if op.name == "send_dtmf":
            self._settle_later(op, GRACE, "reply")

    def remove(self, op: Op, outcome: str) -> bool:
        if op not in self.ops:
            return False
        self.ops.remove(op)
        if outcome == "unknown":
            self._leave_unresolved(op)
        elif outcome == "refused":
            self._remember(self.unresolved, op, self.now + GRACE)
        self._forget()
        return True

    def wait(self, seconds: float) -> None:
        self.now += seconds
        for op in [op for op in self.ops if op.due <= self.now]:
            if op.refusal and not op.proven:
                self._settle(op, "failed", op.refusal)
            else:
                self._settle_as_it_is(op, "timed out", op.settles)

    def lose(self, events: list[CallEvent | AgentEvent]) -> None:
        for event in events:
            self.agent_event(event) if isinstance(event, AgentEvent) else self.call_event(event)
        for op in [op for op in self.ops if op.sent]:
            self._settle_as_it_is(op, "lost", op.settles if op.proven else None)

    def live_calls(self) -> set[frozenset[str]]:
        return {frozenset(call.ids) for call in self.calls.values()}

    # --- events -------------------------------------------------------------------------------------------------------

    def agent_event(self, event: AgentEvent) -> None:
        named, how = self._named(event.names), "snapshot" if event.snapshot else "object"
        if event.state == "LoggedOut" != self.agent:
            for op in [op for op in self.ops if op.name != "logout" and not op.proven]:
                self._settle(op, "ended", how)
                self._leave_unresolved(op)
        self.agent, self.own_dn = event.state, True

        def fit(op: Op) -> int:
            if op.name != {"Ready": "ready", "NotReady": "not_ready", "LoggedOut": "logout"}.get(event.state):
                return NO
            return STRONG if op.reason in ("", event.reason) else WEAK

        self._award("agent", fit, named, how)
        self._award("dnd", lambda op: STRONG if op.name == "dnd_on" and event.dnd else NO, named, how)
        self._settle_by_id(named)

    def call_event(self, event: CallEvent) -> None:
        named, how = self._named(event.names), "snapshot" if event.snapshot else "object"
        previous = event.previous if event.previous != event.id else None
        known = event.id in self.calls or event.id in self.ended
        if not known and previous is None and event.kind != "CallRecovered":
            self._new_call(event, named, how)
        was_state, was_parties = self._told_before(event.id) or self._told_before(previous) or (None, frozenset[str]())
        call = self._call_of(event, previous)
        if event.uuid is not None:
            self.uuids[event.uuid] = event.id
        if call is not None:
            before_state, before_parties = call.before or (None, frozenset[str]())
            if event.state not in ENDED and event.id not in self.ended:
                call.before = (event.state, event.parties or was_parties)
            if event.state in ENDED or event.kind not in ABOUT_SOMETHING_ELSE or event.state != was_state:
                self._state_shown(call, event.state, before_state, named, how)
            self._other_things_shown(call, event, before_parties, named, how)
        if event.state in ENDED:
            self._end(call, event, how)
        self._settle_by_id(named)

    def error_event(self, event: ErrorEvent) -> None:
        named = self._named(event.names)
        if named is not None:
            self._refuse(named, "operation-id")
        elif self._forget_over(event.names):
            return
        elif event.names is not None:
            self.early.add(event.names)
        else:
            self._blame(event)

    # --- calls --------------------------------------------------------------------------------------------------------

    def _new_call(self, event: CallEvent, named: Op | None, how: str) -> None:
        if event.state not in ("Dialing", "Established", *ENDED):
            return
        outcome = "ended" if event.state in ENDED else "succeeded"
        if named is not None:
            if named.name in ("make_call", "initiate_transfer"):
                self._settle(named, outcome, "operation-id")
            return
        if self._forget_over(event.names):
            return
        asks = "initiate_transfer" if event.consult else "make_call"
        ours = [op for op in self.ops if op.sent and op.name == asks]
        over = [op for op in self._still(self.unresolved) if op not in self.ops]
        by_mark, over_by_mark = (
            [op for op in ops if op.name == asks and op.marked and op.operation_id == event.mark]
            for ops in (ours, over)
        )
        if by_mark:
            self._settle(by_mark[0], outcome, "snapshot" if event.snapshot else "operation-id")
        elif over_by_mark:
            del self.unresolved[over_by_mark[0]]
        elif not self._dialled(event, asks, ours, over, outcome, how) and not event.consult and outcome == "succeeded":
            names = [op for op in ours if not op.to.isdecimal()] if self.guesses and not event.snapshot else []
            over_names = [op for op in over if op.name == asks and not op.to.isdecimal()]
            if len(names) == 1:
                self._settle(names[0], outcome, "guess")
            elif over_names:
                del self.unresolved[over_names[0]]

    def _dialled(self, event: CallEvent, asks: str, ours: list[Op], over: list[Op], outcome: str, how: str) -> bool:
        """Credit a new call to whom its number or its parent tells; False when they tell nobody."""
        parents = self.calls[event.parent].ids if event.parent in self.calls else {event.parent}

        def fit(op: Op) -> int:
            if op.name != asks or (event.parent is not None and op.call not in parents):
                return NO
            cannot_tell = event.to is None or op.to.isdecimal() != event.to.isdecimal()
            return STRONG if same(op.to, event.to) else WEAK if event.parent is not None and cannot_tell else NO

        strength = max(map(fit, ours), default=NO)
        if event.snapshot and strength == WEAK:
            strength = NO
        strength_over = max(map(fit, over), default=NO)
        if strength_over > strength:
            del self.unresolved[next(op for op in over if fit(op) == strength_over)]
        elif strength:
            fits = [op for op in ours if fit(op) == strength]
            if len(fits) == 1 and strength_over < strength:
                self._settle(fits[0], outcome, how)
            elif self.guesses and not event.snapshot:
                self._settle(fits[0], outcome, "guess")
        return bool(strength or strength_over)

    def _told_before(self, call_id: str | None) -> tuple[str | None, frozenset[str]] | None:
        if call_id in self.calls:
            return self.calls[call_id].before
        return ("Completed", frozenset()) if call_id in self.ended else None

    def _call_of(self, event: CallEvent, previous: str | None) -> Call | None:
        """The event's call, under the ids that it has now; None when there is none that could be remembered."""
        old, call = self.calls.get(previous or ""), self.calls.get(event.id)
        if call is None and old is not None:
            call = old
            call.ids.add(event.id)
        elif call is not None and old is not None and call is not old:
            call.ids |= old.ids
            call.before = call.before or old.before
        elif call is None and event.state not in ENDED and event.id not in self.ended:
            call = Call({event.id})
        if call is not None:
            self.calls |= dict.fromkeys(call.ids, call)
        return call

    def _state_shown(self, call: Call, state: str, before: str | None, named: Op | None, how: str) -> None:
        if state in ENDED:
            for op in [op for op in self.ops if op.sent and self._waits(op, call, "ended")]:
                self._give(op, "ended", STRONG, "operation-id" if op is named else how)

        def fit(op: Op) -> int:
            came_from = op.name != "retrieve" or before in (None, "Held")
            return STRONG if self._waits(op, call, state) and came_from else NO

        self._award(state, fit, named, how)

    def _other_things_shown(
        self, call: Call, event: CallEvent, before: frozenset[str], named: Op | None, how: str
    ) -> None:
        if event.kind == "AttachedDataChanged" or event.snapshot:

            def data_fit(op: Op) -> int:
                if not self._waits(op, call, "data") or event.data == "another key":
                    return NO
                return STRONG if event.data == op.value else WEAK

            self._award("data", data_fit, named, how)
        if event.parties is not None:
            grown = len(event.parties) > len(before) and (before or len(event.parties) > 1)
            self._award("grown", lambda op: STRONG if grown and self._waits(op, call, "grown") else NO, named, how)
        if event.recording == "Recording":
            self._award("recording", lambda op: STRONG if self._waits(op, call, "recording") else NO, named, how)

    def _end(self, call: Call | None, event: CallEvent, how: str) -> None:
        for op in list(self.ops):
            missing = {what for i, what in op.parts() if call and self.calls.get(i) is call} - op.seen
            may_still = "Completed" in missing and event.state == "Released"
            if missing and not may_still and not op.proven:
                self._settle(op, "ended", how)
                self._leave_unresolved(op)
        self.ended |= call.ids if call else {event.id}
        if call:
            call.before = None
        self._forget()

    def _waits(self, op: Op, call: Call, what: str) -> bool:
        return any(self.calls.get(i) is call and w == what for i, w in op.parts())

    def _forget(self) -> None:
        """A call of which nothing was told is known only as long as an operation waits on it."""
        waited_for = {id(self.calls[i]) for op in self.ops for i, _ in op.parts() if i in self.calls}
        self.calls = {i: call for i, call in self.calls.items() if call.before or id(call) in waited_for}

    # --- whose it is --------------------------------------------------------------------------------------------------

    def _named(self, operation_id: str | None) -> Op | None:
        return next((op for op in self.ops if op.sent and operation_id in op.ids), None)

    def _award(self, what: str, fit: Callable[[Op], int], named: Op | None, how: str) -> None:
        """Give an event to the operation that it names, else to the oldest that fits well, else to the oldest."""
        if named is not None and named in self.ops and fit(named):
            self._give(named, what, STRONG, "operation-id")
            return
        open_ones = [op for op in self.ops if op.sent and (what not in op.seen or self._can_get_better(op))]
        well = [op for op in open_ones if fit(op) == STRONG]
        somehow = [op for op in open_ones if fit(op) and not op.proven and how != "snapshot"]
        if any(fit(op) == STRONG for op in self._still(self.unresolved) if op not in self.ops):
            somehow = []
        if well or somehow:
            self._give((well or somehow)[0], what, STRONG if well else WEAK, how)

    def _give(self, op: Op, what: str, strength: int, how: str) -> None:
        if what in op.seen and not self._can_get_better(op):
            return
        op.seen.add(what)
        if op.name in ALL_PARTS:
            done = op.seen >= {part for _, part in op.parts()}
        else:
            done = op.name != "not_ready" or strength == STRONG
        if done:
            self._settle(op, "succeeded", how)
            if how in ("object", "snapshot"):
                self._remember(self.satisfied, op, self.now + ERROR_WINDOW)
        elif how != "snapshot" and (op.name == "not_ready" or (op.name == "complete_conference" and what == "ended")):
            op.proven = True
            self._settle_later(op, GRACE if op.name == "not_ready" else CONFERENCE_GRACE, how)

    @staticmethod
    def _can_get_better(op: Op) -> bool:
        return op.proven and op.name == "not_ready"

    def _settle_by_id(self, named: Op | None) -> None:
        if named is not None and named in self.ops and not named.proven and named.name not in NOT_BY_ID_ALONE:
            self._settle(named, "succeeded", "operation-id")

    def _blame(self, event: ErrorEvent) -> None:
        fitting = CODES.get(event.code, set())
        possible = [op for op in self.ops if op.sent and not op.proven and not op.refusal]
        over = [op for op in self._still(self.unresolved) if op not in possible and (op.refusal or op not in self.ops)]
        if event.code in ALREADY_SO:
            over += self._still(self.satisfied)
        call_id = event.call or self.uuids.get(event.uuid or "")
        if call := self.calls.get(call_id or ""):
            possible, over = (
                [op for op in ops if any(i in call.ids for i, _ in op.parts())] for ops in (possible, over)
            )
            if any(op.name in fitting for op in (*possible, *over)):
                possible, over = ([op for op in ops if op.name in fitting] for ops in (possible, over))
            self._fail(possible, "object" if len(possible) == 1 and not over else "guess")
            return
        if call_id in self.ended or (event.dn == "foreign" and self.own_dn) or not event.voice:
            return
        if event.call is not None or event.uuid is not None:
            possible, over = (
                [op for op in ops if not op.call or op.name == "initiate_transfer"] for ops in (possible, over)
            )
        young, over = ([op for op in ops if self.now - op.since <= ERROR_WINDOW] for ops in (possible, over))
        fits, over_fits = ([op for op in ops if op.name in fitting] for ops in (young, over))
        if fits or over_fits:
            self._fail(fits, "code" if len(fits) == 1 and not over_fits else "guess")
        else:
            self._fail(young, "sole" if len(possible) == 1 and not over else "guess")

    def _fail(self, candidates: list[Op], how: str) -> None:
        """The oldest accepted one, else the oldest one, unless that is a guess and there must be none."""
        if candidates and (self.guesses or how != "guess"):
            self._refuse(([op for op in candidates if op.accepted] or candidates)[0], how)

    def _refuse(self, op: Op, how: str) -> None:
        """What refuses the second of two requests says nothing of the first, which may show soon."""
        if op.repeated:
            op.refusal = op.refusal or how
            op.due = min(op.due, self.now + GRACE)
        else:
            self._settle(op, "failed", how)

    # --- how it ends --------------------------------------------------------------------------------------------------

    def _settle(self, op: Op, outcome: str, matched: str | None) -> None:
        self.settled[op] = (outcome, matched)
        self.ops.remove(op)
        self._forget()

    def _settle_as_it_is(self, op: Op, otherwise: str, matched: str | None) -> None:
        self._settle(op, "succeeded" if matched else otherwise, matched)
        if matched is None:
            self._leave_unresolved(op)
        elif matched in ("object", "snapshot"):
            self._remember(self.satisfied, op, self.now + ERROR_WINDOW)

    def _leave_unresolved(self, op: Op) -> None:
        self._remember(self.unresolved, op, op.since + max(ERROR_WINDOW, op.timeout))

    def _forget_over(self, operation_id: str | None) -> bool:
        """What names an operation that is over settles what became of it."""
        named = [op for op in self._still(self.unresolved) if operation_id in op.ids]
        for op in named[:1]:
            del self.unresolved[op]
        return bool(named)

    def _remember(self, where: dict[Op, float], op: Op, until: float) -> None:
        if op.sent:
            where[op] = until

    def _still(self, where: dict[Op, float]) -> list[Op]:
        return [op for op, until in where.items() if self.now <= until]

    def _settle_later(self, op: Op, grace: float, matched: str) -> None:
        op.settles = op.settles or matched
        op.due = min(op.due, self.now + grace)


def same(dialled: str, shown: str | None) -> bool:
    """Whether one number is the end of the other."""
    if shown is None or not dialled.isdecimal():
        return dialled == shown
    return dialled.endswith(shown) or shown.endswith(dialled)
