"""What the provisioning service notifies of.

Must live here: the event. Must not: how its message is read (`protocol.provisioning`).
"""

from __future__ import annotations

from typing import Any

from attrs import field, frozen

from engage_async.models.event import Event
from engage_async.models.record import wire

__all__ = ["ProvisioningMessage"]


@frozen(kw_only=True)
class ProvisioningMessage(Event):
    """Any message of the provisioning service.

    `logical_channel` is what the service sorts its messages by: ``operations`` for the answers of operations, whose id
    is then `operation_id` and whose request is `path`; which others there are is not documented. `content` is what the
    message holds, unwrapped and decoded.
    """

    logical_channel: str = wire("", "channel")
    path: str | None = None
    content: Any = field(default=None, hash=False)
