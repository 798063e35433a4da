"""Statistics: what can be asked for, how values and errors are read, and what no payload can do to that."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import engage_async as ea
from engage_async.api.statistics_results import asked, naming
from engage_async.models.codec import unstructure
from engage_async.models.events import read_event
from engage_async.models.statistics import read_value
from engage_async.protocol.envelope import PartialResult
from engage_async.protocol.notices import Notice
from engage_async.protocol.statistics import SERVICE, UPDATES, blamed, read_service_notice, updates_of
from engage_async.sessions.subscription import numbered

STATE = ea.Statistic("CurrentAgentState", "jdoe", "Agent")
TIME = ea.Statistic("TimeInCurrentState", "jdoe", "Agent")
DEFINED = ea.Statistic(None, "jdoe", "Agent", definition={"category": "CurrentState"})

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


# --- what can be asked for --------------------------------------------------------------------------------------------


def test_statistic_is_asked_for_by_name_or_by_definition() -> None:
    assert STATE.wire() == {"objectId": "jdoe", "objectType": "Agent", "name": "CurrentAgentState"}
    assert DEFINED.wire()["definition"] == {"category": "CurrentState"}
    assert ea.Statistic("S", "o", "t", id="7").wire()["statisticId"] == "7"
    assert ea.Statistic("CurrentAgentState", "jdoe", "Agent") == STATE
    assert str(STATE) == "CurrentAgentState of Agent jdoe"
    assert len({STATE, TIME, DEFINED}) == 3


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ((None, "jdoe", "Agent"), "either a name or a definition"),
        (("", "jdoe", "Agent"), "name must be a non-empty string"),
        ((7, "jdoe", "Agent"), "name must be a non-empty string, not 7"),
        (("State", " ", "Agent"), "object_id must be a non-empty string"),
        (("State", "jdoe", None), "object_type must be a non-empty string, not None"),
    ],
)
def test_statistic_that_cannot_be_asked_for_is_refused_at_once(arguments: Any, told: str) -> None:
    with pytest.raises(ea.InvalidArgument, match=told):
        ea.Statistic(*arguments)


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"definition": {}}, "either a name or a definition"),
        ({"id": "a,b"}, "without commas"),
        ({"id": 7}, "not 7"),
    ],
)
def test_statistic_has_one_way_to_be_named_and_an_id_that_fits_into_a_list(more: Any, told: str) -> None:
    with pytest.raises(ea.InvalidArgument, match=told):
        ea.Statistic("State", "jdoe", "Agent", **more)


def test_definition_must_be_an_object() -> None:
    wrong: Any = ["CurrentState"]
    with pytest.raises(ea.InvalidArgument, match="definition must be an object, not list"):
        ea.Statistic(None, "jdoe", "Agent", definition=wrong)


@pytest.mark.parametrize("wrong", [[], STATE, ["CurrentAgentState"], [None]])
def test_list_of_statistics_is_one(wrong: Any) -> None:
    with pytest.raises(ea.InvalidArgument, match="statistics"):
        asked(wrong)


def test_definitions_are_for_subscriptions_alone() -> None:
    assert len(asked([STATE, DEFINED], definitions=True)) == 2
    with pytest.raises(ea.InvalidArgument, match="only a subscription takes definitions"):
        asked([STATE, DEFINED])


def test_statistics_without_an_id_are_numbered_around_those_that_have_one() -> None:
    own = ea.Statistic("S", "o", "t", id="2")
    found = numbered([STATE, own, STATE, TIME])
    assert [(key, each.id, each.name) for key, each in found.items()] == [
        ("1", "1", "CurrentAgentState"),
        ("2", "2", "S"),
        ("3", "3", "CurrentAgentState"),
        ("4", "4", "TimeInCurrentState"),
    ]


def test_statistic_id_that_is_used_twice_is_refused() -> None:
    with pytest.raises(ea.InvalidArgument, match="'x' is used twice"):
        numbered([ea.Statistic("S", "o", "t", id="x"), ea.Statistic("T", "o", "t", id="x")])


# --- values -----------------------------------------------------------------------------------------------------------


def test_value_takes_what_it_lacks_from_the_statistic_that_was_asked_for() -> None:
    payload = {"statisticId": "1", "timestamp": 1767600000000, "value": {"longValue": 3}}
    value = read_value(payload, STATE)
    assert (value.name, value.object_id, value.object_type) == ("CurrentAgentState", "jdoe", "Agent")
    assert value.timestamp == datetime(2026, 1, 5, 8, tzinfo=UTC)
    assert (value.value, value.plain) == ({"longValue": 3}, 3)
    assert unstructure(read_value(payload)) == payload
    told = read_value({**payload, "objectId": "other"}, STATE)
    assert (told.name, told.object_id) == ("CurrentAgentState", "other")


@pytest.mark.parametrize(
    ("value", "plain"),
    [({"stringValue": "x"}, "x"), (7, 7), (None, None), ({"a": 1, "b": 2}, None), ([1], None), ({}, None)],
)
def test_plain_value_is_the_only_scalar(value: Any, plain: Any) -> None:
    assert read_value({"value": value}).plain == plain


@pytest.mark.parametrize("wrapped", [True, False])
def test_updates_are_read_with_and_without_their_wrapper(wrapped: bool) -> None:
    inner = {"statistics": [{"subscriptionId": "s", "statisticId": "1", "value": 1}, "nonsense", None]}
    notice = read_service_notice(Notice(UPDATES, "", {"data": inner} if wrapped else inner))
    assert notice.message_type == "StatisticsUpdated"
    assert updates_of(notice.payload) == [inner["statistics"][0]]
    event = read_event(notice)
    assert isinstance(event, ea.StatisticsUpdated)
    assert [value.subscription_id for value in event.statistics] == ["s"]


@pytest.mark.parametrize("state", ["Available", "AVAILABLE", "available"])
def test_service_state_is_read_whatever_its_case(state: str) -> None:
    notice = read_service_notice(Notice(SERVICE, "", {"data": {"serviceState": state}}))
    event = read_event(notice)
    assert isinstance(event, ea.ServiceStateChanged)
    assert (event.service_name, event.service_state) == ("STATS", ea.ServiceState.AVAILABLE)


def test_notice_of_another_channel_stays_as_it_is() -> None:
    notice = Notice("/workspace/v3/voice", "CallStateChanged", {"data": {"statistics": []}})
    assert read_service_notice(notice) is notice


@given(json_values.filter(lambda value: isinstance(value, dict)), st.sampled_from([UPDATES, SERVICE]))
def test_no_payload_breaks_the_reading(payload: Any, channel: str) -> None:
    notice = read_service_notice(Notice(channel, "", payload))
    assert isinstance(read_event(notice), ea.Event)
    for value in updates_of(notice.payload) or ():
        assert isinstance(read_value(value, STATE), ea.StatisticValue)


@given(st.lists(json_values, max_size=5))
def test_values_survive_the_way_there_and_back(values: list[Any]) -> None:
    update = [{"subscriptionId": "s", "statisticId": str(n), "value": value} for n, value in enumerate(values)]
    notice = read_service_notice(Notice(UPDATES, "", {"data": {"statistics": update}}))
    read = [read_value(value) for value in updates_of(notice.payload) or ()]
    assert json.dumps([each.value for each in read]) == json.dumps(values)
    assert [each.statistic_id for each in read] == [str(n) for n in range(len(values))]


# --- which statistic an error is about --------------------------------------------------------------------------------


def one(message: str = "", detail: Any = None) -> ea.ApiError:
    return ea.ApiError(404, message, detail, operation="statistics.create_subscription")


def statistics_of(errors: list[ea.ApiError], opened: list[str] = []) -> list[str | None]:  # noqa: B006 - never changed
    statistics = list(
        numbered([STATE, TIME, ea.Statistic("S", "o", "t", id="some-uuid"), ea.Statistic("S", "o", "t")]).values()
    )
    there = [ea.StatisticValue(statistic_id=statistic_id) for statistic_id in opened]
    partial = naming(PartialResult(None, errors), statistics, there)
    assert all(isinstance(error, ea.StatisticRefused) for error in partial.errors)
    named = [error.statistic for error in partial.errors if isinstance(error, ea.StatisticRefused)]
    return [None if statistic is None else statistic.id for statistic in named]


def test_error_names_its_statistic_by_the_id_in_its_detail() -> None:
    assert statistics_of([one(detail={"statisticId": "2"}), one(detail={"statistic": {"statisticId": "1"}})]) == [
        "2",
        "1",
    ]


def test_error_names_its_statistic_by_name_and_object_each_once() -> None:
    same = {"name": "S", "objectId": "o", "objectType": "t"}
    assert statistics_of([one(detail=same), one(detail=same), one(detail=same)]) == ["some-uuid", "3", None]


def test_error_names_its_statistic_by_an_id_in_its_text() -> None:
    assert statistics_of([one("cannot open statistic some-uuid: no such object")]) == ["some-uuid"]


def test_number_in_a_text_is_not_taken_for_an_id() -> None:
    assert statistics_of([one("cannot open 2 statistics")]) == [None]


def test_errors_that_name_nothing_are_about_those_that_are_missing_when_their_number_fits() -> None:
    assert statistics_of([one("no"), one("no")], opened=["1", "3"]) == ["2", "some-uuid"]
    assert statistics_of([one("no")], opened=["1", "3"]) == [None]
    assert statistics_of([one(detail={"statisticId": "2"}), one("no")], opened=["1", "3"]) == ["2", "some-uuid"]


def test_refused_statistic_shows_what_it_was() -> None:
    error = ea.StatisticRefused(404, "Unknown object", statistic=STATE, operation="statistics.create_subscription")
    assert str(error).startswith("CurrentAgentState of Agent jdoe: statistics.create_subscription: status code 404")


@given(
    st.lists(
        st.tuples(
            st.text(max_size=12) | st.just("some-uuid is wrong"),
            json_values | st.just({"statisticId": "2"}) | st.just({"name": "S", "objectId": "o", "objectType": "t"}),
        ),
        max_size=6,
    ),
    st.sets(st.integers(0, 5)),
)
def test_no_error_breaks_the_naming_and_none_names_what_was_not_asked_for(
    errors: list[tuple[str, Any]], opened: set[int]
) -> None:
    wire = [each.wire() for each in numbered([STATE, TIME, ea.Statistic("S", "o", "t", id="some-uuid")]).values()]
    found = blamed(wire, errors, opened)
    assert len(found) == len(errors)
    assert all(index is None or 0 <= index < len(wire) for index in found)
