"""Made-up markets are what they are said to be."""

import numpy as np
import pytest

from tests.campaign.made_markets import (
    CARRIED_ON,
    GAP_UP,
    HOUR,
    MAKERS,
    NOISE,
    RESOLUTION,
    SCALE,
    make_market,
)

COUNT = 6_000


@pytest.mark.parametrize("name", MAKERS)
def test_candles_are_whole_and_repeat_with_their_seed(name: str) -> None:
    frame = make_market(name, 1, COUNT)
    assert frame.equals(make_market(name, 1, COUNT))
    assert not frame.equals(make_market(name, 2, COUNT))
    assert (np.diff(frame["time"]) >= RESOLUTION).all()
    sides = frame[["open", "close"]]
    assert (frame["high"] >= sides.max(axis=1)).all()
    assert (frame["low"] <= sides.min(axis=1)).all()


@pytest.mark.parametrize("name", NOISE)
def test_in_noise_no_return_tells_of_the_next(name: str) -> None:
    returns = np.diff(np.log(make_market(name, 3, COUNT)["close"])) / SCALE
    bounded = np.clip(returns, -4, 4)
    assert abs(np.corrcoef(bounded[1:], bounded[:-1])[0, 1]) < 4 / np.sqrt(COUNT)
    assert np.median(np.abs(returns)) == pytest.approx(0.67, abs=0.3)


def test_edges_are_planted() -> None:
    returns = np.diff(np.log(make_market("autoregressive", 4, COUNT)["close"]))
    assert np.corrcoef(returns[1:], returns[:-1])[0, 1] == pytest.approx(CARRIED_ON, abs=0.05)


@pytest.mark.parametrize("resolution", [RESOLUTION, HOUR])
def test_jumps_over_weekends_are_planted(resolution: int) -> None:
    frame = make_market("weekend_gap", 4, COUNT, resolution)
    after = np.flatnonzero(np.diff(frame["time"]) > resolution) + 1
    gaps = np.log(frame["open"].to_numpy()[after] / frame["close"].to_numpy()[after - 1])
    assert len(after) == pytest.approx(COUNT * resolution / (5 * 86_400), abs=1)
    assert gaps.mean() / SCALE == pytest.approx(GAP_UP, abs=2)
