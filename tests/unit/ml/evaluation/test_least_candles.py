"""What the door asks for is enough for what lies behind it, and not much more."""

import numpy as np
import pytest

from core.errors import InvalidRequest
from core.lstm_limits import windows_needed
from core.models import WARM_UP, least_candles, least_training
from ml.data.labels import fixed_spans
from ml.evaluation.train_challenger import Recipe, evaluate
from ml.evaluation.walk import split_rows
from ml.features.history import make_history
from ml.features.model_inputs import WARM_UP as FEATURES_WARM_UP
from ml.models.boosting.booster import BoostingOptions
from ml.models.registry import make_model
from tests.unit.ml.models.boosting.made_candles import make_candles, noise

QUICK = {"rounds": 2}


def test_features_warm_up_no_longer_than_is_said() -> None:
    assert WARM_UP - 2 <= FEATURES_WARM_UP <= WARM_UP


@pytest.mark.parametrize("horizon", [1, 12])
@pytest.mark.parametrize("model", ["ewma", "seasonal_naive", "boosting"])
def test_so_many_candles_can_be_evaluated_and_a_tenth_less_can_not(
    model: str, horizon: int
) -> None:
    recipe = Recipe(model, horizon, options=QUICK if model == "boosting" else {})
    frame = make_candles(noise(least_candles(model, horizon), 1))
    assert evaluate(frame, 300, recipe, folds=4)["n"] > 0
    few = frame.tail(int(0.9 * len(frame)))
    with pytest.raises(InvalidRequest):
        evaluate(few, 300, recipe, folds=4)


@pytest.mark.parametrize("horizon", [1, 12])
def test_so_many_candles_can_be_learnt_from(horizon: int) -> None:
    for name in ("drift", "boosting"):
        history = make_history(make_candles(noise(least_training(name, horizon), 1)), 300)
        options = {"rounds": BoostingOptions().rounds} if name == "boosting" else None
        make_model(name, horizon, 0, options).fit(history, history.learnable(horizon))


@pytest.mark.parametrize("horizon", [1, 12])
def test_an_lstm_has_windows_enough_in_its_first_fold(horizon: int) -> None:
    history = make_history(make_candles(noise(least_candles("lstm", horizon), 1)), 300)
    rows = history.learnable(horizon)
    first = split_rows(rows, fixed_spans(rows, horizon), 4)[0]
    assert windows_needed(horizon) <= len(first.train) <= windows_needed(horizon) + 2 * horizon + 9
    assert np.all(np.diff(first.train) == 1)
