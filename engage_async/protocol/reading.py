"""What a reading is: one object, and what an event says of it.

Must live here: the record, and what every reader of a message type needs. Must not: the meaning of any message type.
"""

from __future__ import annotations

from typing import Any, Protocol

from attrs import frozen

from engage_async.protocol.completion import Before, Key
from engage_async.protocol.notices import Payload


@frozen
class Reading:
    """One object, and what the event says of it.

    `keys` are the object's ids. `refused` marks an event that ends what it fits instead of completing it. `claims` is
    the kind of step that the reading is for when its event belongs to one operation only, as a new call does: of such
    readings the first that fits counts. `logged_out` is True when the agent was logged out by it, `own_dn` the number
    of the session's DN.
    """

    keys: tuple[Key, ...]
    aspects: tuple[str, ...]
    now: Before | None = None
    ended: bool = False
    gone: bool = False
    refused: bool = False
    claims: str = ""
    logged_out: bool = False
    own_dn: str | None = None
    previous: Key | None = None
    call_uuid: str | None = None


class Memory(Protocol):
    """What is known from earlier events."""

    def before(self, keys: tuple[Key, ...]) -> Before | None:
        """What was known of this object; None when it was never seen."""


def operation_id_of(payload: Payload) -> str | None:
    """The ``operationId`` of an event."""
    value = payload.get("operationId")
    return value if isinstance(value, str) and value else None


def text(value: Any) -> str | None:
    """A text that says something; None for anything else."""
    return value if isinstance(value, str) and value else None
