"""Boosting knows beforehand that a weekend comes, and that broken candles are no calm."""

import msgspec
import numpy as np
import pytest

from ml.data.labels import fixed_spans, moves
from ml.features.history import History, make_history
from ml.features.model_inputs import INPUTS, OWN_INPUTS, RANGE_INPUTS, columns_of, model_inputs
from ml.models.boosting.booster import BoostingOptions
from ml.models.boosting.close_model import BoostingModel
from ml.models.boosting.range_model import PathRangeModel
from ml.models.boosting.training_set import TrainingSet
from ml.models.protocol import FILE, Distribution
from tests.unit.ml.models.boosting.made_candles import (
    changing_volatility,
    cut_short,
    make_candles,
    with_weekends,
)

QUICK = {"rounds": 30}
HOUR = 3_600


def _held(said: Distribution, history: History, rows: np.ndarray, low: int, high: int) -> float:
    came = said.last * np.exp(moves(history.path, rows, 1))
    return float(((said.quantiles[:, low] <= came) & (came <= said.quantiles[:, high])).mean())


def test_intervals_over_weekends_hold_what_they_promise() -> None:
    history = make_history(with_weekends(8_000, 0), HOUR)
    rows = history.learnable(1)
    model = BoostingModel(1, options=QUICK)
    model.fit(history, rows[:4_000])
    ahead = rows[4_000:]
    said = model.predict(history, ahead)
    weekend = np.diff(history.times)[ahead] > HOUR
    assert weekend.sum() >= 30
    for low, high, least, most in ((0, 4, 0.85, 1.0), (1, 3, 0.65, 0.95)):
        closed = Distribution.take(said, np.flatnonzero(weekend))
        assert least <= _held(closed, history, ahead[weekend], low, high) <= most
        assert abs(_held(said, history, ahead, low, high) - (most + least) / 2) < 0.06


def test_closures_are_learnt_from_the_rows_of_a_fit_alone() -> None:
    history = make_history(with_weekends(4_000, 1), HOUR)
    model = BoostingModel(1, options=QUICK)
    model.fit(history, history.learnable(1)[:500])
    reader = model.learnt.about.reader
    assert reader
    # Four whole weeks are needed to see a weekend; 500 hours hold fewer.
    assert not reader.sessions.closed.any()
    assert history.sessions.closed.any()


def _broken() -> tuple[History, slice]:
    stretch = slice(4_200, 4_622)
    frame = cut_short(make_candles(changing_volatility(5_200, 3)), stretch, volume=1 / 340)
    return make_history(frame, 300), stretch


@pytest.mark.parametrize("horizon", [1, 6])
def test_intervals_hold_while_candles_are_snapshots_of_unfinished_ones(horizon: int) -> None:
    history, stretch = _broken()
    model = BoostingModel(horizon, options=QUICK)
    model.fit(history, history.learnable(horizon)[:4_000])
    rows = np.arange(stretch.start, stretch.stop - horizon)
    said = model.predict(history, rows)
    came = said.last * np.exp(moves(history.path, rows, horizon))
    held = (said.quantiles[:, 0] <= came) & (came <= said.quantiles[:, 4])
    assert held.mean() >= 0.9
    assert history.thin[rows].mean() > 0.9


def test_inputs_are_taken_for_the_last_value_known_and_thin_ranges_for_usual() -> None:
    history, stretch = _broken()
    model = BoostingModel(1, options=QUICK)
    model.fit(history, history.learnable(1)[:4_000])
    reader = model.learnt.about.reader
    assert reader
    rows = np.arange(stretch.start, stretch.stop + 200)
    raw = model_inputs(history.features, history.path.close, rows)
    read, own = reader.read(history, rows, 1), slice(len(OWN_INPUTS))
    low, high = np.array(reader.low)[own], np.array(reader.high)[own]
    thin, ranges = history.thin[rows], columns_of(RANGE_INPUTS)
    others = np.setdiff1d(np.arange(len(OWN_INPUTS)), ranges)
    assert (raw[~thin] < low).any()
    assert np.array_equal(read[~thin, own], np.clip(raw[~thin], low, high))
    assert np.array_equal(read[:, others], np.clip(raw, low, high)[:, others])
    assert (read[thin][:, ranges] == reader.usual).all()


@pytest.mark.parametrize("kind", [BoostingModel, PathRangeModel])
def test_a_model_that_went_on_live_says_what_one_said_that_walked_through(
    kind: type[BoostingModel] | type[PathRangeModel],
) -> None:
    history = make_history(with_weekends(3_400, 2), HOUR)
    model = kind(6, options=QUICK)
    model.fit(history, history.learnable(6)[:2_500])
    rows = np.arange(2_700, 3_300)
    walked = model.predict(history, rows)
    followed = None
    for row in rows[::25]:
        start = max(0, row + 1 - 1_000)
        frame = history.frame.iloc[start : row + 1].reset_index(drop=True)
        window = History(frame, history.sessions)
        said, followed = model.predict_from(window, np.array([len(frame) - 1]), followed)
        assert followed
        wanted = walked.take(np.array([row - rows[0]]))
        names = ("quantiles",) if kind is BoostingModel else ("upper", "lower")
        for name in names:
            assert getattr(said, name) == pytest.approx(getattr(wanted, name), rel=1e-6)
    assert followed
    assert followed.until == history.times[rows[::25][-1] - 6]


@pytest.mark.parametrize("kind", [BoostingModel, PathRangeModel])
def test_files_of_versions_that_knew_no_closures_are_read_with_their_own_inputs(
    kind: type[BoostingModel] | type[PathRangeModel],
) -> None:
    history = make_history(make_candles(changing_volatility(2_600, 4)), 300)
    model = kind(3, options=QUICK)
    model.fit(history, history.learnable(3)[:2_000])
    held = msgspec.json.decode(model.to_files()[FILE])
    held["about"]["reader"] = None
    old = kind.from_files({FILE: msgspec.json.encode(held)})
    table = old.learnt.about.inputs(history, np.arange(2_100, 2_110))
    assert table.shape[1] == len(OWN_INPUTS) < len(INPUTS)


@pytest.mark.parametrize("kind", [BoostingModel, PathRangeModel])
def test_where_every_path_crosses_a_closure_none_is_set_apart(
    kind: type[BoostingModel] | type[PathRangeModel],
) -> None:
    history = make_history(with_weekends(3_000, 5), HOUR)
    model = kind(96, options=QUICK)
    model.fit(history, history.learnable(96))
    widths = [model.learnt.width] if isinstance(model, PathRangeModel) else []
    widths += list(model.learnt.widths.values()) if isinstance(model, BoostingModel) else []
    assert widths
    assert all(width.apart is None for width in widths)


def test_far_ahead_every_row_calibrates_and_near_ahead_the_newest_quarter() -> None:
    rows = np.arange(4_000)
    assert (
        TrainingSet.share_for_intervals(rows, 1) == TrainingSet.share_for_intervals(rows, 6) == 0.25
    )
    assert TrainingSet.share_for_intervals(rows, 36) == 0.5
    history = make_history(make_candles(changing_volatility(4_200, 6)), 300)
    spans = fixed_spans(history.learnable(36), 36)
    options = BoostingOptions(rounds=10)
    training = TrainingSet.prepare(
        history, history.learnable(36), spans, 36, options, seed=0, held_out_share=0.5
    )
    never = np.zeros(len(training.rows), bool)
    (older, told), (newer, own) = training.foretold("own", lambda other: "refitted", never)
    assert (told, own) == ("refitted", "own")
    for part in (older, newer):
        ahead = np.subtract.outer(part.held_out[[0, -1]], part.learn[[0, -1]])
        assert (np.abs(ahead) >= 36).all()
    both = np.concatenate([older.held_out, newer.held_out])
    assert len(np.unique(both)) == len(both) >= len(training.rows) - 36
