"""Whatever the order, the batches and the repetitions: the candles are the oracle's."""

import random
import threading

import numpy as np
import pytest
import redis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.messages import IdKind
from core.series import CandleFlag
from storage import keys
from storage.journal.columns import Trades
from storage.journal.journal import Journal
from storage.journal.scaled import scale_values
from storage.trades.edges import Hole
from storage.trades.seen_ids import read_seen
from storage.trades.state import unpack_state
from storage.trades.writer import TradeWriter
from tests.trade_oracle import RawTrade, oracle_candles

START = 1_700_000_000_000_000
FIELDS = ("open", "high", "low", "close", "volume", "trades")


def pack(rows: list[RawTrade], kind: IdKind = IdKind.TRADE) -> Trades:
    """Return the columns of raw trades."""
    price = scale_values([row.price for row in rows])
    size = scale_values([row.size for row in rows])
    ids = np.array([row.trade_id for row in rows], dtype=np.int64)
    time = np.array([row.time for row in rows], dtype=np.int64)
    side = np.ones(len(rows), dtype=np.int8)
    trades = Trades(kind, price.scale, size.scale, ids, ids, time, price.units, size.units, side)
    return trades.without_ids(0 * ids) if kind is IdKind.NONE else trades


def make_trades(count: int, seed: int) -> list[RawTrade]:
    """Return trades of which many share a millisecond."""
    dice = random.Random(seed)
    time, rows = START, []
    for trade_id in range(count):
        time += dice.choice((0, 0, 200, 900, 3_000, 9_000_000))
        rows.append(
            RawTrade(trade_id, time, f"{dice.uniform(90, 110):.2f}", f"{dice.uniform(1e-8, 5):.8f}")
        )
    return rows


def stored_candles(
    client: "redis.Redis", symbol: str, resolution: int
) -> dict[int, tuple[float, ...]]:
    """Return what the candle series hold, as the oracle does."""
    columns = [
        client.execute_command("TS.RANGE", f"ts:x:{symbol}:{resolution}:{field}", "-", "+")
        for field in FIELDS
    ]
    return {
        rows[0][0] // 1_000: tuple(float(value) for _, value in rows)
        for rows in zip(*columns, strict=True)
    }


def assert_equals_oracle(client: "redis.Redis", symbol: str, rows: list[RawTrade]) -> None:
    for resolution in (60, 300, 900, 3_600, 86_400):
        assert stored_candles(client, symbol, resolution) == oracle_candles(rows, resolution)


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    st.integers(1, 300),
    st.integers(0, 10_000),
    st.floats(0, 0.4),
    st.integers(1, 60),
)
def test_any_order_partition_and_repetition_gives_the_same_candles(
    redis_client: "redis.Redis", count: int, seed: int, repeated: float, size: int
) -> None:
    redis_client.flushall()
    rows, dice = make_trades(count, seed), random.Random(seed)
    sent = [*rows, *(row for row in rows if dice.random() < repeated)]
    dice.shuffle(sent)
    writer = TradeWriter(redis_client)

    new = 0
    for at in range(0, len(sent), size):
        new += writer.write("x", {"A-B": [pack(sent[at : at + size])]})[0].new

    assert new == len(rows)
    assert_equals_oracle(redis_client, "A-B", rows)
    state = unpack_state(redis_client.get("state:x:A-B"))
    assert (state.trades, state.duplicates) == (len(rows), len(sent) - len(rows))
    sizes = redis_client.execute_command("TS.RANGE", "ts:x:A-B:trade:size", "-", "+")
    assert len(sizes) == len({row.time // 1_000 for row in rows})
    held = Journal(redis_client).entries("x", "A-B", 0, 2**42)
    assert sorted(i for part in held for i in part.first_id.tolist()) == list(range(len(rows)))


def test_the_price_of_a_millisecond_is_that_of_its_highest_id_whatever_came_first(
    redis_client: "redis.Redis",
) -> None:
    writer = TradeWriter(redis_client)
    for trade_id, price in ((2, "12"), (3, "13"), (1, "11")):
        writer.write("x", {"A-B": [pack([RawTrade(trade_id, START + 5, price, "0.1")])]})

    key = START // 1_000
    read = redis_client.execute_command
    assert read("TS.RANGE", "ts:x:A-B:trade:price", key, key) == [[key, b"13"]]
    size = float(read("TS.RANGE", "ts:x:A-B:trade:size", key, key)[0][1])
    assert size == pytest.approx(0.3)


def test_writers_at_once_lose_and_double_nothing(redis_client: "redis.Redis") -> None:
    rows = make_trades(2_000, 7)
    batches = [rows[at : at + 50] for at in range(0, len(rows), 50)]

    def work(order: int) -> None:
        mine = list(batches)
        random.Random(order).shuffle(mine)
        writer = TradeWriter(redis_client)
        for batch in mine:
            writer.write("x", {"A-B": [pack(batch)], "C-D": [pack(batch)]})

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert_equals_oracle(redis_client, "A-B", rows)
    assert_equals_oracle(redis_client, "C-D", rows)


def test_an_older_backfill_is_new_and_its_replay_is_not(redis_client: "redis.Redis") -> None:
    rows, writer = make_trades(100, 3), TradeWriter(redis_client)
    newer, older = rows[50:], rows[:50]

    results = [writer.write("x", {"A-B": [pack(part)]})[0] for part in (newer, older, older)]

    assert [r.new for r in results] == [50, 50, 0]
    assert_equals_oracle(redis_client, "A-B", rows)


def test_a_candle_is_partial_until_a_trade_of_a_later_one(redis_client: "redis.Redis") -> None:
    writer = TradeWriter(redis_client)
    flags = lambda: [  # noqa: E731
        int(float(v))
        for _, v in redis_client.execute_command("TS.RANGE", "flags:x:A-B:60", "-", "+")
    ]
    writer.write("x", {"A-B": [pack([RawTrade(1, START, "1", "1")])]})
    assert flags() == [CandleFlag.PARTIAL | CandleFlag.FROM_TRADES]

    writer.write("x", {"A-B": [pack([RawTrade(2, START + 61_000_000, "1", "1")])]})

    assert flags() == [CandleFlag.FROM_TRADES, CandleFlag.PARTIAL | CandleFlag.FROM_TRADES]


def test_a_batch_without_ids_sent_twice_counts_once(redis_client: "redis.Redis") -> None:
    rows = [RawTrade(0, START + n, "1", "1") for n in (0, 0, 7)]
    writer = TradeWriter(redis_client)

    results = [writer.write("x", {"A-B": [pack(rows, IdKind.NONE)]})[0].new for _ in range(2)]
    together = writer.write("x", {"C-D": [pack(rows, IdKind.NONE)] * 2})[0]

    assert results == [3, 0]
    assert (together.new, together.duplicates) == (3, 3)


def test_an_aggregate_that_overlaps_seen_trades_is_left_out_and_counted(
    redis_client: "redis.Redis",
) -> None:
    writer = TradeWriter(redis_client)
    writer.write("x", {"A-B": [pack([RawTrade(5, START, "1", "1")])]})
    overlapping = pack([RawTrade(4, START, "1", "2")], IdKind.AGGREGATE)
    object.__setattr__(overlapping, "last_id", np.array([6]))
    apart = pack([RawTrade(7, START, "1", "4")], IdKind.AGGREGATE)
    object.__setattr__(apart, "last_id", np.array([9]))

    results = [writer.write("x", {"A-B": [part]})[0].new for part in (overlapping, apart, apart)]

    assert results == [0, 1, 0]
    state = unpack_state(redis_client.get("state:x:A-B"))
    seen = read_seen(redis_client, "x", "A-B", 0)
    assert seen is not None
    assert (state.overlaps, seen.ids.end.tolist()) == (1, [5, 9])


def test_a_hole_in_the_ids_has_the_times_of_its_neighbours_until_it_is_filled(
    redis_client: "redis.Redis",
) -> None:
    rows, writer = make_trades(60, 4), TradeWriter(redis_client)

    def holes(*parts: list[RawTrade]) -> list[Hole]:
        for part in parts:
            writer.write("x", {"A-B": [pack(part)]})
        seen = read_seen(redis_client, "x", "A-B", 0)
        return seen.holes() if seen else []

    assert holes(rows[50:], rows[:10], rows[30:40]) == [
        Hole(10, 29, rows[9].time, rows[30].time),
        Hole(40, 49, rows[39].time, rows[50].time),
    ]
    assert holes(rows[12:29]) == [
        Hole(10, 11, rows[9].time, rows[12].time),
        Hole(29, 29, rows[28].time, rows[30].time),
        Hole(40, 49, rows[39].time, rows[50].time),
    ]
    assert holes(rows) == []


def test_a_writer_waits_while_another_has_the_right_of_way(redis_client: "redis.Redis") -> None:
    way = keys.right_of_way("x", "A-B")
    redis_client.set(way, 1, px=300)
    rows = [RawTrade(1, START, "10", "1")]

    TradeWriter(redis_client).write_history("x", "A-B", [pack(rows)])
    assert redis_client.exists(way)
    TradeWriter(redis_client).write("x", {"A-B": [pack(rows)], "C-D": [pack(rows)]})

    assert not redis_client.exists(way)
    assert_equals_oracle(redis_client, "C-D", rows)
