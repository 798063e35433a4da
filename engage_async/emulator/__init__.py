"""A local Engage Cloud: an independent far end for tests, examples and benchmarks.

Real HTTP on a real socket: OAuth 2, cookie sessions, REST, Bayeux long-polling, and a contact centre whose agents,
calls, emails and chats behave. ``emulator.scenario`` (a `Scenario`) lets calls, emails, chats and work arrive.
`Switches` and `Fault` make it misbehave on purpose. It listens on the loopback interface and is not made for any other:
it signs every known user in who asks.

    async with Emulator() as emulator:
        ...  # emulator.base_url
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from engage_async.emulator.customers import ChatCustomer
    from engage_async.emulator.scenario import Arrivals, Scenario
    from engage_async.emulator.server import Emulator
    from engage_async.emulator.switches import Fault, Refusal, Switches

__all__ = ["Arrivals", "ChatCustomer", "Emulator", "Fault", "Refusal", "Scenario", "Switches"]

_HOMES = {
    "Arrivals": "scenario",
    "ChatCustomer": "customers",
    "Emulator": "server",
    "Fault": "switches",
    "Refusal": "switches",
    "Scenario": "scenario",
    "Switches": "switches",
}


def __getattr__(name: str) -> Any:
    """Import what is asked for, and not before: importing the package stays light."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
