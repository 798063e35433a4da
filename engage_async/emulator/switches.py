"""What a test may change while the emulator runs.

Must live here: the switches, faults and refusals, and which applies next. Must not: how a switch is carried out.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Literal

from attrs import Factory, define, field

__all__ = ["Fault", "FaultKind", "Refusal", "Switches"]

FaultKind = Literal[
    "status", "code", "no-code", "malformed-json", "html", "json-array", "empty", "delay", "cut", "close", "silent"
]
"""How a request goes wrong:

* ``"status"``: HTTP `Fault.status` with the body ``{"message": …}``, and ``Retry-After`` if `Fault.retry_after` is set;
* ``"code"``: HTTP `Fault.status` with the envelope ``{"status": {"code": …, "message": …}}``;
* ``"no-code"``: an envelope whose status has no code;
* ``"malformed-json"``: JSON that ends too early, in a complete HTTP body;
* ``"html"``: an HTML page that claims to be JSON;
* ``"json-array"``: a JSON array where an object belongs;
* ``"empty"``: no body;
* ``"delay"``: the true answer, `Fault.delay` seconds late;
* ``"cut"``: the connection closes in the middle of the true answer's body;
* ``"close"``: the connection closes before any answer;
* ``"silent"``: no answer, and the connection stays open.
"""

_NEEDS_THE_ANSWER = frozenset({"delay", "cut"})


@define
class Fault:
    """Make the next `times` requests (None: all) whose path matches the glob `path` go wrong.

    `path` is matched against the whole path without the query, and ``*`` also matches slashes. `method` narrows it.
    With `carried_out` the request takes effect before it goes wrong; ``"delay"`` and ``"cut"`` need the true answer and
    are therefore always carried out. `status` of None stands for 503 when `kind` is ``"status"``, else 200.
    """

    path: str
    kind: FaultKind
    times: int | None = field(default=1, kw_only=True)
    method: str | None = field(default=None, kw_only=True)
    status: int | None = field(default=None, kw_only=True)
    retry_after: float | None = field(default=None, kw_only=True)
    code: int = field(default=500, kw_only=True)
    message: str = field(default="Injected fault", kw_only=True)
    delay: float = field(default=0.0, kw_only=True)
    carried_out: bool = field(default=False, kw_only=True)

    def __attrs_post_init__(self) -> None:
        if self.kind in _NEEDS_THE_ANSWER:
            self.carried_out = True

    def applies(self, method: str, path: str) -> bool:
        """Whether it still has a turn left and fits the request."""
        if self.times is not None and self.times <= 0:
            return False
        return (self.method is None or self.method == method) and fnmatchcase(path, self.path)


@define
class Refusal:
    """Let the switch refuse the next `times` operations whose name matches the glob `operation`, by an ``EventError``.

    `operation` is the last word of the request's path (``hold``, ``make-call``). `code` is a T-Server error code. The
    requests that activate channels (``activate-channels``, ``activate``) are synchronous: their reply says it. Of the
    requests about every media channel one channel is refused by its name before the word (``chat/ready``).
    """

    operation: str
    code: int
    message: str = ""
    times: int = field(default=1, kw_only=True)


@define
class Switches:
    """How the emulator behaves. Each attribute may be set at any time and holds from the next request or event on.

    Times are in seconds.

    Operations: `echo_operation_id` is whether events carry the ``operationId`` of the request they answer;
    `reply_operation_id` the one in the HTTP reply (as sent, an invented one, none); `error_names` what an
    ``EventError`` names beside code and message (``"call"``: the call's ids; ``"everything"``: DN and operationId too);
    `reply_order` whether the HTTP reply leaves after or before the events of its request, and `reply_gap` the time
    between the two (0: only the order of sending); `refuse_next` what the switch refuses.

    Sessions: `initialization` is how ``initialize-workspace`` goes on, `initialization_delay` the time of each of its
    steps; `channel_reply_code` what the requests that activate or deactivate voice or media alone are answered with;
    `answer_delay` the time until an outside number answers (None: never); `require_api_key` the ``x-api-key`` without
    which every request is refused; `token_lifetime` how long an access token lasts; `statistics_interval` the time
    between updates of statistics that change with time; `secure_cookies` whether session cookies are marked Secure
    (some clients keep those back from plain http, even to this machine); `import_pace` how many rows of a file of users
    are taken over in a second.

    Media: `invitation_timeout` is the time until an invitation to an interaction is revoked (None: never).

    Contacts, workbins, snapshots: `report_unknown` is whether the contact server tells that it does not know a contact
    or an interaction (False: it says nothing, as the vendor's simulator does); `error_form` what an error looks like:
    an ``EventError`` of its own, or the service's usual message with an error in it.

    Notifications: `ack_extension` and `wildcard_subscriptions` are what the Bayeux server grants; `poll_timeout` and
    `poll_interval` its advice; `session_expiry` the time without a poll after which it forgets a session;
    `push_unsubscribed` sends a user's events also to sessions that did not subscribe to their channel;
    `duplicate_events` sends each twice; `reorder_events` lets each pair change places (a lone event is held back for
    20 ms); `event_delay` puts each off.

    Faults: `faults` are tried in order for each request.
    """

    echo_operation_id: bool = True
    reply_operation_id: Literal["echo", "fresh", "none"] = "echo"
    error_names: Literal["nothing", "call", "everything"] = "nothing"
    reply_order: Literal["event-first", "reply-first"] = "event-first"
    reply_gap: float = 0.0
    refuse_next: list[Refusal] = Factory(list)

    initialization: Literal["complete", "failed", "silent"] = "complete"
    initialization_delay: float = 0.02
    channel_reply_code: Literal[0, 1] = 0
    answer_delay: float | None = 0.05
    require_api_key: str | None = field(default=None, repr=False)
    token_lifetime: float = 3600.0
    secure_cookies: bool = True
    import_pace: float = 20_000.0
    statistics_interval: float = 1.0

    invitation_timeout: float | None = 30.0

    report_unknown: bool = True
    error_form: Literal["event", "answer"] = "event"

    ack_extension: bool = True
    wildcard_subscriptions: bool = True
    poll_timeout: float = 30.0
    poll_interval: float = 0.0
    session_expiry: float = 10.0
    push_unsubscribed: bool = False
    duplicate_events: bool = False
    reorder_events: bool = False
    event_delay: float = 0.0

    faults: list[Fault] = Factory(list)

    def take_fault(self, method: str, path: str, *, carried_out: bool) -> Fault | None:
        """The fault that strikes this request before (or after) it is carried out; uses up one of its turns."""
        for fault in self.faults:
            if fault.carried_out is carried_out and fault.applies(method, path):
                if fault.times is not None:
                    fault.times -= 1
                    if not fault.times:
                        self.faults.remove(fault)
                return fault
        return None

    def take_refusal(self, operation: str) -> Refusal | None:
        """The refusal that strikes this operation; uses up one of its turns."""
        for refusal in self.refuse_next:
            if refusal.times > 0 and fnmatchcase(operation, refusal.operation):
                refusal.times -= 1
                if not refusal.times:
                    self.refuse_next.remove(refusal)
                return refusal
        return None
