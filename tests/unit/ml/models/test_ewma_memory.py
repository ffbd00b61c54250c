"""The memory of EWMA baselines is the one that served best in the rows learnt from."""

import msgspec
import numpy as np
import pytest
from numpy.typing import NDArray

from ml.data import labels
from ml.data.volatility import DECAY, DECAYS
from ml.features.history import History, make_history
from ml.models.baselines import CHOOSING_ROWS, Ewma, EwmaOrGarch, GarchIntervals, thinned
from ml.models.path_baselines import EwmaOrGarchRange
from ml.models.protocol import FILE, LEVELS
from tests.unit.ml.models.boosting.made_candles import changing_volatility, make_candles, noise


def _history(returns: NDArray[np.float64]) -> History:
    return make_history(make_candles(returns), 300)


def _bursts(count: int, seed: int) -> NDArray[np.float64]:
    """Return returns whose volatility is now one, now eight times a size, 100 candles each."""
    size = np.where(np.arange(count) // 100 % 2, 8.0, 1.0)
    return noise(count, seed) * size


def _ewma(history: History, horizon: int) -> Ewma:
    model = Ewma(horizon)
    model.fit(history, history.learnable(horizon))
    return model


def _range(history: History, horizon: int) -> EwmaOrGarchRange:
    model = EwmaOrGarchRange(horizon)
    model.fit(history, history.learnable(horizon))
    return model


@pytest.mark.parametrize("seed", range(3))
def test_where_volatility_never_changes_the_memory_is_long(seed: int) -> None:
    history = _history(noise(4_000, seed))
    assert _ewma(history, 6).learnt.decay >= 0.995
    learnt = _range(history, 6).learnt
    assert learnt.garch or learnt.decay >= 0.995


@pytest.mark.parametrize("seed", range(3))
def test_where_volatility_comes_in_bursts_the_memory_is_short(seed: int) -> None:
    history = _history(_bursts(4_000, seed))
    assert _ewma(history, 1).learnt.decay == DECAY
    learnt = _range(history, 1).learnt
    assert learnt.garch or learnt.decay == DECAY


@pytest.mark.parametrize("horizon", [1, 12])
def test_no_other_memory_of_the_grid_has_a_smaller_pinball_loss(horizon: int) -> None:
    history = _history(changing_volatility(3_000, 0))
    rows = history.learnable(horizon)
    move = labels.moves(history.path, rows, horizon)

    def loss(decay: float) -> float:
        unit = history.volatility_at(decay)[rows]
        ratio = np.sort(np.abs(move) / unit)
        count, total = len(ratio), 0.0
        for level in LEVELS:
            rank = min(int(np.ceil((count + 1) * round(abs(2 * level - 1), 6))), count)
            reach = 0.0 if level == 0.5 else np.sign(level - 0.5) * ratio[rank - 1]
            error = move - reach * unit
            total += float(np.where(error >= 0, level * error, (level - 1) * error).mean())
        return total

    assert _ewma(history, horizon).learnt.decay == min(DECAYS, key=loss)


def test_the_memory_goes_by_training_rows_alone() -> None:
    frame = make_candles(np.concatenate([noise(3_000, 0), _bursts(3_000, 1)]))
    whole, part = (make_history(frame.head(count), 300) for count in (6_000, 3_000))
    rows = part.learnable(6)
    for make in (Ewma, EwmaOrGarch, EwmaOrGarchRange):
        ours, theirs = make(6), make(6)
        ours.fit(whole, rows)
        theirs.fit(part, rows)
        assert ours.describe() == theirs.describe()


def test_a_file_that_names_no_memory_has_that_of_earlier_versions() -> None:
    history = _history(noise(2_000, 0))
    model = _ewma(history, 3)
    held = msgspec.json.decode(model.to_files()[FILE])
    del held["decay"]
    old = Ewma.from_files({FILE: msgspec.json.encode(held)})
    assert old.learnt.decay == DECAY


def test_of_very_many_rows_an_even_spread_chooses() -> None:
    rows = np.arange(5 * CHOOSING_ROWS + 7)
    some = thinned(rows)
    assert CHOOSING_ROWS / 2 < len(some) <= CHOOSING_ROWS
    assert set(np.diff(some)) == {6}
    assert thinned(rows[:100]).tolist() == rows[:100].tolist()


def _garch_returns(count: int, seed: int) -> NDArray[np.float64]:
    """Return returns whose volatility jumps with every large one, and falls back."""
    shocks, variance = noise(count, seed, 1.0), 1.0
    for i in range(count):
        shocks[i] *= np.sqrt(variance)
        variance = 0.15 + 0.35 * shocks[i] ** 2 + 0.5 * variance
    return 1e-3 * shocks


@pytest.mark.parametrize("horizon", [1, 24])
def test_the_better_of_ewma_and_garch_is_what_must_be_beaten(horizon: int) -> None:
    history = _history(_garch_returns(5_000, 0))
    rows = history.learnable(horizon)
    models = [make(horizon) for make in (Ewma, GarchIntervals, EwmaOrGarch)]
    for model in models:
        model.fit(history, rows)
    ewma, garch, better = (model.predict(history, rows).quantiles for model in models)
    assert models[2].learnt.garch == models[1].learnt.garch
    assert (better == garch).all()
    assert (better != ewma).any()
    assert _range(history, horizon).learnt.garch is not None


@pytest.mark.parametrize("make", [GarchIntervals, EwmaOrGarch])
def test_a_saved_garch_forecasts_the_same(make: type[Ewma]) -> None:
    history = _history(_garch_returns(3_000, 1))
    model = make(6)
    model.fit(history, history.learnable(6))
    again = make.from_files(model.to_files())
    rows = history.ready()[-50:]
    assert (again.predict(history, rows).quantiles == model.predict(history, rows).quantiles).all()


def test_garch_ranges_hold_their_coverage_on_rows_not_learnt_from() -> None:
    history = _history(_garch_returns(8_000, 2))
    rows = history.learnable(12)
    model = EwmaOrGarchRange(12)
    model.fit(history, rows[:4_000])
    later = rows[4_100:]
    found = model.predict(history, later)
    up, down = labels.reaches(history.path, later, 12)
    high, low = found.last * np.exp(up), found.last * np.exp(-down)
    inside = (high <= found.upper) & (low >= found.lower)
    assert inside.mean() == pytest.approx(0.9, abs=0.03)
