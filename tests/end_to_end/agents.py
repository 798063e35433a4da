"""Agents of the emulator's directory, logged in through the real client over a real socket."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import engage_async as ea
from engage_async.emulator import Emulator

CLIENT_ID, CLIENT_SECRET, PASSWORD = "engage-client", "engage-secret", "password"
USERS = {"JohnSmith": "7001", "KateLewis": "7002", "PaulaHenry": "7003", "OmarDiaz": "7004", "SamOkoro": "7007"}
"""User names and their DNs; Sam is a supervisor."""

SETTINGS: list[dict[str, Any]] = [
    {},
    {"echo_operation_id": False},
    {"echo_operation_id": False, "reply_order": "reply-first"},
    {"echo_operation_id": False, "reply_operation_id": "none", "error_names": "call"},
    {"reply_order": "reply-first", "reply_operation_id": "fresh", "error_names": "everything"},
    {"echo_operation_id": False, "duplicate_events": True},
    {"push_unsubscribed": True, "reply_gap": 0.01},
]
"""What a service may or may not tell of the operations that its events answer."""


def setting_name(setting: dict[str, Any]) -> str:
    """The name of a test with this setting."""
    return ",".join(f"{name}={value}" for name, value in setting.items()) or "default"


def engage_for(emulator: Emulator, user: str = "JohnSmith", **settings: Any) -> ea.Engage:
    """An environment with the user's credentials, and with delays that do not make a test wait."""
    quick = {"retry_first_delay": 0.01, "retry_longest_delay": 0.05, "error_grace": 0.05, "close_timeout": 2.0}
    return ea.Engage(
        base_url=emulator.base_url,
        client_id=CLIENT_ID,
        client_secret=CLIENT_SECRET,
        username=user,
        password=PASSWORD,
        **{**quick, **settings},
    )


@asynccontextmanager
async def agent_of(
    emulator: Emulator, user: str = "JohnSmith", *, channels: list[str] | None = None, **settings: Any
) -> AsyncIterator[ea.WorkspaceSession]:
    """The user's session, with channels activated; it must leave no operation pending."""
    async with engage_for(emulator, user, **settings) as engage, engage.workspace(name=user) as agent:
        await agent.activate_channels(dn=USERS[user], channels=channels)
        yield agent
        if agent.health.connected:
            assert agent.health.pending == 0, "an operation was left pending"
