"""Which barrier comes first is told by a regression of all moves where trees prove less."""

import msgspec
import numpy as np

from ml.features.history import History, make_history
from ml.models.boosting.signal_model import BarrierSignalsModel
from ml.models.protocol import FILE, SignalForecast
from tests.unit.ml.models.boosting.made_candles import autoregressive, make_candles, noise

COUNT, AHEAD, STEP, FEW_TREES = 1_800, 3, 900, {"rounds": 20}


def _fitted(history: History) -> BarrierSignalsModel:
    model = BarrierSignalsModel(AHEAD, 1, FEW_TREES)
    model.fit(history, history.learnable(AHEAD))
    return model


def _parts(said: SignalForecast) -> list[np.ndarray]:
    return [said.signal, said.long, said.short]


def test_of_a_weak_linear_edge_the_regression_is_believed() -> None:
    history = make_history(make_candles(autoregressive(COUNT, 3, 0.2), 3, STEP), STEP)
    model, rows = _fitted(history), history.learnable(AHEAD)
    first = model.learnt.signal.first
    assert first.share > 0
    assert first.trees is None

    said = model.predict(history, rows)
    buy = said.signal[:, 1] / said.signal[:, 1:].sum(axis=1)
    last_return = np.log(history.path.close[rows] / history.path.close[rows - 1])
    assert np.corrcoef(buy, last_return)[0, 1] > 0.5
    again = BarrierSignalsModel.from_files(model.to_files()).predict(history, rows)
    assert all((a == b).all() for a, b in zip(_parts(said), _parts(again), strict=True))


def test_a_file_of_an_earlier_version_has_no_regression_and_says_what_it_said() -> None:
    history = make_history(make_candles(noise(COUNT, 2), 2, STEP), STEP)
    model, rows = _fitted(history), history.learnable(AHEAD)
    learnt = model.learnt
    assert not any(part.first.share for part in (learnt.signal, learnt.long, learnt.short))
    file = msgspec.json.decode(model.to_files()[FILE])
    del file["drift"]
    earlier = BarrierSignalsModel.from_files({FILE: msgspec.json.encode(file)})
    pairs = zip(
        _parts(model.predict(history, rows)), _parts(earlier.predict(history, rows)), strict=True
    )
    assert all((a == b).all() for a, b in pairs)
