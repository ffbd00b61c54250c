"""Are the exchange's own candles those that its trades make?"""

import math
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from core.clock.times import format_time
from feeds.check.report import Finding, Result, judged
from feeds.check.trades import minute_of
from feeds.connector import FetchedTrade

PROBE = "candles from trades"
# An exchange writes decimals; what comes of them as a float is right to 15 digits.
_RELATIVE = 1e-9


class Summed(NamedTuple):
    """One minute's candle, exactly as its trades make it."""

    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal


def candles_of(trades: Sequence[FetchedTrade]) -> dict[int, Summed]:
    """Return the candles of trades in order of their ids, by opening (s), of whole minutes only.

    The first and the last minute may lack trades and are left out.
    """
    candles: dict[int, Summed] = {}
    for trade in trades:
        minute = minute_of(trade)
        if minute is None:
            continue
        price, size = Decimal(trade.price), Decimal(trade.size)
        held = candles.get(minute, Summed(price, price, price, price, Decimal(0)))
        candles[minute] = Summed(
            held.open, max(held.high, price), min(held.low, price), price, held.volume + size
        )
    for edge in {min(candles, default=0), max(candles, default=0)}:
        candles.pop(edge, None)
    return candles


def judge_comparison(ours: Mapping[int, Summed], theirs: Mapping[int, Sequence[float]]) -> Finding:
    """Judge the exchange's `[open, high, low, close, volume]` by those of its trades."""
    if not ours:
        said = "The trades that came hold no whole minute; more --seconds may bring one."
        return Finding(PROBE, Result.NOT_POSSIBLE, said)
    failures, warnings = [], []
    for opening, candle in sorted(ours.items()):
        when = format_time(opening * 1_000)
        if opening not in theirs:
            warnings.append(f"the exchange has no candle of {when} yet, its trades make one")
            continue
        pairs = zip(Summed._fields, candle, theirs[opening], strict=True)
        failures += [
            f"the {name} of {when} is {other!r}, that of its trades {own}"
            for name, own, other in pairs
            if not math.isclose(float(own), other, rel_tol=_RELATIVE)
        ]
    fine = f"{len(ours)} whole minutes: the exchange's candles are those of its trades."
    return judged(PROBE, failures[:3], warnings[:3], fine)
