"""Trainings come by themselves when they are due, and never more often than that."""

from dataclasses import replace

import msgspec
import numpy as np
import pytest

from core.clock.times import now_ms
from core.forecast_target import ForecastTarget
from core.ledger import LIVE
from core.next_candle import candle_target
from core.settings import Settings
from core.signals import RANGE_MODEL, path_target
from storage.ledger.ledger_rows import LedgerRow
from storage.stores import Stores
from tasks.celery_app import make_celery
from tasks.enqueue import Enqueue
from tasks.forecasts.retrain import DRIFT, EXPIRY, SCHEDULE, Retrainer, champion_drifts, loss_grew
from tasks.forecasts.train_slots import train_slot
from tests.integration.tasks.forecasts.desk import FEW, SERIES, candles, done, training
from tests.made_forecasts import SLOT, forecast
from tests.made_runs import enter_run, run

pytestmark = pytest.mark.clock

HOUR, DAY = 3_600_000, 86_400_000
RECIPE = {"options": {}, "seed": 3, "folds": 2}


@pytest.fixture
def enqueue(stores: Stores, redis_settings: Settings) -> Enqueue:
    return Enqueue(stores.jobs, stores.uploads, make_celery(redis_settings.broker_address))


@pytest.fixture
def target(stores: Stores) -> Stores:
    """A watched slot with a champion, trained weekly, expiring after two weeks."""
    enter_run(stores.registry)
    stores.registry.configure(SLOT, RECIPE, 7 * 86_400, 14 * 86_400)
    stores.watches.add(SERIES)
    return stores


def _reason(stores: Stores, later_ms: int) -> str | None:
    retrainer = Retrainer(lambda: now_ms() + later_ms)
    return retrainer.reason(stores, stores.registry.target(SLOT))


def test_a_slot_is_trained_when_its_time_has_come(target: Stores) -> None:
    assert _reason(target, 7 * DAY - HOUR) is None
    assert _reason(target, 7 * DAY + HOUR) == SCHEDULE


def test_a_training_is_queued_once(target: Stores, enqueue: Enqueue) -> None:
    retrainer = Retrainer(lambda: now_ms() + 7 * DAY + HOUR)
    assert retrainer.run(target, enqueue) == 1
    jobs, _ = target.jobs.list()
    assert jobs[0].request["reason"] == SCHEDULE
    assert {name: jobs[0].request[name] for name in RECIPE} == RECIPE
    assert retrainer.run(target, enqueue) == 0  # it is being trained


def test_an_unwatched_slot_is_left_alone(target: Stores, enqueue: Enqueue) -> None:
    target.watches.remove(SERIES)
    assert Retrainer(lambda: now_ms() + 90 * DAY).run(target, enqueue) == 0


def test_a_champion_that_expired_is_challenged_though_there_is_no_schedule(target: Stores) -> None:
    target.registry.configure(SLOT, RECIPE, 0, 14 * 86_400)
    assert _reason(target, 13 * DAY) is None
    assert _reason(target, 15 * DAY) == EXPIRY
    target.registry.note_attempt(SLOT)
    assert _reason(target, 5 * HOUR) is None


def test_failed_trainings_are_repeated_ever_more_rarely(target: Stores) -> None:
    for _ in range(3):
        target.registry.note_failure(SLOT, "no candles")
    assert _reason(target, 3 * HOUR) is None
    assert _reason(target, 4 * HOUR + 1_000) == SCHEDULE
    assert target.registry.target(SLOT).champion_id == "run-1"


def _rows(errors: np.ndarray) -> list[LedgerRow]:  # type: ignore[type-arg]
    values = forecast().values(0) | {"ledger": LIVE, "prev_hash": "", "hash": "", "low_80": 99.5}
    plain = msgspec.convert(values | {"seq": 1, "high_80": 101.5}, LedgerRow)
    return [
        msgspec.structs.replace(plain, seq=n, realised=plain.predicted + error)
        for n, error in enumerate(errors)
    ]


def test_a_lasting_rise_of_the_error_is_drift_and_ordinary_scatter_is_none() -> None:
    rng = np.random.default_rng(5)
    ordinary = rng.standard_normal(800)
    assert not loss_grew(_rows(ordinary))
    assert loss_grew(_rows(np.concatenate([ordinary, 2.5 * rng.standard_normal(300)])))
    assert not loss_grew(_rows(np.concatenate([2.5 * ordinary, rng.standard_normal(300)])))


def test_drift_since_the_last_training_has_a_slot_trained(
    target: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = [forecast(candles_ago=-n - 1) for n in range(60)]
    target.ledger.append(made)
    target.ledger.record_outcomes(LIVE, {n + 1: 100.0 for n in range(60)})
    seen: list[int] = []

    def look(rows: list[LedgerRow]) -> bool:
        seen.append(len(rows))
        return True

    monkeypatch.setattr("tasks.forecasts.retrain.loss_grew", look)
    retrainer = Retrainer(lambda: now_ms() + 7 * HOUR)
    assert retrainer.reason(target, target.registry.target(SLOT)) == DRIFT
    assert retrainer.reason(target, target.registry.target(SLOT)) is None  # nothing new since
    assert seen == [60]


RANGE = path_target(SERIES, 6, RANGE_MODEL)
NEXT_CANDLE = candle_target(SERIES)


@pytest.mark.parametrize(
    ("target", "task"), [(RANGE, "train_slot"), (NEXT_CANDLE, "train_next_candle")]
)
def test_models_of_every_kind_are_trained_again(
    stores: Stores, enqueue: Enqueue, target: ForecastTarget, task: str
) -> None:
    enter_run(stores.registry, run("run-1", target))
    stores.registry.configure(target, RECIPE | {"days": 30}, 7 * 86_400, 14 * 86_400)
    stores.watches.add(SERIES)

    assert Retrainer(lambda: now_ms() + 6 * DAY).run(stores, enqueue) == 0
    assert Retrainer(lambda: now_ms() + 8 * DAY).run(stores, enqueue) == 1

    [job], _ = stores.jobs.list()
    assert job.stages[0] == task
    assert {name: job.request[name] for name in RECIPE} == RECIPE
    assert (job.request["model"], job.request["reason"]) == (target.model, SCHEDULE)


def test_a_range_that_could_not_be_trained_is_tried_again(stores: Stores, enqueue: Enqueue) -> None:
    stores.registry.configure(RANGE, RECIPE, 7 * 86_400, 0)
    stores.watches.add(SERIES)
    stores.registry.note_failure(RANGE, "no candles")

    assert Retrainer().run(stores, enqueue) == 0
    assert Retrainer(lambda: now_ms() + HOUR + 1_000).run(stores, enqueue) == 1


def test_a_range_drifts_when_its_loss_on_later_candles_grows(stores: Stores) -> None:
    ordinary = candles(3_000, end=1_700_000_100)
    jumps = np.where(np.arange(3_000) % 6 == 0, 30.0, 0.0) * (np.arange(3_000) >= 2_000)
    wild = replace(ordinary, high=ordinary.high + jumps, low=ordinary.low - jumps)
    stores.candles.write(SERIES, ordinary.take(np.arange(1_500)))
    asked = training(RANGE, options=FEW, start=None, end=None)
    trained = done(stores, train_slot, asked).result
    assert trained
    record = stores.registry.run(trained["run_id"])

    stores.candles.write(SERIES, ordinary)
    assert not champion_drifts(stores, record)

    stores.candles.write(SERIES, wild)
    assert champion_drifts(stores, record)
