"""A server to speak to, and the hours of a market played before it in seconds."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import time_machine

from core.forecast_target import ForecastTarget
from core.series import Market, Series
from core.signals import SIGNAL_MODEL, SignalWords, path_target
from feeds.simulator.metatrader.broker import Broker
from feeds.simulator.metatrader.feed_agent import FeedAgent
from feeds.simulator.metatrader.markets import EURUSD, M5, PLANTED, MadeMarket
from feeds.simulator.metatrader.trader_agent import Inputs, TraderAgent
from feeds.simulator.metatrader.web_request import Caller, WebRequest
from storage.stores import Stores
from tasks.signals.seal_signals import SignalSealer
from tests.integration.tasks.signals.market import train

BEGIN = datetime(2026, 3, 4, 12, 0, 1, tzinfo=UTC)
HORIZON = 6
DAY = 86_400
PLATFORM = "demo-broker"
COSTS_BPS = 1.3


class Stage:
    """A server's address and key, its stores, and the clock that all of it goes by."""

    def __init__(self, stores: Stores, url: str, travel: time_machine.Traveller) -> None:
        self.stores, self.url, self._travel = stores, url, travel
        self.key = stores.keys.create("owner", "terminal")[0]
        self.now = round(BEGIN.timestamp())
        self.series = Series(PLATFORM, "EURUSD", M5)
        self.target: ForecastTarget = path_target(self.series, HORIZON, SIGNAL_MODEL)
        self.sealer = SignalSealer(stores, SignalWords())

    def broker(self, *, days: int = 21, edge: float = PLANTED, **other: Any) -> Broker:
        """Return a broker whose market has a history, and goes on for two weeks."""
        market = MadeMarket.make(
            EURUSD, self.now - days * DAY, self.now + 14 * DAY, edge=edge, seed=5
        )
        given = {"suffix": ".m", "balance": 1e6} | other
        return Broker([market], self.now * 1_000, **given)

    def line(self, **other: Any) -> WebRequest:
        """Return WebRequest to the server."""
        return WebRequest(self.url, **other)

    def feed(self, broker: Broker, send: Caller | None = None, **other: Any) -> FeedAgent:
        """Return an agent that feeds this server."""
        return FeedAgent(broker, send or self.line(), PLATFORM, self.key, **other)

    def trader(
        self, broker: Broker, send: Caller | None = None, *, content_type: str | None = None,
        nul: bool = True, **inputs: Any,
    ) -> TraderAgent:  # fmt: skip
        """Return an agent that trades by this server."""
        given = Inputs(**({"trade": True, "suffix": ".m", "most_lots": 5.0} | inputs))
        return TraderAgent(
            broker, send or self.line(), self.key, given, content_type=content_type, nul=nul
        )

    def backfill(self, agent: FeedAgent) -> None:
        """Let an agent push until the server wants nothing more."""
        for _ in range(100):
            answer = agent.on_timer()
            assert answer
            assert answer.status == 200, answer.body
            if not agent.wants:
                return
        raise AssertionError("the server wants more and more")

    def offer(self) -> None:
        """Train what is held and offer its signals, at the costs of a usual account."""
        market = Market(self.series.platform, self.series.symbol)
        self.stores.markets.tell(market, {"digits": 5}, {"spread_bps": COSTS_BPS}, "set")
        job = train(self.stores, self.series, HORIZON)
        assert job.error is None, job.error
        self.stores.slots.offer([self.target])
        self._travel.move_to(datetime.fromtimestamp(self.now, UTC))  # training took a while

    def to(self, second: int, broker: Broker | None = None) -> None:
        """Let all clocks show an instant (s)."""
        self.now = second
        self._travel.move_to(datetime.fromtimestamp(second, UTC))
        if broker is not None:
            broker.advance(second * 1_000)

    def closes(self, count: int, broker: Broker) -> Iterator[int]:
        """Yield each of the next closes of the market's candles (s), a second after it."""
        (market,) = broker.markets.values()
        openings = market.times[market.times + M5 > self.now][:count]
        for opening in openings.tolist():
            self.to(opening + M5 + 1, broker)
            yield opening + M5
