"""The Bayeux rules: any input, and what follows from it."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from attrs import mutable
from hypothesis import given
from hypothesis import strategies as st

from engage_async.errors import (
    AuthenticationError,
    HandshakeRefused,
    MalformedResponse,
    NotSent,
    OutcomeUnknown,
    ServerFault,
    Unauthorized,
)
from engage_async.protocol import bayeux
from engage_async.protocol.backoff import Backoff
from engage_async.protocol.bayeux import Advice, LossReason, ReconnectPolicy, Step, read_response
from engage_async.protocol.notices import Notice

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
FIELDS = ["channel", "successful", "subscription", "advice", "data", "ext", "error", "clientId", "id"]
VALUES = JSON | st.sampled_from(
    ["/meta/connect", "/meta/subscribe", "/meta/disconnect", "/meta/", "/workspace/v3/voice"]
)
MESSAGES = st.dictionaries(st.sampled_from(FIELDS), VALUES)

DENY = {"channel": "/meta/connect", "successful": False}
GOOD = {"channel": "/meta/connect", "successful": True}
EVENT = {"channel": "/a", "data": {"messageType": "M"}}


# --- Reading ----------------------------------------------------------------------------------------------------------


@given(st.lists(MESSAGES | JSON, max_size=6))
def test_any_array_is_read_and_every_message_accounted_for(messages: list[Any]) -> None:
    response = read_response(200, json.dumps(messages).encode())
    published = sum(
        1
        for message in messages
        if isinstance(message, dict)
        and isinstance(message.get("channel"), str)
        and not message["channel"].startswith("/meta/")
        and not isinstance(message.get("data"), dict)
        and "successful" in message
    )
    assert len(response.replies) + len(response.notices) + response.malformed + published == len(messages)
    for reply in response.replies:
        assert reply["channel"].startswith("/meta/")
        assert reply["channel"] == "/meta/disconnect" or isinstance(reply["successful"], bool)
        Advice().merged(reply.get("advice"))
        bayeux.error_code(reply)
        bayeux.error_text(reply)
        bayeux.acknowledges(reply)
        bayeux.acknowledged_batch(reply)


@given(st.text() | st.text(alphabet='[]{}",:\\0123456789eE.- ntrufalse'))
def test_any_text_is_read_or_refused_with_its_type(text: str) -> None:
    try:
        response = read_response(200, text.encode())
    except MalformedResponse:
        assert not text.startswith("[") or not is_json(text)
    else:
        assert response.malformed or is_json(text)


def is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def test_lone_object_is_one_message() -> None:
    assert read_response(200, json.dumps(GOOD).encode()).replies == [GOOD]


@pytest.mark.parametrize("text", ["", "  ", "<html></html>", "null", "12", '"[]"', '[{"channel": "/a"', "[1], 2", "{"])
def test_body_that_is_no_complete_array_is_refused(text: str) -> None:
    with pytest.raises(MalformedResponse):
        read_response(200, text.encode())


@pytest.mark.parametrize(
    "bad",
    [
        '{"channel": "/a", "data": {"n": ' + "9" * 5000 + "}}",
        '{"channel": "/a", "data": ' + '{"a":' * 100_000 + "1" + "}" * 100_000 + "}",
        "[" * 100_000 + "]" * 100_000,
        '{"channel": "/a", "data": {"text": nonsense}}',
        '{"channel": "/a",, "data": "a, b] \\" c"}',
        "",
    ],
)
def test_message_that_cannot_be_decoded_does_not_cost_the_others(bad: str) -> None:
    response = read_response(200, f"[{json.dumps(EVENT)}, {bad} , {json.dumps(GOOD)}]".encode())
    assert response.notices == [Notice("/a", "M", {"messageType": "M"})]
    assert response.replies == [GOOD]
    assert response.malformed == 1


@pytest.mark.parametrize(
    "message",
    [
        None,
        [],
        {},
        {"channel": 1, "data": {}},
        {"channel": "/a", "data": "text"},
        {"channel": "/a"},
        {"channel": "/meta/connect"},
        {"channel": "/meta/connect", "successful": "true"},
        {"channel": "/meta/subscribe", "successful": True},
        {"channel": "/meta/subscribe", "successful": True, "subscription": ["/a"]},
    ],
)
def test_message_of_the_wrong_form_is_left_out_and_counted(message: Any) -> None:
    response = read_response(200, json.dumps([message, EVENT]).encode())
    assert (len(response.replies), len(response.notices), response.malformed) == (0, 1, 1)


def test_acknowledgement_of_a_publish_is_no_event_and_not_malformed() -> None:
    assert read_response(200, b'[{"channel": "/a", "successful": true, "id": "1"}]') == bayeux.Response([], [], 0)


def test_body_over_the_limit_is_refused_unread() -> None:
    with pytest.raises(MalformedResponse, match="bytes"):
        read_response(200, b"[" + b" " * bayeux.MAX_BODY + b"]")


@pytest.mark.parametrize(
    ("error", "code"),
    [("402::session_unknown", 402), ("403:/a,b:no", 403), ("nope", None), ("40", None), ("٤٠٢::x", None), (402, None)],
)
def test_error_code_is_the_number_at_the_start(error: Any, code: int | None) -> None:
    assert bayeux.error_code({"error": error}) == code


@pytest.mark.parametrize(
    ("ext", "agreed"),
    [
        ({"ack": True}, True),
        ({"ack": {"enabled": True}}, True),
        ({"ack": False}, False),
        ({"ack": 1}, False),
        ("x", False),
    ],
)
def test_acknowledgements_are_on_only_when_the_server_agrees(ext: Any, agreed: bool) -> None:
    assert bayeux.acknowledges({"ext": ext}) is agreed


# --- Advice -----------------------------------------------------------------------------------------------------------


@given(st.lists(JSON | st.dictionaries(st.sampled_from(["reconnect", "interval", "timeout", "maxInterval"]), JSON)))
def test_merging_any_advice_keeps_it_sound(advices: list[Any]) -> None:
    advice = Advice()
    for more in advices:
        advice = advice.merged(more)
        assert advice.reconnect in ("retry", "handshake", "none")
        assert 0 <= advice.interval <= 300
        assert 0 <= advice.timeout <= 600
        assert advice.max_interval is None or 0 <= advice.max_interval <= 600


def test_advice_is_merged_in_milliseconds() -> None:
    advice = Advice().merged({"interval": 250, "timeout": 30_000, "maxInterval": 10_000})
    advice = advice.merged({"reconnect": "handshake"}).merged({"timeout": 20_000})
    assert advice == Advice("handshake", 0.25, 20.0, 10.0)
    assert advice.for_next_session() == Advice("retry", 0.0, 20.0, 10.0)


@pytest.mark.parametrize("value", [-1, "100", True, None, [], {}, math.nan, -math.inf])
def test_interval_that_makes_no_sense_changes_nothing(value: Any) -> None:
    assert Advice(interval=0.5).merged({"interval": value}).interval == 0.5


@pytest.mark.parametrize("value", [10**400, math.inf, 1e300])
def test_huge_times_are_cut(value: Any) -> None:
    assert Advice().merged({"interval": value, "timeout": value}) == Advice("retry", 300.0, 600.0)


# --- What follows -----------------------------------------------------------------------------------------------------


@mutable
class Clock:
    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


def policy(clock: Clock | None = None) -> ReconnectPolicy:
    """Dice that take nothing off."""
    return ReconnectPolicy(backoff=Backoff(0.5, 30.0), settled=5.0, dice=lambda: 0.0, clock=clock or Clock())


def answered(
    rules: ReconnectPolicy, reply: dict[str, Any] = GOOD, advice: Advice | None = None, **more: Any
) -> bayeux.Next:
    known = {"ended": False, "events": 1, "took": 1.0, "at_once": False, **more}
    merged = (advice or Advice()).merged(reply.get("advice"))
    return rules.after_connect(reply, merged, **known)


def failed(rules: ReconnectPolicy, error: Exception, *, acknowledged: bool = True, ended: bool = False) -> bayeux.Next:
    return rules.after_failed_connect(error, Advice(), ended=ended, acknowledged=acknowledged)


def test_answer_is_followed_by_a_connect_at_once_or_after_the_advised_interval() -> None:
    assert answered(policy()) == bayeux.Next(Step.CONNECT, 0.0, flowing=True)
    assert answered(policy(), advice=Advice(interval=2)) == bayeux.Next(Step.CONNECT, 2.0, flowing=True)


def test_failures_are_followed_by_growing_pauses_which_an_answer_resets() -> None:
    rules = policy()
    for answer in (GOOD, {**DENY, "error": "402::unknown"}):
        assert [failed(rules, NotSent()).delay for _ in range(3)] == [0.5, 1.0, 2.0]
        answered(rules, answer)
    assert failed(rules, NotSent()).delay == 0.5


def test_pause_after_a_failure_ends_before_the_server_gives_the_session_up() -> None:
    rules, advice = policy(), Advice(max_interval=4.0)
    delays = [rules.after_failed_connect(NotSent(), advice, ended=False, acknowledged=True).delay for _ in range(5)]
    assert delays == [0.5, 1.0, 2.0, 2.0, 2.0]


@pytest.mark.parametrize(
    ("reply", "loss"),
    [
        ({**DENY, "error": "402::unknown"}, LossReason("session-unknown", "402::unknown")),
        ({**DENY, "error": "403::gone"}, LossReason("session-unknown", "403::gone")),
        ({**DENY, "advice": {"reconnect": "handshake"}}, LossReason("advised", "reconnect: handshake")),
        ({**DENY, "advice": {"reconnect": "none"}}, LossReason("advised", "reconnect: none")),
        ({**GOOD, "advice": {"reconnect": "none"}}, LossReason("advised", "reconnect: none")),
    ],
)
def test_session_that_is_gone_is_replaced_at_once(reply: dict[str, Any], loss: LossReason) -> None:
    assert answered(policy(), reply) == bayeux.Next(Step.HANDSHAKE, 0.0, loss)


def test_unsuccessful_connect_without_a_verdict_is_repeated_after_a_pause() -> None:
    rules = policy()
    assert [answered(rules, {**DENY, "error": "500::oops"}).delay for _ in range(3)] == [0.5, 1.0, 2.0]


def test_short_lived_sessions_are_replaced_more_and_more_slowly_until_one_lasts() -> None:
    clock = Clock()
    rules = policy(clock)
    delays = []
    for lived in (9, 1, 1, 1, 9, 1):
        rules.session_began()
        clock.now += lived
        delays.append(answered(rules, {**DENY, "error": "402::"}).delay)
    assert delays == [0.0, 0.5, 1.0, 2.0, 0.0, 0.5]


def test_answers_without_events_in_quick_succession_are_slowed_down() -> None:
    rules = policy()
    assert [answered(rules, events=0, took=0.001).delay for _ in range(5)] == [0.0, 0.0, 0.5, 1.0, 2.0]
    assert answered(rules, events=1, took=0.001).delay == 0.0
    assert [answered(rules, events=0, took=0.001, at_once=True).delay for _ in range(5)] == [0.0] * 5


@pytest.mark.parametrize(
    ("error", "lost"),
    [
        (NotSent(), False),
        (AuthenticationError("no token"), False),
        (Unauthorized(401, http_status=401), False),
        (OutcomeUnknown("cut"), True),
        (ServerFault(502, http_status=502), True),
        (MalformedResponse("no JSON"), True),
    ],
)
def test_lost_answer_is_a_loss_only_without_acknowledgements(error: Exception, lost: bool) -> None:
    assert failed(policy(), error, acknowledged=True).loss is None
    assert (failed(policy(), error, acknowledged=False).loss is not None) is lost


def test_http_403_and_a_disconnect_begin_a_new_session_even_without_a_reply() -> None:
    assert failed(policy(), Unauthorized(403, http_status=403)).loss == LossReason("forbidden", "HTTP 403")
    gone = failed(policy(), MalformedResponse("no reply"), ended=True)
    assert (gone.step, gone.loss and gone.loss.kind) == (Step.HANDSHAKE, "disconnected")


def test_answers_that_stay_unreadable_begin_a_new_session() -> None:
    rules = policy()
    steps = [failed(rules, MalformedResponse("not Bayeux")).step for _ in range(5)]
    assert steps == [Step.CONNECT] * 4 + [Step.HANDSHAKE]


def test_failed_handshakes_are_repeated_after_growing_pauses() -> None:
    rules = policy()
    steps = [rules.after_failed_handshake(NotSent(), Advice()) for _ in range(8)]
    assert [step.delay for step in steps] == [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0]
    refused = HandshakeRefused("later", reply={"advice": {"reconnect": "retry", "interval": 60_000}})
    assert rules.after_failed_handshake(refused, Advice()) == bayeux.Next(Step.HANDSHAKE, 60.0)


def test_handshake_refused_with_the_advice_none_is_final() -> None:
    refused = HandshakeRefused("no", reply={"advice": {"reconnect": "none"}})
    assert policy().after_failed_handshake(refused, Advice()).step is Step.STOP
