"""What an account is worth at given prices."""

from collections.abc import Mapping
from decimal import Decimal

from core.trading.accounts import Account, Position, Price, Rate
from core.trading.orders import Side
from trading.money import converted, worth

_ONE = Decimal(1)


def sign(side: str) -> int:
    """Return 1 for a side that gains as prices rise, else -1."""
    return 1 if side == "buy" else -1


def other(side: Side) -> Side:
    """Return the side that ends what this one began."""
    return "sell" if side == "buy" else "buy"


def gain(position: Position, price: int, volume: int) -> int:
    """Return what that much of a position earned in quote money, out at a price (ticks)."""
    cost = (
        position.cost if volume == position.volume else (position.cost * volume // position.volume)
    )
    return sign(position.side) * (worth(position.instrument, price, volume) - cost)


def exit_price(position: Position, price: Price) -> int:
    """Return at what (ticks) a position could end now: buyers sell at the bid."""
    return price.bid if position.side == "buy" else price.ask


def entry_price(side: Side, price: Price) -> int:
    """Return at what (ticks) a position could begin now: buyers pay the ask."""
    return price.ask if side == "buy" else price.bid


def rate_of(rates: Mapping[str, Rate], currency: str, of: str) -> Decimal | None:
    """Return what one of a currency is worth in another; None where nobody knows."""
    if currency == of:
        return _ONE
    held = rates.get(currency)
    return None if held is None else held.value


def unrealised(
    account: Account, prices: Mapping[str, Price], rates: Mapping[str, Rate]
) -> int | None:
    """Return what open positions earned in account money; None where a price or rate lacks."""
    total = 0
    for position in account.positions.values():
        price = prices.get(str(position.instrument.market))
        rate = rate_of(rates, position.instrument.quote, account.currency)
        if price is None or rate is None:
            return None
        earned = gain(position, exit_price(position, price), position.volume)
        total += converted(earned, rate)
    return total


def equity(account: Account, prices: Mapping[str, Price], rates: Mapping[str, Rate]) -> int | None:
    """Return the balance with what open positions earned; None where that is unknown."""
    earned = unrealised(account, prices, rates)
    return None if earned is None else account.balance + earned


def notional(
    position: Position, prices: Mapping[str, Price], rates: Mapping[str, Rate], currency: str
) -> int | None:
    """Return what a position is worth now in account money, whatever its side."""
    price = prices.get(str(position.instrument.market))
    rate = rate_of(rates, position.instrument.quote, currency)
    if price is None or rate is None:
        return None
    now = worth(position.instrument, exit_price(position, price), position.volume)
    return converted(now, rate)
