"""Records of targets, users, reporting and the service itself, whatever is sent; and what requests say of a target."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import engage_async as ea
from engage_async.api.module import NothingKnown
from engage_async.api.notifications import the_messages
from engage_async.api.target_results import recent_use, target_types
from engage_async.api.workspace import campaigns, documentation, reporting, security, session, targets, users
from engage_async.models.codec import structure, unstructure
from engage_async.models.targets import target_information
from engage_async.protocol.route import Route

ROUTES = [
    route
    for module in (targets, users, reporting, documentation, campaigns, security, session)
    for route in vars(module).values()
    if isinstance(route, Route) and route.gives is not None
]
AGENT = {
    "type": "agent",
    "DBID": 102,
    "name": "Kate Lewis",
    "userName": "KateLewis",
    "availability": {
        "channels": [
            {
                "name": "voice",
                "available": True,
                "activity": "Idle",
                "userState": {"state": "Ready", "workMode": "AutoIn", "reason": None},
                "phoneNumber": "7002",
                "switchName": "SIP_Switch",
                "timeInCurrentState": 12.5,
            }
        ]
    },
}


def test_an_agent_is_read_with_every_channel() -> None:
    target = structure(ea.Target, AGENT)
    assert (target.type, target.dbid, target.key) == (ea.TargetType.AGENT, 102, ("agent", "102"))
    assert target.availability is not None
    voice = target.availability.channel("voice")
    assert voice is not None
    assert (voice.available, voice.user_state.state, voice.time_in_current_state) == (True, "Ready", 12.5)
    assert (voice.user_state.work_mode, voice.user_state.reason) == (ea.AgentWorkMode.AUTO_IN, None)


@pytest.mark.parametrize(
    ("told", "attribute"),
    [
        ({"readyAgents": 3.0}, "ready_agents"),
        ({"waitingCalls": 3}, "waiting_calls"),
        ({"waitingInteractions": 3}, "waiting_interactions"),
    ],
)
def test_numbers_of_availability_may_be_written_either_way(told: dict[str, Any], attribute: str) -> None:
    target = structure(ea.Target, {"type": "skill", "availability": told})
    assert getattr(target.availability, attribute) == 3


def test_a_favorite_of_the_simulator_is_read() -> None:
    told = {
        "type": "custom-contact",
        "id": "0347",
        "firstName": "Kate",
        "phoneNumbers": ["+33298025000"],
        "favoriteDisplayName": "Kate London",
        "category": "SIP",
    }
    target = structure(ea.Target, told)
    assert (target.numbers, target.display_name, target.key) == (
        ("+33298025000",),
        "Kate London",
        ("custom-contact", "0347"),
    )
    assert unstructure(target)["phoneNumbers"] == ["+33298025000"]


def test_information_of_a_target_is_what_is_known_of_it() -> None:
    assert target_information(structure(ea.Target, {**AGENT, "number": "7002", "emailAddress": "k@example.com"})) == {
        "type": "agent",
        "id": "102",
        "emailAddresses": ["k@example.com"],
        "numbers": ["7002"],
    }
    contact = ea.Target(type=ea.TargetType.CUSTOM_CONTACT, last_name="Byron", numbers=("1", "2"), number="3")
    assert target_information(contact) == {"type": "custom-contact", "lastName": "Byron", "numbers": ["1", "2"]}
    for nothing in (ea.Target(), ea.Target(type=ea.TargetType.AGENT), "7002", {"id": "102"}, None):
        with pytest.raises(ea.InvalidArgument):
            target_information(nothing)


def test_types_of_a_search_are_checked() -> None:
    assert target_types(None) is None
    assert target_types(["AGENT", ea.TargetType.SKILL]) == ["agent", "skill"]
    assert target_types({"skill"}) == ["skill"]
    assert target_types([ea.TargetType("virtual-queue")]) == ["virtual-queue"]
    for wrong in (["virtual-queue"], "agent", [""], [7], 7):
        with pytest.raises(ea.InvalidArgument):
            target_types(wrong)  # type: ignore[arg-type]


def test_the_use_of_a_target_is_told_in_milliseconds() -> None:
    assert recent_use("voice", datetime(2026, 1, 5, 8, tzinfo=UTC)) == {
        "media": "voice",
        "timeStamp": 1_767_600_000_000,
    }
    assert recent_use("voice", None)["timeStamp"] > 1_700_000_000_000
    wrong: list[tuple[Any, Any]] = [("", None), (None, None), ("voice", datetime(2026, 1, 5)), ("voice", 7)]  # noqa: DTZ001 - without a zone on purpose
    for media, time in wrong:
        with pytest.raises(ea.InvalidArgument):
            recent_use(media, time)


@pytest.mark.parametrize("value", [None, "text", 3, {"longValue": 3}, {"stringValue": "Ready", "tag": -1}])
def test_a_value_is_plain_where_it_can_be(value: Any) -> None:
    plain = structure(ea.StatisticValue, {"value": value}).plain
    assert plain == (value if not isinstance(value, dict) else next(iter(value.values())))


def test_of_a_value_with_both_the_number_counts() -> None:
    told = {"intervalLength": 0, "tag": -1, "timestamp": 5, "stringValue": "3", "intValue": 3}
    assert structure(ea.StatisticValue, {"value": told}).plain == 3
    assert structure(ea.StatisticValue, {"value": {"a": 1, "b": 2}}).plain is None


def test_bayeux_answers_are_messages_or_nothing() -> None:
    assert the_messages({}, {}, NothingKnown()) == ()
    lone = {"channel": "/meta/connect", "successful": True}
    assert the_messages(lone, {}, NothingKnown()) == (lone,)
    assert the_messages({"messages": [lone, lone]}, {}, NothingKnown()) == (lone, lone)
    for wrong in ("text", [lone, 7], None):
        with pytest.raises(ea.MalformedResponse):
            the_messages({"messages": wrong}, {}, NothingKnown())


# --- anything ---------------------------------------------------------------------------------------------------------

NAMES = [
    "targets", "users", "totalMatches", "availability", "channels", "userState", "DBID", "statistics", "type", "value",
    "subscriptions", "settings", "actionCodes", "data", "callingLists", "fields", "access_token",
]  # fmt: skip
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(NAMES) | st.text(), inner, max_size=6),
    max_leaves=12,
)
payloads = st.dictionaries(st.sampled_from(NAMES), json_values)


@given(route=st.sampled_from(ROUTES), payload=payloads)
def test_any_reply_gives_a_result_or_a_typed_error(route: Route, payload: dict[str, Any]) -> None:
    assert route.gives is not None
    with contextlib.suppress(ea.EngageError):
        repr(route.gives(payload, {}, NothingKnown()))


@given(payload=payloads)
def test_what_was_read_is_written_back_known_or_not(payload: dict[str, Any]) -> None:
    for kind in (ea.Target, ea.FoundTargets, ea.ListedUser, ea.FoundUsers, ea.CampaignConfiguration):
        read = structure(kind, payload)
        written = unstructure(read)
        assert structure(kind, written) == read
        lost = {name: value for name, value in payload.items() if name not in written}
        assert not any(lost.values()), "only what is empty may be left out"
