"""Packed candles say what the time series say, whoever writes, and whatever is lost."""

from collections.abc import Callable
from itertools import count
from pathlib import Path

import numpy as np
import pytest
import redis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.series import CandleFlag, Series, make_series
from storage import keys
from storage.candles import candle_commands
from storage.candles.candle_columns import Candles
from storage.candles.candle_store import CandleStore
from storage.candles.packed import packed_candles
from storage.candles.packed.packed_candles import PackedCandles
from storage.journal.archive import JournalArchive
from storage.trades.maintenance import TradeUpkeep
from storage.trades.writer import TradeWriter
from tests.integration.storage.trades.test_trade_writer import START, pack
from tests.trade_oracle import RawTrade

MINUTE = 60
# A span of the tests; all of its candles ended long ago.
SPAN = 8
_numbers = count()


@pytest.fixture(autouse=True)
def short_spans(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (candle_commands, packed_candles):
        monkeypatch.setattr(module, "PACKED_CANDLES", SPAN)


@pytest.fixture
def store(redis_client: "redis.Redis") -> CandleStore:
    return CandleStore(redis_client)


@pytest.fixture
def packed(redis_client: "redis.Redis") -> PackedCandles:
    return PackedCandles(redis_client)


def fresh_series() -> Series:
    return make_series("coinbase", f"PACKED-{next(_numbers)}", MINUTE)


def made(minutes: "list[int] | range", salt: float = 0.0) -> Candles:
    """Candles whose values follow from their time; some counts are unknown, some marked."""
    rows = [
        [m * MINUTE, 10 + m, 20 + m, 5 + m, 11 + m + salt, m / 7, m if m % 3 else -1,
         CandleFlag.BACKFILLED | CandleFlag.GAP if m % 5 == 0 else 0]
        for m in minutes
    ]  # fmt: skip
    return Candles.from_rows(rows)


def same(one: Candles, other: Candles) -> bool:
    pairs = zip(one.columns().values(), other.columns().values(), strict=True)
    return all(np.array_equal(a, b) for a, b in pairs)


_minutes = st.integers(0, 60)


@settings(
    deadline=None, max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    writes=st.lists(
        st.lists(_minutes, min_size=1, max_size=20, unique=True), min_size=1, max_size=4
    ),
    start=st.none() | _minutes,
    end=st.none() | _minutes,
)
def test_they_are_those_of_the_time_series_after_every_write(
    store: CandleStore,
    packed: PackedCandles,
    writes: list[list[int]],
    start: int | None,
    end: int | None,
) -> None:
    series = fresh_series()
    span = [None if moment is None else moment * MINUTE for moment in (start, end)]
    for number, minutes in enumerate(writes):
        store.write(series, made(sorted(minutes), number / 8))
        for _ in range(2):  # made, then found
            assert same(packed.read(series, *span), store.read(series, *span))
            assert same(packed.read(series), store.read(series))


def test_a_series_without_candles_has_none(packed: PackedCandles) -> None:
    assert list(packed.chunks(fresh_series())) == []


def test_what_is_packed_is_read_without_its_time_series(
    store: CandleStore, packed: PackedCandles, redis_client: "redis.Redis"
) -> None:
    series = fresh_series()
    store.write(series, made(range(3 * SPAN)))
    whole = packed.read(series)
    assert redis_client.ttl(keys.packed_candles(series)) > 0  # kept twice only while it is read
    redis_client.delete(keys.candle(series, "open"))  # no candle is whole without its open
    assert same(packed.read(series), whole)
    redis_client.delete(keys.packed_candles(series))
    assert len(packed.read(series)) == 0


def test_what_is_written_while_a_span_is_packed_is_not_lost(
    store: CandleStore, packed: PackedCandles, monkeypatch: pytest.MonkeyPatch
) -> None:
    series = fresh_series()
    store.write(series, made(range(2 * SPAN)))
    read: Callable[..., Candles] = packed_candles.read_candles

    def read_then_revise(*args: object) -> Candles:
        found = read(*args)
        monkeypatch.setattr(packed_candles, "read_candles", read)
        store.write(series, made([3], salt=0.5))
        return found

    monkeypatch.setattr(packed_candles, "read_candles", read_then_revise)
    packed.read(series)
    assert same(packed.read(series), store.read(series))
    assert packed.read(series).close[3] == 14.5


def test_a_late_trade_drops_the_packed_candles_that_it_changes(
    store: CandleStore, packed: PackedCandles, redis_client: "redis.Redis", tmp_path: Path
) -> None:
    series = make_series("x", "PACKED-LATE", MINUTE)
    writer = TradeWriter(redis_client)
    for minute in (0, 1, 2 * SPAN, 0):  # the last comes late
        trade = RawTrade(next(_numbers), START + minute * 60_000_000, "1.5", "2")
        writer.write(series.platform, {series.symbol: [pack([trade])]})
        assert same(packed.read(series), store.read(series))
    assert packed.read(series).volume[0] == 4.0
    upkeep = TradeUpkeep(redis_client, JournalArchive(redis_client, tmp_path))
    assert upkeep.mark(series, 0, START, add=CandleFlag.BACKFILLED) == 3
    assert same(packed.read(series), store.read(series))


def test_deleted_candles_are_not_packed_any_more(
    store: CandleStore, packed: PackedCandles, redis_client: "redis.Redis"
) -> None:
    series = fresh_series()
    store.write(series, made(range(2 * SPAN)))
    packed.read(series)
    store.delete(series)
    assert not redis_client.exists(keys.packed_candles(series))
    assert len(packed.read(series)) == 0


def test_a_full_redis_is_read_as_ever_and_keeps_nothing_packed(
    redis_client: "redis.Redis", store: CandleStore, packed: PackedCandles
) -> None:
    series, candles = fresh_series(), made(range(3 * SPAN))
    store.write(series, candles)
    redis_client.config_set("maxmemory", 1)
    try:
        while_full = packed.read(series)
    finally:
        redis_client.config_set("maxmemory", 0)

    assert same(while_full, candles)
    assert not redis_client.exists(keys.packed_candles(series))
    assert same(packed.read(series), candles)
    assert redis_client.exists(keys.packed_candles(series))
