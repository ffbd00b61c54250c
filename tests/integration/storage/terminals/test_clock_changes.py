"""A feed through the weeks in which clocks change: every candle at its instant, none twice.

The virtual broker computes its times with zoneinfo alone.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from core.brokers.clock import BY_HISTORY, BY_OFFSET
from core.brokers.messages import FeedAnswer, FeedMessage, PushedSeries, TerminalClock
from core.series import CandleFlag, Series
from storage.candles.freshness import FreshnessStore
from storage.markets.markets import MarketStore
from storage.markets.spreads import SpreadStore
from storage.stores import Stores
from storage.terminals.broker_clocks import BrokerClockStore
from storage.terminals.feed_store import FeedStore
from storage.terminals.market_facts import MarketFacts
from storage.terminals.quotes import QuoteStore
from storage.terminals.resting_markets import RestingMarkets
from storage.terminals.series_writer import SeriesWriter
from storage.terminals.symbol_names import SymbolNames
from storage.terminals.terminals import TerminalStore
from storage.terminals.wanted_spans import WantedSpans
from storage.trades.tickers import TickerStore

NEW_YORK = ZoneInfo("America/New_York")
HOUR, DAY = 3_600, 86_400
PLATFORM = "mt5-ic"


def feed_store(stores: Stores, clock: Callable[[], int]) -> FeedStore:
    """Return the store of a feed whose clock is a test's."""
    client, engine = stores.redis, stores.engine
    wanted = WantedSpans(client, stores.candles, 0)
    tickers, spreads = TickerStore(client), SpreadStore(client)
    freshness = FreshnessStore(client, stores.candles, stores.facts)
    return FeedStore(
        BrokerClockStore(engine),
        SymbolNames(engine, {}),
        SeriesWriter(client, stores.candles, stores.facts, freshness, wanted),
        wanted,
        TerminalStore(client),
        QuoteStore(tickers, spreads),
        MarketFacts(MarketStore(engine, tickers, spreads), spreads),
        RestingMarkets(client, stores.candles, freshness),
        clock=clock,
    )


def shows(zone: str, second: int) -> int:
    ahead = timedelta(hours=7) if zone == "NY+7" else timedelta()
    name = "America/New_York" if zone == "NY+7" else zone
    local = datetime.fromtimestamp(second, ZoneInfo(name)).replace(tzinfo=UTC)
    return int((local + ahead).timestamp())


def always(second: int) -> bool:
    return True


def currencies(second: int) -> bool:
    return (datetime.fromtimestamp(second, NEW_YORK) + timedelta(hours=7)).weekday() < 5


class VirtualBroker:
    """Pushes what a terminal would at an instant: its newest candles by its server's clock."""

    def __init__(self, stores: Stores, zone: str, symbol: str, is_open: Callable[[int], bool]):
        self.now = 0
        self._store = feed_store(stores, lambda: self.now * 1_000)
        self._zone = zone
        self._symbol = symbol
        self._is_open = is_open

    def openings(self, start: int, end: int, length: int) -> list[int]:
        return [one for one in range(start, end, length) if self._is_open(one)]

    def push(self, now: int, length: int, count: int) -> FeedAnswer:
        """Push the newest candles at an instant, as a terminal does after each."""
        self.now = now
        end = now // length * length
        return self.send(now, length, self.openings(end - 5 * DAY, end, length)[-count:])

    def send(self, now: int, length: int, openings: Sequence[int]) -> FeedAnswer:
        self.now = now
        bars = [[shows(self._zone, t), 1.1, 1.2, 1.0, 1.1, t % 1_000, 12] for t in openings]
        series = [PushedSeries(self._symbol, {300: "M5", HOUR: "H1"}[length], 5, 1e-5, bars)]
        clock = TerminalClock(shows(self._zone, now), now)
        return self._store.store(PLATFORM, FeedMessage(clock=clock, series=series), {}).answer


CHANGES = {
    "New York forward": ("NY+7", (2024, 3, 10, 7)),
    "New York back": ("NY+7", (2024, 11, 3, 6)),
    "Europe forward": ("Europe/Athens", (2024, 3, 31, 1)),
    "Europe back": ("Europe/Athens", (2024, 10, 27, 1)),
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize(("symbol", "is_open"), [("EURUSD.m", currencies), ("BTCUSD", always)])
def test_a_change_of_clocks_is_no_jump_and_moves_no_candle(
    stores: Stores, change: str, symbol: str, is_open: Callable[[int], bool]
) -> None:
    zone, at = CHANGES[change]
    moment = int(datetime(*at, tzinfo=UTC).timestamp())
    broker = VirtualBroker(stores, zone, symbol, is_open)
    start, end = moment - 2 * DAY, moment + 2 * DAY
    broker.now = start
    feed_store(stores, lambda: start * 1_000).confirm(PLATFORM, zone)
    for now in range(start, end, HOUR):
        answer = broker.push(now + 7, HOUR, 3)
        assert (answer.rejected, answer.revised) == ([], 0)
    for now in range(moment - 2 * HOUR, moment + 3 * HOUR, 300):
        answer = broker.push(now + 7, 300, 3)
        assert (answer.rejected, answer.revised) == ([], 0)
    name = symbol.removesuffix(".m")
    for length, begin in ((HOUR, start), (300, moment - 2 * HOUR)):
        held = stores.candles.read(Series(PLATFORM, name, length), begin)
        # Of markets that pause some candles came before the first push.
        expected = broker.openings(begin, now // length * length if length == 300 else end, length)
        got = [t for t in held.time.tolist() if t < moment + 2 * DAY - HOUR or length == 300]
        assert got == [t for t in expected if t < moment + 2 * DAY - HOUR or length == 300]
        assert [int(v) for v in held.volume] == [t % 1_000 for t in held.time.tolist()]
    days = stores.candles.read(Series(PLATFORM, name, DAY))
    assert {shows(zone, int(t)) % DAY for t in days.time} <= {0}


def test_a_clock_that_was_guessed_wrong_is_mended_by_history_and_with_it_what_is_held(
    stores: Stores,
) -> None:
    now = int(datetime(2024, 12, 11, 12, tzinfo=UTC).timestamp())
    broker = VirtualBroker(stores, "Europe/Athens", "EURUSD", currencies)
    assert broker.push(now, HOUR, 3).zone == "NY+7"
    # Weeks in which Europe's clock had changed and New York's had not, too few to tell.
    october = int(datetime(2024, 10, 28, tzinfo=UTC).timestamp())
    broker.send(now, HOUR, broker.openings(october, october + 3 * DAY, HOUR))
    assert feed_store(stores, lambda: 0).platforms()[PLATFORM].source == BY_OFFSET
    series = Series(PLATFORM, "EURUSD", HOUR)
    wrong = stores.candles.times(series).tolist()
    assert any(not currencies(one) for one in wrong) or wrong[0] != october
    since = int(datetime(2024, 9, 2, tzinfo=UTC).timestamp())
    answer = broker.send(now, HOUR, broker.openings(since, now - 5 * DAY, HOUR))
    assert (answer.zone, answer.grid) == ("EET", "00:00 EET")
    assert feed_store(stores, lambda: 0).platforms()[PLATFORM].source == BY_HISTORY
    held = stores.candles.read(series)
    newest = broker.openings(now - 5 * DAY, now, HOUR)[-3:]
    expected = broker.openings(since, now - 5 * DAY, HOUR) + newest
    assert held.time.tolist() == expected
    assert [int(v) for v in held.volume] == [t % 1_000 for t in expected]
    days = stores.candles.read(Series(PLATFORM, "EURUSD", DAY))
    assert {shows("Europe/Athens", int(t)) % DAY for t in days.time} == {0}
    assert not [f for f in days.flags.tolist()[1:-5] if f & CandleFlag.PARTIAL]


def test_history_goes_by_the_zone_that_the_clock_had_on_that_day(stores: Stores) -> None:
    moved, now = (int(datetime(2024, 6, day, tzinfo=UTC).timestamp()) for day in (3, 28))
    feeds = feed_store(stores, lambda: now * 1_000)
    feeds.confirm(PLATFORM, "UTC")
    assert feeds.confirm(PLATFORM, "NY+7", moved).earlier == (("UTC", moved),)
    assert feeds.platforms()[PLATFORM].earlier == (("UTC", moved),)
    broker = VirtualBroker(stores, "NY+7", "EURUSD", currencies)
    since = moved - 14 * DAY
    openings = broker.openings(since, now, HOUR)
    bars = [
        [shows("UTC" if one < moved else "NY+7", one), 1.1, 1.2, 1.0, 1.1, one % 1_000, 12]
        for one in openings
    ]
    clock = TerminalClock(shows("NY+7", now), now)
    series = [PushedSeries("EURUSD", "H1", 5, 1e-5, bars)]
    answer = feeds.store(PLATFORM, FeedMessage(clock=clock, series=series), {}).answer
    assert (answer.rejected, answer.zone) == ([], "NY+7")
    held = stores.candles.read(Series(PLATFORM, "EURUSD", HOUR))
    assert held.time.tolist() == openings
    assert [int(v) for v in held.volume] == [one % 1_000 for one in openings]


def test_metals_under_their_plain_names_tell_the_clock_too(stores: Stores) -> None:
    now = int(datetime(2024, 12, 11, 12, tzinfo=UTC).timestamp())
    broker = VirtualBroker(stores, "NY+7", "GOLD", currencies)
    since = int(datetime(2024, 9, 2, tzinfo=UTC).timestamp())
    assert broker.send(now, HOUR, broker.openings(since, now, HOUR)).zone == "NY+7"
    assert feed_store(stores, lambda: 0).platforms()[PLATFORM].source == BY_HISTORY
