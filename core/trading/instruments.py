"""What an order must know of its market: units, currencies and costs, all exact."""

import re
from decimal import Decimal
from types import MappingProxyType

import msgspec

from core.markets import DEFAULT, MarketRecord
from core.series import Market

_CURRENCIES = re.compile(r"([A-Z]{3,5}?)[-_/.]?(USDT|USDC|USD|EUR|GBP|JPY|CHF|CAD|AUD|NZD)")
_HALF_BPS = Decimal("0.00005")


class Instrument(msgspec.Struct, frozen=True, kw_only=True):
    """A market as orders see it.

    Prices are counted in `tick_size`, volumes in `volume_step`; a volume of one is
    `contract_size` units of `base`. Costs are basis points of the price a round trip, swaps in
    quote currency a unit of volume and night.
    """

    platform: str
    symbol: str
    base: str
    quote: str
    contract_size: Decimal
    tick_size: Decimal
    volume_min: Decimal
    volume_step: Decimal
    volume_max: Decimal
    spread_bps: Decimal = Decimal(0)
    commission_bps: Decimal = Decimal(0)
    slippage_bps: Decimal = Decimal(0)
    slippage_ticks: int = 1
    swap_long: Decimal = Decimal(0)
    swap_short: Decimal = Decimal(0)
    bids: bool = False

    @property
    def market(self) -> Market:
        """Return its market."""
        return Market(self.platform, self.symbol)

    def half_spread(self, price: int) -> int:
        """Return half the recorded spread at a price, in ticks, rounded up."""
        return _up(price * self.spread_bps * _HALF_BPS)

    def slippage(self, price: int) -> int:
        """Return the slippage of a fill at a price, in ticks: what was told, else a tick."""
        return (
            _up(price * self.slippage_bps * _HALF_BPS)
            if self.slippage_bps
            else (self.slippage_ticks)
        )


class _Units(msgspec.Struct, frozen=True):
    contract_size: str
    tick_size: str
    volume_min: str
    volume_step: str
    volume_max: str


_CRYPTO = _Units("1", "0.01", "0.0001", "0.0001", "1000")
# What is taken for granted of these markets where nobody said more.
_USUAL = MappingProxyType(
    {
        "XAUUSD": _Units("100", "0.01", "0.01", "0.01", "100"),
        "EURUSD": _Units("100000", "0.00001", "0.01", "0.01", "100"),
        "GBPUSD": _Units("100000", "0.00001", "0.01", "0.01", "100"),
        "BTCUSD": _CRYPTO,
        "ETHUSD": _CRYPTO,
        "BTCUSDT": _CRYPTO,
        "ETHUSDT": _CRYPTO,
    }
)


def instrument_of(record: MarketRecord) -> Instrument | None:
    """Return the instrument of a market; None where a unit that an order needs is unknown."""
    letters = re.sub(r"[^A-Z0-9]", "", record.symbol.upper())
    currencies = _CURRENCIES.fullmatch(record.symbol.upper())
    usual = _USUAL.get(letters)
    units = {
        name: Decimal(str(told)) if (told := getattr(record, name)) else _usual(usual, name)
        for name in _Units.__struct_fields__
    }
    if currencies is None or any(not value for value in units.values()):
        return None
    costs, told = record.costs, {name: value for name, value in units.items() if value}
    return Instrument(
        platform=record.platform,
        symbol=record.symbol,
        base=currencies[1],
        quote=currencies[2],
        **told,
        spread_bps=_decimal(costs.spread_bps),
        commission_bps=_decimal(costs.commission_bps),
        slippage_bps=_decimal(costs.slippage_bps),
        slippage_ticks=1 if costs.sources.get("slippage_bps", DEFAULT) == DEFAULT else 0,
        swap_long=_decimal(costs.swap_long),
        swap_short=_decimal(costs.swap_short),
        bids=record.bids,
    )


def _usual(units: _Units | None, name: str) -> Decimal | None:
    return None if units is None else Decimal(getattr(units, name))


def _decimal(value: float) -> Decimal:
    return Decimal(str(value))


def _up(value: Decimal) -> int:
    whole = int(value)
    return whole if whole == value else whole + 1
