"""A range is averaged with the best plain one by the share that serves held-out rows best."""

import msgspec
import numpy as np
import pytest
from numpy.typing import NDArray

from ml.features.history import History, make_history
from ml.models.boosting.range_model import LearntRange, PathRangeModel
from ml.models.path_baselines import bounds_loss
from ml.models.protocol import FILE
from tests.unit.ml.models.boosting.made_candles import changing_volatility, make_candles


def _history() -> History:
    return make_history(make_candles(changing_volatility(3_000, 0)), 300)


def _fitted(history: History) -> PathRangeModel:
    model = PathRangeModel(6, options={"rounds": 30})
    model.fit(history, history.learnable(6)[:2_000])
    return model


def _with(model: PathRangeModel, share: float) -> PathRangeModel:
    held = msgspec.json.decode(model.to_files()[FILE])
    held["plain_share"] = share
    return PathRangeModel.from_files({FILE: msgspec.json.encode(held)})


def _bounds(model: PathRangeModel, history: History) -> NDArray[np.float64]:
    said = model.predict(history, np.array([2_500]))
    return np.log(np.array([said.upper[0] / said.last[0], said.last[0] / said.lower[0]]))


def test_the_share_given_to_the_plain_range_is_kept_with_the_model() -> None:
    history = _history()
    model = _fitted(history)
    again = PathRangeModel.from_files(model.to_files())
    assert again.learnt.plain == model.learnt.plain
    assert _bounds(again, history) == pytest.approx(_bounds(model, history))


def test_a_model_of_a_version_that_knew_no_plain_range_forecasts_as_before() -> None:
    history = _history()
    model = _fitted(history)
    held = msgspec.json.decode(model.to_files()[FILE])
    del held["plain"], held["plain_share"]
    old = PathRangeModel.from_files({FILE: msgspec.json.encode(held)})
    assert old.learnt.plain is None
    assert _bounds(old, history) == pytest.approx(_bounds(_with(model, 0.0), history))


def test_bounds_lie_between_the_models_own_and_the_plain_ones() -> None:
    history, rows = _history(), np.arange(2_100, 2_500)
    learnt: LearntRange = _fitted(history).learnt
    assert learnt.plain
    unit, own = np.full(len(rows), 2e-3), (np.full(len(rows), 3.0), np.full(len(rows), 1.0))
    asked = history, rows, unit, own, (np.zeros(len(rows)), np.zeros(len(rows)))
    whole = msgspec.structs.replace(learnt, plain_share=1.0).bounds(*asked)
    half = msgspec.structs.replace(learnt, plain_share=0.5).bounds(*asked)
    plain = learnt.plain.sides(history, rows, 6)
    for side in (0, 1):
        assert whole[side] == pytest.approx(plain[side][:, 1] / unit)
        assert half[side] == pytest.approx((own[side] + whole[side]) / 2)


def test_the_loss_of_bounds_is_the_pinball_loss_of_both_sides() -> None:
    reach, bound = (np.array([2.0]), np.array([1.0])), (np.array([1.0]), np.array([3.0]))
    assert bounds_loss(reach, bound) == pytest.approx([(0.95 * 1 + 0.05 * 2) / 2])
