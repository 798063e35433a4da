"""``engage-async operations``: the list of all operations, as a program prints it."""

from __future__ import annotations

import subprocess
import sys

from click.testing import CliRunner

from engage_async.api.operations import APIS, all_operations
from engage_async.cli import cli
from engage_async.cli.operations import lines, totals


def listed(*apis: str) -> list[str]:
    result = CliRunner().invoke(cli, ["operations", *apis], catch_exceptions=False)
    assert result.exit_code == 0
    return result.output.splitlines()


def test_every_documented_operation_of_the_workspace_has_a_method() -> None:
    output = listed("workspace")
    assert output[-1].startswith("workspace: 174 of 174, and ")
    hold = next(line for line in output if "/hold" in line)
    assert hold.split() == [
        *("POST", "/workspace/v3/voice/calls/{id}/hold", "agent.voice.hold"),
        *("with", "the", "call", "once", "it", "is", "Held"),
    ]
    userinfo = next(line for line in output if "/userinfo" in line)
    assert userinfo.split()[2:] == ["agent.session.get_user_info", "with", "its", "reply"]


def test_all_apis_are_counted() -> None:
    found = lines()
    counts = totals(found)
    assert {api: documented for api, (_, documented, _) in counts.items()} == {
        "authentication": 9,
        "workspace": 174,
        "provisioning": 89,
        "statistics": 11,
        "engagement": 9,
    }
    assert list(counts) == list(APIS)
    for api, (have, documented, more) in counts.items():
        missing = [line for line in found if line.api == api and line.method is None]
        assert have == documented - len(missing)
        assert more == len([line for line in found if line.api == api and not line.documented])
    assert len([line for line in found if line.method is not None]) <= len(all_operations())


def test_what_goes_beyond_the_definition_is_listed_last() -> None:
    beyond = [line.path for line in lines(["workspace"]) if not line.documented]
    assert "/workspace/v3/feedback/submit" in beyond
    assert "/workspace/v3/voice/calls/{call_id}/set-comment" in beyond
    assert [line.documented for line in lines(["workspace"])] == [True] * 174 + [False] * len(beyond)


def test_an_unknown_api_is_refused() -> None:
    result = CliRunner().invoke(cli, ["operations", "telephony"])
    assert result.exit_code == 2
    assert "'telephony' is not one of" in result.output


def test_the_module_can_be_run() -> None:
    command = [sys.executable, "-m", "engage_async", "operations", "statistics"]
    output = subprocess.run(command, capture_output=True, text=True, check=True, timeout=30).stdout
    assert output.splitlines()[-1] == "statistics: 11 of 11"
