"""Is an order accepted? Asked in the transaction that accepts it, and nowhere else.

What is missing, old or not finite refuses (fail closed). An order that only shrinks a position is
asked for its state and its volume alone, so that no limit can trap a position.
"""

from core.trading.accounts import Account, AtVenue, Limits, Position, Price, Verdict
from core.trading.events import Ordered, VenueView, View
from core.trading.orders import Order
from trading.money import amount, converted, volume_of, worth
from trading.valuation import entry_price, equity, notional, rate_of, sign

ACCEPTED = Verdict(True)
# An account at a venue that nobody has read for so long is not known.
UNREAD_MS = 60_000


def refused(limit: str, detail: str) -> Verdict:
    """Return the verdict of an order that a limit refuses."""
    return Verdict(False, limit, detail)


def check(account: Account, order: Order, asked: Ordered) -> Verdict:
    """Judge an order that opens or adds to a position, or shrinks one."""
    view, now = asked.view, asked.at
    held = account.position_in(order.instrument.market)
    if view.state == "HALTED" or account.state == "HALTED":
        return refused("state", f"Trading is halted: {account.reason or 'by its owner'}.")
    if account.at_venue is not None:
        verdict = _at_venue(account, account.at_venue, order, asked)
        if not verdict.accepted or order.reduces is not None:
            return verdict
    elif held is not None and held.side != order.side and order.volume <= held.volume:
        return ACCEPTED
    if order.reduces is not None:
        return refused("volume", "The position holds less than that.")
    if "REDUCING" in (view.state, account.state):
        return refused("state", "Only orders that shrink positions are taken at present.")
    price = view.prices.get(str(order.instrument.market))
    if not view.limits.allows(order.instrument.market):
        return refused("symbols", "This market is not among those that may be traded.")
    for verdict in (
        _volume(order),
        _price(order, price, view, now),
        _exits(order, price, view.limits),
        _pace(account, order, view.limits, now),
        _money(account, order, view, price),
    ):
        if not verdict.accepted:
            return verdict
    return ACCEPTED


def _at_venue(account: Account, where: AtVenue, order: Order, asked: Ordered) -> Verdict:
    """Check what matters at venues alone: gates, what is known of the account, what is closed."""
    seen = asked.view.venue or VenueView(gate="connection")
    if seen.gate:
        detail = f"The account may not trade: the gate {seen.gate} is shut."
        return refused("gate", detail)
    if order.reduces is not None:
        closing = sum(
            one.volume - one.filled
            for one in account.orders.values()
            if one.reduces == order.reduces and one.id != order.id
        )
        if order.volume + closing > account.positions[order.reduces].volume:
            return refused("volume", "The position holds less than that, or is being closed.")
        return ACCEPTED
    if seen.read_at is None or asked.at - seen.read_at > UNREAD_MS:
        return refused("venue", "The account at the venue could not be read for a minute.")
    if any(one.value is None for one in where.foreign):
        return refused("exposure", "What is held beside ours cannot be valued.")
    if not where.hedging and _is_taken(account, where, order):
        return refused("one_position", "The venue nets: end the position of this market first.")
    return ACCEPTED


def _is_taken(account: Account, where: AtVenue, order: Order) -> bool:
    """Say whether an order would be netted with something that is there."""
    market = order.instrument.market
    ours = any(one.instrument.market == market for one in _entries(account))
    return ours or any(one.shown.symbol == market.symbol for one in where.foreign)


def _volume(order: Order) -> Verdict:
    instrument, volume = order.instrument, volume_of(order.instrument, order.volume)
    if not instrument.volume_min <= volume <= instrument.volume_max:
        return refused(
            "volume", f"volume must be from {instrument.volume_min} to {instrument.volume_max}."
        )
    return ACCEPTED


def _price(order: Order, price: Price | None, view: View, now: int) -> Verdict:
    limits, instrument = view.limits, order.instrument
    if price is None or not 0 < price.bid <= price.ask:
        return refused("price", "No price of the market is known.")
    if now - price.at > price.fresh_ms:
        return refused("price", f"The newest price is {(now - price.at) // 1_000} s old.")
    usual = 2 * instrument.half_spread(price.bid)
    if usual and price.ask - price.bid > limits.spreads * usual:
        return refused("spread", f"The spread is more than {limits.spreads:g} times its usual one.")
    if order.price is not None:
        middle = (price.bid + price.ask) / 2
        if abs(order.price - middle) > limits.price_band * middle:
            return refused(
                "price_band", f"price must be within {limits.price_band:.0%} of the last good one."
            )
    return ACCEPTED


def _exits(order: Order, price: Price | None, limits: Limits) -> Verdict:
    """Check that exits lie on their sides of the entry."""
    entry = _entry(order, price)
    toward = sign(order.side)
    if order.stop_loss is None:
        if limits.needs_stop:
            return refused("stop_loss", "An order that opens a position needs a stop_loss.")
    elif order.stop_loss <= 0 or (entry - order.stop_loss) * toward <= 0:
        return refused("stop_loss", "stop_loss must lie on the losing side of the entry.")
    if order.take_profit is not None and (order.take_profit - entry) * toward <= 0:
        return refused("take_profit", "take_profit must lie on the winning side of the entry.")
    return ACCEPTED


def _entry(order: Order, price: Price | None) -> int:
    """Return the price at which an order is expected to be filled, 0 if nobody knows."""
    if order.price is not None:
        return order.price
    if price is None:
        return 0
    return entry_price(order.side, price)


def _pace(account: Account, order: Order, limits: Limits, now: int) -> Verdict:
    recent = sum(at > now - 60_000 for at in account.minute_orders)
    key = str(order.instrument.market)
    new = all(one.instrument.market != order.instrument.market for one in _entries(account))
    places = len({str(one.instrument.market) for one in _entries(account)})
    stopped = account.stops.get(key)
    rules = (
        ("orders_a_minute", recent >= limits.orders_a_minute),
        ("trades_a_day", account.trades_on(now) >= limits.trades_a_day),
        ("open_positions", new and places >= limits.open_positions),
        ("cooldown", stopped is not None and now < stopped + 1_000 * limits.cooldown_s),
        ("losses_in_a_row", 0 < limits.losses_in_a_row <= account.losses.get(key, 0)),
    )
    broken = next((name for name, holds in rules if holds), None)
    if broken is None:
        return ACCEPTED
    return refused(broken, f"The limit {broken} is reached: {_told(limits, broken)}.")


def _told(limits: Limits, name: str) -> str:
    held = getattr(limits, {"cooldown": "cooldown_s"}.get(name, name))
    return f"{held}{' s after a stop' if name == 'cooldown' else ''}"


def _entries(account: Account) -> list[Position | Order]:
    pending = [one for one in account.orders.values() if one.reduces is None]
    return [*account.positions.values(), *pending]


def _money(account: Account, order: Order, view: View, price: Price | None) -> Verdict:
    """Check what the order would risk and hold, in account money, against equity."""
    limits, instrument = view.limits, order.instrument
    rate = rate_of(view.rates, instrument.quote, account.currency)
    now = view.venue.equity if view.venue else equity(account, view.prices, view.rates)
    if rate is None:
        return refused("rate", f"No rate of {instrument.quote} to {account.currency} is known.")
    held = _exposure(account, view)
    if now is None or held is None:
        return refused("equity", "The account cannot be valued: a price or a rate is missing.")
    entry = _entry(order, price)
    value = converted(worth(instrument, entry, order.volume), rate)
    risk = 0
    if order.stop_loss is not None:
        risk = converted(worth(instrument, abs(entry - order.stop_loss), order.volume), rate)
    market = str(instrument.market)
    gross = sum(held.values()) + value
    lost_today = (account.day_equity if account.day_equity is not None else now) - now
    used = (
        ("drawdown", account.peak - now, limits.drawdown * account.peak, True),
        ("daily_loss", lost_today, limits.daily_loss * (lost_today + now), True),
        ("risk_per_trade", risk, limits.risk_per_trade * now, False),
        ("notional", value, limits.notional * now, False),
        ("per_symbol", held.get(market, 0) + value, limits.per_symbol * now, False),
        ("gross", gross, limits.gross * now, False),
        ("margin", gross, account.leverage * now, False),
    )
    for name, would, most, reached in used:
        if would > most or (reached and would >= most > 0):
            return refused(
                name,
                f"The limit {name} allows {amount(int(most)):.2f} {account.currency}; "
                f"this would be {amount(would):.2f}.",
            )
    return ACCEPTED if now > 0 else refused("equity", "Nothing is left in the account.")


def _exposure(account: Account, view: View) -> dict[str, int] | None:
    """Return what is held or ordered of each market in account money; None where unknown."""
    found: dict[str, int] = {}
    for position in account.positions.values():
        value = notional(position, view.prices, view.rates, account.currency)
        if value is None:
            return None
        key = str(position.instrument.market)
        found[key] = found.get(key, 0) + value
    for one in account.at_venue.foreign if account.at_venue else ():
        key = f"{account.at_venue.venue if account.at_venue else ''}:{one.shown.symbol}"
        found[key] = found.get(key, 0) + (one.value or 0)
    for order in account.orders.values():
        if order.reduces is not None:
            continue
        value = _pending(account, order, view)
        if value is None:
            return None
        key = str(order.instrument.market)
        found[key] = found.get(key, 0) + value
    return found


def _pending(account: Account, order: Order, view: View) -> int | None:
    price = view.prices.get(str(order.instrument.market))
    rate = rate_of(view.rates, order.instrument.quote, account.currency)
    if price is None or rate is None:
        return None
    left = worth(order.instrument, _entry(order, price), order.volume - order.filled)
    return converted(left, rate)
