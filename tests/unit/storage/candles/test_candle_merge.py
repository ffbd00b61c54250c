"""Which stored candle another one of the same time replaces."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.series import CandleFlag
from storage.candles.candle_columns import Candles
from storage.candles.candle_merge import WriteResult, merge

P, R, OUT = CandleFlag.PARTIAL, CandleFlag.REVISED, CandleFlag.OPEN_OUTSIDE


def candle(close: float = 2.0, volume: float = 5.0, trades: int = -1, flags: int = 0) -> list[Any]:
    return [60, 1.0, 3.0, 0.5, close, volume, trades, flags]


def change(held: list[Any], given_: list[Any]) -> tuple[WriteResult, dict[str, float]]:
    merged = merge(Candles.from_rows([held]), Candles.from_rows([given_]))
    return merged.result, {part.field: part.values.tolist()[0] for part in merged.changes}


UNCHANGED, REVISED, FINISHED = (
    WriteResult(unchanged=1),
    WriteResult(revised=1),
    WriteResult(finished=1),
)


@pytest.mark.parametrize(
    ("held", "given_", "result", "written"),
    [
        # the same again
        (candle(), candle(), UNCHANGED, {}),
        (candle(flags=R), candle(), UNCHANGED, {}),
        (candle(flags=P), candle(flags=P), UNCHANGED, {}),
        # a finished candle changed: only what differs is written
        (candle(), candle(close=2.5), REVISED, {"close": 2.5, "flags": R}),
        (candle(flags=R), candle(close=2.5), REVISED, {"close": 2.5}),
        (
            candle(flags=OUT),
            candle(close=2.5, flags=OUT),
            REVISED,
            {"close": 2.5, "flags": R | OUT},
        ),
        # a partial one was replaced
        (candle(flags=P), candle(), FINISHED, {"flags": 0}),
        (candle(flags=P), candle(close=2.5), FINISHED, {"close": 2.5, "flags": 0}),
        (candle(flags=P), candle(2.5, 6, flags=P), FINISHED, {"close": 2.5, "volume": 6.0}),
        # an older partial one, which has the smaller volume, comes late
        (candle(flags=P), candle(2.5, 4, flags=P), UNCHANGED, {}),
        # a finished candle never becomes partial again
        (candle(), candle(2.5, 6, flags=P), UNCHANGED, {}),
        # trade counts
        (candle(), candle(trades=7), UNCHANGED, {"trades": 7}),
        (candle(flags=R), candle(trades=7), UNCHANGED, {"trades": 7}),
        (candle(trades=7), candle(), UNCHANGED, {}),
        (candle(trades=7), candle(trades=8), REVISED, {"trades": 8, "flags": R}),
        (candle(trades=7), candle(close=2.5), REVISED, {"close": 2.5, "trades": -1, "flags": R}),
        (candle(trades=7, flags=P), candle(), FINISHED, {"trades": -1, "flags": 0}),
    ],
)
def test_a_candle_met_again(
    held: list[Any], given_: list[Any], result: WriteResult, written: dict[str, float]
) -> None:
    assert change(held, given_) == (result, written)


def test_a_new_candle_is_written_without_empty_marks() -> None:
    merged = merge(Candles.empty(), Candles.from_rows([candle()]))
    assert merged.result == WriteResult(inserted=1)
    assert [part.field for part in merged.changes] == ["open", "high", "low", "close", "volume"]


def test_a_new_candle_brings_its_marks_and_count() -> None:
    merged = merge(Candles.empty(), Candles.from_rows([candle(trades=0, flags=P)]))
    written = {part.field: part.values.tolist() for part in merged.changes}
    assert (written["trades"], written["flags"]) == ([0], [P])


TIMES = st.lists(st.integers(0, 30), unique=True, max_size=30).map(sorted)


@given(TIMES, TIMES)
def test_each_candle_counts_once_and_only_new_times_are_inserted(
    held: list[int], given_: list[int]
) -> None:
    def some(times: list[int]) -> Candles:
        return Candles.from_rows([[60 * t, 1, 1, 1, 1, t % 3] for t in times])

    merged = merge(some(held), some(given_))
    new = sorted(set(given_) - set(held))
    assert merged.result == WriteResult(inserted=len(new), unchanged=len(given_) - len(new))
    for part in merged.changes:
        np.testing.assert_array_equal(part.time, [60 * t for t in new])
