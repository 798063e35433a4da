"""The targets would notice harm, and random bytes are what they should be."""

from __future__ import annotations

import logging
import random

import pytest

from tests.fuzz import grammar
from tests.fuzz.targets import Harm, complaining


async def test_an_exception_that_was_only_logged_is_noticed() -> None:
    async with complaining() as complaints:
        complaints.check()
        logging.getLogger("engage_async.events").error("an event failed")
        with pytest.raises(Harm, match="an event failed"):
            complaints.check()


@pytest.mark.parametrize("text", ['[{"channel": "/a", "data": {}}]', "[", '{"status": {"code": 0}}', "<html>"])
def test_a_text_can_be_given_as_it_is(text: str) -> None:
    marked = bytes([grammar.AS_IT_IS]) + text.encode()
    assert grammar.answer(marked) == text
    assert grammar.reply(b"\x00" + marked) == (200, text)


def test_most_random_bytes_are_nearly_what_the_service_sends() -> None:
    dice = random.Random(1)
    answers = [grammar.answer(dice.randbytes(200)) for _ in range(500)]
    assert sum(a.startswith("[") for a in answers) > 400
    assert sum('"messageType": "CallStateChanged"' in a for a in answers) > 5
