"""The world outside the switch: it calls agents, answers them and hangs up.

Must live here: what a person at an outside number can do. Must not: agents' requests, HTTP.
"""

from __future__ import annotations

from engage_async.emulator.calls import CallState, CallType, Leg
from engage_async.emulator.directory import OutsideNumber, digits_of
from engage_async.emulator.exchange import Exchange
from engage_async.emulator.tlib_errors import Refused, TLibError
from engage_async.protocol.kvlist import KeyValues, to_wire

__all__ = ["Outside"]


class Outside:
    """Everybody who is reached by an outside number."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange

    def call(self, number: str, to_dn: str, user_data: KeyValues = ()) -> Leg:
        """Call a DN from an outside number; gives the caller's end of the call.

        `user_data` is what was attached on the way to the agent. Raises `Refused` when nobody rings.
        """
        to = self._exchange.reach(to_dn, number)
        if isinstance(to, OutsideNumber):
            raise Refused(TLibError.INVALID_DESTINATION)
        call = self._exchange.new_call(number, to_dn, to_wire(user_data), [])
        return self._exchange.dial(call, digits_of(number), to, CallType.INBOUND)

    def parties(self, number: str) -> list[Leg]:
        """The ends of calls that this outside number is on now, oldest first."""
        wanted = digits_of(number)
        return [leg for leg in self._exchange.legs.values() if leg.user is None and leg.number == wanted]

    def answer(self, leg: Leg) -> None:
        """Pick up a ringing outside telephone. Raises `Refused` when it does not ring."""
        if leg.state is not CallState.RINGING:
            raise Refused(TLibError.ANSWER_UNSUCCESSFUL)
        self._exchange.answered(leg)

    def hang_up(self, leg: Leg) -> None:
        """Hang up; while it rings, reject the call; after the call has ended, nothing."""
        self._exchange.part(leg)
