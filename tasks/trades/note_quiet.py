"""Spans in which nobody traded: recorded, so that they are not taken for trades that we missed."""

import itertools
import logging
from collections.abc import Iterator, Sequence

from core.clock.resolutions import MINUTE
from core.series import Market, Series
from storage.stores import Stores
from storage.trades.edges import Hole
from storage.trades.gap_ledger import GapLedger, GapState
from storage.trades.state import SymbolState
from storage.trades.stream_stores import StreamStores
from tasks.trades.find_gaps import find_holes

logger = logging.getLogger(__name__)

# A span is told of when more minutes than this lie between two candles of trades.
QUIET_MINUTES = 2
LOOK_BACK_MINUTES = 180


def note_quiet_spans(stores: Stores, stream: StreamStores, gaps: GapLedger) -> None:
    """Record spans in which ids follow each other but no trade happened.

    Where every market of a platform, of two at least, was silent, it is an
    outage of the exchange; else nobody traded. Only spans that are over count,
    and none that touches missing ids.
    """
    states = stream.upkeep.states(stream.traded.all())
    noted = stream.upkeep.noted_versions()
    for market, own in states.items():
        if own.version == noted.get(str(market), 0):
            continue
        holes = find_holes(stream, market, own)
        others = [m for m in states if m.platform == market.platform and m != market]
        for first, last in _untold(gaps, market, _minutes(stores, market, own), holes):
            state = GapState.NO_TRADES
            if _all_silent(stores, {m: states[m] for m in others}, first, last):
                state = GapState.OUTAGE
            span = Hole(0, -1, first * 1_000_000, last * 1_000_000)
            if gaps.record(market, span, state):
                logger.info("%s: no trades from %d to %d: %s", market, first, last, state)
        stream.upkeep.note_version(market, own.version)


def _all_silent(stores: Stores, others: dict[Market, SymbolState], first: int, last: int) -> bool:
    """Say whether there are other markets, and none of them traded in `first..last` (s)."""
    known = [market for market, state in others.items() if state.version]
    for market in known:
        if others[market].watermark >= first * 1_000_000:
            held = stores.candles.read(Series(*market, MINUTE), start=first, end=last)
            if _traded(held.time.tolist(), first, last):
                return False
    return bool(known)


def _minutes(stores: Stores, market: Market, state: SymbolState) -> list[int]:
    if not state.version:
        return []
    start = state.watermark // 1_000_000 - LOOK_BACK_MINUTES * MINUTE
    found: list[int] = stores.candles.read(Series(*market, MINUTE), start=start).time.tolist()
    return found


def _untold(
    gaps: GapLedger, market: Market, minutes: Sequence[int], holes: Sequence[Hole]
) -> Iterator[tuple[int, int]]:
    """Yield (first empty opening, next one with trades) of spans that are not recorded yet."""
    quiet = [
        (before + MINUTE, after)
        for before, after in itertools.pairwise(minutes)
        if after - before > QUIET_MINUTES * MINUTE
    ]
    if not quiet:
        return
    told = gaps.list(market, quiet[0][0] * 1_000_000, quiet[-1][1] * 1_000_000, 10_000)
    known = [gap.hole for gap in told] + list(holes)
    for first, last in quiet:
        if not any(h.after <= last * 1_000_000 and h.before >= first * 1_000_000 for h in known):
            yield first, last


def _traded(minutes: Sequence[int], first: int, last: int) -> bool:
    return any(first <= minute < last for minute in minutes)
