"""The newest candles of series, prepared once for all horizons that ask before they change."""

from typing import TYPE_CHECKING

import msgspec

from core.errors import ModelUnavailable
from core.process.recent import Recent
from core.series import Series
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

    def get(self, stores: Stores, series: Series, run: RunRecord, mark: str) -> "Origin":
        """Return the newest candles as a model reads them.

        `mark` is the series' before they are read. Raises `ModelUnavailable` where
        a gap lies too shortly before the last.
        """
        sessions = run.metadata["sessions"]
        key = (str(stores.data_dir), series, mark, msgspec.json.encode(sessions))
        return self._kept.get(key, lambda: _read(stores, series, run))


def _read(stores: Stores, series: Series, run: RunRecord) -> "Origin":
    # LightGBM, TA-Lib and pandas come in with this import.
    from ml.features.model_inputs import WARM_UP
    from ml.models.forecast_origin import Origin
    from ml.models.protocol import CANDLES_WANTED

    candles = stores.candles.read(series, limit=CANDLES_WANTED + 1, newest=True)
    origin = Origin.of(candles.to_frame(), series.resolution, run.metadata["sessions"])
    if not origin.ready:
        raise ModelUnavailable(
            f"The newest candles of {series.symbol} follow a gap: a forecast needs {WARM_UP + 1} "
            "without one. POST /ingest/kline fetches what is missing."
        )
    origin.history.prepare()
    return origin


origins = Origins()
