"""Scores of forecasts that stand in a ledger, beside the last price that stands with them."""

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.markets import DEFAULT_COSTS_BPS
from ml.evaluation.judge_close import close_scores
from ml.scoring.confidence import mean_sequence, p_values_of_gain, skill_sequence
from ml.scoring.scorecard import FEES, earnings, fee_of, judge, plain
from ml.scoring.scores import traded_returns
from ml.scoring.uncertainty import direction_edge

Floats = NDArray[np.float64]

_BOUNDS = ("low_80", "high_80", "low_95", "high_95")
# What a point forecast such as last price has no score of.
_OF_DISTRIBUTIONS = ("pinball", "coverage", "winkler", "brier", "log_loss", "ece")


@dataclass(frozen=True, eq=False, slots=True)
class Entries:
    """Forecasts of one target with their outcomes, by time; each of shape (n,).

    `costs_bps` is what a round trip cost on average, in basis points. NaN stands for
    what a forecaster did not say: bounds, or the probability of a rise.
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

    `repeated` says that somebody looks after every forecast: intervals of skill and
    of returns, and so the verdict, are then those of confidence sequences, and p-values
    those of e-values. MASE is in units of the mean absolute step between the last prices.
    """
    if not len(entries.last):
        return _no_scores()
    completed = _completed(entries)
    shown = _scores(completed, seed) | _of_said(entries, seed)
    if repeated:
        shown |= _at_any_look(completed, shown)
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


def _at_any_look(entries: Entries, shown: dict[str, Any]) -> dict[str, Any]:
    """Return intervals and p-values that hold however often somebody looks."""
    last, realised, horizon = entries.last, entries.realised, entries.horizon
    loss, baseline = np.abs(realised - entries.predicted), np.abs(realised - last)
    low, high = skill_sequence(loss, baseline, horizon)
    either, better = p_values_of_gain(baseline - loss, horizon)
    # It must beat naming either side always: which is the commoner is known afterwards only.
    beats = (
        p_values_of_gain(direction_edge(realised - last, entries.prob_up - 0.5, side), horizon)
        for side in (1, -1)
    )
    found = {
        "skill": shown["skill"] | {"low": low[-1], "high": high[-1]},
        "dm": shown["dm"] | {"p_value": either[-1], "better_p_value": better[-1]},
        "direction": shown["direction"] | {"p_value": max(better[-1] for _, better in beats)},
        "after_costs": {f"{times}x": _earnings(entries, times) for times in FEES},
    }
    return {name: plain(value) for name, value in found.items()}


def _earnings(entries: Entries, times: int) -> dict[str, float]:
    """Return what trading on the forecasts earned at so many times the costs."""
    table = entries.last, entries.realised, entries.predicted
    earned, traded = traded_returns(*table, times * fee_of(entries.costs_bps))
    low, high = mean_sequence(earned, entries.horizon)
    return earnings(earned, int(traded.sum()), (float(low[-1]), float(high[-1])))


def _completed(entries: Entries) -> Entries:
    """Return entries whose points and directions can be scored, whatever else was not said."""
    bounds: dict[str, Any] = {
        name: np.where(np.isnan(getattr(entries, name)), entries.predicted, getattr(entries, name))
        for name in _BOUNDS
    }
    sign = np.sign(entries.predicted - entries.last)
    prob_up = np.where(np.isnan(entries.prob_up), 0.5 + sign / 2, entries.prob_up)
    return replace(entries, **bounds, prob_up=prob_up)


def _of_said(entries: Entries, seed: int) -> dict[str, Any]:
    """Return the scores of intervals and probabilities where not every entry has them.

    They are those of the entries that do, None where there is none.
    """
    lacking = {name: np.isnan(getattr(entries, name)) for name in (*_BOUNDS, "prob_up")}
    near, far, chance = (~lacking[name] for name in ("low_80", "low_95", "prob_up"))
    if near.all() and far.all() and chance.all():
        return {}

    def of(said: NDArray[np.bool_]) -> dict[str, Any]:
        return _scores(_completed(_take(entries, said)), seed) if said.any() else {}

    by_level = {"0.8": of(near), "0.95": of(far)}
    levels = {
        name: {level: card[name][level] if card else None for level, card in by_level.items()}
        for name in ("coverage", "winkler")
    }
    probable, whole = of(chance), of(near & far)
    return (
        levels
        | {"pinball": whole.get("pinball")}
        | {name: probable.get(name) for name in ("brier", "log_loss", "ece")}
    )


def _take(entries: Entries, chosen: NDArray[np.bool_]) -> Entries:
    names = ("last", "realised", "predicted", *_BOUNDS, "prob_up")
    columns: dict[str, Any] = {name: getattr(entries, name)[chosen] for name in names}
    return replace(entries, **columns)


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
