"""Trades that are known to be missing: found from ids without holes, marked on their candles."""

from collections.abc import Sequence

from core.platforms import contiguous_ids
from core.series import CandleFlag, Market
from storage.candles.live_grids import CandleGrids
from storage.trades.building import candle_series
from storage.trades.edges import Hole
from storage.trades.gap_ledger import Gap, GapLedger, GapState
from storage.trades.state import SymbolState
from storage.trades.stream_stores import StreamStores

# Ids that are missing for longer than trades are ever out of order (ms).
GRACE_MS = 3_000
# More missing trades than this are recorded, but not fetched without being asked.
LARGEST_BACKFILL = 100_000
# More gaps of one market are told as fewer, longer ones: what lies between is fetched again.
MOST_GAPS = 200

Span = tuple[int, int]  # first and last opening (s)


def find_holes(stream: StreamStores, market: Market, state: SymbolState) -> list[Hole]:
    """Return the missing ids of a market, if its ids are known to have no holes of their own."""
    if not (state.sequence or contiguous_ids(market.platform)):
        return []
    return coalesce(stream.upkeep.holes(*market, state))


def coalesce(holes: list[Hole], most: int = MOST_GAPS) -> list[Hole]:
    """Return at most `most` holes: those that lie near each other as one."""
    distance = 1
    while len(holes) > most:
        distance *= 4
        joined = holes[:1]
        for hole in holes[1:]:
            last = joined[-1]
            if hole.first_id - last.last_id <= distance:
                joined[-1] = Hole(last.first_id, hole.last_id, last.after, hole.before)
            else:
                joined.append(hole)
        holes = joined
    return holes


def find_gaps(
    stream: StreamStores, gaps: GapLedger, market: Market, holes: Sequence[Hole]
) -> list[Gap]:
    """Record missing trade ids and mark the candles around them; returns gaps newly open.

    Candles lose the mark when the trades come after all.
    """
    if not holes and not gaps.has_unsure(market):
        return []
    missing = {(hole.first_id, hole.last_id) for hole in holes}
    filled = [gap for gap in gaps.standing(market) if (gap.first_id, gap.last_id) not in missing]
    # Before the ledger forgets the gaps: a crash between must not leave the marks.
    mend_candles(stream, gaps, market, filled)
    opened = gaps.note(market, holes, GRACE_MS)
    for gap in opened:
        mark_gap(stream, gap)
        if gap.last_id - gap.first_id >= LARGEST_BACKFILL:
            reason = f"More than {LARGEST_BACKFILL:,} trades are missing."
            gaps.close(gap, GapState.TOO_LARGE, reason=reason)
    if opened:
        still = _missing(stream, market)
        # Some were filled, by a backfill say, while their candles were marked.
        gone = [gap for gap in opened if (gap.first_id, gap.last_id) not in still]
        mend_candles(stream, gaps, market, gone)
    return opened


def _missing(stream: StreamStores, market: Market) -> set[tuple[int, int]]:
    """Return the (first, last) of each run of ids that are missing now."""
    state = stream.upkeep.states([market])[market]
    return {(hole.first_id, hole.last_id) for hole in find_holes(stream, market, state)}


def mark_gap(stream: StreamStores, gap: Gap) -> None:
    """Mark all candles that trades of the gap may belong to."""
    grids = stream.upkeep.grids(gap.market)
    for series in candle_series(*gap.market):
        first, last = _span(gap.hole, series.resolution, grids)
        stream.upkeep.mark(series, first, last, add=CandleFlag.GAP)


def mend_candles(
    stream: StreamStores, gaps: GapLedger, market: Market, filled: Sequence[Gap]
) -> None:
    """Take the mark of filled gaps from their candles, save those that another gap touches."""
    if not filled:
        return
    others = _standing_beside(stream, gaps, market, filled)
    grids = stream.upkeep.grids(market)
    for series in candle_series(*market):
        step = series.resolution
        torn = _joined([_span(other.hole, step, grids) for other in others], step)
        for span in _joined([_span(gap.hole, step, grids) for gap in filled], step):
            for first, last in _without(span, torn):
                stream.upkeep.mark(series, first, last, clear=CandleFlag.GAP)
    # One that was opened meanwhile may have lost its mark to us.
    for other in _standing_beside(stream, gaps, market, filled):
        if other not in others:
            mark_gap(stream, other)


def _standing_beside(
    stream: StreamStores, gaps: GapLedger, market: Market, filled: Sequence[Gap]
) -> list[Gap]:
    """Return the market's other gaps that the ledger tells and that nobody has filled.

    Holes that are merely suspected mark no candle: most of them fill by themselves.
    """
    standing, missing = gaps.standing(market), _missing(stream, market)
    left_out = {gap.id for gap in filled}
    return [g for g in standing if g.id not in left_out and (g.first_id, g.last_id) in missing]


def _span(hole: Hole, resolution: int, grids: CandleGrids) -> Span:
    """Return the openings (s) of the candles that trades of a hole may belong to."""
    # A time that is not known is 0.
    first, last = hole.after or hole.before, max(hole.after, hole.before)
    return (
        grids.opening(first // 1_000_000, resolution),
        grids.opening(last // 1_000_000, resolution),
    )


def _joined(spans: list[Span], step: int) -> list[Span]:
    """Return spans in order, those that touch or overlap as one."""
    joined: list[Span] = []
    for first, last in sorted(spans):
        if joined and first <= joined[-1][1] + step:
            joined[-1] = (joined[-1][0], max(joined[-1][1], last))
        else:
            joined.append((first, last))
    return joined


def _without(span: Span, torn: list[Span]) -> list[Span]:
    """Return what is left of a span outside of others, which are in order."""
    left, (first, last) = [], span
    for begin, end in torn:
        if end < first or begin > last:
            continue
        if begin > first:
            left.append((first, begin - 1))
        first = end + 1
    return [*left, (first, last)] if first <= last else left
