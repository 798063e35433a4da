"""The Engagement API as one thing.

Must live here: which groups there are. Must not: any operation.
"""

from __future__ import annotations

from engage_async.api.engagement.availability import AvailabilityApi
from engage_async.api.engagement.call_in import CallInApi
from engage_async.api.engagement.callbacks import CallbacksApi
from engage_async.api.engagement.estimated_wait_time import EstimatedWaitTimeApi
from engage_async.api.engagement.queue_status import QueueStatusApi
from engage_async.api.engagement.statistics import EngagementStatisticsApi
from engage_async.api.module import Requester

__all__ = ["EngagementApi"]


class EngagementApi:
    """Callbacks and waiting times; `Engage.engagement` gives it. It has no session: every request stands alone."""

    def __init__(self, requester: Requester) -> None:
        self.availability: AvailabilityApi = AvailabilityApi(requester)
        self.call_in: CallInApi = CallInApi(requester)
        self.callbacks: CallbacksApi = CallbacksApi(requester)
        self.estimated_wait_time: EstimatedWaitTimeApi = EstimatedWaitTimeApi(requester)
        self.queue_status: QueueStatusApi = QueueStatusApi(requester)
        self.statistics: EngagementStatisticsApi = EngagementStatisticsApi(requester)
