"""What the page computes by itself equals what the server would say."""

import numpy as np
import pytest
from playwright.sync_api import Page

from ml.scoring.confidence import skill_sequence

COMPUTE = """async ([losses, baseline, horizon]) => {
    const { runningSkill } = await import("/app/static/charts/running_skill.js");
    const told = runningSkill(losses, baseline, horizon);
    return told.map(({ low, high }) => [low ?? null, high ?? null]);
}"""


@pytest.mark.parametrize("horizon", [1, 6])
def test_running_intervals_of_skill_are_those_of_the_server(page: Page, horizon: int) -> None:
    drawn = np.random.default_rng(horizon)
    baseline = np.abs(drawn.normal(size=700))
    losses = np.abs(baseline + drawn.normal(scale=0.3, size=700) - 0.05)
    low, high = skill_sequence(losses, baseline, horizon)

    told = page.evaluate(COMPUTE, [losses.tolist(), baseline.tolist(), horizon])

    shown = np.array(told, dtype=float)
    np.testing.assert_allclose(shown[:, 0], low, rtol=1e-9)
    np.testing.assert_allclose(shown[:, 1], high, rtol=1e-9)
