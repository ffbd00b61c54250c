"""The registry records trainings once, and knows who speaks for each slot."""

import os
from pathlib import Path

import pytest
from sqlalchemy import Engine

from core.errors import Conflict, CorruptArtifact, NotFound
from core.forecast_target import ForecastTarget
from core.next_candle import candle_target
from storage.models.artifacts import Artifacts
from storage.models.registry import KEPT, Registry
from tests.made_forecasts import SLOT
from tests.made_runs import enter_run, run

OTHER = ForecastTarget("kraken", "XBTUSD", 60, 6, "ewma")


@pytest.fixture
def registry(engine: Engine, tmp_path: Path) -> Registry:
    return Registry(engine, Artifacts(tmp_path))


def test_the_run_promoted_last_is_the_champion(registry: Registry) -> None:
    first = enter_run(registry)
    second = enter_run(registry, run("run-2", promoted=False), "run-1")
    assert registry.champion(SLOT) == first
    third = enter_run(registry, run("run-3"), "run-1")
    assert registry.champion(SLOT) == third
    assert [record.id for record in registry.runs(SLOT)] == ["run-3", "run-2", "run-1"]
    assert registry.run("run-2") == second
    target = registry.target(SLOT)
    assert target.promoted_at >= target.champion_since > 0  # type: ignore[operator]


def test_a_slot_without_a_promoted_run_has_no_champion(registry: Registry) -> None:
    enter_run(registry, run(promoted=False, job_id="job"))
    assert registry.champion(SLOT) is None
    assert registry.run_of_job("job", SLOT) == registry.run("run-1")
    assert registry.run_of_job("another", SLOT) is None


def test_a_run_that_was_compared_with_a_former_champion_is_refused(registry: Registry) -> None:
    enter_run(registry)
    with pytest.raises(Conflict):
        enter_run(registry, run("run-2"), None)
    assert [record.id for record in registry.runs(SLOT)] == ["run-1"]
    assert not (registry.files.root / "models" / "run-2").exists()


def test_a_failed_training_leaves_the_champion(registry: Registry) -> None:
    enter_run(registry)
    registry.note_failure(SLOT, "x" * 900)
    registry.note_failure(SLOT, "no candles")
    target = registry.target(SLOT)
    assert (target.champion_id, target.failures, target.last_error) == ("run-1", 2, "no candles")
    enter_run(registry, run("run-2"), "run-1")
    assert (registry.target(SLOT).failures, registry.target(SLOT).last_error) == (0, None)


def test_the_hash_of_a_model_is_that_of_its_files(registry: Registry) -> None:
    same = [enter_run(registry, run(f"run-{n}", promoted=False)).model_hash for n in range(2)]
    other = enter_run(registry, run("run-2", promoted=False), content=b"[]").model_hash
    assert same[0] == same[1] != other


def test_an_altered_model_is_not_served(registry: Registry) -> None:
    record = enter_run(registry)
    assert registry.read_files(record) == {"model.json": b"{}"}
    (registry.files.root / "models" / "run-1" / "model.json").write_bytes(b"[]")
    with pytest.raises(CorruptArtifact):
        registry.read_files(record)


def test_the_champion_before_a_damaged_one_speaks_and_both_are_named(registry: Registry) -> None:
    first = enter_run(registry, run("run-1", created_at=1))
    enter_run(registry, run("run-2", created_at=2, promoted=False), "run-1")
    third = enter_run(registry, run("run-3", created_at=3), "run-1")
    assert registry.damaged() == {}

    assert registry.step_down(third) == first
    assert registry.champion(SLOT) == first
    assert registry.step_down(third) == first  # somebody else had found out
    assert list(registry.damaged()) == [str(SLOT)]
    assert "run-3" in registry.damaged()[str(SLOT)]

    assert registry.step_down(first) is None
    assert registry.champion(SLOT) == first  # none is left: it stays named, and is not served
    enter_run(registry, run("run-4", created_at=4), "run-1")
    assert registry.damaged() == {}


def test_what_a_slot_is_asked_for_can_change(registry: Registry) -> None:
    registry.configure(OTHER, {"rounds": 3}, 60, 0)
    registry.configure(OTHER, {"rounds": 4}, 90, 5)
    target = registry.target(OTHER)
    assert (target.options, target.retrain_every, target.expires_after) == ({"rounds": 4}, 90, 5)
    assert [known.target for known in registry.targets()] == [OTHER]
    with pytest.raises(NotFound):
        registry.target(SLOT)
    with pytest.raises(NotFound):
        registry.run("nobody's")


def test_folders_without_a_record_are_swept(registry: Registry) -> None:
    enter_run(registry)
    models = registry.files.root / "models"
    draft, orphan = registry.new_folder(), models / "run-9"
    orphan.mkdir()
    for path in (draft, orphan, models / "run-1"):
        os.utime(path, (0, 0))
    assert registry.sweep() == 2
    assert registry.read_files(registry.run("run-1"))


def test_of_the_next_candle_only_the_last_few_models_are_kept(registry: Registry) -> None:
    target = candle_target(OTHER.series)
    for n in range(KEPT + 3):
        made = run(f"run-{n}", target, created_at=n, promoted=n == 1)
        enter_run(registry, made, "run-1" if n > 1 else None)

    assert registry.read_files(registry.run("run-1"))  # it speaks
    assert registry.read_files(registry.run("run-3"))
    for dropped in ("run-0", "run-2"):
        with pytest.raises(NotFound):
            registry.read_files(registry.run(dropped))
        assert not (registry.files.root / "models" / dropped).exists()
