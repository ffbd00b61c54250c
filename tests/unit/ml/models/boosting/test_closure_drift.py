"""A jump over closures that always goes one way, or on the way prices went, is foreseen."""

import numpy as np
import pandas as pd
import pytest

from ml.data.labels import moves
from ml.features.history import History, make_history
from ml.features.model_inputs import INPUTS
from ml.models.boosting.close_model import BoostingModel
from ml.models.boosting.closure_drift import LEAST_CLOSURES, P_VALUE, WAYS, ClosureDrift, Jump
from ml.models.boosting.range_model import PathRangeModel
from tests.unit.ml.models.boosting.made_candles import make_candles, with_weekends

QUICK = {"rounds": 30}
HOUR = 3_600


def _jumping_up(count: int, seed: int) -> pd.DataFrame:
    """Return candles that jump up by about six volatilities over every weekend."""
    times = with_weekends(count, seed)["time"].to_numpy(np.int64)
    rng = np.random.default_rng([seed, 3])
    returns = rng.standard_normal(count)
    after = np.flatnonzero(np.diff(times) > HOUR) + 1
    returns[after] += 6
    return make_candles(1e-3 * returns, seed, HOUR).assign(time=times)


@pytest.fixture(scope="module")
def history() -> History:
    return make_history(_jumping_up(3_400, 0), HOUR)


def _inputs(rng: np.random.Generator, count: int) -> np.ndarray:
    return rng.standard_normal((count, len(INPUTS)))


@pytest.mark.parametrize("closures", [5, 6, 12, 60])
def test_where_jumps_go_either_way_hardly_ever_one_is_expected(closures: int) -> None:
    rng = np.random.default_rng(closures)
    found = sum(
        Jump.learn(6 * rng.standard_normal(closures), _inputs(rng, closures)) is not None
        for _ in range(1_000)
    )
    assert found / 1_000 <= 1.5 * P_VALUE


def test_a_jump_to_one_side_is_learnt_from_few_closures_and_none_from_fewer() -> None:
    rng = np.random.default_rng(0)
    jumps = 6 + rng.standard_normal(8)
    inputs = _inputs(rng, 8)
    found = Jump.learn(jumps, inputs)
    assert found is not None
    assert found.sign_of is None
    assert 0.9 * jumps.mean() < found.size < jumps.mean()
    few = LEAST_CLOSURES - 1
    assert Jump.learn(jumps[:few], inputs[:few]) is None


def test_a_jump_that_goes_on_the_way_prices_went_is_learnt_with_that_way() -> None:
    rng = np.random.default_rng(1)
    inputs, way = _inputs(rng, 40), WAYS[3]
    found = Jump.learn(4 * np.sign(inputs[:, way]) + rng.standard_normal(40), inputs)
    assert found is not None
    assert found.sign_of == way
    assert np.array_equal(found.of(inputs), found.size * np.sign(inputs[:, way]))


def test_the_close_over_a_weekend_is_foreseen_where_it_jumps(history: History) -> None:
    rows = history.learnable(1)
    model = BoostingModel(1, options=QUICK)
    model.fit(history, rows[:2_400])
    said = model.predict(history, rows[2_400:])
    came = moves(history.path, rows[2_400:], 1)
    weekend = np.diff(history.times)[rows[2_400:]] > HOUR
    foreseen = np.log(said.quantiles[:, 2] / said.last)
    assert np.abs(foreseen[weekend] - came[weekend]).mean() < 0.3 * came[weekend].mean()
    assert np.abs(foreseen[~weekend]).max() < 1e-3
    low, high = np.log(said.quantiles[:, [0, 4]] / said.last[:, None])[weekend].T
    assert ((low <= came[weekend]) & (came[weekend] <= high)).mean() >= 0.8
    assert (low > 0).mean() >= 0.5


def test_the_range_over_a_weekend_reaches_further_to_the_side_of_the_jump(
    history: History,
) -> None:
    rows = history.learnable(6)
    model = PathRangeModel(6, options=QUICK)
    model.fit(history, rows[:2_400])
    said = model.predict(history, rows[2_400:])
    weekend = np.diff(history.times)[rows[2_400:]] > HOUR
    up, down = np.log(said.high / said.last), np.log(said.last / said.low)
    assert (up[weekend] > 3 * down[weekend]).all()


@pytest.mark.parametrize("kind", [BoostingModel, PathRangeModel])
def test_what_was_learnt_of_jumps_is_kept_in_files_and_speaks_of_the_newest_candle(
    kind: type[BoostingModel] | type[PathRangeModel], history: History
) -> None:
    model = kind(6, options=QUICK)
    model.fit(history, history.learnable(6)[:2_400])
    assert model.learnt.closure_drift.long is not None
    again = kind.from_files(model.to_files())
    rows = history.ready()[-50:]
    assert again.learnt.closure_drift == model.learnt.closure_drift
    for ours, theirs in zip(
        vars_of(model.predict(history, rows)), vars_of(again.predict(history, rows)), strict=True
    ):
        assert np.array_equal(ours, theirs)


def vars_of(said: object) -> list[np.ndarray]:
    """Return the arrays of a forecast."""
    names = ("quantiles", "prob_up", "upper", "lower", "high", "low")
    return [getattr(said, name) for name in names if hasattr(said, name)]


def test_prices_without_the_jumps_expected_hold_only_what_they_did_otherwise(
    history: History,
) -> None:
    rows = history.learnable(1)
    model = BoostingModel(1, options=QUICK)
    model.fit(history, rows[:2_400])
    learnt, reader = model.learnt.closure_drift, model.learnt.about.reader
    assert reader is not None
    inputs = reader.read(history, rows, 1)
    without = learnt.path_without(history, rows, inputs)
    change = moves(history.path, rows, 1) - moves(without, rows, 1)
    assert change == pytest.approx(learnt.predict(inputs), abs=1e-12)
    assert ClosureDrift().path_without(history, rows, inputs) is history.path
