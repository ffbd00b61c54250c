"""What is known of an account at a venue between two calls: the last reading, prices, units."""

from dataclasses import dataclass, field
from decimal import Decimal

from core.trading.accounts import Account, Price, Rate
from core.trading.instruments import Instrument
from core.venues.account import VenuePrice, VenueSnapshot, VenueSpecification
from trading.money import ticks_down, ticks_up

# A price of the venue is asked for anew after so long (ms), and refuses orders when it is older.
ASKED_ANEW_MS, FRESH_MS = 1_000, 10_000
# The venue's prices of what is held come with each reading.
_OF_READING_MS = 60_000


@dataclass
class Known:
    """Instruments, prices and rates by the venue's names; `snapshot` is the last reading."""

    platform: str
    instruments: dict[str, Instrument] = field(default_factory=dict)
    prices: dict[str, VenuePrice] = field(default_factory=dict)
    asked_at: dict[str, int] = field(default_factory=dict)
    rates: dict[str, Rate] = field(default_factory=dict)
    failed_at: dict[str, int] = field(default_factory=dict)
    snapshot: VenueSnapshot | None = None

    def is_priced(self, symbol: str, now: int) -> bool:
        """Say whether a symbol's units and a price of this moment are known."""
        asked = self.asked_at.get(symbol)
        new = asked is not None and now - asked <= ASKED_ANEW_MS
        return new and symbol in self.instruments

    def prices_of(self, account: Account, symbol: str | None = None) -> dict[str, Price]:
        """Return prices of what an account holds, and of a symbol, by `platform:symbol`."""
        found = {}
        for quoted in _quotes(self.snapshot) if self.snapshot else ():
            instrument = self.instruments.get(quoted.symbol)
            if instrument is not None:
                found[quoted.symbol] = _price(instrument, quoted, quoted.at, _OF_READING_MS)
        names = {one.instrument.symbol for one in account.orders.values()}
        names |= {one.instrument.symbol for one in account.positions.values()}
        names |= {symbol} if symbol else set()
        for name in names & self.prices.keys() & self.instruments.keys():
            at = self.asked_at[name]
            if name == symbol or name not in found:
                found[name] = _price(self.instruments[name], self.prices[name], at, FRESH_MS)
        return {f"{self.platform}:{name}": found[name] for name in sorted(found)}


def _quotes(shown: VenueSnapshot) -> list[VenuePrice]:
    """Return prices of what is held: bought positions show the bid, sold ones the ask."""
    bids = {one.symbol: one.current_price for one in shown.positions if one.side == "buy"}
    asks = {one.symbol: one.current_price for one in shown.positions if one.side == "sell"}
    found = []
    for name in sorted(bids | asks):
        ask = asks[name] if name in asks else bids[name]
        found.append(VenuePrice(name, min(bids.get(name, ask), ask), ask, shown.read_at))
    return found


def _price(instrument: Instrument, quoted: VenuePrice, at: int, fresh_ms: int) -> Price:
    """Return a price as it was seen at an instant; venues' clocks differ from ours."""
    bid, ask = ticks_down(instrument, quoted.bid), ticks_up(instrument, quoted.ask)
    return Price(bid, ask, min(at, quoted.at) if at - quoted.at > fresh_ms else at, fresh_ms)


def instrument_of_venue(platform: str, told: VenueSpecification) -> Instrument:
    """Return the instrument of what a venue says of a symbol; it charges what it charges."""
    base = told.symbol.upper().removesuffix(told.quote.upper()) or told.symbol
    return Instrument(
        platform=platform,
        symbol=told.symbol,
        base=base,
        quote=told.quote,
        contract_size=told.contract_size,
        tick_size=told.tick_size,
        volume_min=told.volume_min,
        volume_step=told.volume_step,
        volume_max=told.volume_max,
        slippage_ticks=0,
    )


def middle(price: VenuePrice) -> Decimal:
    """Return the middle of bid and ask."""
    return (price.bid + price.ask) / 2
