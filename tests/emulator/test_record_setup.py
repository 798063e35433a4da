"""The file of contacts and what is kept beside them: what is read from it, and how its faults are told."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from engage_async.emulator import Emulator
from engage_async.emulator.record_setup import RecordSetup
from engage_async.errors import ConfigurationError

CONTACT = {"id": "c1", "attributes": {"LastName": ["Doe"]}}
RECORD = {
    "id": "h1",
    "contact": "c1",
    "media_type": "Call",
    "type": "Inbound",
    "owner": "JohnSmith",
    "start": "2026-01-05T08:00:00Z",
}
RESPONSE = {"id": "p1", "standard_response_id": "r1", "name": "Hello", "body": "Hello"}


def written(folder: Path, **sections: Any) -> Path:
    path = folder / "records.json"
    path.write_text(json.dumps({"contacts": [CONTACT], **sections}))
    return path


def test_file_of_ones_own_takes_the_place_of_the_packages(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        history=[RECORD],
        categories=[{"id": "k1", "name": "A", "categories": [{"id": "k2", "name": "B", "responses": [RESPONSE]}]}],
        workbins=[{"id": "w1", "name": "wb", "display_name": "Mine"}],
    )
    setup = RecordSetup.load(path)
    assert (list(setup.contacts), list(setup.history), list(setup.workbins)) == (["c1"], ["h1"], ["w1"])
    assert (list(setup.categories), setup.category_of["r1"].id) == (["k1", "k2"], "k2")
    assert Emulator(records=path).centre.records.contacts.get("c1").first("LastName") == "Doe"


@pytest.mark.parametrize(
    ("sections", "told"),
    [
        ({"contacts": [CONTACT, CONTACT]}, "contacts: 'c1' appears twice"),
        ({"contacts": [{"id": "c1"}]}, "attributes"),
        ({"contacts": [{**CONTACT, "more": 1}]}, "more"),
        ({"history": [{**RECORD, "contact": "c2"}]}, "history: 'h1' is with no known contact"),
        ({"history": [{**RECORD, "start": "2026-01-05T08:00:00"}]}, "no moment with a time zone"),
        ({"history": [{**RECORD, "end": "later"}]}, "no moment with a time zone"),
        ({"workbins": [{"id": "w", "name": "n", "display_name": 7}]}, "expected str"),
        (
            {"categories": [{"id": "k1", "name": "A", "responses": [RESPONSE, RESPONSE]}]},
            "responses: 'r1' appears twice",
        ),
    ],
)
def test_fault_of_the_file_is_told_by_its_place(tmp_path: Path, sections: dict[str, Any], told: str) -> None:
    with pytest.raises(ConfigurationError, match=told) as refused:
        RecordSetup.load(written(tmp_path, **sections))
    assert refused.value.setting == "records"
