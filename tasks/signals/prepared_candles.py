"""The newest candles of series, prepared once for all horizons that ask before they change."""

from typing import TYPE_CHECKING

import msgspec

from core.errors import ModelUnavailable
from core.process.recent import Recent
from core.series import Series
from storage.candles.candle_columns import Candles
from storage.candles.newest_finished import NewestCandles
from storage.candles.series_state import SeriesState
from storage.models.runs import RunRecord
from storage.stores import Stores

if TYPE_CHECKING:
    from ml.models.forecast_origin import Origin

# Each takes about half a MB.
CAPACITY = 64

Key = tuple[str, Series, str, bytes]


class Origins:
    """Candles with their features by the mark of the last write to their series."""

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._kept: Recent[Key, Origin] = Recent(capacity)
        self._newest: dict[str, NewestCandles] = {}

    def get(
        self,
        stores: Stores,
        series: Series,
        run: RunRecord,
        mark: str,
        state: SeriesState | None = None,
    ) -> "Origin":
        """Return the newest candles as a model reads them.

        `mark` is the series' before they are read, and `state` the state that has it. Raises
        `ModelUnavailable` where a gap lies too shortly before the last.
        """
        sessions = run.metadata["sessions"]
        key = (str(stores.data_dir), series, mark, msgspec.json.encode(sessions))

        def prepared() -> "Origin":
            return _prepared(self.candles(stores, series, state), series, run)

        return self._kept.get(key, prepared)

    def candles(self, stores: Stores, series: Series, state: SeriesState | None = None) -> Candles:
        """Return the newest candles as they are held; `state` is the series' of just before."""
        # LightGBM, TA-Lib and pandas come in with this import.
        from ml.models.protocol import CANDLES_WANTED

        name = str(stores.data_dir)
        if name not in self._newest:
            # The newest may be unfinished.
            self._newest[name] = NewestCandles(stores.candles)
        return self._newest[name].get(series, CANDLES_WANTED + 1, state)


def _prepared(candles: Candles, series: Series, run: RunRecord) -> "Origin":
    # LightGBM, TA-Lib and pandas come in with this import.
    from ml.features.model_inputs import WARM_UP
    from ml.models.forecast_origin import Origin

    origin = Origin.of(candles.to_frame(), series.resolution, run.metadata["sessions"])
    if not origin.ready:
        raise ModelUnavailable(
            f"The newest candles of {series.symbol} follow a gap: a forecast needs {WARM_UP + 1} "
            "without one. POST /ingest/kline fetches what is missing."
        )
    origin.history.prepare()
    return origin


origins = Origins()
