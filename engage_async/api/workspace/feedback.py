"""Feedback of the agent to whoever runs the service.

Must live here: the route of the group and its method. Must not: anything that branches.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engage_async.api.module import SynchronousModule
from engage_async.api.results import nothing
from engage_async.protocol.route import Family

_feedback = Family("/workspace/v3", "feedback", "/feedback/", gives=nothing)

_SUBMIT = _feedback.request("POST", "submit", body="plain", needs=("text",))


class FeedbackApi(SynchronousModule):
    """What the agent has to say."""

    async def submit(
        self,
        text: str,
        *,
        topic: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        timeout: float | None = None,
    ) -> None:
        """Submit a text, with a topic and any data that help to understand it.

        Synchronous: the server says only that it has it. Raises `InvalidArgument` for an empty text, `ApiError`,
        `NotSent`, `OutcomeUnknown`. `timeout` is in seconds. Source: the vendor's agent API simulator.
        """
        await self._request(_SUBMIT, text=text, topic=topic, metadata=metadata, timeout=timeout)
