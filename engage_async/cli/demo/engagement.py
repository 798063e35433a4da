"""The part of a shop's server: a callback that is refused for a full slot, and booked in a proposed one.

Must live here: the story. Must not: single operations.
"""

from __future__ import annotations

import engage_async as ea
from engage_async.cli.demo.show import Show, Stage, WrongOutcomeError

__all__ = ["play"]


async def play(stage: Stage, show: Show, *, service: str = "Callback_Anytime", phone: str = "5550100") -> None:
    """Book until the slot is full; then take one of those that are proposed."""
    async with ea.Engage(base_url=stage.base_url, api_key=stage.api_key) as engage:
        callbacks = engage.engagement.callbacks
        available = await show.step(
            f"shop: free slots of {service}",
            engage.engagement.availability.query(service, number_of_days=1, max_time_slots=3),
            lambda found: len(found.slots) == 3,
        )
        time = available.slots[-1].utc_time
        booked = [
            await show.step("shop: book a callback", callbacks.create(service, phone, desired_time=time))
            for _ in range(available.slots[-1].capacity or 0)
        ]
        full = await show.refused(
            "shop: book one more, refused", callbacks.create(service, phone, desired_time=time), ea.SlotFull
        )
        if not full.slots:
            raise WrongOutcomeError("a full slot without a proposal")
        other = full.slots[0].utc_time
        booked.append(
            await show.step("shop: book a proposed slot", callbacks.create(service, phone, desired_time=other))
        )
        for callback in booked:
            await callbacks.cancel(callback.id)
