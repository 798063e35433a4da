"""The initialization of workspace sessions: how far each is, and the messages that say so.

Must live here: its states, steps and messages. Must not: who may begin one, channels, HTTP.

    NotStarted ──step──► Executing (50 %) ──step──► Complete (after a last progress of 100 % that already has the data)
                                              └───► Failed

A step takes `Switches.initialization_delay`. A session that ends meanwhile goes no further. When it is complete, an
agent whose channels are still active (the browser lost its session, not the agent the DN) is told how they stand.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from weakref import WeakKeyDictionary

from attrs import Factory, define

from engage_async.emulator.calls import wire_time
from engage_async.emulator.centre import ContactCentre
from engage_async.emulator.configuration import configuration, optimized, plain
from engage_async.emulator.web_sessions import WebSession

__all__ = ["INITIALIZATION", "Initialization", "Initializations"]

INITIALIZATION = "/workspace/v3/initialization"

_FAILURE = (
    {"key": "statusCode", "type": "int", "value": 500},
    {"key": "message", "type": "str", "value": "The workspace could not be initialized"},
)


@define(eq=False)
class Initialization:
    """One session's initialization. Times are in seconds since 1970; `optimized` is how its data are written."""

    session: WebSession
    submitted_at: float
    optimized: bool
    outcome: str
    told: bool
    state: str = "NotStarted"
    ended_at: float | None = None
    errors: list[dict[str, Any]] = Factory(list)

    def pending_login(self, now: float) -> dict[str, Any]:
        """What the current session says of it, in wire form."""
        waited = int((self.ended_at or now) - self.submitted_at)
        view = {"state": self.state, "actualWaitTime": waited, "submittedAt": wire_time(self.submitted_at)}
        return view | ({"errors": list(self.errors)} if self.errors else {})


class Initializations:
    """The initialization of each living session."""

    def __init__(self, centre: ContactCentre) -> None:
        self._centre = centre
        self._of_session: WeakKeyDictionary[WebSession, Initialization] = WeakKeyDictionary()

    def of(self, session: WebSession) -> Initialization | None:
        """The initialization of a session; None when it has not been asked for."""
        return self._of_session.get(session)

    def begin(self, session: WebSession, *, optimize: bool) -> None:
        """Start it. It goes on by itself, as the switches say at this moment."""
        switches = self._centre.switches
        outcome = "Failed" if switches.initialization == "failed" else "Complete"
        told, now = switches.initialization != "silent", self._centre.scheduler.now()
        begun = Initialization(session, now, optimize, outcome, told)
        self._of_session[session] = begun
        self._later(begun, self._execute)

    def _later(self, begun: Initialization, step: Callable[[Initialization], None]) -> None:
        def go() -> None:
            if begun.session.alive:
                step(begun)

        self._centre.scheduler.call_later(self._centre.switches.initialization_delay, go)

    def _execute(self, begun: Initialization) -> None:
        begun.state = "Executing"
        self._tell(begun, "WorkspaceInitializationProgress", {"progress": {"percentComplete": 50}})
        self._later(begun, self._end)

    def _end(self, begun: Initialization) -> None:
        begun.ended_at = self._centre.scheduler.now()
        if begun.outcome == "Failed":
            begun.state, begun.errors = "Failed", list(_FAILURE)
            self._tell(begun, "WorkspaceInitializationComplete", {"data": {"errors": begun.errors}})
            return
        data = {"data": self._data(begun)}
        self._tell(begun, "WorkspaceInitializationProgress", {"progress": {"percentComplete": 100}} | data)
        begun.state = "Complete"
        self._tell(begun, "WorkspaceInitializationComplete", data)
        self._centre.agents.recover(begun.session.user)

    def _data(self, begun: Initialization) -> dict[str, Any]:
        user, directory = self._centre.agents.user_view(begun.session.user), self._centre.directory
        if begun.optimized:
            return {"user": plain(user), "configuration": optimized(directory)}
        return {"user": user, "configuration": configuration(directory)}

    def _tell(self, begun: Initialization, message_type: str, more: dict[str, Any]) -> None:
        if not begun.told:
            return
        waited = int(self._centre.scheduler.now() - begun.submitted_at)
        message = {
            "messageType": message_type,
            "state": begun.state,
            "submittedAt": wire_time(begun.submitted_at),
            "executionTime": waited,
            "actualWaitTime": waited,
        }
        self._centre.publish(begun.session.user, INITIALIZATION, message | more)
