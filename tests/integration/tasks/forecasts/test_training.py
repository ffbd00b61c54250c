"""A slot is spoken for by whoever proved better on the same folds, and by nobody else."""

from typing import Any

import msgspec
import pandas as pd
import pytest

from core.jobs import asked
from core.requests import Evaluate, Train
from core.series import Market
from ml.evaluation.train_challenger import Recipe, train_challenger
from storage.models.runs import hash_of_contents
from storage.stores import Stores
from tasks.forecasts import train_slots
from tasks.forecasts.code_version import code_version
from tasks.forecasts.evaluate_slots import evaluate_slot
from tasks.forecasts.train_slots import train_slot
from tests.integration.tasks.forecasts.desk import (
    BOOSTING,
    EWMA,
    FEW,
    SERIES,
    candles,
    done,
    training,
)

pytestmark = pytest.mark.clock


def test_a_training_that_beats_the_baseline_becomes_the_champion(stores: Stores) -> None:
    stores.candles.write(SERIES, candles(4_000, coefficient=0.3))
    result = done(stores, train_slot, training(BOOSTING)).result
    assert result
    assert (result["promoted"], result["verdict"]) == (True, "skilled")
    assert result["comparisons"][0]["against"]["ewma_or_garch"]["better"]
    champion = stores.registry.champion(BOOSTING)
    assert champion
    assert (champion.id, champion.model_hash) == (result["run_id"], result["model_hash"])


def test_a_verdict_keeps_the_costs_that_it_was_reached_at(stores: Stores) -> None:
    stores.candles.write(SERIES, candles(1_500, coefficient=0.3))
    market, scores = Market(SERIES.platform, SERIES.symbol), []
    for told in (1.3, 90.0):
        stores.markets.tell(market, {}, {"commission_bps": told}, "set")
        result = done(stores, train_slot, training(BOOSTING)).result
        assert result
        assert result["costs"]["commission_bps"] == told
        assert stores.registry.run(result["run_id"]).times_dearer(2 * told) == pytest.approx(2)
        scores.append(result["scores"])
    cheap, dear = (found.pop("after_costs") for found in scores)
    assert cheap != dear
    assert scores[0] == scores[1]


def test_the_same_again_without_new_candles_is_not_promoted(stores: Stores) -> None:
    stores.candles.write(SERIES, candles(1_000))
    first, second = (done(stores, train_slot, training(EWMA)).result for _ in range(2))
    assert first
    assert second
    assert (first["promoted"], second["promoted"]) == (True, False)
    assert "candles since" in second["reason"]
    champion = stores.registry.champion(EWMA)
    assert champion
    assert champion.id == first["run_id"]


def test_a_champion_is_judged_on_what_came_after_its_training(stores: Stores) -> None:
    whole = candles(4_000, coefficient=0.3)
    stores.candles.write(SERIES, whole.take(slice(0, 3_000)))
    assert done(stores, train_slot, training(BOOSTING)).result
    stores.candles.write(SERIES, whole.take(slice(3_000, None)))
    result = done(stores, train_slot, training(BOOSTING)).result
    assert result
    against = result["comparisons"][1]
    assert set(against["against"]) == {"champion"}
    assert 900 < against["n"] < 1_000
    assert result["promoted"] is against["against"]["champion"]["better"]


def test_another_recipe_meets_the_champion_s_on_the_same_folds(stores: Stores) -> None:
    stores.candles.write(SERIES, candles(3_000, coefficient=0.3))
    done(stores, train_slot, training(BOOSTING))
    weak = training(BOOSTING, options={"rounds": 1, "learning_rate": 1e-6}, seed=1)
    result = done(stores, train_slot, weak).result
    assert result
    assert set(result["comparisons"][0]["against"]) == {"ewma_or_garch", "champion"}
    assert (result["candidates"], result["promoted"]) == (2, False)


def test_candidates_are_recipes_and_the_same_one_again_is_no_other(stores: Stores) -> None:
    stores.candles.write(SERIES, candles(1_000))
    asked = [{}, {}, {"seed": 1}, {"seed": 2}, {"seed": 1}]
    results = [done(stores, train_slot, training(EWMA, **more)).result for more in asked]
    assert [result["candidates"] for result in results if result] == [1, 1, 2, 3, 3]


def test_a_training_is_made_again_from_its_record(stores: Stores) -> None:
    held = candles(2_000, coefficient=0.3)
    stores.candles.write(SERIES, held)
    done(stores, train_slot, training(BOOSTING, seed=7))
    run = stores.registry.champion(BOOSTING)
    assert run
    assert run.code_version == code_version()
    frame = stores.candles.read(SERIES, run.first_time, run.last_time).to_frame()
    recipe = Recipe(run.target.model, run.target.horizon, run.seed, run.options)
    again = train_challenger(frame, run.target.resolution, recipe, None, folds=2)
    assert again.result["data_hash"] == run.data_hash
    assert hash_of_contents(again.model.to_files()) == run.model_hash
    assert (again.result["scores"], again.result["verdict"]) == (run.scores, run.verdict)


def test_a_training_that_fails_leaves_the_champion(
    stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    stores.candles.write(SERIES, candles(1_000))
    first = done(stores, train_slot, training(EWMA)).result

    def stumble(*_: Any, **__: Any) -> pd.DataFrame:
        raise ZeroDivisionError

    monkeypatch.setattr(train_slots, "read_frame", stumble)
    job = done(stores, train_slot, training(EWMA))
    assert job.error
    assert job.error.type == "internal_error"
    target = stores.registry.target(EWMA)
    assert first
    assert (target.champion_id, target.failures) == (first["run_id"], 1)


def test_too_few_candles_are_said_and_noted(stores: Stores) -> None:
    stores.candles.write(SERIES, candles(100))
    job = done(stores, train_slot, training(BOOSTING))
    assert job.error
    assert job.error.type == "invalid_request"
    assert stores.registry.target(BOOSTING).last_error == job.error.detail


def test_a_job_that_was_repeated_after_its_run_was_recorded_finds_it(stores: Stores) -> None:
    stores.candles.write(SERIES, candles(1_000))
    job = done(stores, train_slot, training(EWMA))
    again = train_slot(stores, asked(job, Train), lambda progress: None, lambda checkpoint: None)
    assert msgspec.to_builtins(again) == job.result
    assert len(stores.registry.runs(EWMA)) == 1


def test_an_evaluation_registers_nothing(stores: Stores) -> None:
    stores.candles.write(SERIES, candles(1_500))
    request = training(BOOSTING, start=None, end=None)
    result = done(stores, evaluate_slot, request, Evaluate).result
    assert result
    assert len(result["folds"]) == 2
    assert result["verdict"] != "skilled"
    assert {"n", "scores", "baseline_scores"} <= result.keys()
    assert stores.registry.targets() == []
    assert request["options"] == FEW


def test_a_champion_whose_files_are_damaged_is_replaced_by_the_next_training(
    stores: Stores,
) -> None:
    stores.candles.write(SERIES, candles(1_000))
    first = done(stores, train_slot, training(EWMA)).result
    assert first
    (stores.registry.files.root / "models" / first["run_id"] / "model.json").write_bytes(b"{}")

    second = done(stores, train_slot, training(EWMA)).result

    assert second
    assert second["promoted"]
    champion = stores.registry.champion(EWMA)
    assert champion
    assert champion.id == second["run_id"]
    assert stores.registry.damaged() == {}
