"""The LSTM judged in the form of every other model."""

import pytest

from core.errors import InvalidRequest
from ml.evaluate import evaluate
from tests.unit.ml_boosting.made_candles import make_candles, noise

TINY = {"seq_len": 8, "units": 4, "epochs": 1}


def test_the_lstm_is_evaluated_like_any_model():
    frame = make_candles(noise(900, 0))
    result = evaluate(frame, 300, model="lstm", horizon=2, folds=2, options=TINY)
    assert result["n"] == result["scores"]["n"]
    assert result["verdict"] in ("skilled", "unproven", "no_skill")
    assert len(result["folds"]) == 2
    assert set(result["scores"]) == set(result["baseline_scores"])


def test_options_that_the_lstm_does_not_have_are_refused():
    with pytest.raises(InvalidRequest, match="options"):
        evaluate(make_candles(noise(900, 0)), 300, model="lstm", horizon=2, options={"trees": 3})
