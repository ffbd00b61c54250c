"""Judge forecasts of the close, beside last price amid intervals of EWMA or GARCH volatility."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml.evaluation.kind import Columns, Kind, Whole
from ml.evaluation.walk import FoldForecasts, Makers
from ml.features.history import History
from ml.models.baselines import Drift, EwmaOrGarch, SeasonalNaive
from ml.models.classical import classical_models
from ml.models.protocol import LEVELS, Distribution
from ml.scoring import scores
from ml.scoring.calibration import calibration_report
from ml.scoring.conformal import interval_pairs
from ml.scoring.scorecard import FEE, Forecasts, judge, plain, scorecard
from ml.scoring.uncertainty import LEVEL, direction_test

Floats = NDArray[np.float64]
Rows = NDArray[np.intp]

TERCILES = ("low", "medium", "high")
HOUR, BLOCK = 3_600, 4


class CloseKind(Kind):
    """The close of the last candle of the horizon; scores are those of `scorecard`.

    A forecast is its whole distribution, and the contest goes by its pinball loss.
    """

    baseline = EwmaOrGarch.name
    other_baselines = (Drift.name, SeasonalNaive.name)
    loss_name = "pinball"
    must_beat_baseline = True

    def rivals(self) -> tuple[Makers, dict[str, str]]:
        """Return ETS and Theta, if the package that makes them is installed."""
        return classical_models(self.horizon)

    def columns(self, history: History, fold: FoldForecasts, forecast: Distribution) -> Columns:
        """Return prices, quantiles and what came out.

        Of each row `volatility` is EWMA's, `hour` that of the UTC day, and `closed` 1 where
        the market closed before the target.
        """
        close = history.path.close
        realised = close[fold.asked + self.horizon]
        change = np.abs(np.diff(close[fold.train[0] : fold.train[-1] + 1])).mean()
        loss = scores.quantile_loss(realised[:, None], forecast.quantiles, np.asarray(LEVELS))
        return {
            "last": forecast.last,
            "realised": realised,
            "quantiles": forecast.quantiles,
            "scale": np.full(len(fold.asked), change),
            "prob_up": forecast.prob_up,
            "volatility": history.volatility[fold.asked],
            "hour": history.times[fold.asked] / HOUR % 24,
            "closed": _crossed_closures(history, fold.asked, self.horizon),
            "loss": loss.mean(axis=1),
        }

    def scores(self, model: Columns, baseline: Columns, against: str) -> dict[str, Any]:
        """Return `{n, scores, baseline_scores, verdict}`."""
        card = self._card(model)
        return {
            "n": card["n"],
            "scores": card,
            "baseline_scores": self._card(baseline),
            "verdict": judge(card),
        }

    def _card(self, columns: Columns) -> dict[str, Any]:
        return close_scores(columns, self.horizon, self.seed, self.fee, self.level)

    def fold_scores(self, model: Columns, baseline: Columns, against: str) -> dict[str, Any]:
        """Return the same without `n`, which stands among the scores."""
        shown = self.scores(model, baseline, against)
        del shown["n"]
        return shown

    def details(self, whole: Whole, model: str) -> dict[str, Any]:
        """Return the scores of other baselines, calibration, coverage by volatility."""
        ours = whole(model)
        others = {name: self._card(whole(name)) for name in self.other_baselines}
        return {
            "other_baselines": others,
            "calibration": calibration_report(ours["prob_up"], ours["realised"] > ours["last"]),
            "coverage_by_volatility": _coverage_by_volatility(ours),
            "coverage_by_hour": _coverage_by_hour(ours),
            "coverage_across_closures": _coverage_across_closures(ours),
        }


def close_scores(
    columns: Columns, horizon: int, seed: int, fee: float = FEE, level: float = LEVEL
) -> dict[str, Any]:
    """Return the scores; those of direction are of `prob_up`, not of the median's sign.

    `fee` is a fraction of the price a side; see `scorecard`.
    """
    last, realised, prob_up = (columns[name] for name in ("last", "realised", "prob_up"))
    table = Forecasts(
        last=last,
        realised=realised[:, None],
        predicted=columns["quantiles"][:, None, LEVELS.index(0.5)],
        quantiles=columns["quantiles"][:, None, :],
        scale=columns["scale"],
        levels=LEVELS,
        horizon=horizon,
    )
    accuracy, base, p_value = direction_test(realised - last, prob_up - 0.5, horizon)
    up = realised > last
    return scorecard(table, fee=fee, seed=seed, level=level) | {
        "direction": {
            "accuracy": plain(accuracy),
            "base_rate": plain(base),
            "p_value": p_value,
        },
        "brier": float(scores.brier(up, prob_up)),
        "log_loss": float(scores.log_loss(up, prob_up)),
        "ece": scores.expected_calibration_error(up, prob_up),
    }


def _coverage_by_volatility(columns: Columns) -> dict[str, dict[str, float]]:
    """Return the coverage of each interval within terciles of volatility at the row."""
    edges = np.quantile(columns["volatility"], [1 / 3, 2 / 3])
    tercile = np.searchsorted(edges, columns["volatility"])
    return {
        name: _coverage(columns, tercile == index)
        for index, name in enumerate(TERCILES)
        if (tercile == index).any()
    }


def _coverage_by_hour(columns: Columns) -> dict[str, dict[str, float]]:
    """Return the same within blocks of four hours of the UTC day, by their first and last."""
    block = columns["hour"].astype(np.int64) // BLOCK
    return {
        f"{BLOCK * each:02}-{BLOCK * (each + 1):02}": _coverage(columns, block == each)
        for each in np.unique(block).tolist()
    }


def _coverage_across_closures(columns: Columns) -> dict[str, float] | None:
    """Return the same of forecasts with a closure before their target, None without any."""
    closed = columns["closed"] > 0
    return _coverage(columns, closed) if closed.any() else None


def _crossed_closures(history: History, rows: Rows, horizon: int) -> Floats:
    length = history.times[rows + horizon] - history.times[rows]
    return (length > horizon * history.resolution).astype(np.float64)


def _coverage(columns: Columns, chosen: NDArray[np.bool_]) -> dict[str, float]:
    realised, quantiles = columns["realised"][chosen], columns["quantiles"][chosen]
    return {"n": int(chosen.sum())} | {
        name: float(scores.coverage(realised, quantiles[:, low], quantiles[:, high]))
        for name, (low, high) in interval_pairs(LEVELS).items()
    }
