"""Which orders and exits a price fills, and at what.

A market order takes the first price from `active_from` on. A stop, and a stop loss, is touched by
the bid (selling) or the ask (buying) and takes the price that touched it: at the stop or worse
after a gap, never inside the hole. A limit, and a take profit, takes what is offered at the limit
or better; a trade must have passed it. All but limits slip by the instrument's slippage. Of a
candle its opening is a price as any other; then its extremes count, the stop before the profit.
"""

from decimal import Decimal
from typing import NamedTuple

from core.trading.accounts import Account, Entry, Fill, Position, Price, Tick
from core.trading.events import Filled, Posting, Ticked
from core.trading.instruments import Instrument
from core.trading.orders import Order, Side
from trading.apply import apply
from trading.money import closed, commission, converted, opened, share, worth
from trading.valuation import exit_price, gain, other, sign

STOP_LOSS, TAKE_PROFIT, BY_ORDER, STOP_OUT = "stop_loss", "take_profit", "order", "stop_out"


def exit_fills(account: Account, ticked: Ticked, opened_since: int | None = None) -> list[Filled]:
    """Close the positions of a market whose exits a price reaches; changes the account.

    With `opened_since` only positions that were opened at that instant, by their stops.
    """
    found = []
    for position in list(account.positions.values()):
        if not is_of(position.instrument, ticked):
            continue
        if opened_since is not None and position.opened_at != opened_since:
            continue
        reached = _exit(position, ticked.tick, stops_only=opened_since is not None)
        if reached is not None:
            found.append(_end(account, position, ticked, *reached))
    return found


def order_fill(account: Account, order: Order, ticked: Ticked) -> Filled | None:
    """Fill an order if a price does; changes the account."""
    reached = _entry(order, ticked.tick)
    if reached is None:
        return None
    price, slippage = reached
    volume = order.volume - order.filled
    held = account.position_in(order.instrument.market)
    if order.reduces is not None:
        volume = min(volume, held.volume) if held else 0
    shrinks = held is not None and held.side != order.side
    done = min(volume, held.volume) if held and shrinks else 0
    if not volume:
        return None
    part = _Part(order.instrument, order.side, volume, price, slippage, ticked)
    event = _booked(account, order.id, part, held if done else None, done, BY_ORDER if done else "")
    apply(account, event)
    return event


def stopped_out(
    account: Account, position: Position, at: int, price: Price, rate: Decimal
) -> Filled:
    """Close a position by a price that is known, as a market order would; changes the account."""
    instrument, here = position.instrument, exit_price(position, price)
    ticked = Ticked(
        platform=instrument.platform,
        symbol=instrument.symbol,
        tick=Tick(at, price.bid, price.ask),
        rate=rate,
    )
    slipped = instrument.slippage(here)
    out = here - slipped * sign(position.side)
    return _end(account, position, ticked, STOP_OUT, out, slipped)


def would_fill(account: Account, ticked: Ticked) -> bool:
    """Say whether a price changes the account, which it does not do here."""
    if account.at_venue is not None:
        return False
    for position in account.positions.values():
        if is_of(position.instrument, ticked) and _exit(position, ticked.tick, stops_only=False):
            return True
    for order in account.orders.values():
        if is_of(order.instrument, ticked) and (
            _entry(order, ticked.tick)
            or (order.expires_at is not None and order.expires_at <= ticked.tick.at)
        ):
            return True
    return False


def is_of(instrument: Instrument, ticked: Ticked) -> bool:
    """Say whether a price is of a market."""
    return (instrument.platform, instrument.symbol) == (ticked.platform, ticked.symbol)


def _exit(position: Position, tick: Tick, *, stops_only: bool) -> tuple[str, int, int] | None:
    """Return how a position ends by a price, at what (ticks), and the slippage in it."""
    buys = position.side == "buy"
    stop, profit = position.stop_loss, position.take_profit
    here = tick.bid if buys else tick.ask
    worst = _worst(tick, buys)
    if stop is not None and (worst <= stop if buys else worst >= stop):
        reached = here if tick.low is None else _nearer(stop, here, low=buys)
        slipped = position.instrument.slippage(reached)
        return STOP_LOSS, reached - slipped * sign(position.side), slipped
    if profit is None or stops_only:
        return None
    best = _best(tick, buys)
    passed = tick.traded or tick.low is not None
    if _reaches(best, profit, up=buys, passed=passed):
        return TAKE_PROFIT, _improved(here, profit, up=buys), 0
    return None


def _entry(order: Order, tick: Tick) -> tuple[int, int] | None:
    """Return at what price (ticks) an order is filled, and the slippage in it; None if not."""
    if tick.at < order.active_from:
        return None
    buys = order.side == "buy"
    here = tick.ask if buys else tick.bid
    slipped = order.instrument.slippage(here) * sign(order.side)
    if order.type == "market" or order.price is None:
        return None if tick.low is not None else (here + slipped, abs(slipped))
    if order.type == "stop":
        highest = _worst(tick, not buys)
        if highest < order.price if buys else highest > order.price:
            return None
        reached = here if tick.low is None else _nearer(order.price, here, low=not buys)
        return reached + slipped, abs(slipped)
    cheapest = _best(tick, not buys)
    passed = tick.traded or tick.low is not None
    if not _reaches(cheapest, order.price, up=not buys, passed=passed):
        return None
    return _improved(here, order.price, up=not buys), 0


def _worst(tick: Tick, sells: bool) -> int:
    """Return the worst price for who sells (the lowest bid) or buys (the highest ask)."""
    if tick.low is None or tick.high is None:
        return tick.bid if sells else tick.ask
    return tick.low if sells else tick.high + tick.ask - tick.bid


def _best(tick: Tick, sells: bool) -> int:
    """Return the best price for who sells (the highest bid) or buys (the lowest ask)."""
    if tick.low is None or tick.high is None:
        return tick.bid if sells else tick.ask
    return tick.high if sells else tick.low + tick.ask - tick.bid


def _nearer(stop: int, here: int, *, low: bool) -> int:
    """Return where a candle's path met a stop: there, or at its opening if that was past it."""
    return min(stop, here) if low else max(stop, here)


def _reaches(price: int, limit: int, *, up: bool, passed: bool) -> bool:
    """Say whether a price is at a limit, or past it where touching is not enough."""
    beyond = price - limit if up else limit - price
    return beyond > 0 if passed else beyond >= 0


def _improved(here: int, limit: int, *, up: bool) -> int:
    """Return the better one of what is offered and the limit."""
    return max(here, limit) if up else min(here, limit)


def _end(
    account: Account, position: Position, ticked: Ticked, how: str, price: int, slippage: int
) -> Filled:
    whole = position.volume
    part = _Part(position.instrument, other(position.side), whole, price, slippage, ticked)
    event = _booked(account, position.id, part, position, whole, how)
    apply(account, event)
    return event


class _Part(NamedTuple):
    """A fill before it is known what it does to a position."""

    instrument: Instrument
    side: Side
    volume: int
    price: int
    slippage: int
    ticked: Ticked


def _booked(
    account: Account, order_id: int, part: _Part, held: Position | None, done: int, how: str
) -> Filled:
    """Return the fill with its postings: what ends of a position, and what begins of another."""
    rate = part.ticked.rate
    value = worth(part.instrument, part.price, part.volume)
    paid = converted(commission(part.instrument, value), rate)
    postings: list[Posting] = []
    realised, ending = 0, share(paid, done, part.volume) if done else 0
    if held is not None and done:
        realised = converted(gain(held, part.price, done), rate)
        postings += closed(share(held.cost_account, done, held.volume), realised, ending)
    if rest := part.volume - done:
        cost = converted(worth(part.instrument, part.price, rest), rate)
        postings += opened(cost, paid - ending)
    fill = Fill(
        order_id=order_id,
        position_id=_position_id(account, part.instrument, held, order_id, rest),
        at=part.ticked.tick.at,
        side=part.side,
        volume=part.volume,
        price=part.price,
        slippage=part.slippage,
        commission=paid,
        rate=rate,
        realised=realised,
        exit=how,
        closed=done,
        entry=ended_part(held, done) if held is not None and done else None,
    )
    return Filled(at=fill.at, fill=fill, postings=postings)


def ended_part(position: Position, volume: int) -> Entry:
    """Return the part of a position that ends with so many steps of it."""

    def part(units: int) -> int:
        return share(units, volume, position.volume)

    return Entry(
        side=position.side,
        opened_at=position.opened_at,
        cost=part(position.cost),
        risk=part(position.risk),
        commission=part(position.commission),
        swap=part(position.swap),
        decision_id=position.decision_id,
        signal_seq=position.signal_seq,
        signal_hash=position.signal_hash,
        override=position.override,
        gap_bps=position.gap_bps,
    )


def _position_id(
    account: Account, instrument: Instrument, ended: Position | None, order_id: int, rest: int
) -> int:
    if ended is not None:
        return ended.id
    grown = account.position_in(instrument.market) if rest else None
    return order_id if grown is None else grown.id
