"""Scores of signals that stand in the ledger, beside the class priors sealed with them."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.signals import BUY, HOLD, SELL
from ml.evaluation.judge_signal import harder_rival
from ml.models.path_baselines import ClassPriors
from ml.scoring import scorecard, scores
from ml.scoring.calibration import brier_of_classes
from ml.scoring.confidence import mean_sequence, skill_sequence
from ml.scoring.signal_outcome import STOP_LOSS, TAKE_PROFIT
from ml.scoring.uncertainty import verdict

Floats = NDArray[np.float64]
Words = NDArray[np.str_]


@dataclass(frozen=True, eq=False, slots=True)
class SealedColumns:
    """Sealed signals of one target with what came of them, by time; each of shape (n,).

    `label` is hold, buy or sell, by the barrier that came first; `exit` how a position on
    the side that was said to earn more ended, `pnl_percent` what it earned after costs.
    """

    probability_hold: Floats
    probability_buy: Floats
    probability_sell: Floats
    prior_hold: Floats
    prior_buy: Floats
    prior_sell: Floats
    probability_tp: Floats
    probability_sl: Floats
    take_profit: Floats
    stop_loss: Floats
    current_price: Floats
    pnl_percent: Floats
    type: Words
    label: Words
    exit: Words
    horizon: int


def score_sealed(rows: SealedColumns) -> dict[str, Any]:
    """Return `{n, scores, baseline_scores, verdict}`, whatever the signals said.

    `direction` is the chance of buy where buy or sell came, `signal` that of all three,
    `tp_first` that of profit where an exit was met, each by its Brier score; the verdict is
    on direction. Baselines are the class priors of the training, for direction even odds
    where those do better, and for `tp_first` a price without drift. Intervals of skill, and
    of what `positions` (the signals to buy and to sell) earned after costs, are those of
    confidence sequences: they hold however often somebody looks.
    """
    said = np.column_stack([rows.probability_hold, rows.probability_buy, rows.probability_sell])
    prior = np.column_stack([rows.prior_hold, rows.prior_buy, rows.prior_sell])
    label = np.select([rows.label == BUY, rows.label == SELL], [1, 2], 0).astype(np.int64)
    came, bought = label > 0, (label == 1).astype(np.int64)
    parts = {
        "direction": _direction(_sides(said[came]), _sides(prior[came]), bought[came], rows),
        "signal": _part(said, prior, label, rows.horizon),
        "tp_first": _profit_first(rows),
    }
    baseline = {name: {"brier": part.pop("baseline_brier")} for name, part in parts.items()}
    skill = parts["direction"]["skill"]
    bounds = (math.nan if skill[k] is None else skill[k] for k in ("low", "high"))
    return {
        "n": len(label),
        "scores": {**parts, "positions": _positions(rows)},
        "baseline_scores": baseline,
        "verdict": verdict(*bounds).value,
    }


def _sides(probability: Floats) -> Floats:
    """Return the chances of sell and of buy, hold ruled out."""
    sides = probability[:, [2, 1]]
    return np.asarray(sides / sides.sum(axis=1, keepdims=True))


def _direction(
    said: Floats, prior: Floats, bought: NDArray[np.int64], rows: SealedColumns
) -> dict[str, Any]:
    """Return the part against the class prior or even odds, whichever did better so far."""
    name, chance = harder_rival(bought, prior)
    return _part(said, chance, bought, rows.horizon) | {"baseline": name}


def _profit_first(rows: SealedColumns) -> dict[str, Any]:
    met = (rows.exit == TAKE_PROFIT) | (rows.exit == STOP_LOSS)
    profit, stop = (
        np.abs(np.log(price[met] / rows.current_price[met]))
        for price in (rows.take_profit, rows.stop_loss)
    )
    chance = rows.probability_tp[met] / (rows.probability_tp[met] + rows.probability_sl[met])
    driftless = stop / (stop + profit)
    first = (rows.exit[met] == TAKE_PROFIT).astype(np.int64)
    said, plain = (np.column_stack([1 - p, p]) for p in (chance, driftless))
    return _part(said, plain, first, rows.horizon) | {"baseline": "driftless"}


def _part(said: Floats, plain: Floats, label: NDArray[np.int64], horizon: int) -> dict[str, Any]:
    if not len(label):
        nothing = dict.fromkeys(("value", "low", "high"))
        shown = {"n": 0, "brier": None, "baseline_brier": None, "skill": nothing}
        return shown | {"baseline": ClassPriors.name}
    loss, baseline = brier_of_classes(label, said), brier_of_classes(label, plain)
    low, high = (bound[-1] for bound in skill_sequence(loss, baseline, horizon))
    value = scores.skill(loss, baseline)
    return {
        "n": len(label),
        "brier": float(loss.mean()),
        "baseline_brier": float(baseline.mean()),
        "skill": scorecard.plain({"value": value, "low": low, "high": high}),
        "baseline": ClassPriors.name,
    }


def _positions(rows: SealedColumns) -> dict[str, Any]:
    taken = rows.type != HOLD
    earned = rows.pnl_percent[taken]
    shown = {"n": len(earned), "profits": int((earned > 0).sum())}
    if not len(earned):
        return shown | dict.fromkeys(("mean_percent", "low_percent", "high_percent"))
    low, high = (scorecard.plain(bound[-1]) for bound in mean_sequence(earned, rows.horizon))
    return shown | {
        "mean_percent": float(earned.mean()),
        "low_percent": low,
        "high_percent": high,
    }
