"""Candles and trades as a market shows them at a moment."""

from itertools import groupby, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.simulator.candle_tape import Candle, CandleTape
from feeds.simulator.trade_tape import TradeTape
from feeds.trade_files import Trade

HOUR = 3_600
ROWS = [
    [0 * HOUR, 10.0, 12.0, 9.0, 11.0, 100.0],
    [1 * HOUR, 11.0, 11.5, 8.25, 8.5, 50.0],
    [3 * HOUR, 8.5, 9.0, 8.0, 8.75, 10.0],
]


def candles(tape: CandleTape, now_s: float, start: int = 0, end: int = 2**40) -> list[Candle]:
    now_ms = round(now_s * 1_000)
    return [tape.candle(i, now_ms) for i in tape.between(start, end, now_ms)]


def test_finished_candles_are_the_files_to_the_bit() -> None:
    shown = candles(CandleTape(ROWS, HOUR), 100 * HOUR)

    assert [list(candle[:6]) for candle in shown] == ROWS
    assert all(candle.finished for candle in shown)


def test_a_candle_is_there_from_its_opening_on() -> None:
    tape = CandleTape(ROWS, HOUR)

    assert len(candles(tape, HOUR - 0.001)) == 1
    assert len(candles(tape, HOUR)) == 2


@given(moments=st.lists(st.floats(0, 1), min_size=2).map(sorted), row=st.integers(0, 2))
def test_the_newest_candle_grows_into_the_files(moments: list[float], row: int) -> None:
    tape = CandleTape(ROWS, HOUR)
    whole = ROWS[row]

    shown = [candles(tape, whole[0] + part * HOUR, int(whole[0]))[0] for part in moments]

    for earlier, later in pairwise(shown):
        assert earlier.open == later.open == whole[1]
        assert earlier.high <= later.high <= whole[2]
        assert earlier.low >= later.low >= whole[3]
        assert earlier.volume <= later.volume <= whole[5]
    assert all(candle.low <= candle.close <= candle.high for candle in shown)
    assert list(candles(tape, whole[0] + HOUR, int(whole[0]))[0][1:6]) == whole[1:]


def test_rows_may_be_unsorted_and_the_last_of_a_time_wins() -> None:
    rows = [ROWS[2], ROWS[0], [0, 1.0, 1.0, 1.0, 1.0, 1.0]]

    shown = candles(CandleTape(rows, HOUR), 100 * HOUR)

    assert [list(candle[:6]) for candle in shown] == [rows[2], rows[0]]


def test_a_file_that_goes_on_plays_backwards_with_open_and_close_exchanged() -> None:
    tape = CandleTape(ROWS, HOUR, shift_s=10 * HOUR, endless=True)

    shown = candles(tape, 17 * HOUR)

    assert [c.time // HOUR for c in shown] == [10, 11, 13, 14, 16, 17]
    assert (shown[3].open, shown[3].close) == (8.75, 8.5)
    for earlier, later in pairwise(shown[2:5]):
        assert earlier.close == later.open


def trade(number: int, time: int, price: str = "1.0", side: str = "buy") -> Trade:
    return Trade(number, time, price, "2.5", side)


TRADES = st.lists(
    st.tuples(st.integers(0, 3), st.sampled_from(["1.0", "1.5"]), st.sampled_from(["buy", "sell"])),
    min_size=1,
    max_size=20,
)


def tape_of(
    steps: list[tuple[int, str, str]], *, endless: bool = False
) -> tuple[TradeTape, list[Trade]]:
    time, trades = 1_000, []
    for number, (pause, price, side) in enumerate(steps):
        time += pause
        trades.append(trade(number + 7, time, price, side))
    return TradeTape(trades, endless=endless), trades


@given(TRADES)
def test_trades_are_the_files_in_the_order_of_their_ids(steps: list[tuple[int, str, str]]) -> None:
    tape, trades = tape_of(steps)

    count = tape.count(2_000)

    assert [tape.trade(i) for i in range(count)] == trades
    assert tape.through_id(9) == min(3, len(trades))


@given(TRADES)
def test_ids_and_times_keep_growing_past_the_end(steps: list[tuple[int, str, str]]) -> None:
    tape, trades = tape_of(steps, endless=True)

    shown = [tape.trade(i) for i in range(4 * len(trades))]

    assert [t.trade_id for t in shown] == list(range(7, 7 + len(shown)))
    assert all(earlier.time <= later.time for earlier, later in pairwise(shown))
    assert all(tape.count(t.time) >= i + 1 for i, t in enumerate(shown))


@given(steps=TRADES, endless=st.booleans())
def test_aggregates_hold_each_trade_once_and_only_alike_ones(
    steps: list[tuple[int, str, str]], endless: bool
) -> None:
    tape, trades = tape_of(steps, endless=endless)
    runs = 3 if endless else 1
    count = tape.aggregate_count(runs * len(trades))

    members = [tape.aggregate(i) for i in range(count)]

    assert [i for run in members for i in run] == list(range(runs * len(trades)))
    alike = [[(t.time, t.price, t.side) for t in map(tape.trade, run)] for run in members]
    assert all(len(set(kinds)) == 1 for kinds in alike)
    kinds = [(t.time, t.price, t.side) for t in trades]
    assert tape.aggregate_count(len(trades)) == len(list(groupby(kinds)))


def test_an_aggregate_counts_once_its_last_trade_has_happened() -> None:
    tape = TradeTape([trade(1, 5), trade(2, 5), trade(3, 5, side="sell")])

    assert [tape.aggregate_count(n) for n in range(4)] == [0, 0, 1, 2]


def test_a_clock_that_steps_back_does_not_on_the_tape() -> None:
    tape = TradeTape([trade(1, 10), trade(2, 8), trade(3, 12)])

    assert [tape.trade(i).time for i in range(3)] == [10, 10, 12]


def test_the_last_trade_can_be_laid_at_an_instant() -> None:
    tape = TradeTape([trade(1, 10), trade(2, 30)], end_ms=1_000)

    assert [tape.trade(i).time for i in range(2)] == [980, 1_000]


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5])
def test_extremes_and_volume_are_those_of_the_trades_so_far(count: int) -> None:
    prices = ["2.0", "3.0", "1.0"]
    tape = TradeTape([trade(i, i, price) for i, price in enumerate(prices)], endless=True)

    seen = [float(price) for price in prices[: min(count, 3)]]
    assert tape.extremes(count) == (max(seen), min(seen), 2.5 * len(seen))
