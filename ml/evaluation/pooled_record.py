"""One forecaster over many markets: are his errors smaller than last price's, taken together?"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ml.scoring import scorecard
from ml.scoring.calibration import calibration_report
from ml.scoring.confidence import skill_sequence
from ml.scoring.scorecard import BASELINE
from ml.scoring.scores import coverage
from ml.scoring.scores import skill as skill_of
from ml.scoring.uncertainty import verdict

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False, slots=True)
class Pool:
    """Forecasts of one length and horizon with their outcomes, each of shape (n,).

    `opening` is that of the target (s); NaN stands for what was not said.
    """

    horizon: int
    opening: NDArray[np.int64]
    last: Floats
    realised: Floats
    predicted: Floats
    low_80: Floats
    high_80: Floats
    low_95: Floats
    high_95: Floats
    prob_up: Floats


def pooled_scores(pool: Pool) -> dict[str, object]:
    """Return `{n, closes, skill, baseline, verdict, coverage, calibration}`.

    Losses are absolute errors over the last price, summed over the markets of one
    opening: those sums, in order of time, are what the confidence sequence sees.
    """
    loss = np.abs(pool.realised - pool.predicted) / pool.last
    plain = np.abs(pool.realised - pool.last) / pool.last
    moments, place = np.unique(pool.opening, return_inverse=True)
    ours = np.asarray(np.bincount(place, weights=loss), np.float64)
    theirs = np.asarray(np.bincount(place, weights=plain), np.float64)
    low, high = (float(bound[-1]) for bound in skill_sequence(ours, theirs, pool.horizon))
    said = ~np.isnan(pool.prob_up)
    rose = pool.realised > pool.last
    return {
        "n": len(loss),
        "closes": len(moments),
        "skill": scorecard.plain({"value": skill_of(loss, plain), "low": low, "high": high}),
        "baseline": BASELINE,
        "verdict": verdict(low, high).value,
        "coverage": {
            "0.8": _coverage(pool.realised, pool.low_80, pool.high_80),
            "0.95": _coverage(pool.realised, pool.low_95, pool.high_95),
        },
        "calibration": calibration_report(pool.prob_up[said], rose[said]) if said.any() else None,
    }


def _coverage(realised: Floats, low: Floats, high: Floats) -> float | None:
    said = ~np.isnan(low)
    return float(coverage(realised[said], low[said], high[said])) if said.any() else None
