"""A challenger is promoted only if nothing speaks against it."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from ml.evaluation.judge_close import CloseKind
from ml.evaluation.promotion import CHAMPION, compare, objection


def _comparison(**better: bool) -> dict[str, Any]:
    return {"against": {name: {"better": won} for name, won in better.items()}}


@pytest.mark.parametrize(
    ("model", "comparisons", "skill", "promoted"),
    [
        ("boosting", [_comparison(ewma=True)], 0.0, True),
        ("boosting", [_comparison(ewma=False)], 0.0, False),
        ("boosting", [_comparison(ewma=True, champion=True)], 0.0, True),
        ("boosting", [_comparison(ewma=True, champion=False)], 0.0, False),
        ("boosting", [_comparison(ewma=True), _comparison(champion=False)], 0.0, False),
        ("boosting", [_comparison(ewma=False, champion=True)], 0.0, False),
        ("boosting", [_comparison(ewma=True)], -0.011, False),
        ("boosting", [_comparison(ewma=True)], None, True),
        ("drift", [_comparison(ewma=False)], -0.5, True),
        ("drift", [_comparison(ewma=False, champion=False)], 0.0, False),
        ("ewma", [_comparison()], 0.0, True),
    ],
)
def test_champion_and_baseline_must_be_beaten_and_last_price_not_be_lost_to(
    model: str, comparisons: list[dict[str, Any]], skill: float | None, promoted: bool
) -> None:
    assert (objection(model, comparisons, skill) is None) is promoted


class _TwoLosses:
    """Stands for the forecasts of a walk: the losses of two models at each row."""

    def __init__(self, gain: float) -> None:
        rng = np.random.default_rng(0)
        noise = rng.normal(0, 1, 400)
        self.kind = CloseKind(1, 0)
        self.columns = {"ours": [], CHAMPION: []}
        self._losses = {"ours": 5 + noise - noise.mean() - gain, CHAMPION: np.full(400, 5.0)}

    def loss(self, model: str) -> NDArray[np.float64]:
        return self._losses[model]


def _against_champion(gain: float, candidates: int = 1) -> dict[str, Any]:
    scored: Any = _TwoLosses(gain)
    found: dict[str, Any] = compare(scored, "ours", candidates)["against"][CHAMPION]
    return found


@pytest.mark.parametrize(
    ("gain", "better"), [(0.2, True), (0.09, True), (0.07, False), (0.001, False), (-0.2, False)]
)
def test_better_is_what_chance_would_give_once_in_twenty_times(gain: float, better: bool) -> None:
    assert _against_champion(gain)["better"] is better  # a standard error is 0.05


def test_the_more_candidates_were_tried_the_surer_an_advantage_must_be() -> None:
    alone, third = (_against_champion(0.09, candidates) for candidates in (1, 3))
    assert third["better_p_value"] == pytest.approx(3 * alone["better_p_value"])
    assert (alone["better"], third["better"]) == (True, False)
    assert _against_champion(-0.2, 3)["better_p_value"] == 1.0


def test_of_many_candidates_that_are_no_better_hardly_any_set_has_one_promoted() -> None:
    rng, promoted, candidates = np.random.default_rng(1), 0, 10
    for _ in range(200):
        scored: Any = _TwoLosses(0.0)
        lucky = False
        for _ in range(candidates):
            scored._losses["ours"] = 5 + rng.normal(0, 1, 400)
            lucky |= compare(scored, "ours", candidates)["against"][CHAMPION]["better"]
        promoted += lucky
    assert promoted <= 20
