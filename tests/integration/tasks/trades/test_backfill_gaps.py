"""Gaps are fetched from the exchange: what it has is stored once, the rest is told apart."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from core.messages import IdKind
from core.retry import RetryPolicy
from core.series import CandleFlag, Market
from core.settings import Settings
from feeds.exchange_trades import ExchangeTrades
from feeds.simulator.running import simulating
from feeds.simulator.server import SimulatorOptions
from storage.stores import Stores
from storage.trades.gap_ledger import Gap, GapLedger, GapState
from storage.trades.stream_stores import StreamStores, open_stream_stores
from tasks.trades.backfill_gaps import SETTLE_MS, Backfill, backfill_gaps
from tasks.trades.find_gaps import MOST_GAPS
from tasks.trades.maintain_stream import keep_stream
from tests.exchange_files import made_trades, write_trades
from tests.integration.storage.trades.test_trade_writer import pack
from tests.trade_oracle import RawTrade, oracle_candles

NEVER_GIVEN = range(1_700, 1_704)
TRADES = made_trades(2_500, step_ms=100, without=NEVER_GIVEN)
DAY_MS = 86_400_000
POLICY = RetryPolicy(attempts=10, first_s=0.001, longest_s=0.01, obeyed_s=0)


class Clock:
    """A clock that is set by hand (epoch ms)."""

    now = TRADES[-1].time // 1_000 + 1_000

    def __call__(self) -> int:
        return self.now


@pytest.fixture(scope="module")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of an exchange that has all trades, and fails now and then."""
    folder = tmp_path_factory.mktemp("exchange")
    write_trades(folder, "coinbase", "A-B", TRADES)
    write_trades(folder, "binance", "A-B", TRADES)
    with simulating(SimulatorOptions(folder, fault="500@0.1,drop@0.1", seed=2)) as address:
        yield address


@pytest.fixture
def stream(stores: Stores, redis_settings: Settings, tmp_path: Path) -> StreamStores:
    settings = redis_settings.model_copy(update={"data_dir": tmp_path})
    return open_stream_stores(settings, stores.redis)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def gaps(stores: Stores, clock: Clock) -> GapLedger:
    return GapLedger(stores.engine, clock)


@pytest.fixture
def work(
    stores: Stores, stream: StreamStores, gaps: GapLedger, clock: Clock, exchange: str
) -> Backfill:
    connect = partial(ExchangeTrades, base_url=exchange, rate_limit_ms=0, policy=POLICY)
    return Backfill(stores, stream, gaps, connect, clock)


def hear(work: Backfill, market: Market, rows: list[RawTrade], kind: IdKind = IdKind.TRADE) -> None:
    """Store what a feed brought."""
    work.stream.traded.note([market])
    for batch in (rows[: len(rows) // 2], rows[len(rows) // 2 :]):
        work.stream.writer.write(market.platform, {market.symbol: [pack(batch, kind)]})


def look(work: Backfill, clock: Clock, times: int = 2) -> None:
    """Let the housekeeping look so often, 5 s apart."""
    for _ in range(times):
        clock.now += 5_000
        keep_stream(work.stores, work.stream, work.gaps, clock.now, DAY_MS)


def told(work: Backfill, market: Market) -> list[Gap]:
    return work.gaps.list(market, 0, 2**62, 1_000)


def flags(work: Backfill, market: Market, resolution: int = 60) -> list[CandleFlag]:
    rows = work.stores.redis.execute_command("TS.RANGE", f"flags:{market}:{resolution}", "-", "+")
    return [CandleFlag(int(float(value))) for _, value in rows]


@pytest.mark.parametrize("platform", ["coinbase", "binance"])
def test_all_that_was_missed_is_found_and_its_candles_are_whole_again(
    work: Backfill, clock: Clock, platform: str
) -> None:
    market = Market(platform, "A-B")
    lost = {1_100, *range(1_200, 1_205), *range(2_000, 3_001)}
    hear(work, market, [row for row in TRADES if row.trade_id not in lost])
    look(work, clock)
    assert [gap.state for gap in told(work, market)] == [GapState.OPEN] * 4
    assert any(flag & CandleFlag.GAP for flag in flags(work, market))

    clock.now += SETTLE_MS
    assert backfill_gaps(work) == 4
    look(work, clock)

    found = {gap.first_id: gap for gap in told(work, market)}
    assert {first: (gap.state, gap.recovered) for first, gap in found.items()} == {
        1_100: (GapState.BACKFILLED, 1),
        1_200: (GapState.BACKFILLED, 5),
        1_700: (GapState.NO_TRADES, 0),
        2_000: (GapState.BACKFILLED, 1_001),
    }
    state = work.stream.upkeep.states([market])[market]
    assert (state.trades, work.stream.upkeep.holes(*market, state)) == (len(TRADES), [])
    assert not any(flag & CandleFlag.GAP for flag in flags(work, market))
    assert any(flag & CandleFlag.BACKFILLED for flag in flags(work, market))


def test_what_is_backfilled_equals_what_would_have_been_heard(work: Backfill, clock: Clock) -> None:
    market = Market("coinbase", "A-B")
    hear(work, market, TRADES[:300] + TRADES[900:])
    look(work, clock)
    backfill_gaps(work)

    for resolution in (60, 300, 900, 3_600, 86_400):
        assert stored(work, market, resolution) == oracle_candles(TRADES, resolution)


def stored(work: Backfill, market: Market, resolution: int) -> dict[int, tuple[float, ...]]:
    fields = ("open", "high", "low", "close", "volume", "trades")
    columns = [
        work.stores.redis.execute_command("TS.RANGE", f"ts:{market}:{resolution}:{name}", "-", "+")
        for name in fields
    ]
    return {
        rows[0][0] // 1_000: tuple(float(value) for _, value in rows)
        for rows in zip(*columns, strict=True)
    }


def test_ids_that_do_not_exist_are_believed_only_after_a_while(
    work: Backfill, clock: Clock
) -> None:
    market = Market("coinbase", "A-B")
    hear(work, market, TRADES)
    look(work, clock)

    assert backfill_gaps(work) == 0
    (gap,) = told(work, market)
    assert (gap.state, gap.attempts) == (GapState.OPEN, 1)
    assert gap.reason is not None
    assert "asked once more" in gap.reason
    assert backfill_gaps(work) == 0, "it is not due yet"
    clock.now = gap.try_at
    assert backfill_gaps(work) == 1
    assert [gap.state for gap in told(work, market)] == [GapState.NO_TRADES]
    state = work.stream.upkeep.states([market])[market]
    assert work.stream.upkeep.holes(*market, state) == []


def test_a_gap_of_which_a_part_never_was_is_told_in_parts(work: Backfill, clock: Clock) -> None:
    market = Market("coinbase", "A-B")
    hear(work, market, [row for row in TRADES if not 1_690 <= row.trade_id <= 1_710])
    look(work, clock)
    clock.now += SETTLE_MS

    assert backfill_gaps(work) == 1

    found = [(g.first_id, g.last_id, g.state, g.recovered) for g in told(work, market)]
    assert found == [
        (1_690, 1_710, GapState.BACKFILLED, 17),
        (1_700, 1_703, GapState.NO_TRADES, 0),
    ]


def test_an_exchange_that_is_away_is_asked_again_later_and_later(
    work: Backfill, clock: Clock, exchange: str
) -> None:
    market = Market("coinbase", "A-B")
    hear(work, market, TRADES[:100] + TRADES[105:600])
    look(work, clock)
    policy = RetryPolicy(attempts=1)
    away = work._replace(
        open_trades=partial(ExchangeTrades, base_url="http://127.0.0.1:9", policy=policy)
    )
    pauses = []
    for _ in range(4):
        assert backfill_gaps(away) == 0
        (gap,) = told(work, market)
        pauses.append(gap.try_at - clock.now)
        clock.now = gap.try_at

    assert pauses == sorted(pauses)
    assert gap.reason == "The connection to coinbase failed."
    assert backfill_gaps(work) == 1
    assert [g.recovered for g in told(work, market)] == [5]


def test_a_platform_without_a_connector_keeps_its_gap_and_says_why(
    work: Backfill, clock: Clock
) -> None:
    market = Market("elsewhere", "A-B")
    hear(work, market, TRADES[:100] + TRADES[105:600], IdKind.SEQUENCE)
    look(work, clock)

    assert backfill_gaps(work) == 0

    (gap,) = told(work, market)
    assert gap.state is GapState.OPEN
    assert gap.reason is not None
    assert "no connector" in gap.reason


def test_ids_that_are_not_known_to_be_contiguous_make_no_gap(work: Backfill, clock: Clock) -> None:
    market = Market("elsewhere", "A-B")
    hear(work, market, TRADES[:600:7])
    look(work, clock)

    assert told(work, market) == []


def test_thousands_of_holes_are_told_as_few_gaps(work: Backfill, clock: Clock) -> None:
    market = Market("coinbase", "A-B")
    hear(work, market, TRADES[::2] + TRADES[-1:])
    look(work, clock)

    assert 1 <= len(told(work, market)) <= MOST_GAPS
    clock.now += SETTLE_MS
    assert backfill_gaps(work) >= 1
    look(work, clock)
    state = work.stream.upkeep.states([market])[market]
    assert state.trades == len(TRADES)


def test_a_crash_before_the_ledger_was_told_leaves_no_mark_and_no_open_gap(
    work: Backfill, clock: Clock
) -> None:
    market = Market("coinbase", "A-B")
    hear(work, market, TRADES[:100] + TRADES[105:600])
    look(work, clock)
    work.stream.writer.write(*market[:1], {market.symbol: [pack(TRADES[100:105])]})

    look(work, clock)

    assert [gap.state for gap in told(work, market)] == [GapState.VANISHED]
    assert not any(flag & CandleFlag.GAP for flag in flags(work, market))


def test_a_candle_keeps_its_mark_while_another_gap_touches_it(work: Backfill, clock: Clock) -> None:
    market = Market("elsewhere", "A-B")
    hear(work, market, TRADES[:100] + TRADES[105:200] + TRADES[205:690], IdKind.SEQUENCE)
    look(work, clock)
    work.stream.writer.write("elsewhere", {"A-B": [pack(TRADES[100:105])]})

    look(work, clock)

    assert [gap.state for gap in told(work, market)] == [GapState.VANISHED, GapState.OPEN]
    assert flags(work, market)[0] & CandleFlag.GAP


def test_a_hole_that_fills_by_itself_leaves_no_mark_of_an_older_gap_behind(
    work: Backfill, clock: Clock
) -> None:
    market = Market("coinbase", "A-B")
    hear(work, market, TRADES[:100] + TRADES[105:200])
    look(work, clock)
    # Heard with a hole that is not looked at before the backfill of the other gap.
    work.stream.writer.write("coinbase", {"A-B": [pack(TRADES[203:300])]})
    assert backfill_gaps(work) == 1
    work.stream.writer.write("coinbase", {"A-B": [pack(TRADES[200:203])]})

    look(work, clock)

    assert [gap.state for gap in told(work, market)] == [GapState.BACKFILLED]
    assert not any(flag & CandleFlag.GAP for flag in flags(work, market))


def test_two_runs_at_once_share_the_work_without_harm(work: Backfill, clock: Clock) -> None:
    market = Market("coinbase", "A-B")
    hear(work, market, TRADES[:100] + TRADES[600:690])
    look(work, clock)
    lock = work.stores.redis.lock("lock:backfill:coinbase", timeout=60)
    assert lock.acquire()

    assert backfill_gaps(work) == 0
    lock.release()
    assert backfill_gaps(work) == 1

    assert work.stream.upkeep.states([market])[market].trades == 690
