"""Whether a challenger is promoted: compared on the same rows, by the loss of its kind.

Of many candidates one looks better by luck. `better` therefore means a one-sided
Diebold-Mariano p-value below 0.05 after Bonferroni's correction for the candidates that
were tried on the target. Skill is another matter; the verdict tells of it.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml.evaluation.kind import Kind
from ml.evaluation.scored_folds import ScoredFolds
from ml.models.baselines import BASELINES
from ml.scoring.uncertainty import better_p_value, diebold_mariano

Floats = NDArray[np.float64]

CHAMPION = "champion"
# A model whose median is this much worse than last price is not promoted for its intervals.
LARGEST_LOSS_OF_SKILL = 0.01
# The chance that is taken of promoting what is not better, over all candidates.
CHANCE_OF_LUCK = 0.05


def compare(scored: ScoredFolds, model: str, candidates: int = 1) -> dict[str, Any]:
    """Return the mean loss of `model`, and beside it that of champion and baseline.

    `candidates` is how many recipes were tried on the target, this one included.
    """
    kind, ours = scored.kind, scored.loss(model)
    others = [name for name in (CHAMPION, *kind.baselines) if name in scored.columns]
    return {
        "n": len(ours),
        kind.loss_name: float(ours.mean()),
        "against": {
            name: _against(ours, scored.loss(name), kind, candidates)
            for name in others
            if name != model
        },
    }


def objection(
    model: str,
    comparisons: Sequence[Mapping[str, Any]],
    skill: float | None,
    *,
    must_beat_baseline: bool = True,
) -> str | None:
    """Return why a challenger is not promoted, None if nothing speaks against it.

    Whichever comparison holds a champion must be won, and so must one with the
    baseline if `must_beat_baseline`; a baseline itself has only its champion to
    beat. `skill` is that of point forecasts in the walk-forward.
    """
    must_beat_baseline = must_beat_baseline and model not in BASELINES
    for comparison in comparisons:
        for name, found in comparison["against"].items():
            if not found["better"] and (name == CHAMPION or must_beat_baseline):
                other = "champion" if name == CHAMPION else f"baseline ({name})"
                return f"It does not beat the {other} on the same folds beyond chance."
    if must_beat_baseline and skill is not None and skill < -LARGEST_LOSS_OF_SKILL:
        return "Its point forecasts are worse than last price by more than 1%."
    return None


def _against(ours: Floats, theirs: Floats, kind: Kind, candidates: int) -> dict[str, Any]:
    statistic, p_value = diebold_mariano(ours, theirs, kind.horizon)
    allowed = min(better_p_value(statistic, p_value) * candidates, 1.0)
    return {
        kind.loss_name: float(theirs.mean()),
        "better": allowed < CHANCE_OF_LUCK,
        "better_p_value": allowed,
        "dm": {"statistic": statistic, "p_value": p_value},
    }
