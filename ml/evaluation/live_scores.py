"""Scores of forecasts that stand in a ledger, beside the last price that stands with them."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.markets import DEFAULT_COSTS_BPS
from ml.evaluation.judge_close import close_scores
from ml.scoring.confidence import skill_sequence
from ml.scoring.scorecard import fee_of, judge

Floats = NDArray[np.float64]

# What a point forecast such as last price has no score of.
_OF_DISTRIBUTIONS = ("pinball", "coverage", "winkler", "brier", "log_loss", "ece")


@dataclass(frozen=True, eq=False, slots=True)
class Entries:
    """Forecasts of one target with their outcomes, by time; each of shape (n,).

    `costs_bps` is what a round trip cost on average, in basis points.
    """

    last: Floats
    realised: Floats
    predicted: Floats
    low_80: Floats
    high_80: Floats
    low_95: Floats
    high_95: Floats
    prob_up: Floats
    horizon: int
    costs_bps: float = DEFAULT_COSTS_BPS


def score_entries(entries: Entries, *, repeated: bool, seed: int = 0) -> dict[str, Any]:
    """Return `{n, scores, baseline_scores, verdict}`.

    `repeated` says that somebody looks after every forecast: the interval of
    skill, and so the verdict, is then that of a confidence sequence. MASE is in
    units of the mean absolute step between the last prices.
    """
    if not len(entries.last):
        return _no_scores()
    shown = _scores(entries, seed)
    if repeated:
        shown["skill"] = _sequential(entries, shown["skill"]["value"])
    return {
        "n": shown["n"],
        "scores": shown,
        "baseline_scores": _baseline(entries, seed),
        "verdict": judge(shown),
    }


def _scores(entries: Entries, seed: int = 0) -> dict[str, Any]:
    several = len(entries.last) > 1
    step = np.abs(np.diff(entries.last)).mean() if several else math.nan
    columns = {
        "last": entries.last,
        "realised": entries.realised,
        "quantiles": np.column_stack(
            [entries.low_95, entries.low_80, entries.predicted, entries.high_80, entries.high_95]
        ),
        "scale": np.full(len(entries.last), step),
        "prob_up": entries.prob_up,
    }
    return close_scores(columns, entries.horizon, seed, fee_of(entries.costs_bps))


def _sequential(entries: Entries, value: float | None) -> dict[str, float | None]:
    loss = np.abs(entries.realised - entries.predicted)
    baseline = np.abs(entries.realised - entries.last)
    low, high = (float(bound[-1]) for bound in skill_sequence(loss, baseline, entries.horizon))
    return {"value": value, "low": _finite(low), "high": _finite(high)}


def _baseline(entries: Entries, seed: int) -> dict[str, Any]:
    """Return the scores of last price, which has neither intervals nor probabilities."""
    last = entries.last
    same = np.full(len(last), 0.5)
    point = Entries(last, entries.realised, *(last,) * 5, same, entries.horizon, entries.costs_bps)
    return _scores(point, seed) | dict.fromkeys(_OF_DISTRIBUTIONS)


def _blank(tree: Any) -> Any:
    """Return the same tree without its values; names stay."""
    if isinstance(tree, dict):
        return {name: _blank(inner) for name, inner in tree.items()}
    return tree if isinstance(tree, str) else None


def _no_scores() -> dict[str, Any]:
    """Return what is said of no forecasts at all, in the shape of all that is said."""
    one = np.ones(1)
    card = _blank(_scores(Entries(*(one,) * 8, 1))) | {"n": 0}
    return {"n": 0, "scores": card, "baseline_scores": card, "verdict": "unproven"}


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
