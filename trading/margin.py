"""What an account can no longer carry is closed, the greatest loss first, as brokers do."""

from collections.abc import Mapping

from core.trading.accounts import Account, Position, Price, Rate
from core.trading.events import Event, Timed
from trading.matching import stopped_out
from trading.money import converted
from trading.valuation import equity, exit_price, gain, notional, rate_of

# Equity of so little of the margin (percent) is too little, the usual level of MetaTrader.
STOP_OUT_PERCENT = 50


def is_called(account: Account, prices: Mapping[str, Price], rates: Mapping[str, Rate]) -> bool:
    """Say whether equity is at most half of the margin; not where it cannot be valued."""
    now = equity(account, prices, rates)
    held = [notional(p, prices, rates, account.currency) for p in account.positions.values()]
    values = [value for value in held if value is not None]
    if now is None or not values:
        return False
    return 100 * account.leverage * now <= STOP_OUT_PERCENT * sum(values)


def stop_out(account: Account, timed: Timed) -> list[Event]:
    """Close positions by fresh prices until the rest can be carried; changes the account."""
    happened: list[Event] = []
    while is_called(account, timed.prices, timed.rates):
        lost = [
            (loss, position)
            for position in account.positions.values()
            if (loss := _earned(account, position, timed)) is not None
        ]
        if not lost:
            break
        _, worst = min(lost, key=lambda one: one[0])
        price = timed.prices[str(worst.instrument.market)]
        rate = rate_of(timed.rates, worst.instrument.quote, account.currency)
        if rate is None:
            break
        happened.append(stopped_out(account, worst, timed.at, price, rate))
    return happened


def _earned(account: Account, position: Position, timed: Timed) -> int | None:
    """Return what a position earned in account money, None where it cannot be closed now."""
    price = timed.prices.get(str(position.instrument.market))
    rate = rate_of(timed.rates, position.instrument.quote, account.currency)
    if price is None or rate is None or timed.at - price.at > price.fresh_ms:
        return None
    return converted(gain(position, exit_price(position, price), position.volume), rate)
