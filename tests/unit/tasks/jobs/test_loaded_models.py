"""Models stay loaded between forecasts, the ones used last."""

from typing import Any

import pytest

from core.errors import CorruptArtifact
from core.series import Series
from storage.models.lstm_store import ModelRecord
from tasks.jobs.loaded_lstm_models import LoadedModel, LoadedModels


class CountingLoader:
    """Loads nothing, and remembers which folders it was asked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def __call__(self, store: Any, record: ModelRecord) -> LoadedModel:
        self.asked.append(record.folder)
        if record.folder == "damaged":
            raise CorruptArtifact("A file of the model differs from its digest.")
        return LoadedModel(record.folder, 1)  # type: ignore[arg-type]


def _record(folder: str) -> ModelRecord:
    return ModelRecord("m", "1", Series("coinbase", "BTC-USD", 60), 0, {}, {}, folder)


def _use(models: LoadedModels, *folders: str) -> None:
    for folder in folders:
        models.get(None, _record(folder))  # type: ignore[arg-type]


def test_a_model_is_loaded_once() -> None:
    loader = CountingLoader()

    _use(LoadedModels(loader), "a", "a", "a")

    assert loader.asked == ["a"]


def test_a_model_trained_again_under_its_name_is_loaded_anew() -> None:
    loader = CountingLoader()

    _use(LoadedModels(loader), "first-run", "second-run")

    assert loader.asked == ["first-run", "second-run"]


def test_the_model_used_longest_ago_makes_room() -> None:
    loader = CountingLoader()

    _use(LoadedModels(loader, capacity=2), "a", "b", "a", "c", "a", "b")

    assert loader.asked == ["a", "b", "c", "b"]


def test_a_damaged_model_is_never_kept() -> None:
    loader = CountingLoader()
    models = LoadedModels(loader)

    for _ in range(2):
        with pytest.raises(CorruptArtifact):
            _use(models, "damaged")

    assert loader.asked == ["damaged", "damaged"]
