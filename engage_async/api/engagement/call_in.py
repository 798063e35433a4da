"""Call-in: a customer calls a number and is known by an access code.

Must live here: the route of the group and its method. Must not: anything that branches.

The method raises what those of `CallbacksApi` do.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engage_async.api.engagement.results import CODES, a_call_in
from engage_async.api.module import SynchronousModule
from engage_async.models.engagement import CallInRequest
from engage_async.protocol.route import Family

_call_in = Family("/engagement/v3", "call_in", path="/call-in/", gives=a_call_in, key_values=frozenset(), done=CODES)

_REQUEST = _call_in.request("POST", "request", path="/call-in/requests/create", body="plain", needs=("group_name",))


class CallInApi(SynchronousModule):
    """Calls that customers are about to make."""

    async def request(
        self,
        group_name: str,
        *,
        from_phone_number: str | None = None,
        user_data: Mapping[str, Any] | None = None,
        callback_service_id: str | None = None,
        timeout: float | None = None,
    ) -> CallInRequest:
        """Announce a call: gives the number to call and the access code to give there.

        `group_name` is the configured group of numbers. `user_data` are plain data that the call will carry.
        `callback_service_id` names the callback that the call belongs to.
        """
        request: CallInRequest = await self._request(
            _REQUEST,
            group_name=group_name,
            from_phone_number=from_phone_number,
            user_data=user_data,
            callback_service_id=callback_service_id,
            timeout=timeout,
        )
        return request
