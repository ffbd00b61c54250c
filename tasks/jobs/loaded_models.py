"""Trained models that stay loaded between forecasts, of every kind."""

import logging
from typing import Any

from core.errors import CorruptArtifact
from core.process.recent import Recent
from storage.models.runs import RunRecord
from storage.stores import Stores

logger = logging.getLogger(__name__)

# Each takes a few MB.
CAPACITY = 512

Key = tuple[str, str]


class LoadedModels:
    """The trainings used last, each read once."""

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._runs: Recent[Key, RunRecord] = Recent(capacity)
        self._models: Recent[Key, Any] = Recent(capacity)

    def run(self, stores: Stores, run_id: str) -> RunRecord:
        """Return the record of a training; raises `NotFound`."""
        return self._runs.get(_key(stores, run_id), lambda: stores.registry.run(run_id))

    def model(self, stores: Stores, run: RunRecord) -> Any:
        """Return the model of a training, of the class that its name has.

        Raises `CorruptArtifact` if its files were altered.
        """
        return self._models.get(_key(stores, run.id), lambda: load_model(stores, run))

    def champion(self, stores: Stores, run: RunRecord) -> tuple[RunRecord, Any]:
        """Return a champion with its model, or the one before it if its files are damaged.

        Raises `CorruptArtifact` if there is none before it.
        """
        while True:
            try:
                return run, self.model(stores, run)
            except CorruptArtifact:
                logger.error("the files of training %s are damaged", run.id)
                before = stores.registry.step_down(run)
                if before is None:
                    raise
                run = before

    def ids(self) -> list[str]:
        """Return the trainings whose models are loaded."""
        return sorted(run_id for _, run_id in self._models.at_hand())


def load_model(stores: Stores, run: RunRecord) -> Any:
    """Read a training's model; raises `CorruptArtifact` if its files were altered."""
    # The libraries of the models come in with this import.
    from ml.models.registry import read_model

    store = stores.registry if run.name is None else stores.named_runs
    return read_model(store.read_files(run))


def _key(stores: Stores, run_id: str) -> Key:
    return str(stores.data_dir), run_id


# Of this process.
models = LoadedModels()
