"""Between trades: gaps are found and marked, silence is told apart from loss."""

import random
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from core.clock.times import now_ms
from core.series import CandleFlag, Market, Series
from core.settings import Settings
from ml.features.anomaly import AnomalyLimits, DetectorState, TradeColumns, detect
from storage.candles.candle_columns import Candles
from storage.stores import Stores
from storage.trades.gap_ledger import GapLedger, GapState
from storage.trades.stream_stores import StreamStores, open_stream_stores
from tasks.trades.find_gaps import find_gaps, find_holes
from tasks.trades.maintain_stream import keep_stream
from tasks.trades.note_quiet import note_quiet_spans
from tests.integration.storage.trades.test_trade_writer import START, pack
from tests.trade_oracle import RawTrade

DAY_MS = 86_400_000
MARKET, OTHER = Market("coinbase", "A-B"), Market("coinbase", "C-D")


@pytest.fixture
def stream(stores: Stores, redis_settings: Settings, tmp_path: Path) -> StreamStores:
    settings = redis_settings.model_copy(update={"data_dir": tmp_path})
    return open_stream_stores(settings, stores.redis)


@pytest.fixture
def gaps(stores: Stores) -> GapLedger:
    clock = iter(range(0, 10**9, 5_000))
    return GapLedger(stores.engine, lambda: next(clock))


def trade(trade_id: int, seconds: float) -> RawTrade:
    return RawTrade(trade_id, START + round(seconds * 1e6), "100", "1")


def write(stream: StreamStores, market: Market, rows: list[RawTrade]) -> None:
    stream.traded.note([market])
    stream.writer.write(market.platform, {market.symbol: [pack(rows)]})


def minute_flags(stores: Stores) -> list[int]:
    rows = stores.redis.execute_command("TS.RANGE", "flags:coinbase:A-B:60", "-", "+")
    return [int(float(value)) for _, value in rows]


@pytest.fixture
def look(stores: Stores, stream: StreamStores, gaps: GapLedger) -> Callable[[], None]:
    def look() -> None:
        keep_stream(stores, stream, gaps, START // 1_000 + 10_000, DAY_MS)

    return look


@pytest.mark.parametrize("missing", [1, 5, 1_000])
def test_trades_that_we_missed_are_found_once_with_their_neighbours(
    stores: Stores, stream: StreamStores, gaps: GapLedger, look: Callable[[], None], missing: int
) -> None:
    rows = [trade(n, n * 0.01) for n in range(2_000)]
    write(stream, MARKET, rows[:500] + rows[500 + missing :])

    for _ in range(4):
        look()

    (gap,) = gaps.list(MARKET, 0, 2**62, 100)
    assert (gap.state, gap.first_id, gap.last_id) == (GapState.OPEN, 500, 499 + missing)
    assert (gap.after_time, gap.before_time) == (rows[499].time, rows[500 + missing].time)
    assert all(flags & CandleFlag.GAP for flags in minute_flags(stores))


def test_trades_out_of_order_are_no_gap(
    stream: StreamStores, gaps: GapLedger, look: Callable[[], None]
) -> None:
    rows = [trade(n, n * 0.01) for n in range(100)]
    write(stream, MARKET, rows[:40] + rows[60:])
    look()
    write(stream, MARKET, rows[40:60])
    look()

    assert gaps.list(MARKET, 0, 2**62, 100) == []


def test_silence_of_one_market_is_no_trades_and_of_all_an_outage(
    stores: Stores, stream: StreamStores, gaps: GapLedger
) -> None:
    quiet = [trade(n, n * 60) for n in range(5)] + [trade(n, (n + 30) * 60) for n in range(5, 9)]
    write(stream, MARKET, quiet)
    write(stream, OTHER, [trade(n, n * 60) for n in range(40)])
    note_quiet_spans(stores, stream, gaps)
    assert [gap.state for gap in gaps.list(MARKET, 0, 2**62, 9)] == [GapState.NO_TRADES]

    third, fourth = Market("y", "A-B"), Market("y", "C-D")
    write(stream, third, quiet)
    write(stream, fourth, quiet)
    note_quiet_spans(stores, stream, gaps)
    note_quiet_spans(stores, stream, gaps)

    assert [gap.state for gap in gaps.list(third, 0, 2**62, 9)] == [GapState.OUTAGE]
    assert [gap.state for gap in gaps.list(OTHER, 0, 2**62, 9)] == []


def test_a_feed_far_more_silent_than_usual_is_an_anomaly_once(
    stores: Stores, stream: StreamStores, gaps: GapLedger
) -> None:
    write(stream, MARKET, [trade(n, n) for n in range(600)])
    for minutes in (20, 21):
        keep_stream(stores, stream, gaps, START // 1_000 + minutes * 60_000, DAY_MS)

    found = stream.anomalies.read("coinbase", "A-B", 0, 2**42)

    assert [one.reason for one in found] == ["stale_feed"]


def test_a_gap_that_is_filled_while_its_candles_are_marked_leaves_no_mark(
    stores: Stores, stream: StreamStores, gaps: GapLedger, look: Callable[[], None]
) -> None:
    rows = [trade(n, n * 0.01) for n in range(100)]
    write(stream, MARKET, rows[:40] + rows[60:])
    look()
    before = find_holes(stream, MARKET, stream.upkeep.states([MARKET])[MARKET])
    write(stream, MARKET, rows[40:60])

    # The holes as they were read before the trades came.
    opened = find_gaps(stream, gaps, MARKET, before)

    assert len(opened) == 1
    assert not any(flags & CandleFlag.GAP for flags in minute_flags(stores))


def test_late_trades_of_an_exchanges_candle_are_compared_with_it_and_listed_once(
    stores: Stores, stream: StreamStores, gaps: GapLedger
) -> None:
    opening = START // 1_000_000 // 60 * 60
    series = Series(*MARKET, 60)
    write(stream, MARKET, [trade(1, 3_600)])
    times = [opening, opening + 60]
    exchanges = Candles(
        time=np.array(times),
        open=np.array([100.0, 100.0]),
        high=np.array([100.0, 100.0]),
        low=np.array([100.0, 100.0]),
        close=np.array([100.0, 100.0]),
        volume=np.array([3.0, 1.0]),
        trades=np.array([3, 1]),
        flags=np.zeros(2, np.int64),
    )
    stores.candles.write(series, exchanges)
    late = [trade(n, times[0] - START / 1e6 + 55 + n) for n in (2, 3)]
    write(stream, MARKET, [*late, trade(9, times[1] - START / 1e6 + 5)])
    after = now_ms() + 61_000

    keep_stream(stores, stream, gaps, now_ms() + 5_000, DAY_MS)
    assert stream.quality.newest(MARKET, 9)[0] == []
    for _ in range(3):
        keep_stream(stores, stream, gaps, after, DAY_MS)

    (found,) = stream.quality.newest(MARKET, 9)[0]
    assert (found.resolution, found.time) == (60, opening)
    assert (found.ours.volume, found.ours.trades) == (2.0, 2)
    assert (found.theirs.volume, found.theirs.trades) == (3.0, 3)
    kept = stores.candles.read(series, start=opening, end=opening)
    assert kept.volume.tolist() == [3.0]


def test_every_jump_is_judged_though_its_journal_is_old_enough_for_files(
    stores: Stores, stream: StreamStores, gaps: GapLedger
) -> None:
    dice = random.Random(7)
    prices = [round(100 + dice.gauss(0, 0.01), 2) for _ in range(6_000)]
    for at in range(100, 6_000, 60):
        prices[at] *= dice.choice((0.5, 2.0, 1e5))
    rows = [RawTrade(n, START + n * 2_000_000, str(prices[n]), "1") for n in range(6_000)]
    columns = TradeColumns(
        np.array([row.trade_id for row in rows]),
        np.array([row.time for row in rows]),
        np.array([float(row.price) for row in rows]),
        np.ones(len(rows)),
    )
    expected, _ = detect(columns, DetectorState(), AnomalyLimits())
    assert len(expected) >= 98

    # Two years later: each batch may move to files as soon as it is written.
    long_after = START // 1_000 + 730 * DAY_MS
    for at in range(0, 6_000, 40):
        write(stream, MARKET, rows[at : at + 40])
        if at % 400 == 0:
            keep_stream(stores, stream, gaps, long_after, DAY_MS)
    while stream.archive.due(*MARKET, long_after - DAY_MS):
        keep_stream(stores, stream, gaps, long_after, DAY_MS)

    told = stream.anomalies.read(*MARKET, 0, 2**52, limit=10_000)
    jumps = [one.time for one in told if one.reason == "price_jump"]
    assert jumps == [one.time for one in expected if one.reason == "price_jump"]
    assert stores.redis.xlen("journal:coinbase:A-B") == 0
