"""The LSTM as a slot's model: judged, kept and asked like every other."""

import numpy as np
import pytest

from core.errors import InvalidRequest, JobStopped
from ml.evaluation.train_challenger import Recipe, evaluate
from ml.features.history import History, make_history
from ml.models.registry import make_model, read_model
from tests.unit.ml.models.boosting.made_candles import changing_volatility, make_candles, noise

TINY = {"seq_len": 8, "units": 4, "epochs": 1}
ROWS = np.arange(1_500, 1_700)


@pytest.fixture(scope="module")
def history() -> History:
    return make_history(make_candles(changing_volatility(1_800, 0)), 300)


@pytest.fixture(scope="module")
def model(history):
    model = make_model("lstm", 2, 1, TINY)
    rows = history.learnable(2)
    model.fit(history, rows[rows < 1_400])
    return model


def test_the_lstm_is_evaluated_like_any_model():
    frame = make_candles(noise(900, 0))
    result = evaluate(frame, 300, Recipe("lstm", 2, options=TINY), folds=2)
    assert result["n"] == result["scores"]["n"]
    assert result["verdict"] in ("skilled", "unproven", "no_skill")
    assert set(result["scores"]) == set(result["baseline_scores"])
    assert 0.7 < result["scores"]["coverage"]["0.8"] < 0.9


def test_an_lstm_read_back_forecasts_the_same_bits(history, model):
    again = read_model(model.to_files())
    one, other = model.predict(history, ROWS), again.predict(history, ROWS)
    assert np.array_equal(one.quantiles, other.quantiles)
    assert np.array_equal(one.prob_up, other.prob_up)
    assert (np.diff(one.quantiles, axis=1) >= 0).all()


def test_the_same_seed_gives_the_same_network(history, model):
    again = make_model("lstm", 2, 1, TINY)
    rows = history.learnable(2)
    again.fit(history, rows[rows < 1_400])
    for name in ("model.json", "model.onnx"):
        assert again.to_files()[name] == model.to_files()[name]


def test_an_lstm_forecasts_without_the_candles_that_follow(history, model):
    part = History(history.frame.iloc[:1_700], history.sessions)
    whole, cut = model.predict(history, ROWS), model.predict(part, ROWS)
    np.testing.assert_allclose(cut.quantiles, whole.quantiles, rtol=1e-9)


def test_a_long_fit_ends_when_its_walk_is_stopped(history):
    stopped = History(history.frame, history.sessions)
    stopped.stopped.set()
    with pytest.raises(JobStopped):
        make_model("lstm", 2, 1, TINY).fit(stopped, stopped.learnable(2))


def test_options_that_the_lstm_does_not_have_are_refused():
    with pytest.raises(InvalidRequest, match="options"):
        make_model("lstm", 2, 1, {"trees": 3})
    with pytest.raises(InvalidRequest, match="seq_len"):
        make_model("lstm", 2, 1, {"seq_len": 60})


def test_too_few_candles_are_refused(history):
    with pytest.raises(InvalidRequest, match="at least"):
        make_model("lstm", 2, 1, TINY).fit(history, np.arange(60, 200))


def test_pieces_of_a_history_bring_intervals_where_the_whole_does(history, model):
    whole, after_whole = model.predict_from(history, ROWS, None)

    first, followed = model.predict_from(history, ROWS[:100], None)
    later, after_pieces = model.predict_from(history, ROWS[100:], followed)

    pieces = np.concatenate([first.quantiles, later.quantiles])
    np.testing.assert_allclose(pieces, whole.quantiles, rtol=1e-9)
    assert after_pieces.until == after_whole.until
    for name, place in after_whole.places.items():
        assert after_pieces.places[name].usual == pytest.approx(place.usual)
