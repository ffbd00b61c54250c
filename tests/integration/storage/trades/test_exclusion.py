"""A bad print leaves the candles, by setting, and never the journal."""

import random
from pathlib import Path

import pytest
import redis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.messages import IdKind
from core.series import CandleFlag
from core.settings import Settings
from storage.trades.exclusion import Print
from storage.trades.stream_stores import StreamStores, open_stream_stores
from tasks.trades.detect_anomalies import detect_anomalies
from tests.integration.storage.trades.test_trade_writer import (
    START,
    assert_equals_oracle,
    make_trades,
    pack,
    stored_candles,
)
from tests.trade_oracle import RawTrade, oracle_candles

RESOLUTIONS = (60, 300, 900, 3_600, 86_400)


@pytest.fixture
def stream(redis_settings: Settings, redis_client: "redis.Redis", tmp_path: Path) -> StreamStores:
    own = redis_settings.model_copy(update={"data_dir": tmp_path})
    return open_stream_stores(own, redis_client)


def calm_trades(bad: int) -> list[RawTrade]:
    """Return 600 s of trades around 600, of which one, in the middle, is at 10,000,000."""
    dice = random.Random(4)
    rows = [
        RawTrade(n, START + n * 500_000, f"{600 + dice.gauss(0, 0.05):.2f}", "0.5")
        for n in range(1_200)
    ]
    rows[bad] = rows[bad]._replace(price="10000000")
    return rows


def printed(row: RawTrade) -> Print:
    return Print(row.time, row.trade_id, float(row.price))


@pytest.mark.parametrize("bad", [555, 700, 1_199])
def test_a_print_of_ten_million_among_calm_trades_leaves_all_candles_and_stays_in_the_journal(
    stream: StreamStores, redis_client: "redis.Redis", bad: int
) -> None:
    rows = calm_trades(bad)
    for at in range(0, len(rows), 100):
        stream.writer.write("x", {"A-B": [pack(rows[at : at + 100])]})
        detect_anomalies(stream, "x", ["A-B"], exclude=True)

    good = [row for row in rows if row.trade_id != bad]
    assert_equals_oracle(redis_client, "A-B", good)
    journal = stream.reader.page("x", "A-B", 0, 2**62, 2_000).rows
    assert [row.price for row in journal if row.trade_id == bad] == [10_000_000]
    assert len(journal) == len(rows)
    (found,) = [
        one for one in stream.anomalies.read("x", "A-B", 0, 2**42) if one.reason == "price_jump"
    ]
    assert found.trade_id == bad

    stream.upkeep.rebuild("x", "A-B", rows[0].time // 1_000, rows[-1].time // 1_000)
    assert_equals_oracle(redis_client, "A-B", good)


def test_without_the_setting_the_print_is_told_and_stays(
    stream: StreamStores, redis_client: "redis.Redis"
) -> None:
    rows = calm_trades(700)
    stream.writer.write("x", {"A-B": [pack(rows)]})

    assert [one.reason for one in detect_anomalies(stream, "x", ["A-B"])] == ["price_jump"]

    assert_equals_oracle(redis_client, "A-B", rows)


def test_a_price_that_markets_may_well_move_to_is_told_but_kept(
    stream: StreamStores, redis_client: "redis.Redis"
) -> None:
    rows = calm_trades(700)
    rows[700] = rows[700]._replace(price="615")
    stream.writer.write("x", {"A-B": [pack(rows)]})

    assert len(detect_anomalies(stream, "x", ["A-B"], exclude=True)) == 1

    assert_equals_oracle(redis_client, "A-B", rows)


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.integers(2, 120), st.integers(0, 1_000), st.integers(1, 5))
def test_candles_are_those_of_the_other_trades_whatever_is_left_out_and_comes_late(
    stream: StreamStores, redis_client: "redis.Redis", count: int, seed: int, left_out: int
) -> None:
    redis_client.flushall()
    stream.writer._series.forget("x", "A-B")
    rows, dice = make_trades(count, seed), random.Random(seed)
    early, late = rows[::2], rows[1::2]
    bad = dice.sample(early, min(left_out, len(early)))

    stream.writer.write("x", {"A-B": [pack(early)]})
    assert stream.exclusions.exclude("x", "A-B", [printed(row) for row in bad]) == len(bad)
    assert stream.exclusions.exclude("x", "A-B", [printed(row) for row in bad]) == 0
    for batch in (late, early, bad):
        stream.writer.write("x", {"A-B": [pack(batch)]} if batch else {})

    good = [row for row in rows if row not in bad]
    for resolution in RESOLUTIONS:
        assert stored_candles(redis_client, "A-B", resolution) == oracle_candles(good, resolution)
    stream.upkeep.rebuild("x", "A-B", rows[0].time // 1_000, rows[-1].time // 1_000)
    for resolution in RESOLUTIONS:
        assert stored_candles(redis_client, "A-B", resolution) == oracle_candles(good, resolution)


def test_a_finished_candle_is_revised_and_one_without_trades_is_gone(
    stream: StreamStores, redis_client: "redis.Redis"
) -> None:
    rows = [RawTrade(n, START + n * 30_000_000, str(100 + n), "1") for n in range(8)]
    stream.writer.write("x", {"A-B": [pack(rows)]})
    first = {row.time // 60_000_000 for row in rows[:1]}
    emptied = [row for row in rows if row.time // 60_000_000 in first]

    stream.exclusions.exclude("x", "A-B", [printed(row) for row in [*emptied, rows[3]]])

    flags = [
        CandleFlag(int(float(value)))
        for _, value in redis_client.execute_command("TS.RANGE", "flags:x:A-B:60", "-", "+")
    ]
    assert len(flags) == len(stored_candles(redis_client, "A-B", 60)) == 3
    assert sum(bool(flag & CandleFlag.REVISED) for flag in flags) == 1
    assert sum(bool(flag & CandleFlag.PARTIAL) for flag in flags) == 1


def test_trades_without_ids_are_left_out_by_time_and_price(
    stream: StreamStores, redis_client: "redis.Redis"
) -> None:
    rows = [RawTrade(0, START + n, str(100 + n), "1") for n in range(5)]
    stream.writer.write("x", {"A-B": [pack(rows, IdKind.NONE)]})

    stream.exclusions.exclude("x", "A-B", [Print(START + 4, 0, 104.0)])

    (candle,) = stored_candles(redis_client, "A-B", 60).values()
    assert candle[:4] == (100.0, 103.0, 100.0, 103.0)


def test_a_series_that_is_gone_is_left_to_the_rebuilding(
    stream: StreamStores, redis_client: "redis.Redis"
) -> None:
    rows = calm_trades(700)
    stream.writer.write("x", {"A-B": [pack(rows)]})
    redis_client.delete("ts:x:A-B:60:close")

    stream.exclusions.exclude("x", "A-B", [printed(rows[700])])
    assert stream.upkeep.dirty() == [("x", "A-B")]
    stream.upkeep.rebuild("x", "A-B", rows[0].time // 1_000, rows[-1].time // 1_000)

    assert_equals_oracle(redis_client, "A-B", [row for row in rows if row.trade_id != 700])


def test_a_burst_of_bad_prints_leaves_all_candles(
    stream: StreamStores, redis_client: "redis.Redis"
) -> None:
    rows = calm_trades(700)
    burst = range(700, 740)
    for bad in burst:
        rows[bad] = rows[bad]._replace(price="10000000")
    for at in range(0, len(rows), 100):
        stream.writer.write("x", {"A-B": [pack(rows[at : at + 100])]})
        detect_anomalies(stream, "x", ["A-B"], exclude=True)

    assert_equals_oracle(redis_client, "A-B", [row for row in rows if row.trade_id not in burst])
    found = stream.anomalies.read("x", "A-B", 0, 2**42)
    assert {one.trade_id for one in found if one.reason == "price_jump"} == set(burst)
