"""Every model: reproducible, blind to the future, and the same after saving and loading."""

import dataclasses
from functools import cache

import msgspec
import numpy as np
import pytest

from core.errors import CorruptArtifact, InvalidRequest, NotFound
from core.models import known_models
from ml.data.labels import reaches
from ml.features.history import History, make_history
from ml.features.model_inputs import LONGEST_WARM_UP
from ml.models.boosting.booster import LIBRARIES, BoostingOptions, Objective
from ml.models.boosting.close_model import BoostingModel
from ml.models.boosting.one_standard_error import SHARES, cautious_choice
from ml.models.boosting.training_set import make_trainer, read_booster
from ml.models.protocol import CANDLES_WANTED, MEDIAN
from ml.models.registry import load_model, make_model, read_model, save_model
from tests.unit.ml.models.boosting.made_candles import changing_volatility, make_candles

RESOLUTION = 300
# The LSTM is tried in tests/integration: it loads Keras.
MODELS = tuple(name for name in known_models("close") if name != "lstm")
QUICK = BoostingOptions(rounds=20)
KINDS = {
    name: lambda name=name: make_model(name, 1 if name == "next_candle" else 3, 1, {"rounds": 20})
    for name in (*known_models(), "barrier_signals.rr_3_1")
    if name != "lstm"
}
KIND = pytest.mark.parametrize("kind", KINDS)
LIBRARY = pytest.mark.parametrize("library", LIBRARIES)


@cache
def _history() -> History:
    return make_history(make_candles(changing_volatility(2_600, 0)), RESOLUTION)


@cache
def _fitted(kind: str):
    model = KINDS[kind]()
    model.fit(_history(), _past())
    return model


def _past():
    rows = _history().learnable(3)
    return rows[rows < 2_000]


def _columns(forecast) -> dict[str, np.ndarray]:
    names = [field.name for field in dataclasses.fields(forecast)]
    return {name: getattr(forecast, name) for name in names}


def _assert_same(one, other, **tolerance) -> None:
    for name, values in _columns(one).items():
        np.testing.assert_allclose(values, _columns(other)[name], err_msg=name, **tolerance)


@KIND
def test_a_model_read_back_forecasts_the_same_bits(kind):
    model, rows = _fitted(kind), np.arange(2_100, 2_300)
    again = type(model).from_files(model.to_files())
    _assert_same(model.predict(_history(), rows), again.predict(_history(), rows), rtol=0)
    assert again.describe() == model.describe()


@KIND
def test_the_same_seed_and_candles_give_the_same_model(kind):
    again = KINDS[kind]()
    again.fit(_history(), _past())
    assert again.to_files() == _fitted(kind).to_files()


@KIND
def test_forecasts_do_not_change_when_the_candles_after_them_are_taken_away(kind):
    rows = np.arange(2_050, 2_250)
    part = History(_history().frame.iloc[:2_250], _history().sessions)
    model = _fitted(kind)
    _assert_same(model.predict(part, rows), model.predict(_history(), rows), rtol=1e-9)


@KIND
def test_a_model_does_not_learn_from_what_follows_its_rows(kind):
    end = int(_past()[-1]) + 4
    part = History(_history().frame.iloc[:end], _history().sessions)
    again = KINDS[kind]()
    again.fit(part, _past())
    _assert_same(
        again.predict(_history(), np.array([2_200])),
        _fitted(kind).predict(_history(), np.array([2_200])),
        rtol=1e-9,
    )


@KIND
def test_the_newest_candles_alone_are_enough_to_forecast(kind):
    start = 2_400 - CANDLES_WANTED + 1
    tail = History(_history().frame.iloc[start:2_401].reset_index(drop=True), _history().sessions)
    model = _fitted(kind)
    whole = model.predict(_history(), np.array([2_400]))
    short = model.predict(tail, np.array([CANDLES_WANTED - 1]))
    _assert_same(short, whole, rtol=1e-6)


def test_intervals_follow_forecasts_since_training_whose_windows_were_whole():
    history = _history()
    asked = np.array([100, 2_500])
    since = history.rows_since(int(history.times[2_400]), asked)
    assert since.tolist() == [100, *range(2_401, 2_501)]
    cut = History(history.frame.iloc[2_000:].reset_index(drop=True), history.sessions)
    since = cut.rows_since(int(history.times[2_100]), np.array([500]))
    assert since.tolist() == list(range(LONGEST_WARM_UP, 501))


@KIND
def test_too_few_candles_are_refused_with_a_sentence(kind):
    with pytest.raises(InvalidRequest, match="at least"):
        KINDS[kind]().fit(_history(), np.arange(60, 100))


@KIND
def test_a_model_that_was_not_fitted_says_so(kind):
    with pytest.raises(ValueError, match="fitted"):
        KINDS[kind]().predict(_history(), np.array([100]))


@pytest.mark.parametrize("name", MODELS)
def test_models_come_back_from_a_folder(name, tmp_path):
    save_model(_fitted(name), tmp_path)
    rows = np.arange(2_100, 2_120)
    loaded = load_model(tmp_path)
    assert loaded.name == name
    _assert_same(loaded.predict(_history(), rows), _fitted(name).predict(_history(), rows), rtol=0)


@pytest.mark.parametrize("name", MODELS)
def test_quantiles_ascend_around_the_point_and_chances_are_chances(name):
    forecast = _fitted(name).predict(_history(), np.arange(2_000, 2_500))
    assert (np.diff(forecast.quantiles, axis=1) >= 0).all()
    assert np.array_equal(forecast.point, forecast.quantiles[:, MEDIAN])
    assert ((forecast.prob_up > 0) & (forecast.prob_up < 1)).all()


def test_baselines_forecast_what_their_names_say():
    rows, close = np.array([2_100, 2_200]), _history().path.close
    for name in ("last_price", "ewma"):
        assert _fitted(name).predict(_history(), rows).point == pytest.approx(close[rows])
    seasonal = _fitted("seasonal_naive").predict(_history(), rows).point
    assert seasonal == pytest.approx(close[rows + 3 - 288])
    average = np.log(close[_past()[-1]] / close[_past()[0]]) / (_past()[-1] - _past()[0])
    drift = _fitted("drift").predict(_history(), rows).point
    assert drift == pytest.approx(close[rows] * np.exp(3 * average))


def test_ewma_intervals_follow_volatility_and_last_price_intervals_do_not():
    rows = np.arange(2_000, 2_500)
    unit = _history().volatility[rows]
    for name, follows in (("ewma", True), ("last_price", False)):
        quantiles = np.log(_fitted(name).predict(_history(), rows).quantiles)
        width = quantiles[:, 3] - quantiles[:, 1]
        assert np.allclose(width / unit, (width / unit)[0]) == follows


def test_the_range_holds_the_whole_path_as_often_as_it_says():
    model = _fitted("path_range")
    rows = _history().learnable(3)
    rows = rows[rows >= 2_000]
    said, (up, down) = model.predict(_history(), rows), reaches(_history().path, rows, 3)
    held = (said.last * np.exp(up) <= said.upper) & (said.last * np.exp(-down) >= said.lower)
    assert held.mean() == pytest.approx(0.9, abs=0.05)
    assert (said.lower <= said.low).all()
    assert (said.low <= said.last).all()
    assert (said.last <= said.high).all()
    assert (said.high <= said.upper).all()


def test_chances_of_signals_sum_to_one():
    said = _fitted("barrier_signals").predict(_history(), np.arange(2_000, 2_500))
    for table in (said.signal, said.long, said.short):
        assert table.sum(axis=1) == pytest.approx(np.ones(500))
        assert (table >= 0).all()


def test_expected_returns_count_profit_stop_and_fees():
    said = _fitted("barrier_signals").predict(_history(), np.array([2_100]))
    gain = said.long[0, 1] * said.take_profit[0] - said.long[0, 2] * said.stop_loss[0]
    assert said.expected_return(1, 0.001)[0] == pytest.approx(gain - 0.002)


def test_the_next_candle_holds_its_open_and_close():
    said = _fitted("next_candle").predict(_history(), np.arange(2_000, 2_500))
    assert (said.high >= np.maximum(said.open, said.close)).all()
    assert (said.low <= np.minimum(said.open, said.close)).all()
    assert (said.amplitude > 0).all()


@LIBRARY
@pytest.mark.parametrize("kind", ["mean", "quantile", "probability"])
def test_boosters_are_kept_as_text_to_the_last_bit(library, kind):
    rng = np.random.default_rng(0)
    inputs = rng.standard_normal((1_000, 5))
    target = inputs[:, 0] + rng.standard_normal(1_000)
    target = (target > 0).astype(float) if kind == "probability" else target
    options = BoostingOptions(library=library, rounds=20, least_leaf=20)
    trainer = make_trainer(inputs, options, seed=3)
    booster = trainer.fit(Objective(kind, 0.8), target)
    again = trainer.fit(Objective(kind, 0.8), target)
    assert again.to_text() == booster.to_text()
    read = read_booster(library, booster.to_text())
    assert np.array_equal(read.predict(inputs), booster.predict(inputs))
    assert booster.importance().sum() == pytest.approx(1)
    assert booster.importance().argmax() == 0


@LIBRARY
@pytest.mark.parametrize("calibration", ["platt", "isotonic"])
def test_boosting_forecasts_with_either_library_and_calibration(library, calibration):
    options = msgspec.structs.replace(QUICK, library=library, calibration=calibration)
    model = BoostingModel(1, 0, options)
    model.fit(_history(), _past())
    again = BoostingModel.from_files(model.to_files())
    rows = np.arange(2_100, 2_200)
    _assert_same(model.predict(_history(), rows), again.predict(_history(), rows), rtol=0)


def test_nothing_elaborate_is_believed_without_a_gain_where_held_back():
    rng = np.random.default_rng(1)
    plain = np.abs(rng.standard_normal(2_000))
    worse = plain + 0.1
    better = plain - 0.1
    noise = plain + rng.standard_normal(2_000)
    assert cautious_choice(np.stack([plain, worse, noise]), 1) == 0
    assert cautious_choice(np.stack([plain, worse, better]), 1) == 2
    assert cautious_choice(np.stack([plain[:20], better[:20]]), 30) == 0
    assert SHARES[0] == 0


def test_unknown_models_options_and_files_are_refused():
    with pytest.raises(NotFound, match="boosting"):
        make_model("oracle", 1)
    with pytest.raises(InvalidRequest, match="trees"):
        make_model("boosting", 1, 0, {"trees": 5})
    with pytest.raises(InvalidRequest, match="rounds"):
        make_model("boosting", 1, 0, {"rounds": 0})
    with pytest.raises(CorruptArtifact):
        read_model({})
    with pytest.raises(CorruptArtifact):
        read_model({"model.json": b'{"name": "boosting"}'})
