"""Callbacks: create, cancel, retrieve.

Must live here: the routes of the group and one method for each, in the same order. Must not: anything that branches.

Methods raise `InvalidArgument` for arguments that cannot be sent, `ApiError` when the server refuses (`NotFound` for a
callback that does not exist), `NotSent` and `OutcomeUnknown` when no answer came, `MalformedResponse` for an answer
that is none. `timeout` is in seconds. No token is sent, only the API key.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from engage_async.api.engagement.results import CODES, a_callback, slot_full
from engage_async.api.module import SynchronousModule
from engage_async.api.results import nothing
from engage_async.models.engagement import Callback
from engage_async.protocol.moments import coming_moment
from engage_async.protocol.repeat import Repeat
from engage_async.protocol.route import Family

_WIRE = {"inbound_vq": "inboundVQ", "survey_rp": "surveyRP"}

_callbacks = Family(
    "/engagement/v3", "callbacks", path="/callbacks/", wire=_WIRE, gives=a_callback, key_values=frozenset(), done=CODES
)

_CREATE = _callbacks.request("POST", "create", body="plain", needs=("service_name", "phone_number"), refusal=slot_full)
_CANCEL = _callbacks.request("POST", "cancel", body="plain", needs=("id",), repeat=Repeat.REPEATABLE, gives=nothing)
_RETRIEVE = _callbacks.request("POST", "retrieve", body="plain", needs=("id",), repeat=Repeat.SAFE)


class CallbacksApi(SynchronousModule):
    """Callbacks of customers, by the id that their creation gave."""

    async def create(
        self,
        service_name: str,
        phone_number: str,
        *,
        desired_time: datetime | None = None,
        cb_offer_type: str | None = None,
        language: str | None = None,
        inbound_vq: str | None = None,
        offer_threshold: float | None = None,
        channel: str | None = None,
        offer_timing: str | None = None,
        cb_origination_ixn_id: str | None = None,
        survey_rp: str | None = None,
        priority: float | None = None,
        route_point: str | None = None,
        user_data: Mapping[str, Any] | None = None,
        captcha_token: str | None = None,
        push_targets: Sequence[Mapping[str, str]] | None = None,
        always_check_capacity: bool | None = None,
        timeout: float | None = None,
    ) -> Callback:
        """Book a callback: now, or at `desired_time` (time-zone aware, ahead of now). Gives a callback with its `id`.

        Raises `SlotFull`, with the slots that are proposed instead, when no more callbacks can be booked for that time;
        this is never taken for throttling, and never repeated.

        `cb_offer_type` (``ASAP``, ``SCHEDULED``, ``COMBINED_SCHEDULED_AND_ASAP``; default by `desired_time`),
        `inbound_vq` (the virtual queue the customer would have waited in), `offer_threshold` (the estimated wait time
        in seconds above which callbacks are offered), `channel`, `offer_timing` (``ON-HOURS``, ``OFF-HOURS``) and
        `cb_origination_ixn_id` (the call or chat in which it was offered) are for reporting. `language` is that of the
        voice prompts (default ``en-US``). `survey_rp`, `priority` and `route_point` override what is configured.
        `user_data` are plain data; names must be valid as names of variables. `push_targets` are objects with
        ``channel`` and ``target``. `always_check_capacity` counts the slot's capacity for a callback now, too.
        """
        callback: Callback = await self._request(
            _CREATE,
            service_name=service_name,
            phone_number=phone_number,
            desired_time=coming_moment("desired_time", desired_time),
            cb_offer_type=cb_offer_type,
            language=language,
            inbound_vq=inbound_vq,
            offer_threshold=offer_threshold,
            channel=channel,
            offer_timing=offer_timing,
            cb_origination_ixn_id=cb_origination_ixn_id,
            survey_rp=survey_rp,
            priority=priority,
            route_point=route_point,
            user_data=user_data,
            captcha_token=captcha_token,
            push_targets=push_targets,
            always_check_capacity=always_check_capacity,
            timeout=timeout,
        )
        return callback

    async def cancel(self, callback_id: str, *, timeout: float | None = None) -> None:
        """Cancel a callback that has not been made yet."""
        await self._request(_CANCEL, id=callback_id, timeout=timeout)

    async def retrieve(self, callback_id: str, *, timeout: float | None = None) -> Callback:
        """A callback with its state, and its place in the queue while it waits."""
        callback: Callback = await self._request(_RETRIEVE, id=callback_id, timeout=timeout)
        return callback
