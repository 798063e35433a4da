"""Outbound campaigns.

Must live here: the route of the group and its method. Must not: anything that branches.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engage_async.api.module import Known, SynchronousModule
from engage_async.models.codec import structure
from engage_async.models.service import CampaignConfiguration
from engage_async.protocol.route import Family


def a_campaign(payload: Mapping[str, Any], _arguments: Mapping[str, Any], _known: Known) -> CampaignConfiguration:
    """The campaign of a reply, which may have no status."""
    inner = payload.get("data")
    return structure(CampaignConfiguration, inner if isinstance(inner, dict) else payload)


_campaigns = Family("/workspace/v3", "campaigns", "/campaigns/{campaign_name}/", gives=a_campaign)

_GET_CONFIGURATION = _campaigns.get(
    "get_configuration", path="/campaigns/{campaign_name}/configuration", enveloped=False
)


class CampaignsApi(SynchronousModule):
    """Outbound campaigns that the agent works for."""

    async def get_configuration(self, campaign_name: str, *, timeout: float | None = None) -> CampaignConfiguration:
        """A campaign's calling lists and their fields.

        Raises `InvalidArgument` for an empty name, `ApiError` when the server refuses, `NotSent` and `OutcomeUnknown`
        when no answer came. `timeout` is in seconds. Source: the vendor's agent API simulator.
        """
        campaign: CampaignConfiguration = await self._request(
            _GET_CONFIGURATION, campaign_name=campaign_name, timeout=timeout
        )
        return campaign
