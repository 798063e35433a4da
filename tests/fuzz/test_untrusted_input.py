"""Malformed input from the network does no harm. ``nox -s fuzz`` tries a million of them; these are its short seeds."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Iterator
from contextlib import AsyncExitStack
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fuzz import grammar
from tests.fuzz.targets import TARGETS, Feed

SHORT = 1_000

JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.sampled_from(grammar.TEXTS),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(grammar.NAMES) | st.text(max_size=3), inner, max_size=5)
    ),
    max_leaves=15,
)
MESSAGES = st.lists(st.fixed_dictionaries({"channel": st.sampled_from(grammar.TEXTS), "data": JSON}) | JSON, max_size=3)


def written(value: Any) -> bytes:
    """Bytes whose JSON the grammar gives as it is."""
    return bytes([grammar.AS_IT_IS]) + json.dumps(value).encode()


@pytest.mark.parametrize("name", TARGETS)
async def test_malformed_input_does_no_harm(name: str) -> None:
    dice = random.Random(name)
    async with TARGETS[name].opened() as feed:
        for _ in range(SHORT):
            await feed(dice.randbytes(dice.randrange(200)))


Fuzzed = tuple[asyncio.AbstractEventLoop, dict[str, Feed]]


@pytest.fixture(scope="module")
def fuzzed() -> Iterator[Fuzzed]:
    loop, stack = asyncio.new_event_loop(), AsyncExitStack()
    feeds = {
        name: loop.run_until_complete(stack.enter_async_context(target.opened())) for name, target in TARGETS.items()
    }
    yield loop, feeds
    loop.run_until_complete(stack.aclose())
    loop.close()


@given(MESSAGES.map(written) | st.binary(max_size=300))
def test_no_answer_of_the_long_poll_breaks_a_session(fuzzed: Fuzzed, data: bytes) -> None:
    loop, feeds = fuzzed
    loop.run_until_complete(feeds["events"](data))


@given(MESSAGES.map(written) | st.binary(max_size=300))
def test_no_answer_ends_the_poll_task(fuzzed: Fuzzed, data: bytes) -> None:
    loop, feeds = fuzzed
    loop.run_until_complete(feeds["poll"](data))


@given(
    st.binary(min_size=2, max_size=2),
    st.integers(0, 15),
    st.fixed_dictionaries({"status": st.just({"code": 0}) | JSON, "data": JSON}).map(written) | JSON.map(written),
)
def test_no_reply_raises_what_is_no_error_of_ours(fuzzed: Fuzzed, route: bytes, status: int, body: bytes) -> None:
    loop, feeds = fuzzed
    loop.run_until_complete(feeds["replies"](route + bytes([status]) + body))


@given(st.binary(max_size=300))
def test_no_body_raises_what_is_no_error_of_ours(fuzzed: Fuzzed, data: bytes) -> None:
    loop, feeds = fuzzed
    loop.run_until_complete(feeds["bodies"](data))
