"""The walk-forward's scores, overall, by fold and by horizon, as results show them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from core.times import format_time
from ml.data.walkforward import Fold, Rows
from ml.models.lstm.evaluation import score_beside, score_by_horizon
from ml.models.lstm.fitting import FitReport
from ml.models.lstm.windows import Windows
from ml.scoring.scorecard import Forecasts, scorecard

LAST_PRICE = "last_price"


@dataclass(frozen=True, eq=False, slots=True)
class FoldRecord:
    """What one fold of the walk-forward gave; `baselines` by name."""

    fold: Fold
    report: FitReport
    model: Forecasts
    baselines: dict[str, Forecasts]


def score_records(
    records: list[FoldRecord], windows: Windows, seed: int, tell: Callable[[str], None]
) -> dict[str, Any]:
    """Return `n`, `scores`, `baseline_scores`, `verdict`, `folds` and `by_horizon`.

    `baseline_scores` are last price's, with EWMA intervals; `other_baselines`
    holds the others'. `tell` is called between the pieces of work.
    """
    tell("scoring all forecasts")
    model = Forecasts.join([record.model for record in records])
    baselines = {
        name: Forecasts.join([record.baselines[name] for record in records])
        for name in records[0].baselines
    }
    overall = score_beside(model, baselines[LAST_PRICE], seed)
    tell("scoring baselines")
    others = {
        name: scorecard(table, seed=seed) for name, table in baselines.items() if name != LAST_PRICE
    }
    tell("scoring folds")
    folds = [_fold(i, record, windows, seed) for i, record in enumerate(records, 1)]
    tell("scoring horizons")
    by_horizon = score_by_horizon(model, baselines[LAST_PRICE], seed)
    return (
        {"n": overall["scores"]["n"]}
        | overall
        | {"other_baselines": others, "folds": folds, "by_horizon": by_horizon}
    )


def _fold(number: int, record: FoldRecord, windows: Windows, seed: int) -> dict[str, Any]:
    return {
        "fold": number,
        "train": _span(record.fold.train, windows),
        "test": _span(record.fold.test, windows),
        "epochs": len(record.report.losses) - 1,
        "best_epoch": record.report.best,
        "losses": record.report.losses,
    } | score_beside(record.model, record.baselines[LAST_PRICE], seed)


def _span(rows: Rows, windows: Windows) -> dict[str, Any]:
    first, last = (windows.candles.time[windows.origins[row]] for row in (rows[0], rows[-1]))
    return {
        "windows": len(rows),
        "start": format_time(int(first) * 1_000),
        "end": format_time(int(last) * 1_000),
    }
