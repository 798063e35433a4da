"""The status of a queue: whether callbacks should be offered to those who wait in it.

Must live here: the route of the group and its method. Must not: anything that branches.

The method raises what those of `CallbacksApi` do.
"""

from __future__ import annotations

from engage_async.api.engagement.results import CODES, a_queue_status
from engage_async.api.module import SynchronousModule
from engage_async.models.engagement import QueueStatus
from engage_async.protocol.route import Family

_queue_status = Family("/engagement/v3", "queue_status", gives=a_queue_status, done=CODES)

_QUERY = _queue_status.get("query", path="/callbacks/queue-status/{queue_name}")


class QueueStatusApi(SynchronousModule):
    """What to offer to callers."""

    async def query(self, queue_name: str, *, timeout: float | None = None) -> QueueStatus:
        """The estimated wait time of a queue, and whether to offer a callback now or at another time."""
        status: QueueStatus = await self._request(_QUERY, queue_name=queue_name, timeout=timeout)
        return status
