"""A short soak: some seconds, a seed that is always the same."""

from __future__ import annotations

import pytest

from tests.soak.run import Soak


@pytest.mark.timeout(120)
async def test_twenty_agents_under_random_faults_are_told_the_truth_and_leave_nothing(
    capsys: pytest.CaptureFixture[str],
) -> None:
    figures = await Soak(seed=1, seconds=4.0, agents=20, rate=2_000.0, say=print).run()
    assert figures.is_well, figures.text()
    assert figures.started > 50
    assert figures.by_outcome["succeeded"] > figures.started / 3
    assert sum(figures.faults.values()) > 3
    assert figures.delivered > 50
