"""Signals of any candle, horizon and exits: honest chances, and acted on where an edge pays."""

from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest

from core.models import exits_of
from core.signals import SignalWords
from ml.evaluation.train_challenger import Challenge, Recipe, train_challenger
from ml.features.history import make_history
from ml.models.boosting.signal_model import BarrierSignalsModel
from ml.models.protocol import SignalForecast
from ml.models.registry import make_model
from ml.models.signal_decision import Chances, Evidence, decide
from ml.scoring.calibration import expected_calibration_error
from tests.unit.ml.models.boosting.made_candles import (
    autoregressive,
    changing_volatility,
    make_candles,
)

# EURUSD at 15 minutes moves about so much a candle, and costs so many basis points a round trip.
SCALE, STEP = 4e-4, 900
CHEAP, DEAR = 1.3, 20.0
COUNT, UNSEEN, AHEAD = 7_000, 1_500, 6


def _fitted(frame: pd.DataFrame, step: int, horizon: int, model: str) -> tuple[Any, Any, Any]:
    history = make_history(frame, step)
    made = make_model(model, horizon, 0, {"rounds": 20})
    rows = history.learnable(horizon)
    cut = int(len(rows) * 0.7)
    made.fit(history, rows[: cut - horizon])
    return history, made, rows[cut:]


@pytest.mark.parametrize(
    ("step", "horizon", "model"),
    [
        (60, 1, "barrier_signals.rr_1_1"),
        (900, 16, "barrier_signals"),
        (3_600, 12, "barrier_signals.rr_3_1"),
        (14_400, 6, "barrier_signals.rr_20_20"),
        (86_400, 96, "barrier_signals.rr_1_3"),
    ],
)
def test_chances_sum_to_one_and_are_calibrated(step: int, horizon: int, model: str) -> None:
    frame = make_candles(changing_volatility(4_000, 3), 3, step)
    history, made, rows = _fitted(frame, step, horizon, model)
    said: SignalForecast = made.predict(history, rows)
    kind = Recipe(model, horizon).kind()
    label = kind._labels(history, rows)
    for part in ("signal", "long", "short"):
        chances, happened = getattr(said, part), getattr(label, part)
        assert chances.sum(axis=1) == pytest.approx(1)
        assert (chances >= 0).all()
        if horizon < 20:  # of longer ones too few outcomes are independent
            for index in range(3):
                found = expected_calibration_error(happened == index, chances[:, index])
                assert found < 0.08
    exits = exits_of(model)
    driftless = [Chances.of(said.take(np.array([row]))).driftless for row in range(len(rows))]
    assert driftless == pytest.approx([exits.risk / (exits.risk + exits.reward)] * len(rows))
    assert said.take_profit / said.stop_loss == pytest.approx(exits.reward / exits.risk)


def test_a_model_that_is_read_back_keeps_its_exits() -> None:
    frame = make_candles(changing_volatility(2_000, 1))
    _, made, _ = _fitted(frame, 300, 3, "barrier_signals.rr_3_1")
    again = BarrierSignalsModel.from_files(made.to_files())
    assert again.exits == made.exits == exits_of("barrier_signals.rr_3_1")


@cache
def _market() -> pd.DataFrame:
    """Return candles like EURUSD's, each of whose returns carries on 0.7 of the one before."""
    return make_candles(autoregressive(COUNT, 11, 0.7, SCALE), 11, STEP)


@cache
def _trained(costs_bps: float) -> Challenge:
    frame = _market().iloc[: COUNT - UNSEEN]
    recipe = Recipe("barrier_signals", AHEAD, options={"rounds": 60})
    return train_challenger(frame, STEP, recipe, None, folds=2, costs_bps=costs_bps)


def _signals(done: Challenge, costs_bps: float) -> tuple[Any, Any]:
    """Return the signals on candles that were not seen, and where prices were drawn to there."""
    history = make_history(_market(), STEP, done.sessions)
    rows = np.arange(COUNT - UNSEEN, COUNT)
    said = done.model.predict(history, rows)
    result = done.result
    evidence = Evidence.of(result["n"], result["scores"], result["verdict"])
    given = [
        decide(Chances.of(said.take(np.array([i])), costs_bps), evidence, SignalWords()).type
        for i in range(len(rows))
    ]
    close = _market()["close"].to_numpy()
    return np.array(given), np.sign(np.log(close[rows] / close[rows - 1]))


def test_a_planted_edge_gives_signals_to_both_sides_nearly_all_of_them_right() -> None:
    given, drawn = _signals(_trained(CHEAP), CHEAP)
    bought, sold = given == "buy", given == "sell"
    assert bought.sum() >= 20
    assert sold.sum() >= 20
    right = (bought & (drawn > 0)) | (sold & (drawn < 0))
    assert right.sum() >= 0.95 * (bought | sold).sum()


def test_the_same_edge_gives_none_where_it_costs_more_than_it_earns() -> None:
    given, _ = _signals(_trained(DEAR), DEAR)
    assert set(given) == {"hold"}


def test_the_chance_of_profit_first_is_judged_beside_a_price_without_drift() -> None:
    found = _trained(CHEAP).result["tp_first"]["long"]
    assert (found["baseline"], found["driftless"]) == ("driftless", pytest.approx(1 / 3))
    assert found["skill"]["low"] > 0
    assert found["brier"] < found["baseline_brier"]
