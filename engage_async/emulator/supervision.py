"""Monitoring: a supervisor asks to hear the calls of a DN, and joins them as an observer.

Must live here: the watches, their observers, and what the monitoring requests do. Must not: other requests, HTTP.

    start-monitoring ──► watch on a DN ──its call is established──► the supervisor's DN rings ──answer──► observing
    observing ──call ends, or (scope Agent) the watched agent leaves it──► gone; OneCall: the watch ends with it

A call that is established when the watch begins is observed at once. A call is not observed when the
supervisor's DN is occupied as it begins, or nobody is logged in there.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from engage_async.emulator.calls import CallState, Leg, MonitorMode, Role, Watch
from engage_async.emulator.exchange import Dn, Exchange, VoiceRequest
from engage_async.emulator.tlib_errors import Refused, TLibError

__all__ = ["Supervision"]


class Supervision:
    """The watches of supervisors, one a DN at most. `on_dn` and `on_call` are its requests by operation."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._watches: dict[str, Watch] = {}
        self.on_dn: dict[str, Callable[[Dn, VoiceRequest], None]] = {
            "start-monitoring": self._start,
            "stop-monitoring": self._stop,
        }
        self.on_call: dict[str, Callable[[Leg, VoiceRequest], None]] = {
            "switch-to-listen-in": partial(self._switch, MonitorMode.MUTE),
            "switch-to-coaching": partial(self._switch, MonitorMode.COACH),
            "switch-to-barge-in": partial(self._switch, MonitorMode.CONNECT),
        }

    # --- what the switch tells ----------------------------------------------------------------------------------------

    def established(self, leg: Leg) -> None:
        """A party is connected: if its DN is watched, let the supervisor's ring."""
        watch = self._watches.get(leg.number)
        if watch is None or leg.watch is not None:
            return
        dn = self._exchange.dn_of(watch.supervisor)
        if dn is None or not dn.logged_in or dn.busy or any(other.number == dn.number for other in leg.others):
            return
        observer = self._exchange.add_leg(leg.call, dn.number, CallState.RINGING, leg.call_type, Role.OBSERVER)
        observer.watch, observer.watched = watch, leg
        self._exchange.tell(observer)

    def left(self, leg: Leg) -> None:
        """A party has left its call: so does its observer in the scope ``Agent``. Or it was an observer."""
        if leg.watch is not None:
            if leg.watch.once and self._watches.get(leg.watch.number) is leg.watch:
                self._end(leg.watch)
            return
        watch = self._watches.get(leg.number)
        if watch is not None and watch.scope == "Agent":
            self._exchange.release(*(each for each in self._observers(watch) if each.watched is leg))

    def supervisor_left(self, dn: Dn) -> None:
        """An agent is logged out: end what the agent watched."""
        for watch in [each for each in self._watches.values() if each.supervisor == dn.user]:
            self._end(watch)

    # --- what supervisors ask -----------------------------------------------------------------------------------------

    def _start(self, dn: Dn, request: VoiceRequest) -> None:
        self._must_be_supervisor(request)
        data = request.data
        number = data["phoneNumberToMonitor"].strip()
        if data.get("location") not in {None, self._exchange.directory.switch_name}:
            raise Refused(TLibError.BAD_LOCATION)
        if number not in self._exchange.dns or number == dn.number:
            raise Refused(TLibError.TARGET_DN_INVALID)
        if number in self._watches:
            raise Refused(TLibError.ALREADY_SO)
        watch = self._watches[number] = Watch(
            request.user,
            number,
            MonitorMode(data.get("monitoringMode", "Mute")),
            data.get("monitoringScope", "Agent"),
            data.get("monitoringNextCallType", "AllCalls") == "OneCall",
        )
        self._tell(watch, "MonitoringStarted", asked_for=True)
        for leg in list(self._exchange.dns[number].legs):
            if leg.state is CallState.ESTABLISHED:
                self.established(leg)

    def _stop(self, _: Dn, request: VoiceRequest) -> None:
        self._must_be_supervisor(request)
        number = request.data["phoneNumber"].strip()
        if number not in self._exchange.dns:
            raise Refused(TLibError.TARGET_DN_INVALID)
        watch = self._watches.get(number)
        if watch is None or watch.supervisor != request.user:
            raise Refused(TLibError.INVALID_STATE)
        self._end(watch, asked_for=True)
        self._exchange.part(*self._observers(watch))

    def _switch(self, mode: MonitorMode, leg: Leg, request: VoiceRequest) -> None:
        watch = leg.watch
        if watch is None:
            raise Refused(TLibError.ACCESS_RESTRICTED)
        if leg.state is not CallState.ESTABLISHED:
            raise Refused(TLibError.CALL_STATE)
        scope = request.data.get("monitoringScope", watch.scope)
        if (watch.mode, watch.scope) == (mode, scope):
            raise Refused(TLibError.ALREADY_SO)
        watch.mode, watch.scope = mode, scope
        self._exchange.tell(leg)
        self._exchange.tell_parties(leg.call, besides=[leg])

    # --- inside -------------------------------------------------------------------------------------------------------

    def _must_be_supervisor(self, request: VoiceRequest) -> None:
        if not self._exchange.directory.users[request.user].supervisor:
            raise Refused(TLibError.ACCESS_RESTRICTED)

    def _observers(self, watch: Watch) -> list[Leg]:
        dn = self._exchange.dn_of(watch.supervisor)
        return [] if dn is None else [leg for leg in dn.legs if leg.watch is watch]

    def _end(self, watch: Watch, *, asked_for: bool = False) -> None:
        del self._watches[watch.number]
        self._tell(watch, "MonitoringStopped", asked_for=asked_for)

    def _tell(self, watch: Watch, event_type: str, *, asked_for: bool) -> None:
        self._exchange.send(
            watch.supervisor,
            {
                "messageType": "MonitoringStateChanged",
                "eventType": event_type,
                "monitorMode": watch.mode.value,
                "event": {
                    "otherDN": watch.number,
                    "monitorNextCallType": "OneCall" if watch.once else "AllCalls",
                },
            },
            signed=asked_for,
        )
