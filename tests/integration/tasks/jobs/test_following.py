"""What speaks live is what a walk-forward judged: intervals know every outcome since training."""

from typing import Any

import msgspec
import numpy as np
import pytest

from ml.features.history import History, make_history
from ml.models.forecast_origin import Origin
from ml.models.protocol import CANDLES_WANTED, Followed, Model
from storage.models.runs import RunRecord
from storage.stores import Stores
from tasks.forecasts.train_slots import train_slot
from tasks.jobs.following import following
from tasks.jobs.loaded_models import models
from tests.integration.tasks.forecasts.desk import BOOSTING, SERIES, candles, done, training

HORIZON = 3
TARGET = msgspec.structs.replace(BOOSTING, horizon=HORIZON)
TRAINED, LATER = 1_500, 2_600


@pytest.fixture
def spoken(stores: Stores) -> tuple[RunRecord, Model, History]:
    """A model trained on the first candles, all candles stored since."""
    every = candles(TRAINED + LATER, seed=3)
    stores.candles.write(SERIES, every.take(slice(0, TRAINED)))
    done(stores, train_slot, training(TARGET))
    run = stores.registry.run(stores.registry.runs(TARGET)[0].id)
    stores.candles.write(SERIES, every.take(slice(TRAINED, None)))
    history = make_history(every.to_frame(), SERIES.resolution, run.metadata["sessions"])
    return run, models.model(stores, run), history


def _live(stores: Stores, spoken: tuple[RunRecord, Model, History], row: int) -> Any:
    """Return the forecast that a live pass makes once the candle of `row` has closed."""
    run, model, history = spoken
    frame = history.frame.iloc[max(0, row + 1 - CANDLES_WANTED) : row + 1].reset_index(drop=True)
    origin = Origin(History(frame, history.sessions))
    with following(stores, SERIES, run, model, origin) as live:
        return live.predict(origin.history, np.array([len(frame) - 1]))


def _walked(spoken: tuple[RunRecord, Model, History], row: int) -> Any:
    return spoken[1].predict(spoken[2], np.array([row]))


def _same(one: Any, other: Any) -> None:
    assert one.quantiles == pytest.approx(other.quantiles, rel=1e-7)
    assert one.prob_up == pytest.approx(other.prob_up, rel=1e-7)


def test_live_forecasts_candle_by_candle_are_those_of_one_walk(
    stores: Stores, spoken: tuple[RunRecord, Model, History]
) -> None:
    rows = range(TRAINED + 10, TRAINED + 1_400, 90)
    for row in rows:
        _same(_live(stores, spoken, row), _walked(spoken, row))
    held = stores.followed.get(spoken[0].id)
    assert held
    kept = msgspec.json.decode(held, type=Followed)
    assert kept.until == spoken[2].times[rows[-1] - HORIZON]


def test_after_a_long_pause_or_a_loss_a_model_catches_up(
    stores: Stores, spoken: tuple[RunRecord, Model, History]
) -> None:
    last = TRAINED + LATER - 1
    _live(stores, spoken, TRAINED + 5)
    _same(_live(stores, spoken, last), _walked(spoken, last))
    stores.redis.delete(f"followed:{spoken[0].id}")
    _same(_live(stores, spoken, last), _walked(spoken, last))


def test_an_answer_on_demand_moves_nothing_that_was_not_known_before(
    stores: Stores, spoken: tuple[RunRecord, Model, History]
) -> None:
    row = TRAINED + 200
    first = _live(stores, spoken, row)
    held = stores.followed.get(spoken[0].id)
    _same(_live(stores, spoken, row), first)
    assert stores.followed.get(spoken[0].id) == held
