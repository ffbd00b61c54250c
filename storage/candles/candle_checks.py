"""Candles that come from outside: checked row by row, sorted, and marked."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from core.clock.grids import PLAIN, Grid
from core.clock.openings import ends, on_grid
from core.clock.times import LATEST_MS, MICROSECONDS_FROM, MILLISECONDS_FROM, NANOSECONDS_FROM
from core.series import CandleFlag
from storage.candles.candle_columns import UNKNOWN_TRADES, Candles, Floats, Integers

# How far an opening may lie ahead of our clock.
FUTURE_MS = 60_000
# No price of anything reaches these; a bad feed does.
HIGHEST_PRICE, HIGHEST_VOLUME, MOST_TRADES = 1e15, 1e18, 2.0**53

# Why a row is refused whose prices may be those of other columns.
NOT_IN_ORDER = ("high is below low", "close lies outside low..high")

_WIDTH = 7


class RejectedRow(msgspec.Struct, frozen=True):
    """A row that is not stored: its index among those given, and why."""

    index: int
    reason: str


class CheckedCandles(NamedTuple):
    """What may be stored, what not, and how many rows a later one of the same time replaced."""

    candles: Candles
    rejected: list[RejectedRow]
    duplicates: int


def check_candles(
    rows: Sequence[Sequence[float | None]],
    resolution: int,
    now_ms: int,
    *,
    grid: Grid = PLAIN,
    flags: Sequence[int] | None = None,
) -> CheckedCandles:
    """Check rows `[time, open, high, low, close, volume]`, or 7 values with the trade count.

    Times are epoch seconds, or ms, us and ns from 1e11, 1e14 and 1e17 on; the rows may be
    unsorted. `flags` are marks that the rows bring along. Openings lie on the `grid`.
    A candle that has not ended at `now_ms` is marked PARTIAL, one whose open lies
    outside low..high OPEN_OUTSIDE. A trade count of None, NaN or -1 is unknown.
    """
    table, shapeless = _table(rows)
    milliseconds = epoch_milliseconds(table[:, 0])
    reasons = _reasons(table, milliseconds, resolution, now_ms, grid) | shapeless
    rejected = [RejectedRow(index, reasons[index]) for index in sorted(reasons)]
    good = np.ones(len(table), np.bool_)
    good[list(reasons)] = False
    marks = np.zeros(len(table), np.int64) if flags is None else np.array(flags, np.int64)
    found = _columns(table[good], milliseconds[good].astype(np.int64) // 1_000, marks[good])
    kept = _last_of_each_time(found.time)
    candles = _mark(found.take(kept), resolution, now_ms, grid)
    return CheckedCandles(candles, rejected, len(found) - len(candles))


def _table(rows: Sequence[Sequence[float | None]]) -> tuple[Floats, dict[int, str]]:
    """Return all rows 7 wide, and the reasons of those that are no 6 or 7 numbers."""
    try:
        table = np.array(rows, np.float64)
        if table.ndim == 2 and table.shape[1] in (_WIDTH - 1, _WIDTH):
            filling = np.full((len(table), _WIDTH - table.shape[1]), np.nan)
            return np.hstack((table, filling)), {}
    except (TypeError, ValueError, OverflowError):
        pass  # one of them is odd: find out which
    reasons = {}
    table = np.full((len(rows), _WIDTH), np.nan)
    for index, row in enumerate(rows):
        try:
            if not _WIDTH - 1 <= len(row) <= _WIDTH:
                raise ValueError
            table[index, : len(row)] = np.array(row, np.float64)
        except (TypeError, ValueError, OverflowError):
            reasons[index] = "a row must be 6 numbers, or 7 with the trade count"
    return table, reasons


def opening_seconds(rows: Sequence[Sequence[float]]) -> Integers:
    """Return the times of rows in whole seconds, those only that are times of 1970 to 2100."""
    milliseconds = epoch_milliseconds(np.array([row[0] for row in rows], np.float64))
    with np.errstate(invalid="ignore"):
        sane = (milliseconds >= 0) & (milliseconds < LATEST_MS) & (milliseconds % 1_000 == 0)
    return np.asarray(milliseconds[sane], np.int64) // 1_000


def epoch_milliseconds(time: Floats) -> Floats:
    """Return epoch milliseconds of epoch numbers in s, ms, us or ns, told apart by size."""
    units = np.ones(len(time))
    for least in (MICROSECONDS_FROM, NANOSECONDS_FROM):
        units[np.abs(time) >= least] *= 1_000
    seconds = np.abs(time) < MILLISECONDS_FROM
    return np.asarray(np.where(seconds, time * 1_000, time / units), np.float64)


def _reasons(
    table: Floats, milliseconds: Floats, resolution: int, now_ms: int, grid: Grid
) -> dict[int, str]:
    """Return the first reason against each bad row."""
    high, low, close, volume, trades = table[:, 2:].T
    prices = table[:, 1:5]
    with np.errstate(invalid="ignore"):
        tests: list[tuple[Any, str]] = [
            (~np.isfinite(table[:, :6]).all(axis=1), "every value must be a finite number"),
            (milliseconds < 0, "time is before 1970"),
            (milliseconds > now_ms + FUTURE_MS, "time lies in the future"),
            (_off_grid(milliseconds, resolution, grid), grid.refusal(resolution)),
            ((prices <= 0).any(axis=1), "a price must be greater than 0"),
            ((prices > HIGHEST_PRICE).any(axis=1), f"a price exceeds {HIGHEST_PRICE:g}"),
            (volume < 0, "volume is negative"),
            (volume > HIGHEST_VOLUME, f"volume exceeds {HIGHEST_VOLUME:g}"),
            (high < low, NOT_IN_ORDER[0]),
            ((close < low) | (close > high), NOT_IN_ORDER[1]),
            (~_is_count(trades), "trades must be a whole number from 0 on"),
        ]
    reasons: dict[int, str] = {}
    for failed, reason in reversed(tests):
        reasons |= dict.fromkeys(np.flatnonzero(failed).tolist(), reason)
    return reasons


def _off_grid(milliseconds: Floats, resolution: int, grid: Grid) -> NDArray[np.bool_]:
    if grid.is_plain:
        return np.asarray(milliseconds % (resolution * 1_000) != 0, np.bool_)
    sane = np.isfinite(milliseconds) & (milliseconds >= 0) & (milliseconds < LATEST_MS)
    off = np.ones(len(milliseconds), np.bool_)
    whole = milliseconds[sane].astype(np.int64)
    off[sane] = (whole % 1_000 != 0) | ~on_grid(whole // 1_000, resolution, grid)
    return off


def _is_count(trades: Floats) -> NDArray[np.bool_]:
    whole = (trades >= UNKNOWN_TRADES) & (trades <= MOST_TRADES) & (trades == np.floor(trades))
    return np.asarray(np.isnan(trades) | whole, np.bool_)


def _columns(table: Floats, time: Integers, marks: Integers) -> Candles:
    opening, high, low, close, volume, trades = np.ascontiguousarray(table[:, 1:].T)
    known = np.nan_to_num(trades, nan=UNKNOWN_TRADES).astype(np.int64)
    outside = (opening < low) | (opening > high)
    flags = marks | (outside.astype(np.int64) * int(CandleFlag.OPEN_OUTSIDE))
    return Candles(time, opening, high, low, close, volume, known, flags)


def _last_of_each_time(time: Integers) -> NDArray[Any]:
    """Return the positions that sort by time and keep the last of each."""
    order = np.argsort(time, kind="stable")
    ordered = time[order]
    last = np.ones(len(time), np.bool_)
    last[:-1] = ordered[1:] != ordered[:-1]
    return order[last]


def _mark(candles: Candles, resolution: int, now_ms: int, grid: Grid) -> Candles:
    unfinished = ends(candles.time, resolution, grid) * 1_000 > now_ms
    flags = candles.flags | (unfinished * int(CandleFlag.PARTIAL))
    return candles.replace(flags=flags)
