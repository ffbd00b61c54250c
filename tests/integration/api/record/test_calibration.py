"""Calibration is told of every model that spoke, live beside its walk-forward, by plan."""

from typing import Any

import msgspec
import pytest

from core.answers.record import CALIBRATED_DAYS, CALIBRATION, RecordScope
from storage.access.access_keys import SUBSCRIBER
from storage.accounts.accounts import NewAccount
from storage.ledger.sealed_signals import SealedSignals
from storage.ledger.signal_rows import SignalOutcome
from storage.stores import Stores
from tasks.record.compute_record import compute_record
from tests.integration.api.conftest import Api
from tests.integration.api.robots.conftest import EURUSD, GOLD, Seal, closed, seal, signal
from tests.made_runs import enter_run, run

__all__ = ["seal"]
pytestmark = pytest.mark.clock
PATH = "/api/calibration"
FIELDS = ["n", "ece", "ece_low", "ece_high", "brier", "brier_prior", "skill", "skill_low",
          "skill_high", "bins"]  # fmt: skip


def compute(stores: Stores) -> None:
    """Do what a worker does once it is told."""
    asked = msgspec.to_builtins(RecordScope(days=CALIBRATED_DAYS))
    compute_record(stores, CALIBRATION, asked)


def speak(stores: Stores, count: int, **other: Any) -> None:
    """Seal signals of gold of so many candles in a row, every other of which came true."""
    made = [signal(GOLD, ago, **other) for ago in range(count + 20, 20, -1)]
    at = closed(GOLD, count + 20) * 1_000
    rows = SealedSignals(stores.engine, stores.heads, clock=lambda: at).append(made).rows
    words = ("buy", "sell")
    stores.sealed.record_outcomes(
        [SignalOutcome(row.seq, 0.1, "time", words[n % 2]) for n, row in enumerate(rows)]
    )


async def test_live_calibration_begins_with_the_two_hundredth_outcome(
    api: Api, stores: Stores, seal: Seal
) -> None:
    seal(EURUSD, 1)
    report = {"ece": 0.02, "n": 5, "bins": [
        {"count": 5, "probability": 0.5, "frequency": 0.4, "low": 0.1, "high": 0.8}]}  # fmt: skip
    scores = {"direction": {"brier": 0.5, "ece": 0.02,
                            "skill": {"value": 0.01, "low": -0.1, "high": 0.1}}}  # fmt: skip
    parts = {"direction": {"calibration": {"buy": report}},
             "signal": {"calibration": dict.fromkeys(("hold", "buy", "sell"), report)}}  # fmt: skip
    enter_run(stores.registry, run("a-run", GOLD, scores=scores, metadata={"parts": parts},
                                   baseline_scores={"direction": {"brier": 0.51}}))  # fmt: skip
    speak(stores, 199)
    compute(stores)
    answer = (await api("GET", PATH)).json
    assert list(answer) == ["as_of", "models", "stale"]
    models = {one["symbol"]: one for one in answer["models"] if one["n_live"] or
              one["symbol"] == "EURUSD"}  # fmt: skip
    assert list(models["XAUUSD"])[:6] == [
        "symbol", "tf_code", "model_v", "live", "walk_forward", "drift",
    ]  # fmt: skip
    assert (models["XAUUSD"]["n_live"], models["XAUUSD"]["live"]) == (199, None)
    shown = models["XAUUSD"]["walk_forward"]
    assert list(shown)[: len(FIELDS)] == FIELDS
    assert (shown["n"], shown["brier"], shown["brier_prior"], shown["skill_low"]) == (
        5, 0.5, 0.51, -0.1,
    )  # fmt: skip
    assert shown["bins"] == [{"n": 5, "mean_probability": 0.5, "frequency": 0.4, "low": 0.1,
                              "high": 0.8}]  # fmt: skip
    assert shown["classes"]["no"]["ece"] == 0.02
    assert (models["EURUSD"]["live"], models["EURUSD"]["drift"]) == (None, False)


async def test_what_is_kept_of_a_model_is_computed_anew_when_outcomes_come(
    api: Api, stores: Stores, seal: Seal
) -> None:
    speak(stores, 220)
    compute(stores)
    (model,) = (await api("GET", PATH)).json["models"]
    live = model["live"]
    assert list(live)[: len(FIELDS)] == FIELDS
    assert (live["n"], model["n_live"], model["walk_forward"]) == (220, 220, None)
    share = 0.55123 / 0.80123
    wanted = (2 * (1 - share) ** 2 + 2 * share**2) / 2
    assert live["brier"] == pytest.approx(wanted)
    assert (live["brier_prior"], live["classes"]["buy"]["n"]) == (0.5, 220)
    assert live["ece"] == pytest.approx(share - 0.5)
    compute(stores)
    seal(GOLD, 2)
    late = stores.sealed.newest([GOLD])[0]
    stores.sealed.record_outcomes([SignalOutcome(late.seq, 0.1, "time", "buy")])
    compute(stores)
    (model,) = (await api("GET", PATH)).json["models"]
    assert model["live"]["n"] == 221


async def test_a_plan_shows_the_models_of_its_slots(api: Api, stores: Stores, seal: Seal) -> None:
    seal(EURUSD, 1)
    seal(GOLD, 1)
    account = stores.accounts.create(NewAccount(user_name="B"), "basic")
    robot = {"X-API-Key": stores.keys.create(SUBSCRIBER, "x", account_id=account.id)[0]}
    compute(stores)
    answer = await api.bare("GET", PATH, headers=robot)
    assert [one["symbol"] for one in answer.json["models"]] == ["XAUUSD"]
    assert (await api.bare("GET", PATH)).status_code == 401
