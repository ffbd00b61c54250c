"""The scores of a set of forecasts, in the shape that the API shows."""

import math
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from core.markets import DEFAULT_COSTS_BPS
from ml.scoring import scores
from ml.scoring.conformal import interval_pairs
from ml.scoring.uncertainty import (
    LEAST_SKILL,
    LEVEL,
    better_p_value,
    diebold_mariano,
    direction_test,
    mean_interval,
    ratio_interval,
    skill_interval,
    verdict,
)

Floats = NDArray[np.float64]


def fee_of(costs_bps: float) -> float:
    """Return the fraction of the price a side that costs so many basis points a round trip."""
    return costs_bps / 20_000


# A side of what is taken for granted; `after_costs` shows one, two and three times it.
FEE = fee_of(DEFAULT_COSTS_BPS)
# What `skill` and `dm` of a scorecard are against.
BASELINE = "last_price"
# In multiples of the fee.
FEES = (1, 2, 3)


@dataclass(frozen=True, eq=False, slots=True)
class Forecasts:
    """Forecasts beside what was realised: a row for each origin, a column for each horizon.

    Prices: `last` (n,), `realised` and `predicted` (n, H), `quantiles`
    (n, H, Q) in the order of `levels`. `scale` (n,) is the mean absolute
    one-step change of the training part, and `horizon` how many rows ahead the
    farthest column reaches.
    """

    last: Floats
    realised: Floats
    predicted: Floats
    quantiles: Floats
    scale: Floats
    levels: tuple[float, ...]
    horizon: int

    def column(self, index: int, horizon: int) -> Self:
        """Return one column, which reaches `horizon` rows ahead."""
        part = slice(index, index + 1)
        return type(self)(
            self.last,
            self.realised[:, part],
            self.predicted[:, part],
            self.quantiles[:, part],
            self.scale,
            self.levels,
            horizon,
        )


def scorecard(
    forecasts: Forecasts, *, fee: float = FEE, seed: int = 0, level: float = LEVEL
) -> dict[str, Any]:
    """Return `scores` as the API shows them; undefined ones are None.

    Points of all horizons count alike; skill and both tests take the mean over
    horizons of each origin. Skill and Diebold-Mariano are against last price, which
    `baseline` names, `pinball`, `winkler` and `mae` in quote currency, `after_costs` the mean
    simple return a forecast at one, two and three times `fee` a side, and how many
    traded. `level` is that of the intervals of skill and of returns.
    """
    probability = scores.probability_above(
        _beside(forecasts), forecasts.quantiles, forecasts.levels
    )
    tree = (
        {"n": len(forecasts.last)}
        | _point_scores(forecasts)
        | _against_last_price(forecasts, seed, level)
        | _interval_scores(forecasts)
        | _probability_scores(forecasts.realised > _beside(forecasts), probability)
        | {"after_costs": _after_costs(forecasts, fee, level)}
    )
    return {name: plain(value) for name, value in tree.items()}


def judge(card: dict[str, Any]) -> str:
    """Return the verdict on a scorecard's interval of skill."""
    low, high = card["skill"]["low"], card["skill"]["high"]
    return verdict(math.nan if low is None else low, math.nan if high is None else high).value


def chance_of_skill_by_luck(forecasts: Forecasts) -> float:
    """Return the one-sided p-value of skill against last price above the least that counts."""
    loss, baseline = _losses(forecasts)
    return better_p_value(*diebold_mariano(loss, (1 - LEAST_SKILL) * baseline, forecasts.horizon))


def _losses(forecasts: Forecasts) -> tuple[Floats, Floats]:
    """Return the absolute errors of each origin and of last price, means over horizons."""
    loss = np.abs(forecasts.realised - forecasts.predicted).mean(axis=1)
    return loss, np.abs(forecasts.realised - forecasts.last[:, None]).mean(axis=1)


def _beside(forecasts: Forecasts) -> Floats:
    """Return the last price beside each forecast, shape (n, H)."""
    return np.broadcast_to(forecasts.last[:, None], forecasts.realised.shape)


def _point_scores(forecasts: Forecasts) -> dict[str, Any]:
    realised, predicted = forecasts.realised.ravel(), forecasts.predicted.ravel()
    return {
        "mae": scores.mae(realised, predicted),
        "rmse": scores.rmse(realised, predicted),
        "mape": scores.mape(realised, predicted),
        "smape": scores.smape(realised, predicted),
        "mase": scores.mase(forecasts.realised, forecasts.predicted, forecasts.scale).mean(),
    }


def _against_last_price(forecasts: Forecasts, seed: int, level: float) -> dict[str, Any]:
    loss, baseline = _losses(forecasts)
    low, high = skill_interval(loss, baseline, forecasts.horizon, level=level, seed=seed)
    statistic, p_value = diebold_mariano(loss, baseline, forecasts.horizon)
    accuracy, base_rate, chance = direction_test(
        forecasts.realised - forecasts.last[:, None],
        forecasts.predicted - forecasts.last[:, None],
        forecasts.horizon,
    )
    return {
        "skill": {"value": scores.skill(loss, baseline), "low": low, "high": high},
        "baseline": BASELINE,
        "dm": {
            "statistic": statistic,
            "p_value": p_value,
            "better_p_value": better_p_value(statistic, p_value),
        },
        "direction": {"accuracy": accuracy, "base_rate": base_rate, "p_value": chance},
    }


def _interval_scores(forecasts: Forecasts) -> dict[str, Any]:
    realised, quantiles = forecasts.realised, forecasts.quantiles
    coverage, winkler = {}, {}
    for name, (low, high) in interval_pairs(forecasts.levels).items():
        bounds = quantiles[..., low], quantiles[..., high]
        coverage[name] = scores.coverage(realised, *bounds).mean()
        winkler[name] = scores.winkler(realised, *bounds, float(name)).mean()
    pinball = scores.pinball(realised, quantiles, forecasts.levels).mean()
    return {"pinball": pinball, "coverage": coverage, "winkler": winkler}


def _probability_scores(up: NDArray[np.bool_], probability: Floats) -> dict[str, Any]:
    return {
        "brier": scores.brier(up, probability).mean(),
        "log_loss": scores.log_loss(up, probability).mean(),
        "ece": scores.expected_calibration_error(up, probability),
    }


def _after_costs(forecasts: Forecasts, fee: float, level: float) -> dict[str, Any]:
    table = forecasts.last, forecasts.realised, forecasts.predicted
    shown = {}
    for times in FEES:
        earned, traded = scores.traded_returns(*table, times * fee)
        series = earned.mean(axis=1)
        interval = mean_interval(series, forecasts.horizon, level)
        shown[f"{times}x"] = earnings(series, int(traded.sum()), interval)
    return shown


def earnings(series: Floats, trades: int, interval: tuple[float, float]) -> dict[str, float]:
    """Return `{trades, mean, low, high}` of what each forecast earned, 0 without a trade."""
    low, high = interval
    return {"trades": trades, "mean": float(series.mean()), "low": low, "high": high}


def profit_factor(series: Floats, horizon: int, seed: int) -> dict[str, float | None]:
    """Return what trades won by what they lost, and the lower bound of that by a block bootstrap.

    `series` is what each forecast earned, 0 without a trade. Both are None where nothing was lost.
    """
    won, lost = np.maximum(series, 0.0), np.maximum(-series, 0.0)
    if not lost.any():
        return {"profit_factor": None, "profit_factor_low": None}
    low, _ = ratio_interval(won, lost, horizon, seed=seed)
    return {"profit_factor": float(won.sum() / lost.sum()), "profit_factor_low": plain(low)}


def plain(value: Any) -> Any:
    """Return the same tree of plain numbers, None for what is not finite."""
    if isinstance(value, dict):
        return {key: plain(inner) for key, inner in value.items()}
    if value is None or isinstance(value, int | str):
        return value
    number = float(value)
    return number if math.isfinite(number) else None
