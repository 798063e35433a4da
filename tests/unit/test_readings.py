"""What an event says about which object, whatever form it has."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import field, frozen
from correlation_desk import INITIALIZATION, VOICE, call_event, channels_event, dn_event, initialization_event

from engage_async.protocol.completion import DN, NEW_CALLS, SESSION, Before, Key
from engage_async.protocol.notices import Notice, read_notice
from engage_async.protocol.reading import Reading, operation_id_of
from engage_async.protocol.readings import call_ids, read


@frozen
class Known:
    """A memory of what the test says."""

    objects: dict[Key, Before] = field(factory=dict)

    def before(self, keys: tuple[Key, ...]) -> Before | None:
        return next((self.objects[key] for key in keys if key in self.objects), None)


def readings(notice: Notice, **known: Before) -> list[Reading]:
    """The readings of an event, when these calls are known."""
    return list(read(notice, Known({("call", call_id): before for call_id, before in known.items()})))


ESTABLISHED = Before("Established", frozenset({"5551"}))


# --- notices ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("channel", "data"), [(None, {}), (7, {}), ("/a", None), ("/a", []), ("/a", "text")])
def test_event_without_a_channel_or_an_object_is_no_notice(channel: Any, data: Any) -> None:
    assert read_notice(channel, data) is None


@pytest.mark.parametrize(("message_type", "expected"), [("A", "A"), (None, ""), (7, ""), ([], "")])
def test_message_type_that_is_no_text_is_empty(message_type: Any, expected: str) -> None:
    assert read_notice("/a", {"messageType": message_type}) == Notice("/a", expected, {"messageType": message_type})


@pytest.mark.parametrize(("value", "expected"), [("op", "op"), ("", None), (None, None), (7, None), ({}, None)])
def test_operation_id_is_non_empty_text(value: Any, expected: str | None) -> None:
    assert operation_id_of({"operationId": value}) == expected


# --- calls ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "keys"),
    [
        ({"id": "i", "connId": "n"}, (("call", "i"), ("call", "n"))), ({"id": "i", "connId": "i"}, (("call", "i"),)),
        ({"connId": "n"}, (("call", "n"),)), ({"id": 7, "connId": ""}, ()), ({}, ()), (None, ()), ([], ()), ("c1", ()),
    ],
)  # fmt: skip
def test_call_goes_by_its_ids(call: Any, keys: tuple[Key, ...]) -> None:
    assert call_ids(call) == keys


@pytest.mark.parametrize("call", [None, [], "c1", {}, {"id": 7}, {"id": ""}])
def test_event_without_a_readable_call_says_nothing(call: Any) -> None:
    assert readings(Notice(VOICE, "CallStateChanged", {"call": call})) == []


def test_known_call_is_read_once_with_everything_that_the_event_shows() -> None:
    event = call_event(
        "Held", callUuid="u", parties=["5551", "7002"], recordingState="Paused", monitoringInfo={"monitorMode": "Mute"}
    )
    aspects = ("state:Held", "participants", "recording:Paused", "monitor:mute")
    now = Before("Held", frozenset({"5551", "7002"}))
    assert readings(event, c1=ESTABLISHED) == [Reading((("call", "c1"),), aspects, now=now, call_uuid="u")]


def test_what_an_event_does_not_show_stays_as_it_was() -> None:
    (reading,) = readings(call_event(None), c1=ESTABLISHED)
    assert (reading.now, reading.aspects) == (ESTABLISHED, ())


@pytest.mark.parametrize(("state", "gone"), [("Released", False), ("Completed", True)])
@pytest.mark.parametrize("kind", ["StateChange", "AttachedDataChanged", None])
def test_end_of_a_call_counts_whatever_the_event_is_about(state: str, kind: str | None, *, gone: bool) -> None:
    (reading,) = readings(call_event(state, kind=kind), c1=Before(state))
    assert reading.aspects[:2] == (f"state:{state}", "ended")
    assert (reading.ended, reading.gone) == (True, gone)


def test_snapshot_shows_user_data_too() -> None:
    (reading,) = readings(call_event("Held", kind=None, snapshot=True), c1=ESTABLISHED)
    assert reading.aspects == ("state:Held", "user data")


def test_call_under_a_new_id_goes_on_with_what_was_known() -> None:
    event = call_event("Established", "new", kind="ParticipantsUpdated", previousConnId="c1")
    (reading,) = readings(event, c1=ESTABLISHED)
    assert (reading.previous, reading.now, reading.aspects) == (("call", "c1"), ESTABLISHED, ())


@pytest.mark.parametrize("previous", [None, "", 7, "c1", {}])
def test_previous_id_that_is_none_or_the_same_means_nothing(previous: Any) -> None:
    (reading,) = readings(call_event("Held", previousConnId=previous), c1=ESTABLISHED)
    assert reading.previous is None


def test_new_call_may_be_the_one_to_each_number_that_it_shows() -> None:
    claim, call = readings(call_event("Dialing", to="7002", callType="Outbound"))
    assert claim == Reading((NEW_CALLS,), ("new:7002", "new:002", "new:02", "new:?"), claims="new")
    assert call.keys == (("call", "c1"),)


def test_new_consult_call_may_be_its_parents() -> None:
    claim, _ = readings(call_event("Dialing", to="7002", callType="Consult", parentConnId="p"))
    assert claim == Reading((("call", "p"),), ("consult",), claims="consult")
    claim, _ = readings(call_event("Dialing", to="12", callType="Consult"))
    assert claim == Reading((NEW_CALLS,), ("consult:12", "consult:…12"), claims="consult")


# --- the DN, channels, initialization ---------------------------------------------------------------------------------


def test_dn_is_read_with_everything_that_the_event_shows() -> None:
    (reading,) = readings(dn_event("NotReady", dnd=True, forwardTo="7002"))
    aspects = ("agent:NotReady", "agent:in", "dnd:on", "forward:on")
    assert reading == Reading((DN,), aspects, now=Before("NotReady"), own_dn="7001")


@pytest.mark.parametrize("dn", [None, [], "7001"])
def test_event_without_a_readable_dn_says_nothing(dn: Any) -> None:
    assert readings(Notice(VOICE, "DnStateChanged", {"dn": dn})) == []


def test_channels_are_read_one_by_one_and_unreadable_ones_left_out() -> None:
    event = channels_event(chat="Ready", email="LoggedOut")
    event.payload["media"]["channels"] += [None, {"name": 7, "state": "Ready"}, {"name": "x"}, {"state": "Ready"}]
    chat, email = readings(event)
    assert (chat.keys, email.keys) == ((("channel", "chat"),), (("channel", "email"),))
    assert {"state:Ready", "active"} <= set(chat.aspects)
    assert ("state:LoggedOut" in email.aspects, "active" in email.aspects) == (True, False)


@pytest.mark.parametrize("media", [None, [], {}, {"channels": None}, {"channels": {}}, {"channels": "chat"}])
def test_event_without_readable_channels_says_nothing(media: Any) -> None:
    assert readings(Notice("/workspace/v3/media", "ChannelStateChanged", {"media": media})) == []


@pytest.mark.parametrize(
    ("state", "aspect", "refused"),
    [("Complete", "initialization:Complete", False), ("Failed", "initialization:Complete", True),
     ("Executing", "progress", False), ("SomethingNew", "progress", False)],
)  # fmt: skip
def test_initialization_is_read_by_its_state(state: str, aspect: str, *, refused: bool) -> None:
    assert readings(initialization_event(state)) == [Reading((SESSION,), (aspect,), refused=refused)]
    assert readings(Notice(INITIALIZATION, "", {"state": state})) == [Reading((SESSION,), (aspect,), refused=refused)]


@pytest.mark.parametrize("message_type", ["ServiceStateChanged", "EventUserEvent", "SomethingNew", ""])
def test_event_that_completes_nothing_says_nothing(message_type: str) -> None:
    assert readings(Notice(VOICE, message_type, {"messageType": message_type, "call": {"id": "c1"}})) == []
