"""Of the many steps of one answer, none is called skilled by luck."""

import numpy as np
import pytest

from core.multiple_testing import holm
from ml.evaluation.judge_steps import StepsKind
from ml.evaluation.kind import Columns
from ml.models.protocol import LEVELS
from ml.scoring.scorecard import chance_of_skill_by_luck

STEPS, COUNT = 12, 500


def _columns(kind: StepsKind, seed: int, knowledge: float) -> Columns:
    """Return forecasts that know the share `knowledge` of each step's move, less some noise."""
    rng = np.random.default_rng(seed)
    last = 100 * np.exp(np.cumsum(rng.normal(0, 1e-3, COUNT)))
    moves = rng.normal(0, 1e-3, (COUNT, STEPS))
    said = knowledge * moves + 2e-4 * rng.standard_normal((COUNT, STEPS))
    spread = 1e-3 * np.array([-1.96, -1.28, 0, 1.28, 1.96])
    return {
        "last": last,
        "realised": last[:, None] * np.exp(moves),
        "quantiles": last[:, None, None] * np.exp(said[..., None] + spread),
        "scale": np.full(COUNT, 0.1),
    }


@pytest.mark.parametrize(("seed", "knowledge"), [(0, 0.0), (1, 0.05), (2, 0.1), (3, 0.4)])
def test_a_step_is_skilled_only_where_the_chance_adjusted_for_all_steps_says_so_too(
    seed: int, knowledge: float
) -> None:
    kind = StepsKind(STEPS, 0, LEVELS)
    columns = _columns(kind, seed, knowledge)
    steps = kind.details(lambda name: columns, "ours")["by_horizon"]
    tables = [kind._step(kind._table(columns), step) for step in range(1, STEPS + 1)]
    alone = [chance_of_skill_by_luck(table) for table in tables]

    assert [step["p_value_of_all"] for step in steps] == holm(alone)
    for step in steps:
        surely = step["scores"]["skill"]["low"] > 0.0003 and step["p_value_of_all"] <= 0.025
        assert (step["verdict"] == "skilled") is surely
    if not knowledge:
        assert not any(step["verdict"] == "skilled" for step in steps)
    if knowledge > 0.3:
        assert all(step["verdict"] == "skilled" for step in steps)
