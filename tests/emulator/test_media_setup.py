"""What there is at the start: the file that comes with the package, files of one's own, and what is wrong with them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from media_room import JOHN, Room

from engage_async.emulator import Emulator
from engage_async.emulator.directory import Directory
from engage_async.emulator.media_setup import MediaSetup
from engage_async.errors import ConfigurationError

SMALL: dict[str, Any] = {"queues": [{"name": "all"}], "default_queue": {"*": "all"}, "mailboxes": ["a@example.com"]}


def written(tmp_path: Path, **changes: Any) -> Path:
    file = tmp_path / "media.json"
    file.write_text(json.dumps({**SMALL, **changes}), encoding="utf-8")
    return file


def test_package_comes_with_queues_for_every_media_type_of_its_directory() -> None:
    setup = MediaSetup.load()
    for mediatype in Directory.load().media_channels:
        queue = setup.queues[setup.default_queue(mediatype)]
        assert queue.takes(mediatype)
        assert queue.routed
    assert {agent for queue in setup.queues.values() for agent in queue.agents or ()} <= Directory.load().users.keys()


def test_agent_finds_what_a_file_of_ones_own_says(tmp_path: Path) -> None:
    file = written(
        tmp_path,
        queues=[{"name": "all"}, {"name": "shelf", "routed": False}],
        capacity={"email": 2, "*": 1},
        documents=[{"id": "d", "name": "d.txt", "mime": "text/plain", "text": "Ω"}],
        interactions=[
            {
                "mediatype": "email",
                "queue": "all",
                "subject": "Hi",
                "from": "c@example.net",
                "to": "b@example.com",
                "text": "?",
            },
            {"mediatype": "workitem", "queue": "shelf", "subject": "Form", "user_data": {"a": 1, "b": {"c": "d"}}},
        ],
    )
    room = Room(JOHN, setup=MediaSetup.load(file))
    email, item = room.store
    assert (email.subject, email.state, item.subject, item.state) == ("Hi", "Invited", "Form", "Queued")
    assert item.user_data[1] == {"key": "b", "type": "kvlist", "value": [{"key": "c", "type": "str", "value": "d"}]}
    document = room.centre.media_floor.document("d")
    assert document is not None
    assert (document.size, room.centre.media_floor.document("d") is document) == (2, True)
    for _ in range(3):
        room.scenario.work_item()
    assert len([each for each in room.store.of(JOHN, "workitem") if each.state == "Invited"]) == 1


async def test_emulator_takes_the_path_of_a_file(tmp_path: Path) -> None:
    async with Emulator(media=written(tmp_path)) as emulator:
        assert emulator.scenario.inbound_email().queue == "all"


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"queues": [{"name": "all"}, {"name": "all"}]}, "queues: 'all' appears twice"),
        ({"queues": [{"name": "all", "routed": "yes"}]}, "expected bool"),
        ({"queues": [{"name": "all", "colour": "red"}]}, "extra fields found"),
        ({"queues": 7}, "queues"),
        ({"default_queue": {}}, "default_queue: '*' is missing"),
        ({"default_queue": {"*": "none"}}, "queues: 'none' is none that takes '*'"),
        (
            {"queues": [{"name": "all", "mediatypes": ["chat"]}], "default_queue": {"*": "all", "email": "all"}},
            "queues: 'all' is none that takes 'email'",
        ),
        (
            {"interactions": [{"mediatype": "email", "queue": "x", "subject": "s"}]},
            "queues: 'x' is none that takes 'email'",
        ),
        ({"mailboxes": []}, "mailboxes: there must be one"),
        ({"documents": [{"id": "d", "name": "n", "mime": "m"}]}, "required field missing"),
    ],
)
def test_fault_of_a_file_is_named(tmp_path: Path, changes: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        MediaSetup.load(written(tmp_path, **changes))
    assert complaint in str(raised.value)
    assert str(raised.value).startswith("media")


def test_file_that_is_no_json_or_is_not_there_is_named(tmp_path: Path) -> None:
    broken = tmp_path / "broken.json"
    broken.write_text("{")
    for file in (broken, tmp_path / "nowhere.json"):
        with pytest.raises(ConfigurationError, match=file.name):
            MediaSetup.load(file)
