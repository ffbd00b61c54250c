"""Candles that were cut short are seen by what falls together, and by nothing that comes later."""

import numpy as np
import pandas as pd
import pytest

from ml.data.thin_candles import thin_candles
from tests.unit.ml.models.boosting.made_candles import (
    changing_volatility,
    cut_short,
    make_candles,
    noise,
)

STRETCH = slice(1_500, 1_922)


def _broken() -> pd.DataFrame:
    return cut_short(make_candles(changing_volatility(2_400, 0)), STRETCH, volume=1 / 340)


def test_nearly_all_of_a_long_stretch_of_snapshots_is_thin_and_hardly_anything_else() -> None:
    thin = thin_candles(_broken())
    assert thin[STRETCH].mean() > 0.95
    rest = np.delete(thin, np.r_[STRETCH])
    assert rest.mean() < 0.002


def test_a_lone_snapshot_is_thin_when_it_is_the_newest() -> None:
    frame = cut_short(make_candles(noise(600, 0)), slice(599, 600), volume=1 / 340)
    assert np.flatnonzero(thin_candles(frame)).tolist() == [599]


@pytest.mark.parametrize("kept", ["volume", "range", "trades"])
def test_what_does_not_fall_with_the_rest_speaks_for_the_candle(kept: str) -> None:
    whole = make_candles(noise(600, 1)).assign(trades=100)
    whole["high"], whole["low"] = whole["high"] * 1.002, whole["low"] * 0.998
    frame = cut_short(whole, slice(300, 600), volume=1 / 340).assign(trades=100)
    frame.loc[300:, "trades"] = 100 if kept == "trades" else 1
    names = {"volume": ["volume"], "range": ["high", "low"], "trades": []}[kept]
    frame[names] = whole[names]
    assert not thin_candles(frame).any()


def test_trades_that_are_not_known_do_not_count() -> None:
    frame = cut_short(make_candles(noise(600, 1)).assign(trades=-1), slice(300, 600), 1 / 340)
    assert thin_candles(frame)[303:].mean() > 0.9


def test_quiet_hours_unknown_volume_and_prices_that_stand_still_are_not_thin() -> None:
    quiet = make_candles(changing_volatility(3_000, 2, hour=1.0))
    assert thin_candles(quiet).mean() < 0.002
    assert not thin_candles(quiet.assign(volume=0.0)).any()
    assert not thin_candles(make_candles(np.zeros(600))).any()


def test_no_candle_is_judged_by_later_ones() -> None:
    frame = _broken()
    for end in (1_510, 1_700, 1_930):
        assert np.array_equal(thin_candles(frame.iloc[:end]), thin_candles(frame)[:end])
