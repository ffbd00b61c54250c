"""Candles in which phases are made by hand."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.clock.sessions import Sessions
from ml.amd.measures import PhaseRules
from ml.amd.phases import PHASES, Phases, find_phases
from ml.features.history import History

STEP = 900
START = 1_700_000_100
RULES = PhaseRules()
# Enough ordinary candles that the next one has a phase.
BEFORE = RULES.warm_up

Candle = tuple[float, float, float]


def ordinary(count: int = BEFORE, at: float = 100.0) -> list[Candle]:
    """Return candles (high, low, close) that swing by 2 around a price."""
    return [(at + 2, at - 2, at + (1 if n % 2 else -1)) for n in range(count)]


def quiet(count: int = RULES.box + 1, at: float = 100.0) -> list[Candle]:
    """Return candles that stay within half of one."""
    return [(at + 0.5, at - 0.5, at) for _ in range(count)]


def history(candles: list[Candle], gap_before: int | None = None, volume: float = 10.0) -> History:
    """Return candles as a history; `gap_before` begins one candle late."""
    high, low, close = (np.array(column) for column in zip(*candles, strict=True))
    times = START + STEP * np.arange(len(candles), dtype=np.int64)
    if gap_before is not None:
        times[gap_before:] += STEP
    return framed(times, high, low, close, np.full(len(candles), volume))


def framed(
    times: NDArray[np.int64],
    high: NDArray[np.float64],
    low: NDArray[np.float64],
    close: NDArray[np.float64],
    volume: NDArray[np.float64],
) -> History:
    """Return columns as a history of a market that never closes."""
    columns = {"time": times, "open": close, "high": high, "low": low, "close": close}
    return History(pd.DataFrame(columns | {"volume": volume}), Sessions.around_the_clock(STEP))


def phases_of(candles: list[Candle], gap_before: int | None = None) -> Phases:
    """Return the phases of such candles."""
    return find_phases(history(candles, gap_before), RULES)


def words(phases: Phases, count: int) -> list[str]:
    """Return the phases of the last so many candles."""
    return [PHASES[code].value for code in phases.codes[-count:]]


def walk(count: int, seed: int, edge: float = 0.0) -> History:
    """Return a random walk with quiet stretches, each followed by a sweep of one of its sides.

    After a sweep prices go to the other side by `edge` volatilities a candle, for eight candles.
    """
    rng = np.random.default_rng(seed)
    returns = rng.standard_normal(count) * 1e-3
    wick = np.abs(rng.standard_normal((2, count))) * 3e-4
    # Every 70 candles: 30 quiet ones, then a sweep.
    phase = (np.arange(count) + seed % 70) % 70
    calm = phase < 30
    returns[calm] *= 0.15
    wick[:, calm] *= 0.3
    sweep = np.flatnonzero(phase == 30)
    side = rng.choice([-1, 1], len(sweep))
    returns[sweep] = 0.0
    wick[0, sweep[side > 0]] = 2.5e-3
    wick[1, sweep[side < 0]] = 2.5e-3
    for at, to in zip(sweep, -side, strict=True):
        returns[at + 1 : at + 9] += to * edge * 1e-3
    close = 100 * np.exp(np.cumsum(returns))
    opening = np.concatenate([[100.0], close[:-1]])
    high = np.maximum(opening, close) * np.exp(wick[0])
    low = np.minimum(opening, close) * np.exp(-wick[1])
    times = START + STEP * np.arange(count, dtype=np.int64)
    return framed(times, high, low, close, rng.lognormal(2, 1, count))
