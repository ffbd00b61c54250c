"""Candles in Redis come back as they went in, whatever the order they came in."""

import random
from itertools import count, pairwise

import numpy as np
import pytest
import redis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.series import CandleFlag, Series, make_series
from storage.candles import candle_reads
from storage.candles.candle_columns import Candles
from storage.candles.candle_store import CandleStore, Extent, WriteResult

MINUTE = 60
_numbers = count()


@pytest.fixture
def store(redis_client: "redis.Redis") -> CandleStore:
    return CandleStore(redis_client)


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(candle_reads, "BLOCK", 7)


def fresh_series() -> Series:
    return make_series("coinbase", f"SYM-{next(_numbers)}", MINUTE)


def made(times: "list[int] | range", salt: float = 0.0, flags: int = 0) -> Candles:
    """Candles whose values follow from their time."""
    rows = [[t * MINUTE, 10 + t, 20 + t, 5 + t, 11 + t + salt, t / 7, -1, flags] for t in times]
    return Candles.from_rows(rows)


def same(one: Candles, other: Candles) -> bool:
    pairs = zip(one.columns().values(), other.columns().values(), strict=True)
    return all(np.array_equal(a, b) for a, b in pairs)


def without_health_check(function: object) -> object:
    relaxed = settings(
        deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture]
    )
    return relaxed(function)  # type: ignore[arg-type]


def test_what_is_written_is_read(store: CandleStore) -> None:
    series, candles = fresh_series(), made(range(100))
    assert store.write(series, candles) == WriteResult(inserted=100)
    assert same(store.read(series), candles)


def test_keys_are_literal_and_labelled(store: CandleStore, redis_client: "redis.Redis") -> None:
    store.write(make_series("coinbase", "BTC-USD", "1m"), made([1]))
    command = redis_client.execute_command
    assert command("TS.GET", "ts:coinbase:BTC-USD:60:close") == [60_000, b"12"]
    assert command("TS.QUERYINDEX", "symbol=BTC-USD", "field=close", "resolution=60") == [
        b"ts:coinbase:BTC-USD:60:close"
    ]


@without_health_check
@given(
    values=st.lists(st.floats(1e-300, 1e300), min_size=5, max_size=5), trades=st.integers(-1, 2**53)
)
def test_every_double_survives(store: CandleStore, values: list[float], trades: int) -> None:
    series, candles = fresh_series(), Candles.from_rows([[0, *values, trades]])
    store.write(series, candles)
    assert same(store.read(series), candles)


@without_health_check
@given(
    batches=st.lists(st.lists(st.integers(0, 60), unique=True).map(sorted), min_size=1, max_size=6),
    seed=st.integers(0, 2**32),
)
def test_any_order_and_repetition_of_batches_gives_the_same_series(
    store: CandleStore, batches: list[list[int]], seed: int
) -> None:
    series, order = fresh_series(), random.Random(seed)
    sent = order.choices(batches, k=order.randint(0, 6)) + batches
    order.shuffle(sent)
    results = [store.write(series, made(times)) for times in sent]
    union = sorted({time for times in batches for time in times})
    assert same(store.read(series), made(union))
    assert sum(result.inserted for result in results) == len(union)
    assert not any(result.revised or result.finished for result in results)


@without_health_check
@given(order=st.permutations([0, 0, 1, 2, 3, 3, 4]))
def test_partial_versions_in_any_order_end_in_the_finished_candle(
    store: CandleStore, order: list[int]
) -> None:
    series = fresh_series()
    versions = [
        Candles.from_rows([[60, 1, 1 + n, 1, 1 + n, n, n, CandleFlag.PARTIAL]]) for n in range(4)
    ]
    versions.append(Candles.from_rows([[60, 1, 9, 1, 8, 7, 9, 0]]))
    results = [store.write(series, versions[n]) for n in order]
    assert same(store.read(series), versions[4])
    assert [sum(column) for column in zip(*results, strict=True)][:2] == [1, 0]


def test_a_revised_candle_is_revised_marked_and_counted(store: CandleStore) -> None:
    series = fresh_series()
    store.write(series, made(range(10)))
    result = store.write(series, made(range(5, 15), salt=0.5))
    assert result == WriteResult(inserted=5, revised=5)
    held = store.read(series)
    assert held.close.tolist() == [11 + t + (0.5 if t >= 5 else 0) for t in range(15)]
    assert held.flags.tolist() == [CandleFlag.REVISED if 5 <= t < 10 else 0 for t in range(15)]


def test_writing_what_is_held_writes_nothing(
    store: CandleStore, redis_client: "redis.Redis"
) -> None:
    series = fresh_series()
    store.write(series, made(range(50)))
    written = redis_client.info("persistence")["aof_current_size"]
    assert store.write(series, made(range(50))) == WriteResult(unchanged=50)
    assert redis_client.info("persistence")["aof_current_size"] == written


def test_no_candles_write_nothing(store: CandleStore, redis_client: "redis.Redis") -> None:
    assert store.write(fresh_series(), Candles.empty()) == WriteResult()
    assert redis_client.dbsize() == 0


def test_many_candles_go_in_by_chunks(store: CandleStore) -> None:
    series, candles = fresh_series(), made(range(4_500))
    assert store.write(series, candles).inserted == 4_500
    assert same(store.read(series), candles)


def test_candles_years_apart_are_written_too(store: CandleStore) -> None:
    series, candles = fresh_series(), made([0, 1, 5_000_000, 9_000_000])
    assert store.write(series, candles).inserted == 4
    assert same(store.read(series), candles)


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize("newest", [False, True])
@pytest.mark.parametrize("limit", [None, 0, 1, 6, 7, 8, 14, 20, 99])
@pytest.mark.parametrize("bounds", [(None, None), (3, 24), (7, 20), (2, 2), (50, 60), (9, 3)])
def test_a_range_includes_both_ends_and_a_limit_cuts_one(
    store: CandleStore, bounds: tuple[int | None, int | None], limit: int | None, newest: bool
) -> None:
    series, all_times = fresh_series(), [t for t in range(30) if t % 5]
    store.write(series, made(all_times, flags=CandleFlag.BACKFILLED))
    start, end = bounds
    times = [t for t in all_times if (start or 0) <= t <= (99 if end is None else end)]
    if limit is not None:
        times = times[len(times) - min(limit, len(times)) :] if newest else times[:limit]
    span = (None if start is None else start * MINUTE, None if end is None else end * MINUTE)
    held = store.read(series, *span, limit=limit, newest=newest)
    assert same(held, made(times, flags=CandleFlag.BACKFILLED))


def test_an_unknown_series_is_empty(store: CandleStore) -> None:
    series = fresh_series()
    assert len(store.read(series)) == store.count(series) == 0
    assert store.extent(series) is None
    assert store.gaps(series, 0, 120) == [(0, 120)]


def test_marks_and_counts_lie_on_their_candles(store: CandleStore) -> None:
    series = fresh_series()
    rows = [[60 * n, 1, 1, 1, 1, 1, n if n % 3 else -1, 16 if n % 4 == 0 else 0] for n in range(40)]
    store.write(series, Candles.from_rows(rows))
    held = store.read(series, 5 * 60, 30 * 60)
    assert same(held, Candles.from_rows(rows[5:31]))


def test_extent_and_count_tell_what_is_held(store: CandleStore) -> None:
    series = fresh_series()
    store.write(series, made([3, 4, 7, 9]))
    assert store.extent(series) == Extent(180, 540, 4)
    assert store.count(series, 240, 420) == 2
    assert store.count(series, end=180) == 1
    assert store.count(series, start=541) == 0


@without_health_check
@given(
    held=st.lists(st.integers(0, 25), unique=True).map(sorted),
    start=st.integers(0, 25 * MINUTE),
    length=st.integers(1, 25 * MINUTE),
)
@pytest.mark.usefixtures("small_blocks")
def test_gaps_are_the_openings_that_are_missing(
    store: CandleStore, held: list[int], start: int, length: int
) -> None:
    series, end = fresh_series(), start + length
    store.write(series, made(held))
    expected = {
        t for t in range(0, 60 * MINUTE, MINUTE) if start <= t < end and t // MINUTE not in held
    }
    gaps = store.gaps(series, start, end)
    assert {t for a, b in gaps for t in range(a, b, MINUTE)} == expected
    assert all(before[1] < after[0] for before, after in pairwise(gaps))


def test_series_are_listed_until_they_are_deleted(store: CandleStore) -> None:
    one, other = fresh_series(), make_series("binance", "BTCUSDT", "1h")
    store.write(one, made([1]))
    store.write(other, made([60]))
    assert store.all_series() == [other, one]
    store.delete(one)
    store.delete(one)
    assert store.all_series() == [other]
    assert len(store.read(one)) == 0
    assert store.write(one, made([2])).inserted == 1


def test_old_candles_are_dropped_where_a_retention_is_set(redis_client: "redis.Redis") -> None:
    series, day = make_series("fx", "EURUSD", "1d"), 86_400
    rows = [[n * day, 1, 1, 1, 1, 1, -1, 16] for n in range(20)]
    everything, week = CandleStore(redis_client), CandleStore(redis_client, retention_days=7)
    everything.write(series, Candles.from_rows(rows[:10]))
    result = week.write(series, Candles.from_rows([*rows[:5], *rows[10:]]))
    assert result == WriteResult(inserted=8, unchanged=7)
    assert week.read(series).time.tolist() == [n * day for n in range(12, 20)]
    assert week.count(series) == 8
    assert week.extent(series) == Extent(12 * day, 19 * day, 8)
    assert week.write(series, Candles.from_rows(rows[:11])) == WriteResult(unchanged=11)
