"""Refusals on purpose of requests that no desk of the contact centre takes.

Must live here: asking the switches, and the ``EventError`` that says so. Must not: refusals with a reason of their own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aiohttp import web

from engage_async.emulator.tlib_errors import text_of

if TYPE_CHECKING:
    from engage_async.emulator.server import Emulator

__all__ = ["strikes"]


def strikes(emulator: Emulator, request: web.Request, user: str, channel: str, operation_id: str | None = None) -> bool:
    """Whether a refusal strikes this request, which is then accepted and refused by an event on the channel."""
    refusal = emulator.switches.take_refusal(request.path.rpartition("/")[2])
    if refusal is None:
        return False
    error = {"errorCode": refusal.code, "errorMessage": refusal.message or text_of(refusal.code)}
    event: dict[str, Any] = {"messageType": "EventError", "error": error}
    if operation_id is not None and emulator.switches.error_names == "everything":
        event["operationId"] = operation_id
    emulator.centre.publish(user, channel, event)
    return True
