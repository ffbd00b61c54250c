"""A champion whose files are damaged is not served; the one before it is."""

import pytest

from core.errors import CorruptArtifact
from storage.models.runs import RunRecord
from storage.stores import Stores
from tasks.jobs import loaded_models
from tasks.jobs.loaded_models import LoadedModels
from tests.made_forecasts import SLOT
from tests.made_runs import enter_run, run


@pytest.fixture(autouse=True)
def _plain_models(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a model be its verified file, since these hold nothing that can forecast."""

    def load(stores: Stores, run: RunRecord) -> bytes:
        return stores.registry.read_files(run)["model.json"]

    monkeypatch.setattr(loaded_models, "load_model", load)


def damage(stores: Stores, run_id: str) -> None:
    file = stores.registry.files.root / "models" / run_id / "model.json"
    file.write_bytes(b"[]")


def test_the_champion_before_a_damaged_one_forecasts_and_health_can_name_it(
    stores: Stores,
) -> None:
    enter_run(stores.registry, run("run-1", created_at=1), content=b"1")
    enter_run(stores.registry, run("run-2", created_at=2), "run-1", content=b"2")
    third = enter_run(stores.registry, run("run-3", created_at=3), "run-2", content=b"3")
    damage(stores, "run-3")
    damage(stores, "run-2")

    spoken, model = LoadedModels().champion(stores, third)

    assert (spoken.id, model) == ("run-1", b"1")
    assert stores.registry.champion_id(SLOT) == "run-1"
    assert "damaged files" in stores.registry.damaged()[str(SLOT)]


def test_where_none_was_before_nothing_is_served(stores: Stores) -> None:
    only = enter_run(stores.registry, run("run-1", created_at=1))
    damage(stores, "run-1")
    with pytest.raises(CorruptArtifact):
        LoadedModels().champion(stores, only)
    assert list(stores.registry.damaged()) == [str(SLOT)]
