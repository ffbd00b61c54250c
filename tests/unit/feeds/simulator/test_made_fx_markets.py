"""Made-up markets keep a broker's week and clock, and are foreseen only where that is planted."""

import numpy as np
import pytest

from core.clock.times import parse_time
from core.clock.wall_times import wall_seconds
from feeds.simulator.metatrader.broker import Broker
from feeds.simulator.metatrader.markets import (
    EURUSD,
    H1,
    M5,
    NOISE,
    PLANTED,
    TICK_S,
    XAUUSD,
    Instrument,
    MadeMarket,
    bars_of,
)

START, END = (parse_time(text, "t") // 1_000 for text in ("2025-10-20T00:00Z", "2026-03-20T00:00Z"))
NEW_YORK, BROKER = "America/New_York", "NY+7"
DAY, WEEK = 86_400, 604_800


def made(instrument: Instrument = EURUSD, **other: object) -> MadeMarket:
    """Return a market over both changes of the clock."""
    return MadeMarket.make(instrument, START, END, **other)  # type: ignore[arg-type]


@pytest.mark.parametrize(("instrument", "hour"), [(EURUSD, 17), (XAUUSD, 18)])
def test_every_week_opens_on_sunday_evening_in_new_york_over_both_changes_of_the_clock(
    instrument: Instrument, hour: int
) -> None:
    times = made(instrument).times
    opens = times[1:][np.diff(times) > DAY]
    walls = wall_seconds(opens, NEW_YORK)
    assert len(opens) >= 20
    assert set(((walls - 3 * DAY) % WEEK // 3_600).tolist()) == {hour}
    assert len(set(((opens % DAY) // 3_600).tolist())) == 2  # an hour apart in UTC


def test_bars_of_hours_are_those_of_twelve_bars_by_the_brokers_clock() -> None:
    market = made()
    hours = bars_of(market, H1, END, BROKER, count=100_000)
    fives = bars_of(market, M5, END, BROKER, count=100_000)
    inside = {hour.time: [bar for bar in fives if bar.time // H1 * H1 == hour.time]
              for hour in hours[:50]}  # fmt: skip
    for hour in hours[:50]:
        bars = inside[hour.time]
        assert len(bars) == 12
        assert (hour.open, hour.close) == (bars[0].open, bars[-1].close)
        assert hour.high == max(bar.high for bar in bars)
        assert hour.low == min(bar.low for bar in bars)
    assert len(hours) * 12 == len(fives)
    assert {bar.time // DAY * DAY for bar in hours} == {bar.time // DAY * DAY for bar in fives}


def test_only_bars_that_have_ended_are_shown_and_spans_begin_where_they_are_wanted() -> None:
    market = made()
    opening = int(market.times[40])
    for length in (M5, H1):
        shown = bars_of(market, length, opening + 299, BROKER, count=3)
        more = bars_of(market, length, opening + 300, BROKER, count=3)
        assert (shown != more) == (length == M5 or (opening + 300) % 3_600 == 0)
    first = bars_of(market, M5, END, BROKER, count=10)[0].time
    assert [bar.time for bar in bars_of(market, M5, END, BROKER, count=3, since=first + 1)] == [
        first + 300, first + 600, first + 900,
    ]  # fmt: skip
    assert bars_of(market, M5, START, BROKER, count=3) == []


def test_ticks_make_the_bars() -> None:
    market = made()
    opening = int(market.times[100])
    ticks = market.quotes(opening * 1_000 - 1, (opening + 299) * 1_000)
    bar = market.bids[100]
    assert [tick.bid for tick in ticks] == bar.tolist()
    assert all(tick.ask > tick.bid for tick in ticks)
    assert market.quote((opening + TICK_S) * 1_000) == ticks[1]
    closed = market.quote((opening + 10 * DAY) * 1_000)
    assert closed is not None


def test_the_same_seed_makes_the_same_market_and_another_another() -> None:
    assert np.array_equal(made(seed=3).bids, made(seed=3).bids)
    assert not np.array_equal(made(seed=3).bids, made(seed=4).bids)


@pytest.mark.parametrize(("edge", "least", "most"), [(PLANTED, 0.75, 0.85), (NOISE, -0.03, 0.03)])
def test_returns_carry_on_where_an_edge_is_planted_and_not_in_noise(
    edge: float, least: float, most: float
) -> None:
    closes = np.log(made(edge=edge, weekends=True).bids[:, -1])
    returns = np.diff(closes)
    assert least < np.corrcoef(returns[1:], returns[:-1])[0, 1] < most


def test_a_broker_shows_its_own_names_and_clock() -> None:
    now = parse_time("2026-03-16T12:00:00Z", "t")
    broker = Broker([made(), made(XAUUSD)], now, suffix=".m", names={"XAUUSD": "GOLD"})
    assert list(broker.markets) == ["EURUSD.m", "GOLD"]
    assert broker.server_s - now // 1_000 == 3 * 3_600
    (bar,) = broker.bars("EURUSD.m", M5, 1)
    assert bar.time + 300 == broker.server_s
    wrong = Broker([made()], now, clock_off_s=3_600)
    assert wrong.bars("EURUSD", M5, 1)[0].time == bar.time + 3_600
    winter = Broker([made()], parse_time("2026-01-16T12:00:00Z", "t"))
    assert winter.server_s - winter.now_ms // 1_000 == 2 * 3_600


def test_an_order_is_filled_when_it_is_sent_and_a_stop_at_its_tick() -> None:
    now = parse_time("2026-03-16T12:00:10Z", "t")
    broker = Broker([made()], now)
    price = broker.account.price("EURUSD").ask
    opened = broker.account.open("EURUSD", 1, 0.1, sl=price - 0.0004, tp=price + 0.0004)
    assert opened.time_ms == now + 3 * 3_600_000
    broker.advance(now + 6 * 3_600_000)
    closed = broker.account.deals[-1]
    assert closed.reason in ("SL", "TP")
    assert closed.time_ms % (1_000 * TICK_S) == 0
