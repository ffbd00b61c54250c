"""A broker: markets under names of its own, by a clock of its own, and an account on them."""

from collections.abc import Mapping, Sequence

import msgspec

from core.clock.clocks import Clock
from feeds.simulator.metatrader.account import Account, Mode, Price, Program, Slippage
from feeds.simulator.metatrader.markets import Bar, Instrument, MadeMarket, Quote, bars_of

# As most brokers' servers run: seven hours ahead of New York, so that days are five whole ones.
USUAL_ZONE = "NY+7"


class Broker:
    """What a terminal sees of its broker; it stands still until `advance`.

    `suffix` is what this broker adds to symbols, `names` are those that it calls quite
    otherwise (`{"XAUUSD": "GOLD"}`). `clock_off_s` is by how much its clock is wrong, and
    `zone` the clock that it keeps. `now_ms` is the true time (epoch ms).
    """

    def __init__(
        self, markets: Sequence[MadeMarket], now_ms: int, *, zone: str = USUAL_ZONE,
        suffix: str = "", names: Mapping[str, str] | None = None, clock_off_s: int = 0,
        server: str = "Simulated-Demo", mode: Mode = "hedging", program: Program = "mt5",
        slippage: Slippage | None = None, login: int = 1_001, balance: float = 10_000.0,
    ) -> None:  # fmt: skip
        own = names or {}
        self.markets = {
            own.get(one.instrument.symbol, one.instrument.symbol + suffix): one for one in markets
        }
        self.zone, self.clock_off_s = zone, clock_off_s
        self.now_ms = now_ms
        # What its terminals say: a line that breaks sets it.
        self.is_connected = True
        self._clock = Clock(zone)
        self.account = Account(
            self.instruments, login=login, server=server, mode=mode, program=program,
            slippage=slippage, balance=balance,
        )  # fmt: skip
        for name, market in self.markets.items():
            if quote := market.quote(now_ms):
                self.account.on_price(name, self._price(quote))
        self.account.time_ms = self._shown(now_ms)

    @property
    def instruments(self) -> dict[str, Instrument]:
        """Return what is traded, by the broker's names."""
        return {name: market.instrument for name, market in self.markets.items()}

    @property
    def server_s(self) -> int:
        """Return what the server's clock shows (s, as if it were UTC)."""
        return self._shown(self.now_ms) // 1_000

    def advance(self, now_ms: int) -> None:
        """Let time pass: every tick until then reaches the account, in order."""
        ticks = [
            (quote.time_ms, name, quote)
            for name, market in self.markets.items()
            for quote in market.quotes(self.now_ms, now_ms)
        ]
        for _, name, quote in sorted(ticks, key=lambda tick: tick[:2]):
            self.account.on_price(name, self._price(quote))
        self.now_ms = now_ms
        self.account.time_ms = self._shown(now_ms)

    def quote(self, symbol: str) -> Quote | None:
        """Return the newest tick by the server's clock, None before the first."""
        found = self.markets[symbol].quote(self.now_ms)
        return found and Quote(self._shown(found.time_ms), found.bid, found.ask)

    def bars(self, symbol: str, length: int, count: int, since: int | None = None) -> list[Bar]:
        """Return finished bars by the server's clock: the last ones, or the first from `since`."""
        off = self.clock_off_s
        found = bars_of(
            self.markets[symbol], length, self.now_ms // 1_000, self.zone, count=count,
            since=None if since is None else since - off,
        )  # fmt: skip
        if not off:
            return found
        return [msgspec.structs.replace(bar, time=bar.time + off) for bar in found]

    def _shown(self, at_ms: int) -> int:
        return round(self._clock.of_utc(at_ms // 1_000) + self.clock_off_s) * 1_000 + at_ms % 1_000

    def _price(self, quote: Quote) -> Price:
        return Price(self._shown(quote.time_ms), quote.bid, quote.ask)
