"""Candles end without a later trade, and are mended from the journal."""

from pathlib import Path

import pytest
import redis

from core.clock.times import now_ms
from core.series import CandleFlag, Series
from storage.candles.candle_checks import check_candles
from storage.candles.candle_store import CandleStore
from storage.journal.archive import JournalArchive
from storage.trades.maintenance import TradeUpkeep
from storage.trades.writer import TradeWriter
from tests.integration.storage.trades.test_trade_writer import (
    START,
    assert_equals_oracle,
    make_trades,
    pack,
)
from tests.trade_oracle import RawTrade

MINUTE = Series("x", "A-B", 60)


@pytest.fixture
def upkeep(redis_client: "redis.Redis", tmp_path: Path) -> TradeUpkeep:
    return TradeUpkeep(redis_client, JournalArchive(redis_client, tmp_path))


def flags_of(client: "redis.Redis") -> list[int]:
    rows = client.execute_command("TS.RANGE", "flags:x:A-B:60", "-", "+")
    return [int(float(value)) for _, value in rows]


def test_a_quiet_symbols_candle_ends_after_a_grace(
    redis_client: "redis.Redis", upkeep: TradeUpkeep
) -> None:
    TradeWriter(redis_client).write("x", {"A-B": [pack([RawTrade(1, START, "1", "1")])]})
    end_ms = (START // 60_000_000 + 1) * 60_000

    assert upkeep.close_quiet("x", "A-B", end_ms + 1_000) == 0
    assert upkeep.close_quiet("x", "A-B", end_ms + 3_000) == 1

    assert flags_of(redis_client) == [CandleFlag.FROM_TRADES]


def test_marks_are_added_and_cleared_on_candles_from_trades(
    redis_client: "redis.Redis", upkeep: TradeUpkeep
) -> None:
    TradeWriter(redis_client).write("x", {"A-B": [pack([RawTrade(1, START, "1", "1")])]})
    opening = START // 60_000_000 * 60

    assert upkeep.mark(MINUTE, opening, opening, add=CandleFlag.GAP) == 1
    assert upkeep.mark(MINUTE, opening, opening, add=CandleFlag.GAP) == 0
    assert CandleFlag(flags_of(redis_client)[0]) & CandleFlag.GAP


def test_a_series_that_was_lost_is_rebuilt_from_the_journal(
    redis_client: "redis.Redis", upkeep: TradeUpkeep
) -> None:
    rows = make_trades(500, seed=11)
    TradeWriter(redis_client).write("x", {"A-B": [pack(rows)]})
    ticks = redis_client.execute_command("TS.RANGE", "ts:x:A-B:trade:price", "-", "+")
    for name in redis_client.keys("ts:x:A-B:*"):
        redis_client.delete(name)

    count = upkeep.rebuild("x", "A-B", rows[0].time // 1_000, rows[-1].time // 1_000)

    assert count == len(rows)
    assert_equals_oracle(redis_client, "A-B", rows)
    assert redis_client.execute_command("TS.RANGE", "ts:x:A-B:trade:price", "-", "+") == ticks


def test_a_write_that_failed_in_part_is_noted_for_rebuilding(
    redis_client: "redis.Redis", upkeep: TradeUpkeep
) -> None:
    rows, writer = make_trades(50, seed=2), TradeWriter(redis_client)
    writer.write("x", {"A-B": [pack(rows[:25])]})
    redis_client.delete("ts:x:A-B:60:close")

    writer.write("x", {"A-B": [pack(rows[25:])]})

    assert upkeep.dirty() == [("x", "A-B")]
    upkeep.rebuild("x", "A-B", rows[0].time // 1_000, rows[-1].time // 1_000)
    assert_equals_oracle(redis_client, "A-B", rows)
    assert upkeep.dirty() == []


def test_the_exchanges_own_finished_candle_wins_over_one_built_from_trades(
    redis_client: "redis.Redis",
) -> None:
    writer, store = TradeWriter(redis_client), CandleStore(redis_client)
    opening = START // 60_000_000 * 60
    writer.write("x", {"A-B": [pack([RawTrade(1, START, "1", "1")])]})
    own = check_candles([[opening, 1, 3, 1, 2, 9]], 60, now_ms()).candles

    store.write(MINUTE, own)
    writer.write("x", {"A-B": [pack([RawTrade(2, START + 1, "7", "1")])]})

    held = store.read(MINUTE)
    assert (held.close.tolist(), held.volume.tolist()) == ([2.0], [9.0])
    assert not CandleFlag(int(held.flags[0])) & (CandleFlag.FROM_TRADES | CandleFlag.PARTIAL)
    # The journal and the other resolutions have the trade all the same.
    assert store.read(Series("x", "A-B", 300)).trades.tolist() == [2]
