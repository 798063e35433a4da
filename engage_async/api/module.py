"""What every API module is made of.

Must live here: the ways to send a route, and what a module expects of its session. Must not: any single operation.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from engage_async.io.downloads import Download
from engage_async.models.interactions import Interaction
from engage_async.models.media import Channel
from engage_async.models.voice import Call
from engage_async.operation import Operation
from engage_async.protocol.route import Route

__all__ = ["ApiModule", "Known", "NothingKnown", "Requester", "Sender", "SynchronousModule"]


class Known(Protocol):
    """What a session knows from events: results look up in it what a payload does not hold."""

    def call(self, call_id: str, /) -> Call | None:
        """The call as it was last seen."""
        ...

    def channel(self, name: str, /) -> Channel | None:
        """The media channel as it was last seen."""
        ...

    def interaction(self, interaction_id: str, /) -> Interaction | None:
        """The interaction as it was last seen."""
        ...


class NothingKnown:
    """The look-up of services that send no events."""

    def call(self, _call_id: str) -> Call | None:
        """None: there are no calls."""
        return None

    def channel(self, _name: str) -> Channel | None:
        """None: there are no channels."""
        return None

    def interaction(self, _interaction_id: str) -> Interaction | None:
        """None: there are no interactions."""
        return None


class Requester(Protocol):
    """What sends synchronous operations."""

    async def request(self, route: Route, arguments: Mapping[str, Any], timeout: float | None) -> Any:
        """Send a synchronous operation and give its result."""
        ...

    async def open(self, route: Route, arguments: Mapping[str, Any], timeout: float | None) -> Download:
        """Send an operation whose answer is a file, and give the file, which is still to come."""
        ...


class Sender(Requester, Protocol):
    """A service session, as its API modules see it."""

    def start(self, route: Route, arguments: Mapping[str, Any], timeout: float | None) -> Operation[Any]:
        """An operation that is completed by an event; nothing is sent yet."""
        ...


class SynchronousModule:
    """A group of operations whose reply is their result. Not for direct construction."""

    def __init__(self, requester: Requester) -> None:
        self._requester = requester

    async def _request(self, route: Route, *, timeout: float | None, **arguments: Any) -> Any:
        return await self._requester.request(route, arguments, timeout)

    async def _download(self, route: Route, *, timeout: float | None, **arguments: Any) -> Download:
        return await self._requester.open(route, arguments, timeout)


class ApiModule(SynchronousModule):
    """A group of operations of a service session, which may be completed by events. Not for direct construction."""

    def __init__(self, sender: Sender) -> None:
        super().__init__(sender)
        self._sender = sender

    def _start(self, route: Route, *, timeout: float | None, **arguments: Any) -> Operation[Any]:
        return self._sender.start(route, arguments, timeout)
