"""What an operation's method sends, without sending it.

Must live here: a module whose requests go nowhere, and what they would have been. Must not: sample values (operations).
"""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Mapping
from typing import Any

from engage_async.api.operations import ApiOperation
from engage_async.config import Settings
from engage_async.protocol.route import Call, Route

PARTS = {"settings": Settings(base_url="https://cloud.example", client_id="client", client_secret="secret")}


class Sent(Exception):
    """What a method has sent, thrown so that it needs no answer."""

    def __init__(self, call: Call, arguments: Mapping[str, Any]) -> None:
        super().__init__()
        self.call = call
        self.arguments = arguments


class Outbox:
    """What a module sends through: it makes the request of a route and its arguments, whichever way it is sent."""

    def __getattr__(self, _way: str) -> Any:
        def send(route: Route, arguments: Mapping[str, Any], *_: Any, **__: Any) -> Any:
            raise Sent(route.call(arguments, "operation-1"), arguments)

        return send


def method_of(operation: ApiOperation) -> Any:
    """The method that sends the operation, bound to a module whose requests go to the outbox."""
    assert operation.owner is not None
    needed = inspect.signature(operation.owner).parameters.values()
    parts: Any = {p.name: PARTS.get(p.name) or Outbox() for p in needed if p.default is inspect.Parameter.empty}
    return getattr(operation.owner(**parts), operation.method)


async def what_is_sent(method: Any, arguments: Mapping[str, Any]) -> Sent:
    """What a method of `method_of` sends. Raises what the method raises."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            result = method(**arguments)
        if inspect.isawaitable(result):
            await result
    except Sent as made:
        return made
    raise AssertionError(f"{method} sent nothing")
