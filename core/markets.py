"""What a market is, and what a trade on it costs: a verdict belongs to its costs."""

from collections.abc import Mapping
from typing import Any

import msgspec

from core.brokers.symbols import is_pair_of_currencies
from core.platforms import PLATFORMS

# Basis points of the price a round trip: the taker fee of large spot exchanges, 0.1% a side.
DEFAULT_COSTS_BPS = 20.0
# What an account for currencies and metals pays between bid and ask where nobody has measured.
DEFAULT_SPREAD_BPS = 2.0

MEASURED, VENUE, SET, DEFAULT = "measured", "venue", "set", "default"
ROUND_TRIP = ("spread_bps", "commission_bps", "slippage_bps")
COSTS = (*ROUND_TRIP, "swap_long", "swap_short")

# Candles of these platforms are of bids, as MetaTrader's are.
_BID_PLATFORMS = ("metatrader", "mt4", "mt5", "forex", "fx")


class Costs(msgspec.Struct, frozen=True, kw_only=True):
    """Basis points of the price a round trip; swaps in quote currency a lot and night.

    `sources` says of each cost where it comes from, `source` that of the largest
    part of the round trip.
    """

    spread_bps: float = 0.0
    commission_bps: float = 0.0
    slippage_bps: float = 0.0
    swap_long: float = 0.0
    swap_short: float = 0.0
    source: str = DEFAULT
    sources: dict[str, str] = msgspec.field(default_factory=lambda: dict.fromkeys(COSTS, DEFAULT))

    @property
    def round_trip_bps(self) -> float:
        """Return what going in and out costs."""
        return self.spread_bps + self.commission_bps + self.slippage_bps


class MarketRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A symbol on a platform; facts that nobody told are None.

    `bids` says that its candles are of bids: a position to buy then pays the
    spread as it is entered, one to sell as it ends.
    """

    platform: str
    symbol: str
    tick_size: float | None = None
    digits: int | None = None
    contract_size: float | None = None
    volume_min: float | None = None
    volume_step: float | None = None
    volume_max: float | None = None
    zone: str | None = None
    sessions: list[str] | None = None
    costs: Costs
    bids: bool = False


def has_bid_candles(platform: str, symbol: str) -> bool:
    """Say whether a market's candles are of bids: currencies and metals, where no exchange is."""
    if platform in PLATFORMS:
        return False
    return is_pair_of_currencies(symbol) or platform.lower().startswith(_BID_PLATFORMS)


def default_costs(*, bids: bool) -> dict[str, float]:
    """Return what is taken for granted of a market of which nobody said more."""
    spread, commission = (DEFAULT_SPREAD_BPS, 0.0) if bids else (0.0, DEFAULT_COSTS_BPS)
    return dict.fromkeys(COSTS, 0.0) | {"spread_bps": spread, "commission_bps": commission}


def costs_of(
    *, bids: bool, told: Mapping[str, float], sources: Mapping[str, str], measured: float | None
) -> Costs:
    """Join what was told of costs, a spread that was measured, and defaults, in this order."""
    values, named = default_costs(bids=bids), dict.fromkeys(COSTS, DEFAULT)
    if measured is not None:
        values["spread_bps"], named["spread_bps"] = measured, MEASURED
    values |= told
    named |= {name: sources.get(name, SET) for name in told}
    largest = max(ROUND_TRIP, key=lambda name: (values[name], named[name] != DEFAULT))
    joined: dict[str, Any] = {**values, "source": named[largest], "sources": named}
    return Costs(**joined)
