"""Amounts in whole units, and postings whose sum is exactly zero."""

from collections.abc import Mapping
from decimal import ROUND_FLOOR, ROUND_HALF_EVEN, Context, Decimal
from typing import overload

from core.trading.accounts import (
    BOOKS,
    CASH,
    COMMISSION,
    DEPOSIT,
    MONEY,
    POSITION_COST,
    REALISED,
    SWAP,
)
from core.trading.events import Posting
from core.trading.instruments import Instrument

# Exact for any product of what an order may hold: rounding happens once, at the end.
EXACT = Context(prec=60)
_HALF_BPS = Decimal("0.00005")


@overload
def exact(value: float) -> Decimal: ...
@overload
def exact(value: float | None) -> Decimal | None: ...
def exact(value: float | None) -> Decimal | None:
    """Return a number as it was written: the shortest text that reads back as the same."""
    return None if value is None else Decimal(str(value))


def whole(value: Decimal) -> int:
    """Return the nearest whole number, of two equally near ones the even."""
    return int(value.to_integral_value(ROUND_HALF_EVEN, EXACT))


def money(value: Decimal) -> int:
    """Return an amount of a currency in units of 1e-8."""
    return whole(EXACT.multiply(value, Decimal(MONEY)))


def amount(units: int) -> Decimal:
    """Return units of 1e-8 as an amount of the currency."""
    return EXACT.divide(Decimal(units), Decimal(MONEY))


def worth(instrument: Instrument, price: int, volume: int) -> int:
    """Return what a volume (steps) costs at a price (ticks), in quote money."""
    one = EXACT.multiply(
        EXACT.multiply(instrument.tick_size, instrument.volume_step),
        EXACT.multiply(instrument.contract_size, Decimal(MONEY)),
    )
    return whole(EXACT.multiply(one, Decimal(price * volume)))


def converted(units: int, rate: Decimal) -> int:
    """Return money of another currency at a rate."""
    return units if rate == 1 else whole(EXACT.multiply(Decimal(units), rate))


def share(units: int, part: int, of: int) -> int:
    """Return that part of an amount, rounded down, so that what remains is never too little."""
    return units if part == of else units * part // of


def commission(instrument: Instrument, value: int) -> int:
    """Return what one side of a trade of that worth pays."""
    return whole(EXACT.multiply(Decimal(value), instrument.commission_bps * _HALF_BPS))


def nights(rate: Decimal, instrument: Instrument, volume: int, count: int) -> int:
    """Return what `count` nights bring (or cost, below 0) a volume in quote money."""
    return money(EXACT.multiply(EXACT.multiply(rate, instrument.volume_step), volume * count))


def deposited(units: int) -> list[Posting]:
    """Return the postings of a deposit."""
    return _paired(CASH, DEPOSIT, units)


def opened(cost: int, paid: int) -> list[Posting]:
    """Return the postings of a position that costs so much, and of its commission."""
    return [*_paired(POSITION_COST, CASH, cost), *_paired(COMMISSION, CASH, paid)]


def closed(cost: int, gained: int, paid: int) -> list[Posting]:
    """Return the postings of an end: what it had cost comes back, with gain or loss."""
    back = [(CASH, cost + gained), (POSITION_COST, -cost), (REALISED, -gained)]
    return [one for one in back if one[1]] + _paired(COMMISSION, CASH, paid)


def swapped(units: int) -> list[Posting]:
    """Return the postings of nights that were charged (below 0) or credited."""
    return _paired(CASH, SWAP, units)


def _paired(to: str, of: str, units: int) -> list[Posting]:
    return [(to, units), (of, -units)] if units else []


def post(books: Mapping[str, int], postings: list[Posting]) -> dict[str, int]:
    """Return the books after postings; raises `ValueError` unless their sum is zero."""
    if sum(units for _, units in postings):
        raise ValueError("postings must sum to zero")
    posted = {name: books.get(name, 0) for name in BOOKS}
    for name, units in postings:
        posted[name] += units
    return posted


def ticks(instrument: Instrument, price: Decimal) -> int | None:
    """Return a price in whole ticks; None if it lies between two."""
    return _counted(price, instrument.tick_size)


def steps(instrument: Instrument, volume: Decimal) -> int | None:
    """Return a volume in whole steps; None if it lies between two."""
    return _counted(volume, instrument.volume_step)


def ticks_down(instrument: Instrument, price: Decimal) -> int:
    """Return a price in ticks, rounded down."""
    found = EXACT.divide(price, instrument.tick_size)
    return int(found.to_integral_value(ROUND_FLOOR, EXACT))


def ticks_up(instrument: Instrument, price: Decimal) -> int:
    """Return a price in ticks, rounded up."""
    return -ticks_down(instrument, -price)


def price_of(instrument: Instrument, count: int) -> Decimal:
    """Return a price of so many ticks."""
    return EXACT.multiply(instrument.tick_size, Decimal(count))


def volume_of(instrument: Instrument, count: int) -> Decimal:
    """Return a volume of so many steps."""
    return EXACT.multiply(instrument.volume_step, Decimal(count))


def _counted(value: Decimal, unit: Decimal) -> int | None:
    if not value.is_finite():
        return None
    count = EXACT.divide(value, unit)
    found = int(count.to_integral_value(ROUND_HALF_EVEN, EXACT))
    return found if EXACT.multiply(unit, Decimal(found)) == value else None
