"""What every API module is made of.

Must live here: the two ways to send a route. Must not: any single operation.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from engage_async.operation import Operation
from engage_async.protocol.route import Route


class Sender(Protocol):
    """A service session, as its API modules see it."""

    def start(self, route: Route, arguments: Mapping[str, Any], timeout: float | None) -> Operation[Any]:
        """An operation that is completed by an event; nothing is sent yet."""

    async def request(self, route: Route, arguments: Mapping[str, Any], timeout: float | None) -> Any:
        """Send a synchronous operation and give its result."""


class ApiModule:
    """A group of operations. Made by its session; not for direct construction."""

    def __init__(self, sender: Sender) -> None:
        self._sender = sender

    def _start(self, route: Route, *, timeout: float | None, **arguments: Any) -> Operation[Any]:
        return self._sender.start(route, arguments, timeout)

    async def _request(self, route: Route, *, timeout: float | None, **arguments: Any) -> Any:
        return await self._sender.request(route, arguments, timeout)
