"""What a terminal sends that is not ours ends as its broker's own bars, in UTC."""

from datetime import UTC, datetime

import numpy as np
import pytest

from core.clock.times import now_ms
from core.series import CandleFlag, Series
from core.signals import HOLD, SIGNAL_MODEL, path_target
from storage.candles.candle_columns import Candles
from storage.candles.newest_finished import finished
from storage.jobs.worker_faults import WORKERS
from storage.ledger.signal_rows import SealedSignal
from storage.service.service_state import read_state
from tasks.candles.check_feeds import check_feeds
from tests.integration.ea.other_terminal import (
    DAY,
    H1,
    M5,
    Bar,
    OtherMarket,
    OtherTerminal,
    joined,
    shows,
)
from tests.integration.ea.stage import HORIZON, Stage

CLOCKS = {
    "Athens, over its change": ("Europe/Athens", "2026-04-01T10:00:30"),
    "New York and seven hours": ("NY+7", "2026-03-11T10:00:30"),
    "no change at all": ("UTC", "2026-03-31T10:00:30"),
}


def terminal(stage: Stage, zone: str, *markets: OtherMarket, **other: int) -> OtherTerminal:
    return OtherTerminal(f"{stage.url}/ingest/mt/other", stage.key, zone, markets, **other)


def rows(held: Candles) -> dict[int, Bar]:
    columns = held.open, held.high, held.low, held.close, held.volume
    return {
        int(at): Bar(*(float(one) for one in values[:4]), int(values[4]), 13)
        for at, *values in zip(held.time, *columns, strict=True)
    }


def split(held: Candles) -> tuple[Candles, Candles]:
    """Return the candles that were traded, and the quiet ones."""
    quiet = (held.flags & int(CandleFlag.QUIET)) != 0
    return held.take(~quiet), held.take(quiet)


@pytest.mark.parametrize("case", CLOCKS)
def test_other_clocks_names_and_forms_end_as_the_brokers_own_bars(stage: Stage, case: str) -> None:
    zone, moment = CLOCKS[case]
    now = round(datetime.fromisoformat(moment).replace(tzinfo=UTC).timestamp())
    euro, gold = OtherMarket("m.EURUSD", 1.1, 5), OtherMarket("GOLD.spot", 2_400.0, 2, rests=True)
    for seed, market in enumerate((euro, gold)):
        market.live(now - 9 * DAY, now, seed)
    there = terminal(stage, zone, euro, gold, clock_off=40, gmt_off=-3_600)
    stage.to(now)
    stage.stores.feeds.confirm("other", zone)
    answers = there.backfill(now)
    assert [one["rejected"] for one in answers] == [[]] * len(answers)
    for market, symbol in ((euro, "EURUSD"), (gold, "XAUUSD")):
        held = stage.stores.candles.read(Series("other", symbol, M5))
        traded, quiet = split(held)
        assert rows(traded) == {at: bar for at, bar in market.fives.items() if at + M5 <= now}
        assert set(quiet.time.tolist()) <= market.silent
        assert (quiet.volume == 0).all()
        assert (quiet.open == quiet.close).all()
        hours = finished(stage.stores.candles.read(Series("other", symbol, H1)))
        mine = {at: bar for at, bar in market.bars(H1).items() if at + H1 <= now}
        assert rows(split(hours)[0]) == mine
        fours = stage.stores.candles.read(Series("other", symbol, 4 * H1))
        assert {shows(zone, int(at)) % (4 * H1) for at in fours.time} == {0}
        days = finished(stage.stores.candles.read(Series("other", symbol, DAY)))
        assert {shows(zone, int(at)) % DAY for at in days.time} == {0}
        parts: dict[int, list[Bar]] = {}
        for at, bar in rows(hours).items():
            parts.setdefault(shows(zone, at) // DAY, []).append(bar)
        found = {shows(zone, at) // DAY: bar for at, bar in rows(days).items()}
        whole = {day: joined(parts[day]) for day in list(parts)[1:-1]}
        assert {day: found[day] for day in whole} == whole
    before = {s: stage.stores.candles.read(s).to_bytes() for s in stage.stores.candles.all_series()}
    assert there.push(now).json()["revised"] == 0
    assert before == {
        s: stage.stores.candles.read(s).to_bytes() for s in stage.stores.candles.all_series()
    }
    last = max(at for at in euro.fives if at + M5 <= now)
    euro.fives[last] = euro.fives[last]._replace(high=1.5)
    assert there.push(now).json()["revised"] >= 1
    assert np.max(stage.stores.candles.read(Series("other", "EURUSD", M5)).high) == 1.5


def status(stage: Stage) -> str:
    """Return how the service says that it is, its workers being well."""
    for role in WORKERS:
        stage.stores.workers.heartbeat(f"{role}@host", "", {"role": role, "at": now_ms()})
    return read_state(stage.stores, "", now_ms()).status


def test_a_feed_that_stops_is_told_within_two_candles_and_a_minute_and_never_over_a_weekend(
    stage: Stage,
) -> None:
    friday, sunday = (
        round(datetime(2026, 3, day, hour, tzinfo=UTC).timestamp())
        for day, hour in ((6, 21), (8, 21))  # New York's clock changes on that Sunday
    )
    euro = OtherMarket("EURUSD", 1.1, 5)
    euro.live(friday - 2 * DAY, sunday + DAY, 1)
    there = terminal(stage, "NY+7", euro)
    stage.to(friday)
    there.backfill(friday)
    opened = range(friday, friday + H1 + 1, M5), range(sunday + M5, sunday + 7 * M5, M5)
    closed = range(friday + 2 * H1, sunday + M5, 3 * H1)
    for now in (*opened[0], *closed, *opened[1]):
        stage.to(now + 20)
        if now not in closed:
            there.push(now + 20)
        check_feeds(stage.stores)
        assert status(stage) == "ok"
    close = max(at for at in euro.fives if at + M5 <= now) + M5
    for now in range(close + 30, close + 2 * M5 + 61, 30):
        stage.to(now)
        check_feeds(stage.stores)
        told = status(stage)
        assert told == "ok" or now > close + M5
    assert told == "degraded"


def test_a_holiday_is_no_fault_while_a_terminal_that_has_its_broker_says_so(stage: Stage) -> None:
    close = round(datetime(2026, 12, 24, 18, tzinfo=UTC).timestamp())
    euro = OtherMarket("EURUSD", 1.1, 5)
    euro.live(close - 2 * DAY, close, 1)
    there = terminal(stage, "NY+7", euro)
    there.connected = True
    stage.to(close + 2)
    there.backfill(close + 2)

    def after(hours: float) -> tuple[str, set[int]]:
        now = close + round(hours * H1)
        stage.to(now)
        assert there.push(now).status_code == 200
        stage.to(now + 5)
        check_feeds(stage.stores)
        return status(stage), {one.resolution for one in stage.stores.freshness.noted()}

    for hours in (0.1, 0.3, 1.3, 5, 29):
        assert after(hours) == ("ok", set())
    there.connected = False
    assert after(30)[0] == "degraded"
    there.connected = True
    assert after(30.1)[0] == "ok"
    stage.to(stage.now + 120)  # it says nothing any more
    check_feeds(stage.stores)
    assert status(stage) == "degraded"
    euro.live(close + 31 * H1, close + 31 * H1 + 3 * M5, 2)  # trading goes on, days lag behind
    assert after(31.4) == ("ok", set())
    there.is_quoted = True  # it trades, and no bars come of it
    assert [after(hours)[0] for hours in (31.5, 31.6, 31.7)][-1] == "degraded"


def test_a_day_that_ends_early_is_whole_at_its_hour_where_a_connected_terminal_shows_its_rest(
    stage: Stage,
) -> None:
    close = round(datetime(2026, 12, 24, 17, tzinfo=UTC).timestamp())  # noon in New York
    quoted, resting = (OtherMarket(name, 1.1, 5) for name in ("EURUSD", "GBPUSD"))
    for market in (quoted, resting):
        market.live(close - 4 * DAY, close, 1)
    there = terminal(stage, "NY+7", quoted, resting)
    there.is_quoted = True  # of the first there are quotes, of the other neither those nor bars
    stage.to(close + 2)
    there.backfill(close + 2)

    def unfinished(symbol: str) -> list[bool]:
        """Say it of the four hours and of the day that the newest bar belongs to."""
        found = []
        for length, opening in ((4 * H1, close - 3 * H1), (DAY, close - 19 * H1)):
            series = Series("other", symbol, length)
            held = stage.stores.candles.read(series, opening, opening)
            found.append(bool(held.flags[0] & CandleFlag.PARTIAL))
        return found

    for hours, connected, told in (
        (0.9, True, [True, True]),
        (1.01, False, [True, True]),  # it may have lost its broker
        (1.02, True, [False, True]),
        (5.01, True, [False, False]),
    ):
        there.connected, now = connected, close + round(hours * H1)
        stage.to(now)
        assert there.push(now).status_code == 200
        assert unfinished("GBPUSD") == told
        assert unfinished("EURUSD") == [True, True]


def sealed_of(stage: Stage, market: OtherMarket, closes: int) -> list[SealedSignal]:
    """Return the signals of a market that a terminal feeds, sealed at so many closes."""
    begin = stage.now
    market.live(begin - 21 * DAY, begin + closes * M5, 3)
    there = terminal(stage, "NY+7", market)
    there.backfill(begin)
    stage.series = Series("other", "EURUSD", M5)
    stage.target = path_target(stage.series, HORIZON, SIGNAL_MODEL)
    stage.offer()
    for close in range(begin // M5 * M5 + M5, begin + closes * M5, M5):
        stage.to(close + 2)
        assert there.push(stage.now).status_code == 200
        stage.sealer.run()
    return stage.stores.sealed.history([stage.target], 2**62, closes, holds=True)


@pytest.mark.slow
def test_signals_of_a_planted_edge_that_another_terminal_feeds_are_on_its_side(
    stage: Stage,
) -> None:
    euro = OtherMarket("EURUSD.pro", 1.1, 5, edge=0.8)
    spoken = [row for row in sealed_of(stage, euro, 60) if row.type != HOLD]
    assert len(spoken) >= 20
    assert {row.costs_bps for row in spoken} == {1.3}
    openings = sorted(euro.fives)
    right = []
    for row in spoken:
        before, last = [at for at in openings if at < row.first_opening][-2:]
        rose = euro.fives[last].close > euro.fives[before].close
        right.append(row.type == ("buy" if rose else "sell"))
    assert np.mean(right) >= 0.95


@pytest.mark.slow
def test_noise_that_another_terminal_feeds_is_not_traded(stage: Stage) -> None:
    rows = sealed_of(stage, OtherMarket("EURUSD.pro", 1.1, 5), 100)
    assert len(rows) >= 90
    assert np.mean([row.type != HOLD for row in rows]) <= 0.05
