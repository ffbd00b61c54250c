"""What an account holds and has earned, in numbers."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from core.trading.accounts import (
    COMMISSION,
    DAY_MS,
    REALISED,
    SWAP,
    Account,
    Limits,
    Position,
    Price,
    Rate,
)
from trading.money import converted, worth
from trading.valuation import exit_price, gain, rate_of, sign


class Held(NamedTuple):
    """A position at its newest price; money in units of 1e-8.

    `price` (ticks) is None where none was ever known: it is then valued at what it cost.
    """

    position: Position
    price: int | None
    at: int | None
    notional: int
    quote: int
    account: int


class Figures(NamedTuple):
    """An account at the newest prices; money in units of 1e-8 of its currency."""

    held: list[Held]
    balance: int
    equity: int
    margin: int
    unrealised: int
    realised: int
    commission: int
    swap: int
    today: int
    open_risk: int
    daily_loss_left: int
    trades_left: int
    drawdown: float
    by_symbol: dict[str, int]
    by_currency: dict[str, int]

    @property
    def gross(self) -> int:
        """Return the sum of what is held, longs and shorts."""
        return sum(one.notional for one in self.held)

    @property
    def net(self) -> int:
        """Return longs less shorts."""
        return sum(map(_signed, self.held))


def figures(
    account: Account,
    prices: Mapping[str, Price],
    rates: Mapping[str, Rate],
    limits: Limits,
    now: int,
) -> Figures:
    """Return what an account holds and has earned; what has no price counts as it was bought."""
    held = [_held(one, account, prices, rates) for one in account.positions.values()]
    unrealised = sum(one.account for one in held)
    equity = account.balance + unrealised
    same_day = now // DAY_MS == account.day
    start = account.day_equity if same_day and account.day_equity is not None else equity
    peak = max(account.peak, equity)
    return Figures(
        held=held,
        balance=account.balance,
        equity=equity,
        margin=sum(one.notional for one in held) // account.leverage,
        unrealised=unrealised,
        realised=-account.books[REALISED],
        commission=account.books[COMMISSION],
        swap=-account.books[SWAP],
        today=equity - start,
        open_risk=sum(one.position.risk for one in held),
        daily_loss_left=max(0, int(limits.daily_loss * start) + equity - start),
        trades_left=max(0, limits.trades_a_day - account.trades_on(now)),
        drawdown=(peak - equity) / peak if peak > 0 else 0.0,
        by_symbol=_sums((one.position.instrument.symbol, _signed(one)) for one in held),
        by_currency=_sums(_currencies(held)),
    )


def _held(
    position: Position, account: Account, prices: Mapping[str, Price], rates: Mapping[str, Rate]
) -> Held:
    instrument = position.instrument
    price = prices.get(str(instrument.market))
    rate = rate_of(rates, instrument.quote, account.currency)
    if price is None or rate is None:
        return Held(position, None, None, position.cost_account, 0, 0)
    out = exit_price(position, price)
    earned = gain(position, out, position.volume)
    value = converted(worth(instrument, out, position.volume), rate)
    return Held(position, out, price.at, value, earned, converted(earned, rate))


def _signed(held: Held) -> int:
    return sign(held.position.side) * held.notional


def _currencies(held: list[Held]) -> list[tuple[str, int]]:
    """Return what is owned and owed of each currency, in account money."""
    found = []
    for one in held:
        instrument, signed = one.position.instrument, _signed(one)
        found += [(instrument.base, signed), (instrument.quote, -signed)]
    return found


def _sums(parts: Iterable[tuple[str, int]]) -> dict[str, int]:
    found: dict[str, int] = {}
    for name, units in parts:
        found[name] = found.get(name, 0) + units
    return found
