"""Champions that stay loaded between forecasts."""

import threading
import weakref
from collections import OrderedDict
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from storage.models.registry import Registry
from storage.models.registry_rows import RunRecord

if TYPE_CHECKING:
    from ml.models.protocol import Model

CAPACITY = 512

Kept = TypeVar("Kept")


_all: "weakref.WeakSet[Recent[Any]]" = weakref.WeakSet()


def loaded_runs() -> list[str]:
    """Return the trainings whose models this process has loaded."""
    return [run_id for kept in _all for run_id in kept.ids()]


class SlotModels:
    """The most recently used trainings, each read once whatever the number of threads."""

    def __init__(self, registry: Registry) -> None:
        self._runs: Recent[RunRecord] = Recent(registry.run)
        self._models: Recent[Model] = Recent(lambda run_id: load_model(registry, self.run(run_id)))
        _all.add(self._models)

    def run(self, run_id: str) -> RunRecord:
        """Return the record of a training."""
        return self._runs.get(run_id)

    def model(self, run_id: str) -> "Model":
        """Return the model of a training; raises `CorruptArtifact` if its files were altered."""
        return self._models.get(run_id)


class Recent(Generic[Kept]):
    """What `read` gave for the keys used last; it never changes."""

    def __init__(self, read: Callable[[str], Kept], capacity: int = CAPACITY) -> None:
        self._read = read
        self._capacity = capacity
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, Kept] = OrderedDict()

    def ids(self) -> list[str]:
        """Return what is kept."""
        with self._lock:
            return list(self._kept)

    def get(self, key: str) -> Kept:
        """Return what belongs to a key."""
        with self._lock:
            if key not in self._kept:
                self._kept[key] = self._read(key)
            self._kept.move_to_end(key)
            while len(self._kept) > self._capacity:
                self._kept.popitem(last=False)
            return self._kept[key]


def load_model(registry: Registry, run: RunRecord) -> "Model":
    """Read a training's model; raises `CorruptArtifact` if its files were altered."""
    # LightGBM, TA-Lib and pandas come in with this import.
    from ml.models.registry import read_model

    return read_model(registry.read_files(run))
