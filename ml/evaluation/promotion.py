"""Whether a challenger is promoted: compared on the same rows, by the pinball loss.

A forecast is its whole distribution, and the pinball loss judges that. Skill in
the point forecast is another matter; the verdict tells of it.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml.evaluation.evaluate import BASELINE
from ml.evaluation.scored_folds import Judged
from ml.evaluation.walk import FoldForecasts
from ml.features.history import History
from ml.models.baseline import BASELINES
from ml.scoring.uncertainty import diebold_mariano

Floats = NDArray[np.float64]

CHAMPION = "champion"
# A model whose median is this much worse than last price is not promoted for its intervals.
LARGEST_LOSS_OF_SKILL = 0.01


def compare(
    history: History, walked: Sequence[FoldForecasts], model: str, horizon: int
) -> dict[str, Any]:
    """Return the mean pinball loss of `model`, and beside it that of champion and baseline."""
    ours = _losses(history, walked, model, horizon)
    others = [name for name in (CHAMPION, BASELINE) if name in walked[0].forecasts]
    return {
        "n": len(ours),
        "pinball": float(ours.mean()),
        "against": {
            name: _against(ours, _losses(history, walked, name, horizon), horizon)
            for name in others
            if name != model
        },
    }


def objection(
    model: str, comparisons: Sequence[Mapping[str, Any]], skill: float | None
) -> str | None:
    """Return why a challenger is not promoted, None if nothing speaks against it.

    Whichever comparison holds a champion or the baseline, it must be beaten
    there; a baseline itself has only its champion to beat. `skill` is that of
    the point forecasts in the walk-forward.
    """
    for comparison in comparisons:
        for name, found in comparison["against"].items():
            if not found["better"] and (name == CHAMPION or model not in BASELINES):
                other = "champion" if name == CHAMPION else "baseline (last price, EWMA intervals)"
                return f"It does not beat the {other} on the same folds."
    if model not in BASELINES and skill is not None and skill < -LARGEST_LOSS_OF_SKILL:
        return "Its point forecasts are worse than last price by more than 1%."
    return None


def _against(ours: Floats, theirs: Floats, horizon: int) -> dict[str, Any]:
    statistic, p_value = diebold_mariano(ours, theirs, horizon)
    return {
        "pinball": float(theirs.mean()),
        "better": bool(ours.mean() < theirs.mean()),
        "dm": {"statistic": statistic, "p_value": p_value},
    }


def _losses(history: History, walked: Sequence[FoldForecasts], name: str, horizon: int) -> Floats:
    """Return the pinball loss of each forecast of a walk-forward, mean over levels."""
    table = Judged.join([Judged.of(history, fold, name, horizon) for fold in walked]).table
    levels = np.asarray(table.levels)
    error = table.realised - table.quantiles[:, 0]
    return np.asarray(np.maximum(levels * error, (levels - 1) * error).mean(axis=1))
