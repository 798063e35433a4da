"""The media channels of an agent: their changes, and what is told of each."""

from __future__ import annotations

from typing import Any

import pytest

from engage_async.emulator.media_channels import MEDIA, Channel, MediaChannels
from engage_async.emulator.scheduler import ManualScheduler

LUNCH = {"key": "ReasonCode", "type": "str", "value": "Lunch"}


class Told:
    """The events that were published."""

    def __init__(self) -> None:
        self.events: list[tuple[str, str, dict[str, Any]]] = []

    def __call__(self, user: str, channel: str, data: dict[str, Any]) -> None:
        self.events.append((user, channel, data))

    def states(self) -> list[list[tuple[str, str]]]:
        """Event by event, the name and state of each channel in it; forgets them."""
        told = [[(view["name"], view["state"]) for view in data["media"]["channels"]] for _, _, data in self.events]
        self.events.clear()
        return told


@pytest.fixture
def clock() -> ManualScheduler:
    return ManualScheduler(1000.0)


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def media(told: Told, clock: ManualScheduler) -> MediaChannels:
    media = MediaChannels(told, clock)
    media.activate("kate", ["chat", "email"])
    return media


def channel(media: MediaChannels, name: str = "chat") -> Channel:
    (found,) = [each for each in media.of("kate") if each.name == name]
    return found


def test_activation_is_told_in_one_event_with_all_channels(media: MediaChannels, told: Told) -> None:
    ((user, bayeux_channel, data),) = told.events
    assert (user, bayeux_channel, data["messageType"]) == ("kate", MEDIA, "ChannelStateChanged")
    assert data["media"]["channels"][0] == {
        "name": "chat",
        "state": "NotReady",
        "dnd": False,
        "available": False,
        "activity": "Idle",
        "reasons": [],
        "capabilities": ["ready", "not-ready", "dnd-on", "logout"],
        "interactions": [],
        "timestamp": 1_000_000,
    }
    assert told.states() == [[("chat", "NotReady"), ("email", "NotReady")]]


def test_change_of_all_channels_is_told_channel_by_channel(media: MediaChannels, told: Told) -> None:
    told.events.clear()
    media.ready("kate")
    assert told.states() == [[("chat", "Ready")], [("email", "Ready")]]
    media.not_ready("kate", ["email"], reasons=[LUNCH])
    assert told.states() == [[("email", "NotReady")]]
    assert channel(media, "email").view()["reasons"] == [LUNCH]
    assert channel(media).view()["capabilities"] == ["not-ready", "dnd-on", "logout"]


def test_ready_takes_the_reasons_of_not_ready_away(media: MediaChannels) -> None:
    media.not_ready("kate", reasons=[LUNCH])
    (changed,) = media.ready("kate", ["chat"])
    assert changed is channel(media)
    assert changed.reasons == ()


def test_do_not_disturb_leaves_the_state_and_makes_the_channel_unavailable(media: MediaChannels) -> None:
    media.ready("kate")
    assert channel(media).available
    media.set_dnd("kate", True, ["chat"])
    view = channel(media).view()
    assert (view["state"], view["dnd"], view["available"]) == ("Ready", True, False)
    assert "dnd-off" in view["capabilities"]
    assert channel(media, "email").available
    media.set_dnd("kate", False)
    assert channel(media).available


def test_change_carries_its_time(media: MediaChannels, clock: ManualScheduler) -> None:
    clock.advance(5)
    media.ready("kate", ["chat"])
    assert (channel(media).view()["timestamp"], channel(media, "email").view()["timestamp"]) == (1_005_000, 1_000_000)


def test_log_out_is_told_once_and_ends_do_not_disturb(media: MediaChannels, told: Told) -> None:
    media.set_dnd("kate", True)
    told.events.clear()
    media.log_out("kate", ["chat"], reasons=[LUNCH])
    media.log_out("kate")
    media.log_out("kate")
    assert told.states() == [[("chat", "LoggedOut")], [("email", "LoggedOut")]]
    view = channel(media).view()
    assert (view["dnd"], view["capabilities"], view["reasons"]) == (False, [], [LUNCH])


def test_activation_again_logs_in_only_where_the_agent_is_logged_out(media: MediaChannels, told: Told) -> None:
    media.ready("kate")
    media.log_out("kate", ["chat"])
    told.events.clear()
    media.activate("kate", ["chat", "email", "workitem"])
    assert told.states() == [[("chat", "NotReady"), ("email", "Ready"), ("workitem", "NotReady")]]


def test_deactivation_logs_out_and_forgets(media: MediaChannels, told: Told) -> None:
    media.log_out("kate", ["chat"])
    told.events.clear()
    media.deactivate("kate")
    assert told.states() == [[("email", "LoggedOut")]]
    assert media.of("kate") == []
    media.deactivate("kate")
    media.ready("kate")
    assert told.states() == []


def test_channel_that_is_not_active_changes_nothing(media: MediaChannels, told: Told) -> None:
    told.events.clear()
    with pytest.raises(LookupError):
        media.ready("kate", ["chat", "fax"])
    with pytest.raises(LookupError):
        media.log_out("paula", ["chat"])
    assert (told.states(), channel(media).state) == ([], "NotReady")


def test_agents_have_channels_of_their_own(media: MediaChannels) -> None:
    media.activate("paula", ["chat"])
    media.ready("paula")
    assert channel(media).state == "NotReady"
    assert [each.state for each in media.of("paula")] == ["Ready"]
