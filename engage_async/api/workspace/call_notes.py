"""What an agent notes about a call, beside what is attached to it.

Must live here: the routes and one method for each, in the same order; `VoiceApi` has them. Must not: anything that
branches.

Source: the vendor's agent API simulator for the comment; its own desktop is known to send a focus time, the body of
which is not documented.
"""

from __future__ import annotations

from engage_async.api.module import ApiModule
from engage_async.api.results import nothing
from engage_async.operation import Operation
from engage_async.protocol import completion as when
from engage_async.protocol.repeat import Repeat
from engage_async.protocol.route import Family

REPEATABLE = Repeat.REPEATABLE

_call = Family("/workspace/v3", "voice", "/voice/calls/{call_id}/", gives=nothing)

_SET_COMMENT = _call.post("set_comment", when.accepted, repeat=REPEATABLE)
_SET_FOCUS_TIME = _call.post("set_focus_time", when.accepted, repeat=REPEATABLE)


class CallNotesApi(ApiModule):
    """Notes about calls."""

    def set_comment(self, call_id: str, comment: str, *, timeout: float | None = None) -> Operation[None]:
        """Set the comment that is kept with a call; an empty one removes it.

        No event tells of success: it settles one second after acceptance, unless an error comes before.
        """
        return self._start(_SET_COMMENT, call_id=call_id, comment=comment, timeout=timeout)

    def set_focus_time(self, call_id: str, focus_time: float, *, timeout: float | None = None) -> Operation[None]:
        """Tell for how many seconds the agent had the call in view.

        No event tells of success: it settles one second after acceptance, unless an error comes before.
        """
        return self._start(_SET_FOCUS_TIME, call_id=call_id, focus_time=focus_time, timeout=timeout)
