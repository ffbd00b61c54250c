"""The series of the next candle: the same from any stretch, and honest about what was seen."""

import numpy as np
import pandas as pd
import pytest

from ml.evaluation.train_challenger import Recipe, train_challenger
from ml.models.boosting.next_candle_model import PRICES, NextCandleModel
from ml.models.next_candle_series import CandleSeries, candle_series
from ml.models.protocol import CANDLES_WANTED
from tests.unit.ml.models.boosting.made_candles import changing_volatility, make_candles

COUNT = 2_000


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    """Candles of which forty are missing in the middle."""
    made = make_candles(changing_volatility(COUNT, seed=5))
    return made.drop(range(900, 940)).reset_index(drop=True)


@pytest.fixture(scope="module")
def model(frame: pd.DataFrame) -> NextCandleModel:
    trained = train_challenger(frame, 300, Recipe("next_candle", 1), None).model
    assert isinstance(trained, NextCandleModel)
    return trained


@pytest.fixture(scope="module")
def whole(model: NextCandleModel, frame: pd.DataFrame) -> CandleSeries:
    return candle_series(model, frame, 300, 0)


def test_it_is_the_same_from_any_later_start(
    model: NextCandleModel, frame: pd.DataFrame, whole: CandleSeries
) -> None:
    cut = frame.iloc[-CANDLES_WANTED - 200 :].reset_index(drop=True)
    start = int(frame["time"].iloc[-200])

    part = candle_series(model, cut, 300, start)

    assert part.time.tolist() == whole.time[-200:].tolist()
    for name in PRICES:
        assert np.array_equal(part.predicted[name], whole.predicted[name][-200:])
        assert np.array_equal(part.errors[name], whole.errors[name][-200:], equal_nan=True)


def test_nothing_it_says_changes_with_what_comes_after(
    model: NextCandleModel, frame: pd.DataFrame, whole: CandleSeries
) -> None:
    earlier = candle_series(model, frame.iloc[:1_500].reset_index(drop=True), 300, 0)

    for name in PRICES:
        assert np.array_equal(earlier.predicted[name], whole.predicted[name][: len(earlier)])


def test_what_opened_before_the_training_ended_is_marked(
    model: NextCandleModel, whole: CandleSeries
) -> None:
    until = model.learnt.about.trained_until

    assert whole.in_sample.tolist() == (whole.time <= until).tolist()
    assert 0 < whole.in_sample.sum() < len(whole)


def test_an_error_is_known_only_where_the_next_candle_is(
    frame: pd.DataFrame, whole: CandleSeries
) -> None:
    unknown = whole.time[np.isnan(whole.errors["close"])].tolist()

    assert unknown == [int(frame["time"].iloc[899]), int(frame["time"].iloc[-1])]
    closes = whole.real["close"]
    follows = np.diff(whole.time) == 300
    came = (whole.predicted["close"] + whole.errors["close"])[:-1][follows]
    assert came == pytest.approx(closes[1:][follows])


def test_candles_too_soon_after_a_gap_are_left_out(
    frame: pd.DataFrame, whole: CandleSeries
) -> None:
    after = int(frame["time"].iloc[900])

    assert after not in whole.time
    assert whole.time[whole.time > after][0] > after + 20 * 300


def test_no_candles_give_no_rows(model: NextCandleModel, frame: pd.DataFrame) -> None:
    assert len(candle_series(model, frame, 300, int(frame["time"].iloc[-1]) + 300)) == 0


def test_closes_that_stand_still_are_neither_up_nor_down() -> None:
    made = make_candles(changing_volatility(1_500, seed=6))
    still = np.arange(len(made)) % 2 == 1
    for name in ("open", "high", "low", "close"):
        made.loc[still, name] = made["close"].shift(1)[still]
    model = train_challenger(made, 300, Recipe("next_candle", 1), None).model
    assert isinstance(model, NextCandleModel)

    series = candle_series(model, made, 300, 0)

    unchanged = 1 - series.prob_up - series.prob_down
    assert 0.3 < unchanged.mean() < 0.7
    assert (unchanged >= 0).all()
