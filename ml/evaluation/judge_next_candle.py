"""Judge the next candle on the newest fifth of the history, as source 000 reports it."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import InvalidRequest
from ml.data.labels import fixed_spans
from ml.data.walkforward import Fold, hold_out
from ml.evaluation.kind import Columns, Kind
from ml.evaluation.walk import EMBARGO, FoldForecasts, Makers
from ml.features.history import History
from ml.models.boosting.next_candle_model import PRICES, realised_candles
from ml.models.path_baselines import Persistence
from ml.models.protocol import CandleForecast
from ml.scoring import scores

Floats = NDArray[np.float64]
Rows = NDArray[np.intp]

VALIDATION_SHARE = 0.2
LEAST_VALIDATION = 50
# An outcome this small beside the median one makes a percentage error of any size.
LEAST_SHARE = 0.05


class NextCandleKind(Kind):
    """Every price of the next candle.

    Scores are close's `mae`, `mape`, `smape`, its `skill` against last price, those
    of direction, and the same errors of every target under `targets`. What was
    judged speaks as it stands, so that its forecasts of the newest fifth stay honest.
    """

    baseline = Persistence.name
    loss_name = "mae"
    refits = False

    def splits(self, history: History, rows: Rows, folds: int) -> list[Fold]:
        """Return one fold: the older four fifths, purged, and the rest."""
        count = int(len(rows) * VALIDATION_SHARE)
        if count < LEAST_VALIDATION:
            raise InvalidRequest(
                f"Validation needs at least {int(LEAST_VALIDATION / VALIDATION_SHARE)} candles "
                f"after warming up; {len(rows)} are held."
            )
        fold = hold_out(fixed_spans(rows, self.horizon), np.arange(len(rows)), count, EMBARGO)
        return [Fold(rows[fold.train], rows[fold.test])]

    def makers(self) -> Makers:
        """Return how the baseline is made."""
        return {self.baseline: Persistence}

    def columns(self, history: History, fold: FoldForecasts, forecast: CandleForecast) -> Columns:
        """Return every price as it was forecast and as it came out."""
        realised = realised_candles(history, fold.asked)
        columns = {f"realised_{name}": realised[name] for name in PRICES}
        columns |= {f"predicted_{name}": getattr(forecast, name) for name in PRICES}
        columns |= {"last": forecast.last, "prob_up": forecast.prob_up}
        return columns | {"loss": np.abs(realised["close"] - forecast.close)}

    def scores(self, model: Columns, baseline: Columns, against: str) -> dict[str, Any]:
        """Return `{n, scores, baseline_scores, verdict}`."""
        skill = self.skill(model["loss"], baseline["loss"])
        up, prob_up = model["realised_close"] > model["last"], model["prob_up"]
        direction = {
            "accuracy": float(((prob_up > 0.5) == up).mean()),
            "base_rate": float(max(up.mean(), 1 - up.mean())),
            "brier": float(scores.brier(up, prob_up)),
            "ece": scores.expected_calibration_error(up, prob_up),
        }
        return {
            "n": len(up),
            "scores": _errors(model) | {"skill": skill.shown, "direction": direction},
            "baseline_scores": _errors(baseline),
            "verdict": skill.verdict,
        }


def _errors(columns: Columns) -> dict[str, Any]:
    targets = {
        name: _errors_of(columns[f"realised_{name}"], columns[f"predicted_{name}"])
        for name in PRICES
    }
    return targets["close"] | {"targets": targets}


def _errors_of(realised: Floats, predicted: Floats) -> dict[str, Any]:
    """Return the errors; `mape` is None where outcomes near 0 would decide it alone.

    Such as a candle with hardly any range: `smape`, which is bounded, leaves out 0 only.
    """
    some = realised != 0
    size = np.abs(realised)
    whole = bool((size >= LEAST_SHARE * np.median(size)).all() and some.any())
    return {
        "mae": float(scores.mae(realised, predicted)),
        "mape": float(scores.mape(realised[some], predicted[some])) if whole else None,
        "smape": float(scores.smape(realised[some], predicted[some])) if some.any() else None,
    }
