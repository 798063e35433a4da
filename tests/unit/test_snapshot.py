"""The current session read as notices."""

from __future__ import annotations

from typing import Any

import pytest
from correlation_desk import Desk, call_event
from hypothesis import given
from hypothesis import strategies as st

from engage_async.protocol.notices import Notice
from engage_async.protocol.snapshot import snapshot_notices

JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["user", "activeSession", "calls", "dn", "media", "channels", "id", "name", "state",
                             "previousConnId", "interactions"]),
            inner,
        )
    ),
    max_leaves=12,
)  # fmt: skip


def data(session: Any) -> dict[str, Any]:
    return {"user": {"activeSession": session}}


def told(session: Any, *live: set[str]) -> list[tuple[str, Any]]:
    """Type and object of each notice."""
    notices = list(snapshot_notices(data(session), [frozenset(ids) for ids in live]))
    assert all(notice.source == "snapshot" for notice in notices)
    assert all(notice.payload["messageType"] == notice.message_type for notice in notices)
    return [
        (notice.message_type, {k: v for k, v in notice.payload.items() if k != "messageType"}) for notice in notices
    ]


def test_dn_calls_and_channels_are_told_in_this_order() -> None:
    dn, call = {"number": "7001", "agentState": "Ready"}, {"id": "c1", "state": "Held"}
    media: dict[str, Any] = {"channels": []}
    assert told({"media": media, "calls": [call], "dn": dn}) == [
        ("DnStateChanged", {"dn": dn}),
        ("CallStateChanged", {"call": call}),
        ("ChannelStateChanged", {"media": media}),
    ]


def test_call_that_is_not_listed_is_completed() -> None:
    listed, gone = {"id": "c1", "state": "Held"}, {"id": "c2", "connId": "c2", "state": "Completed"}
    assert told({"calls": [listed]}, {"c1", "n1"}, {"c2", "n2"}) == [
        ("CallStateChanged", {"call": listed}),
        ("CallStateChanged", {"call": gone}),
    ]


@pytest.mark.parametrize("listed", [{"id": "n1"}, {"connId": "n1"}, {"id": "new", "previousConnId": "c1"}])
def test_call_that_is_listed_under_any_of_its_ids_is_not_completed(listed: dict[str, Any]) -> None:
    assert told({"calls": [listed]}, {"c1", "n1"}) == [("CallStateChanged", {"call": listed})]


def test_without_an_active_session_every_call_is_completed() -> None:
    gone = {"id": "c1", "connId": "c1", "state": "Completed"}
    assert told(None, {"c1"})[0] == ("CallStateChanged", {"call": gone})


@pytest.mark.parametrize(
    "nothing", [None, [], "text", {}, {"user": None}, {"user": []}, {"user": {}}, data({}), data({"calls": None})]
)
def test_snapshot_that_does_not_say_which_calls_there_are_completes_none(nothing: Any) -> None:
    assert list(snapshot_notices(nothing, [frozenset({"c1"})])) == []


def test_entries_that_are_no_calls_are_left_out() -> None:
    assert told({"calls": [None, 7, {}, {"id": 7}, "c1"], "dn": "7001", "media": {"channels": 7}}) == []


@given(JSON | JSON.map(data))
def test_any_data_are_read_and_settle_or_lose_everything(snapshot: Any) -> None:
    desk = Desk()
    desk.feed(call_event("Established"))
    pendings = [desk.start(name, call_id="c1") for name in ("hold", "release", "complete")]
    notices: list[Notice] = list(snapshot_notices(snapshot, desk.correlator.live_calls()))
    desk.lose(*notices)
    assert all(desk.how(pending) is not None for pending in pendings)
    assert desk.correlator.is_empty()
