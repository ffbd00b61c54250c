"""Champions that stay loaded between forecasts."""

import threading
from collections import OrderedDict
from typing import TYPE_CHECKING, NamedTuple

from storage.registry import Registry
from storage.registry_rows import RunRecord

if TYPE_CHECKING:
    from ml.models.protocol import Model

CAPACITY = 512


class LoadedRun(NamedTuple):
    """A training's record, and its model ready to forecast."""

    run: RunRecord
    model: "Model"


class SlotModels:
    """The most recently used models, each read once whatever the number of threads."""

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._capacity = capacity
        self._lock = threading.Lock()
        self._loaded: OrderedDict[str, LoadedRun] = OrderedDict()

    def get(self, registry: Registry, run_id: str) -> LoadedRun:
        """Return the model of a run; raises `CorruptArtifact` if its files were altered."""
        with self._lock:
            if run_id not in self._loaded:
                self._loaded[run_id] = load_run(registry, run_id)
            self._loaded.move_to_end(run_id)
            while len(self._loaded) > self._capacity:
                self._loaded.popitem(last=False)
            return self._loaded[run_id]


def load_run(registry: Registry, run_id: str) -> LoadedRun:
    """Read a run's model; raises `CorruptArtifact` if its files were altered."""
    # LightGBM, TA-Lib and pandas come in with this import.
    from ml.models.registry import read_model

    run = registry.run(run_id)
    return LoadedRun(run, read_model(registry.read_files(run)))
