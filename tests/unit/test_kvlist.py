"""Key/value lists: what a user may give, what goes on the wire, what may come back."""

from __future__ import annotations

from collections import OrderedDict, UserDict
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engage_async.errors import InvalidArgument
from engage_async.protocol.kvlist import KeyValueList, from_wire, pairs, to_wire

KEYS = st.text(min_size=1, max_size=4)
GIVEN: st.SearchStrategy[Any] = st.recursive(
    st.text(max_size=4) | st.integers(-(2**63), 2**63 - 1),
    lambda inner: st.dictionaries(KEYS, inner, max_size=3) | st.lists(st.tuples(KEYS, inner), max_size=3),
    max_leaves=8,
).filter(lambda value: not isinstance(value, str | int))
JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["key", "type", "value", "other"]), inner, max_size=4)
        | st.fixed_dictionaries({"key": KEYS, "type": st.sampled_from(["str", "int", "kvlist", "?"]), "value": inner})
    ),
    max_leaves=8,
)


def as_pairs(value: Any) -> Any:
    """Plain lists of pairs, level by level: what two forms of one list have in common."""
    if isinstance(value, str | int):
        return value
    return [(key, as_pairs(inner)) for key, inner in (value.items() if isinstance(value, dict) else value)]


def read_back(value: Any) -> Any:
    return [(key, read_back(v)) for key, v in value.pairs()] if isinstance(value, KeyValueList) else value


# --- to the wire ------------------------------------------------------------------------------------------------------


def test_dict_becomes_typed_entries_in_its_order() -> None:
    assert to_wire({"Segment": "Gold", "Tries": 3, "More": {"a": "b"}}) == [
        {"key": "Segment", "type": "str", "value": "Gold"},
        {"key": "Tries", "type": "int", "value": 3},
        {"key": "More", "type": "kvlist", "value": [{"key": "a", "type": "str", "value": "b"}]},
    ]


@pytest.mark.parametrize(
    "given_as",
    [[("a", "1"), ("b", 2)], (("a", "1"), ("b", 2)), [["a", "1"], ["b", 2]], OrderedDict(a="1", b=2),
     UserDict(a="1", b=2), from_wire({"a": "1", "b": 2})],
)  # fmt: skip
def test_mappings_and_sequences_of_pairs_say_the_same(given_as: Any) -> None:
    assert pairs(given_as) == [("a", "1"), ("b", 2)]


def test_repeated_keys_survive_both_ways() -> None:
    sent = to_wire([("Note", "first"), ("Note", "second")])
    assert [entry["value"] for entry in sent] == ["first", "second"]
    assert from_wire(sent).get_all("Note") == ["first", "second"]
    assert from_wire(sent).pairs() == [("Note", "first"), ("Note", "second")]


@given(GIVEN)
def test_what_is_given_comes_back_pair_by_pair(value: Any) -> None:
    assert read_back(from_wire(to_wire(value))) == as_pairs(value)


@pytest.mark.parametrize("value", [1.5, True, None, b"x", object(), {1, 2}, 2**63, -(2**63) - 1])
def test_value_that_the_wire_cannot_hold_is_refused_and_its_key_is_told(value: Any) -> None:
    with pytest.raises(InvalidArgument, match="'Segment'"):
        to_wire({"Segment": value})


@pytest.mark.parametrize(
    "value",
    ["text", b"bytes", 7, None, {"a"}, ["ab"], [("a",)], [("a", "b", "c")], [7], {1: "x"}, {"": "x"}, [("", "x")],
     {"a": ["b"]}, {"a": [("b", None)]}],
)  # fmt: skip
def test_what_is_no_key_value_list_is_refused(value: Any) -> None:
    with pytest.raises(InvalidArgument, match="key/value list: expected"):
        to_wire(value)


def test_list_that_nests_too_deep_or_holds_itself_is_refused() -> None:
    endless: dict[str, Any] = {}
    endless["self"] = endless
    with pytest.raises(InvalidArgument, match="deeper than 32"):
        to_wire(endless)


def test_list_that_came_goes_back_exactly_as_it_came() -> None:
    raw = [{"key": "a", "type": "interger", "value": True}, {"no": "pair"}, {"key": "a"}]
    assert to_wire(from_wire(raw)) == raw
    assert to_wire(KeyValueList()) == []


@pytest.mark.parametrize("raw", [{"a": "b", "n": {"c": 1}}, "text", None, 7])
def test_list_that_came_in_another_form_goes_back_in_the_form_of_requests(raw: Any) -> None:
    nested = [{"key": "c", "type": "int", "value": 1}]
    expected = [{"key": "a", "type": "str", "value": "b"}, {"key": "n", "type": "kvlist", "value": nested}]
    assert to_wire(from_wire(raw)) == (expected if isinstance(raw, dict) else [])


# --- from the wire ----------------------------------------------------------------------------------------------------


def test_first_of_repeated_keys_is_the_mappings_value() -> None:
    values = from_wire([{"key": "a", "value": 1}, {"key": "b", "value": 2}, {"key": "a", "value": 3}])
    assert (values["a"], list(values), len(values)) == (1, ["a", "b"], 2)
    assert values == {"a": 1, "b": 2}
    assert values != from_wire({"a": 1, "b": 2})
    assert values.get_all("none") == []
    with pytest.raises(KeyError):
        values["none"]


def test_nested_lists_are_lists_of_their_own_in_either_form() -> None:
    wire = from_wire([{"key": "a", "type": "kvlist", "value": [{"key": "b", "type": "str", "value": "c"}]}])
    plain = from_wire({"a": {"b": "c"}})
    assert wire["a"]["b"] == plain["a"]["b"] == "c"
    assert wire == plain == {"a": {"b": "c"}}


def test_value_keeps_what_it_is_whatever_its_type_says() -> None:
    raw = [{"key": "a", "type": "str", "value": True}, {"key": "b", "type": "int", "value": "x"}, {"key": "c"},
           {"key": "d", "type": "str", "value": [1]}, {"key": "e", "type": "kvlist", "value": 7}]  # fmt: skip
    assert from_wire(raw) == {"a": True, "b": "x", "c": None, "d": [1], "e": 7}


def test_entries_that_are_no_pairs_are_kept_apart() -> None:
    raw = [{"key": "a", "value": 1}, {"key": 7, "value": 2}, "text", None, {"value": 3}]
    values = from_wire(raw)
    assert dict(values) == {"a": 1}
    assert values.unread == raw[1:]


@given(JSON)
def test_any_json_is_read_and_written_back_unchanged(raw: Any) -> None:
    values = from_wire(raw)
    assert values.wire() == raw
    assert len(values) <= len(values.pairs())
    assert values == from_wire(raw)
    assert hash(values) == hash(from_wire(raw))
    assert repr(values).startswith("KeyValueList(")


@pytest.mark.parametrize("as_object", [False, True])
def test_list_nested_without_end_is_read_as_far_as_is_sensible(as_object: bool) -> None:
    raw: Any = "bottom"
    for _ in range(900):
        raw = {"a": raw} if as_object else [{"key": "a", "type": "kvlist", "value": raw}]
    value: Any = from_wire(raw)
    depth = 0
    while isinstance(value, KeyValueList):
        value, depth = value["a"], depth + 1
    assert depth == 33
    assert isinstance(value, dict if as_object else list)


def test_repr_shows_repeats() -> None:
    assert repr(from_wire({"a": 1})) == "KeyValueList({'a': 1})"
    assert repr(from_wire([{"key": "a", "value": 1}] * 2)) == "KeyValueList([('a', 1), ('a', 1)])"
