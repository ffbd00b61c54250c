"""Quotes, trades and candles in ticks of an instrument: what orders can be filled at.

Quotes count where a market has any; a trade counts where no quote came in the ten seconds before
it, with half the recorded spread on each side; candles where there is neither.
"""

from collections.abc import Sequence
from decimal import Decimal

from core.trading.accounts import HeldPrice, Tick
from core.trading.instruments import Instrument
from trading.money import exact, ticks_down, ticks_up

FRESH_MS = 10_000


def quote_tick(instrument: Instrument, at: int, bid: float, ask: float) -> Tick:
    """Return a quote in ticks: between two, the worse one for who trades at it."""
    low, high = ticks_down(instrument, _exact(bid)), ticks_up(instrument, _exact(ask))
    return Tick(at, low, high)


def trade_tick(instrument: Instrument, at: int, price: float) -> Tick:
    """Return what could be traded at as somebody else did."""
    low, high = ticks_down(instrument, _exact(price)), ticks_up(instrument, _exact(price))
    half = instrument.half_spread(high)
    return Tick(at, low - half, high + half, traded=True)


def candle_ticks(
    instrument: Instrument, at: int, opening: float, high: float, low: float
) -> list[Tick]:
    """Return what a candle is to orders: its opening, then its extremes."""
    first = candle_price(instrument, at, opening)
    shift = first.bid - ticks_down(instrument, _exact(opening))
    extremes = Tick(
        at,
        first.bid,
        first.ask,
        low=ticks_down(instrument, _exact(low)) + shift,
        high=ticks_down(instrument, _exact(high)) + shift,
    )
    return [first, extremes]


def merged(
    instrument: Instrument,
    bids: Sequence[tuple[int, float]],
    asks: Sequence[tuple[int, float]],
    trades: Sequence[tuple[int, float]],
) -> list[Tick]:
    """Return quotes and trades in order; of one instant the quote counts."""
    offered = dict(asks)
    quoted = {at: quote_tick(instrument, at, bid, offered[at]) for at, bid in bids if at in offered}
    found = dict(quoted)
    times, last = sorted({*quoted, *(at for at, _ in trades)}), -FRESH_MS
    traded = dict(trades)
    for at in times:
        if at in quoted:
            last = at
        elif at > last + FRESH_MS:
            found[at] = trade_tick(instrument, at, traded[at])
    return [found[at] for at in sorted(found)]


def candle_price(instrument: Instrument, at: int, price: float) -> Tick:
    """Return a price of a candle, of whose quotes the recorded spread is all that is known."""
    level = ticks_down(instrument, _exact(price))
    half = instrument.half_spread(level)
    if instrument.bids:
        return Tick(at, level, level + 2 * half)
    return Tick(at, level - half, level + half)


def is_held(instrument: Instrument, tick: Tick, held: HeldPrice) -> bool | None:
    """Say whether a recorded price is one that is still held; None where that cannot be told.

    Prices of candles cannot: a candle may have been revised since.
    """
    if tick.low is not None:
        return None
    if tick.traded:
        return None if held.trade is None else trade_tick(instrument, tick.at, held.trade) == tick
    if held.bid is None or held.ask is None:
        return None
    return quote_tick(instrument, tick.at, held.bid, held.ask) == tick


def _exact(value: float) -> Decimal:
    return exact(value) if value == value else Decimal(0)
