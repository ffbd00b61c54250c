"""Models of ranges and signals that stay loaded between answers."""

import threading
from collections import OrderedDict
from typing import TYPE_CHECKING, Any, NamedTuple

from core.series import Series
from storage.models.outlook_champions import champion_id
from storage.models.registry import Registry
from storage.models.registry_rows import RunRecord

if TYPE_CHECKING:
    from ml.models.forecast_origin import Origin
    from ml.models.protocol import Model, RangeForecast, SignalForecast

# Each takes a few MB.
CAPACITY = 256


class LoadedOutlook(NamedTuple):
    """A training, and its model ready to forecast."""

    run: RunRecord
    model: "Model"

    def range_from(self, origin: "Origin") -> "RangeForecast":
        """Return the range of the path after the newest candle, of a model of ranges."""
        said: RangeForecast = self._said(origin)
        return said

    def signal_from(self, origin: "Origin") -> "SignalForecast":
        """Return the chances after the newest candle, of a model of signals."""
        said: SignalForecast = self._said(origin)
        return said

    def _said(self, origin: "Origin") -> Any:
        # NumPy comes in with this import.
        import numpy as np

        return self.model.predict(origin.history, np.array([len(origin.history.times) - 1]))


class OutlookModels:
    """The trainings used last, each read once whatever the number of threads."""

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._capacity = capacity
        self._lock = threading.Lock()
        self._loaded: OrderedDict[str, LoadedOutlook] = OrderedDict()

    def champion(
        self, registry: Registry, series: Series, horizon: int, kind: str
    ) -> LoadedOutlook:
        """Return what speaks for a series; raises `ModelUnavailable` if nothing is trained."""
        return self._get(registry, champion_id(registry, series, horizon, kind))

    def ids(self) -> list[str]:
        """Return the trainings whose models are loaded."""
        with self._lock:
            return list(self._loaded)

    def _get(self, registry: Registry, run_id: str) -> LoadedOutlook:
        with self._lock:
            loaded = self._loaded.get(run_id)
            if loaded is None:
                loaded = self._loaded[run_id] = _load(registry, run_id)
            self._loaded.move_to_end(run_id)
            while len(self._loaded) > self._capacity:
                self._loaded.popitem(last=False)
            return loaded


def _load(registry: Registry, run_id: str) -> LoadedOutlook:
    # LightGBM, TA-Lib and pandas come in with this import.
    from ml.models.registry import read_model

    run = registry.run(run_id)
    return LoadedOutlook(run, read_model(registry.read_files(run)))


models = OutlookModels()
