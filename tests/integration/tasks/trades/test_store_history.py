"""Trades of any age and order end in their candles, on default settings, apart from live ones."""

import random
import threading
from pathlib import Path

import pytest
import redis
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from core.clock.times import now_ms
from core.messages import IdKind
from core.series import CandleFlag
from core.settings import Settings
from storage.candles.live_grids import LIVE_RESOLUTIONS
from storage.trades.stream_stores import StreamStores, open_stream_stores
from tasks.trades.process_trades import process_batch
from tasks.trades.store_history import store_history
from tasks.trades.stream_messages import pack as pack_batch
from tests.integration.storage.trades.test_trade_writer import START, assert_equals_oracle, pack
from tests.trade_oracle import RawTrade

DAY_US = 86_400_000_000


@pytest.fixture
def stream(redis_settings: Settings, redis_client: "redis.Redis", tmp_path: Path) -> StreamStores:
    own = redis_settings.model_copy(update={"data_dir": tmp_path})
    return open_stream_stores(own, redis_client)


def over_days(count: int, days: float, seed: int) -> list[RawTrade]:
    """Return trades over so many days, some at one instant."""
    dice = random.Random(seed)
    times = sorted(START + int(dice.random() * days * DAY_US) for _ in range(count))
    return [
        RawTrade(n + 1, at - n % 2, f"{dice.uniform(90, 110):.2f}", f"{dice.uniform(1e-8, 5):.8f}")
        for n, at in enumerate(times)
    ]


def post(stream: StreamStores, rows: list[RawTrade], kind: IdKind = IdKind.TRADE) -> None:
    """Process what one body brings."""
    process_batch(stream, stream.intake.put(pack_batch("x", {"A-B": [pack(rows, kind)]})))


def settle(stream: StreamStores, client: "redis.Redis") -> None:
    """Let the task of history run until nothing waits."""
    for _ in range(100):
        store_history(stream, client)
        if not stream.history.count() and not stream.upkeep.rebuilding():
            return
    raise AssertionError("history is never stored")


@pytest.mark.parametrize("size", [1, 200])
@pytest.mark.parametrize("order", ["in order", "shuffled", "newest first"])
def test_ten_days_of_trades_are_whole_whatever_their_order(
    redis_client: "redis.Redis", stream: StreamStores, order: str, size: int
) -> None:
    rows = over_days(120 if size == 1 else 3_000, 11.6, seed=size)
    sent = rows[::-1] if order == "newest first" else list(rows)
    if order == "shuffled":
        random.Random(1).shuffle(sent)
    for at in range(0, len(sent), size):
        post(stream, sent[at : at + size])
    settle(stream, redis_client)

    assert_equals_oracle(redis_client, "A-B", rows)
    for resolution in LIVE_RESOLUTIONS:
        marks = redis_client.execute_command("TS.RANGE", f"flags:x:A-B:{resolution}", "-", "+")
        partial = [int(float(mark)) & CandleFlag.PARTIAL for _, mark in marks]
        assert sum(map(bool, partial[:-1])) == 0, resolution


@hypothesis_settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.integers(0, 10_000), st.integers(1, 80), st.floats(0, 400), st.integers(1, 50))
def test_any_age_order_and_repetition_gives_the_oracles_candles(
    redis_client: "redis.Redis",
    redis_settings: Settings,
    seed: int,
    count: int,
    days: float,
    size: int,
) -> None:
    redis_client.flushall()
    stream = open_stream_stores(redis_settings, redis_client)
    rows, dice = over_days(count, days, seed), random.Random(seed)
    sent = [*rows, *(row for row in rows if dice.random() < 0.3)]
    dice.shuffle(sent)
    for at in range(0, len(sent), size):
        post(stream, sent[at : at + size])
    settle(stream, redis_client)

    assert_equals_oracle(redis_client, "A-B", rows)


def test_a_body_of_a_new_and_a_very_old_trade_reads_no_candle_between(
    redis_client: "redis.Redis", stream: StreamStores
) -> None:
    old, new = RawTrade(1, START, "1", "1"), RawTrade(3, START + 270 * DAY_US, "3", "1")
    post(stream, [RawTrade(2, START + 100 * DAY_US, "2", "1")])
    redis_client.config_resetstat()
    post(stream, [old, new])

    calls = {
        name.lower(): stats["calls"] for name, stats in redis_client.info("commandstats").items()
    }
    assert calls["cmdstat_ts.range"] < 60
    assert len(redis_client.execute_command("TS.RANGE", "ts:x:A-B:60:close", "-", "+")) == 3
    assert_equals_oracle(
        redis_client, "A-B", [old, RawTrade(2, START + 100 * DAY_US, "2", "1"), new]
    )


def test_a_body_of_history_is_handed_over_and_hinders_no_live_trade(
    redis_client: "redis.Redis", stream: StreamStores
) -> None:
    history, live = over_days(1_000, 30, seed=2), RawTrade(1, START, "5", "1")
    both = {"A-B": [pack(history)], "C-D": [pack([live])]}
    process_batch(stream, stream.intake.put(pack_batch("x", both)))

    assert_equals_oracle(redis_client, "C-D", [live])
    assert stream.history.count() == 1
    settle(stream, redis_client)
    assert_equals_oracle(redis_client, "A-B", history)


def test_live_trades_of_a_symbol_do_not_wait_for_its_own_history(
    redis_client: "redis.Redis", stream: StreamStores
) -> None:
    history, live = over_days(1_000, 30, seed=5), RawTrade(2_000, now_ms() * 1_000, "5", "1")
    body = pack_batch("x", {"A-B": [pack(history[:500]), pack([live]), pack(history[500:])]})
    process_batch(stream, stream.intake.put(body))

    assert_equals_oracle(redis_client, "A-B", [live])
    settle(stream, redis_client)
    assert_equals_oracle(redis_client, "A-B", [*history, live])


def test_history_is_stored_beside_a_writer_that_never_pauses(
    redis_client: "redis.Redis", stream: StreamStores
) -> None:
    history, live, over = over_days(600, 2, seed=6), list[RawTrade](), threading.Event()

    def write() -> None:
        while not over.is_set():
            trade = RawTrade(10_000 + len(live), START + 9 * DAY_US + len(live) * 1_000, "7", "1")
            stream.writer.write("x", {"A-B": [pack([trade])]})
            live.append(trade)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        post(stream, history)
        settle(stream, redis_client)
    finally:
        over.set()
        writer.join()

    assert_equals_oracle(redis_client, "A-B", [*history, *live])


def test_a_batch_that_is_handed_over_twice_counts_once(
    redis_client: "redis.Redis", stream: StreamStores
) -> None:
    rows = [row._replace(trade_id=0) for row in over_days(500, 30, seed=3)]
    content = pack_batch("x", {"A-B": [pack(rows, IdKind.NONE)]})
    for _ in range(3):
        process_batch(stream, stream.intake.put(content))
        settle(stream, redis_client)

    numbered = [row._replace(trade_id=n) for n, row in enumerate(rows)]
    volumes = redis_client.execute_command("TS.RANGE", "ts:x:A-B:86400:trades", "-", "+")
    assert sum(float(count) for _, count in volumes) == len(numbered)


@pytest.mark.parametrize("lost", ["ts:x:A-B:60:close", "flags:x:A-B:60", "agg:x:A-B:3600"])
def test_what_is_lost_of_a_series_comes_back_whole_however_old(
    redis_client: "redis.Redis", stream: StreamStores, lost: str
) -> None:
    rows = over_days(400, 30, seed=4)
    post(stream, rows)
    settle(stream, redis_client)
    stream.archive.spill("x", "A-B", rows[-1].time // 1_000 - 3 * 86_400_000)
    redis_client.delete(lost)

    more = [RawTrade(1_000, rows[-1].time + 1_000, "99", "1"), RawTrade(1_001, START, "98", "1")]
    post(stream, more)
    settle(stream, redis_client)

    assert_equals_oracle(redis_client, "A-B", rows + more)
    if lost.startswith("flags"):
        marks = redis_client.execute_command("TS.RANGE", lost, "-", "+")
        assert len(marks) == len(
            redis_client.execute_command("TS.RANGE", "ts:x:A-B:60:close", "-", "+")
        )
