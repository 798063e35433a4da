"""The estimated wait time of virtual queues.

Must live here: the route of the group and its method. Must not: anything that branches.

The method raises what those of `CallbacksApi` do.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal

from engage_async.api.engagement.results import CODES, names, these_wait_times
from engage_async.api.module import SynchronousModule
from engage_async.models.engagement import EstimatedWaitTime
from engage_async.protocol.route import Family

_WIRE = {"virtual_queues": "virtual-queues", "include_calls_on_hold": "include-calls-on-hold"}

_estimated_wait_time = Family("/engagement/v3", "estimated_wait_time", wire=_WIRE, done=CODES)

_GET = _estimated_wait_time.get(
    "get",
    path="/estimated-wait-time",
    query=("virtual_queues", "mode", "include_calls_on_hold"),
    items="queues",
    gives=these_wait_times,
)


class EstimatedWaitTimeApi(SynchronousModule):
    """How long callers wait."""

    async def get(
        self,
        virtual_queues: Collection[str],
        *,
        mode: Literal["mode1", "mode2", "mode3"] | None = None,
        include_calls_on_hold: bool | None = None,
        timeout: float | None = None,
    ) -> tuple[EstimatedWaitTime, ...]:
        """The estimated wait time of each virtual queue, in seconds.

        ``mode1`` counts how fast the last 32 interactions went through the queue and how many are pending; ``mode2``
        (the default) also which agents are there, and gives -1 when none is logged in; ``mode3`` takes Stat Server's
        figures. A queue that is not known has a `result_code` other than 0 and a `message`.
        """
        times: tuple[EstimatedWaitTime, ...] = await self._request(
            _GET,
            virtual_queues=names("virtual_queues", virtual_queues),
            mode=mode,
            include_calls_on_hold=include_calls_on_hold,
            timeout=timeout,
        )
        return times
