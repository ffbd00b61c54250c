"""The newest candles of series, prepared once for all horizons that ask before they change."""

import threading
from collections import OrderedDict
from typing import TYPE_CHECKING

import msgspec

from core.errors import ModelUnavailable
from core.series import Series
from storage.models.registry_rows import RunRecord
from storage.stores import Stores

if TYPE_CHECKING:
    from ml.models.forecast_origin import Origin

# Each takes about half a MB.
CAPACITY = 64

Key = tuple[str, Series, str, bytes]


class Origins:
    """Candles with their features by the mark of the last write to their series."""

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._capacity = capacity
        self._lock = threading.Lock()
        self._kept: OrderedDict[Key, Origin] = OrderedDict()

    def get(self, stores: Stores, series: Series, run: RunRecord, mark: str) -> "Origin":
        """Return the newest candles as a model reads them.

        `mark` is the series' before they are read. Raises `ModelUnavailable` where
        a gap lies too shortly before the last.
        """
        sessions = run.metadata["sessions"]
        key = (str(stores.data_dir), series, mark, msgspec.json.encode(sessions))
        with self._lock:
            held = self._kept.get(key)
        origin = held or _read(stores, series, run)
        with self._lock:
            self._kept[key] = origin
            self._kept.move_to_end(key)
            while len(self._kept) > self._capacity:
                self._kept.popitem(last=False)
        return origin


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
