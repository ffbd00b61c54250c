"""A challenger is promoted only if nothing speaks against it."""

from typing import Any

import pytest

from ml.evaluation.promotion import objection


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
