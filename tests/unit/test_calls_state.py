"""Live state of calls and channels: under which names a call is known, and that no stream of events fills memory."""

from __future__ import annotations

from typing import Any

import pytest

from engage_async.protocol.notices import Notice
from engage_async.protocol.objects import IDLE_LIMIT, KEYS_LIMIT
from engage_async.sessions.state import Calls, LiveState


@pytest.fixture
def calls() -> Calls:
    return Calls()


def tell(calls: Calls, state: str, call_id: str = "c1", **members: Any) -> bool:
    return calls.feed({"messageType": "CallStateChanged", "call": {"id": call_id, "state": state, **members}})


def test_call_is_known_by_each_of_its_names_until_it_ends(calls: Calls) -> None:
    tell(calls, "Ringing", connId="conn")
    assert list(calls) == ["c1"]
    assert [calls[name].state for name in ("c1", "conn")] == ["Ringing"] * 2
    tell(calls, "Released", "conn")
    assert not calls
    assert "c1" not in calls
    for name in ("c1", "conn"):
        ended = calls.last_known(name)
        assert ended is not None
        assert ended.state == "Released"


def test_call_that_changes_its_connection_keeps_its_names(calls: Calls) -> None:
    tell(calls, "Established", connId="conn")
    tell(calls, "Established", "c2", previousConnId="conn")
    assert list(calls) == ["c2"]
    assert {calls[name].id for name in ("c1", "conn", "c2")} == {"c2"}


def test_calls_that_never_end_fill_no_memory(calls: Calls) -> None:
    for n in range(IDLE_LIMIT + 10):
        tell(calls, "Ringing", f"c{n}", connId=f"conn{n}")
    assert len(calls) == IDLE_LIMIT
    assert "conn9" not in calls
    assert calls["conn10"].id == "c10"
    assert calls[f"conn{IDLE_LIMIT + 9}"].state == "Ringing"


def test_names_that_a_call_goes_on_getting_fill_no_memory(calls: Calls) -> None:
    for n in range(1_000):
        tell(calls, "Ringing", connId=f"conn{n}")
    assert sum(f"conn{n}" in calls for n in range(1_000)) == KEYS_LIMIT
    tell(calls, "Released")
    assert not any(f"conn{n}" in calls for n in range(1_000))


def test_channels_that_are_invented_fill_no_memory() -> None:
    state = LiveState()
    for n in range(1_000):
        channels = [{"name": f"media{n}", "state": "Ready"}, {"name": "media0", "state": f"State{n}"}]
        payload = {"messageType": "ChannelStateChanged", "media": {"channels": channels}}
        assert state.feed(Notice("/workspace/v3/media", "ChannelStateChanged", payload))
    assert 1 < len(state.channels) < 1_000
    assert state.channels["media0"].state == "State999"
