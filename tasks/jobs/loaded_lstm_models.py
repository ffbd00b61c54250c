"""Models that stay loaded between forecasts."""

import threading
import weakref
from collections import OrderedDict
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from storage.models.lstm_store import ModelRecord, ModelStore

if TYPE_CHECKING:
    from ml.models.lstm.serving import LstmServer

# A small network takes a few MB.
CAPACITY = 32


class LoadedModel(NamedTuple):
    """A model ready to predict, and how many of the newest candles it wants."""

    server: "LstmServer"
    rows: int


def load_lstm(store: ModelStore, record: ModelRecord) -> LoadedModel:
    """Load a model into ONNX Runtime; raises `CorruptArtifact` if its file was altered."""
    # ONNX Runtime and pandas come in with this import.
    from ml.models.lstm.serving import LstmServer, rows_needed

    server = LstmServer(store.read_file(record, "model.onnx"), record.metadata)
    return LoadedModel(server, rows_needed(record.metadata))


_all: "weakref.WeakSet[LoadedModels]" = weakref.WeakSet()


def count_loaded() -> int:
    """Return how many models this process has loaded."""
    return sum(map(len, _all))


class LoadedModels:
    """The `capacity` models used last, each loaded once whatever the number of threads."""

    def __init__(
        self,
        load: Callable[[ModelStore, ModelRecord], LoadedModel] = load_lstm,
        capacity: int = CAPACITY,
    ) -> None:
        self._load = load
        self._capacity = capacity
        self._lock = threading.Lock()
        self._loaded: OrderedDict[str, LoadedModel] = OrderedDict()
        _all.add(self)

    def __len__(self) -> int:
        return len(self._loaded)

    def get(self, store: ModelStore, record: ModelRecord) -> LoadedModel:
        """Return the model of a record.

        A model that was trained again under the same name has another folder,
        and so is another model here.
        """
        with self._lock:
            model = self._loaded.get(record.folder)
            if model is None:
                model = self._loaded[record.folder] = self._load(store, record)
            self._loaded.move_to_end(record.folder)
            while len(self._loaded) > self._capacity:
                self._loaded.popitem(last=False)
            return model
