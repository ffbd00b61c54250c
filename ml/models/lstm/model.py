"""The LSTM as a model of moves: fit on the past, quantiles of what comes."""

import numpy as np
from numpy.typing import NDArray

from ml.data.walkforward import Rows
from ml.models.boosting.one_standard_error import cautious_shares
from ml.models.lstm.adjustment import Adjustment
from ml.models.lstm.fitting import Examples, FitReport, Fitter
from ml.models.lstm.options import LstmOptions
from ml.models.lstm.parts import Parts, split_past
from ml.models.lstm.windows import LevelScaler, Windows

Floats = NDArray[np.float64]


class LstmModel:
    """Quantile forecasts of an LSTM, shrunk towards last price and conformally corrected.

    The fitter owns the network, so that one compiled network serves all folds:
    the newest fit is the one in force.
    """

    parts_: Parts
    scaler_: LevelScaler | None
    adjustment_: Adjustment
    report_: FitReport

    def __init__(self, options: LstmOptions, fitter: Fitter) -> None:
        self.options = options
        self.fitter = fitter

    def fit(self, windows: Windows, past: Rows) -> None:
        """Learn from `past` alone; every scale comes from its training part."""
        self.parts_ = split_past(windows.spans, past)
        closes = windows.closes_until(self.parts_.train[-1])
        self.scaler_ = LevelScaler.fit(closes, self.options.normalization)
        self.report_ = self.fitter.fit(
            self._examples(windows, self.parts_.train),
            self._examples(windows, self.parts_.validation),
            self.options.epochs,
        )
        self.adjustment_ = self._adjust(windows)

    def quantiles(self, windows: Windows, rows: Rows) -> Floats:
        """Return the quantiles of the moves after `rows`, shape (rows, nsteps, Q)."""
        return self.adjustment_.apply(self._raw(windows, rows))

    def _adjust(self, windows: Windows) -> Adjustment:
        levels, parts = self.options.quantiles, self.parts_
        medians = self._raw(windows, parts.validation)[..., len(levels) // 2]
        kept = cautious_shares(windows.moves(parts.validation), medians, windows.nsteps)
        calibration = parts.calibration
        return Adjustment.learn(
            kept, windows.moves(calibration), self._raw(windows, calibration), levels
        )

    def _raw(self, windows: Windows, rows: Rows) -> Floats:
        return self.fitter.predict(windows.inputs(rows, self.scaler_))

    def _examples(self, windows: Windows, rows: Rows) -> Examples:
        moves = windows.moves(rows).astype(np.float32)
        return Examples(windows.inputs(rows, self.scaler_), moves)
