"""The newest finished candle is the last one that had ended when it was stored."""

import random
from typing import Any

import pytest
import redis

from core.series import CandleFlag, Series, make_series
from storage import keys
from storage.candles.candle_columns import Candles
from storage.candles.candle_store import CandleStore
from storage.candles.newest_finished import NewestCandles, newest_finished, newest_is_unfinished
from storage.stores import Stores

SERIES = make_series("file", "A", "1m")


@pytest.mark.parametrize(
    ("flags", "newest", "unfinished"),
    [
        ([], None, False),
        ([CandleFlag.PARTIAL], None, True),
        ([0], 60, False),
        ([0, CandleFlag.PARTIAL], 60, True),
        ([0, CandleFlag.OPEN_OUTSIDE], 120, False),
    ],
)
def test_the_newest_finished_candle_is_the_last_without_the_mark(
    redis_client: "redis.Redis", flags: list[int], newest: int | None, unfinished: bool
) -> None:
    store = CandleStore(redis_client)
    rows = [[60 * (n + 1), 1, 2, 1, 2, 1, -1, int(flag)] for n, flag in enumerate(flags)]
    store.write(SERIES, Candles.from_rows(rows))

    assert newest_finished(store, SERIES) == newest
    assert newest_is_unfinished(store, SERIES) is unfinished


def made(first: int, count: int, price: float) -> Candles:
    """Return candles of a minute from one on (its number)."""
    rows = [[60 * n, price, price, price, price, 1.0] for n in range(first, first + count)]
    return Candles.from_rows(rows)


def test_the_newest_candles_are_those_that_a_whole_read_gives_whatever_was_written(
    stores: Stores,
) -> None:
    series, drawn = Series("mt5", "EURUSD", 60), random.Random(5)
    newest = NewestCandles(stores.candles)
    assert len(newest.get(series, 50)) == 0
    last = 1_000
    for price in range(1, 60):
        for _ in range(drawn.choice([0, 1, 1, 2, 20])):
            count = drawn.choice([1, 3, 3, 90])
            last += drawn.choice([0, 1, 1, 5])
            stores.candles.write(series, made(last - count + 1, count, price + drawn.random()))
        if price == 30:
            stores.candles.delete(series)
            stores.candles.write(series, made(10, 60, 7.0))
        if price == 40:  # as candles are written that are built of trades
            key = keys.candle(series, "close")
            stores.redis.execute_command("TS.ADD", key, 60_000 * last, 9.5)
            stores.redis.hincrby(keys.candle_state(series), "version", 1)
        whole = stores.candles.read(series, limit=50, newest=True)
        assert newest.get(series, 50).to_bytes() == whole.to_bytes()


def test_after_a_close_only_what_was_written_is_read(
    stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    series = Series("mt5", "EURUSD", 60)
    stores.candles.write(series, made(0, 500, 1.0))
    newest = NewestCandles(stores.candles)
    newest.get(series, 400)
    read = []
    whole = stores.candles.read

    def counted(*args: Any, **how: Any) -> Candles:
        found = whole(*args, **how)
        read.append(len(found))
        return found

    monkeypatch.setattr(type(stores.candles), "read", lambda _, *args, **how: counted(*args, **how))
    for close in (500, 501, 502):
        stores.candles.write(series, made(close, 1, 2.0))
        assert int(newest.get(series, 400).time[-1]) == 60 * close
    assert read == [1, 1, 1]


def test_only_so_many_candles_stay_at_hand_and_unmarked_ones_are_read_anew(stores: Stores) -> None:
    every = [Series("mt5", name, 60) for name in "ABC"]
    newest = NewestCandles(stores.candles, room=250)
    for series in every:
        stores.candles.write(series, made(0, 100, 1.0))
        newest.get(series, 100)
    assert newest._kept == 200

    # As an old version left them: nothing was noted beside them.
    stores.redis.delete(keys.candle_state(every[2]))
    stores.redis.execute_command("TS.ADD", keys.candle(every[2], "close"), 60_000 * 99, 9.5)
    for close in (8.5, 7.5):
        key = keys.candle(every[2], "close")
        stores.redis.execute_command("TS.ADD", key, 60_000 * 99, close)
        assert newest.get(every[2], 100).close[-1] == close
