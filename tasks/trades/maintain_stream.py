"""What live markets need between trades: candles end, gaps are found, old batches move to files."""

import logging
from collections.abc import Sequence

import numpy as np

from core.resolutions import MINUTE
from core.series import CandleFlag, Market, Series
from storage.stores import Stores
from storage.trades.anomalies import AnomalyRecord
from storage.trades.building import candle_series
from storage.trades.edges import Hole
from storage.trades.gap_ledger import Gap, GapLedger, GapState
from storage.trades.state import SymbolState
from storage.trades.stream_stores import StreamStores
from tasks.trades.detect_anomalies import detect_anomalies, judged

logger = logging.getLogger(__name__)

# No trade for so long (ms): nothing is about to judge the newest ones.
QUIET_MS = 5_000
# Ids that are missing for longer than trades are ever out of order (ms).
GRACE_MS = 3_000
# More missing trades than this are recorded, but not fetched without being asked.
LARGEST_BACKFILL = 100_000
# A feed is stale when it is silent for so many times its usual pause, and for so long (ms).
STALE_PAUSES = 50
STALE_MS = 60_000


def keep_stream(
    stores: Stores, stream: StreamStores, gaps: GapLedger, now: int, journal_ms: int
) -> None:
    """Look once after every market that trades came for; repeating it does no harm."""
    markets = stream.traded.all()
    states = stream.upkeep.states(markets)
    for market, state in states.items():
        if state.version:
            stream.upkeep.close_quiet(*market, now)
            find_gaps(stream, gaps, market, state)
            note_stale_feed(stores, stream, market, state, now)
            judge_the_rest(stream, market, state, now)
            stream.archive.spill(*market, now - journal_ms, most=500)
    for platform, symbol in stream.upkeep.dirty():
        logger.warning("%s:%s: candles are rebuilt from the journal", platform, symbol)
        stream.upkeep.rebuild(platform, symbol, now - journal_ms, now)


def judge_the_rest(stream: StreamStores, market: Market, state: SymbolState, now: int) -> None:
    """Look for anomalies in trades whose own look got lost with its message."""
    if now - state.watermark // 1_000 > QUIET_MS and state.version > judged(stream, market):
        detect_anomalies(stream, market.platform, [market.symbol])


def find_gaps(
    stream: StreamStores, gaps: GapLedger, market: Market, state: SymbolState
) -> list[Gap]:
    """Record missing trade ids and mark the candles around them; returns gaps newly open.

    Candles lose the mark when the trades come after all.
    """
    holes = state.holes
    if not holes and not gaps.has_unsure(market):
        return []
    missing = {(hole.first_id, hole.last_id) for hole in holes}
    for gap in gaps.standing(market):
        if (gap.first_id, gap.last_id) not in missing:
            # Before the ledger forgets the gap: a crash between must not leave the mark.
            mend_candles(stream, gaps, gap)
    opened = gaps.note(market, holes, GRACE_MS)
    for gap in opened:
        mark_gap(stream, gap, add=CandleFlag.GAP)
        if gap.last_id - gap.first_id >= LARGEST_BACKFILL:
            reason = f"More than {LARGEST_BACKFILL:,} trades are missing."
            gaps.close(gap, GapState.TOO_LARGE, reason=reason)
    missing = _missing(stream, market) if opened else set()
    for gap in opened:
        if (gap.first_id, gap.last_id) not in missing:
            # It was filled, by a backfill say, while its candles were marked.
            mend_candles(stream, gaps, gap)
    return opened


def _missing(stream: StreamStores, market: Market) -> set[tuple[int, int]]:
    """Return the (first, last) of each run of ids that are missing now."""
    state = stream.upkeep.states([market])[market]
    return {(hole.first_id, hole.last_id) for hole in state.holes}


def mark_gap(stream: StreamStores, gap: Gap, *, add: int = 0, clear: int = 0) -> None:
    """Change marks of all candles that trades of the gap may belong to."""
    for series in candle_series(*gap.market):
        span = _openings(gap.hole, series.resolution)
        stream.upkeep.mark(series, span[0], span[-1], add=add, clear=clear)


def mend_candles(stream: StreamStores, gaps: GapLedger, gap: Gap) -> None:
    """Take the mark of a filled gap from its candles, save those that another gap touches."""
    others = _standing_beside(stream, gaps, gap)
    for series in candle_series(*gap.market):
        torn = [_openings(other.hole, series.resolution) for other in others]
        span = _openings(gap.hole, series.resolution)
        whole = [opening for opening in span if not any(opening in one for one in torn)]
        for first, last in _runs(whole, series.resolution):
            stream.upkeep.mark(series, first, last, clear=CandleFlag.GAP)
    # One that was opened meanwhile may have lost its mark to us.
    for other in _standing_beside(stream, gaps, gap):
        if other not in others:
            mark_gap(stream, other, add=CandleFlag.GAP)


def _standing_beside(stream: StreamStores, gaps: GapLedger, gap: Gap) -> list[Gap]:
    """Return the market's other gaps that the ledger tells and that nobody has filled.

    Holes that are merely suspected mark no candle: most of them fill by themselves.
    """
    standing = gaps.standing(gap.market)
    missing = _missing(stream, gap.market)
    return [g for g in standing if g.id != gap.id and (g.first_id, g.last_id) in missing]


def _openings(hole: Hole, resolution: int) -> range:
    """Return the openings (s) of the candles that trades of a hole may belong to."""
    # A time that is not known is 0.
    first = (hole.after or hole.before) // 1_000_000 // resolution * resolution
    return range(first, max(hole.after, hole.before) // 1_000_000 + 1, resolution)


def _runs(openings: Sequence[int], step: int) -> list[tuple[int, int]]:
    """Return (first, last) of each run of openings without a hole."""
    runs: list[tuple[int, int]] = []
    for opening in openings:
        if runs and runs[-1][1] == opening - step:
            runs[-1] = (runs[-1][0], opening)
        else:
            runs.append((opening, opening))
    return runs


def note_stale_feed(
    stores: Stores, stream: StreamStores, market: Market, state: SymbolState, now: int
) -> None:
    """Record an anomaly once for each silence that is far longer than this market's usual pause."""
    silent = now - state.watermark // 1_000
    if silent < STALE_MS:
        return
    series = Series(*market, MINUTE)
    start = state.watermark // 1_000_000 - 30 * MINUTE
    held = stores.candles.read(series, start=start)
    trades = int(np.maximum(held.trades, 0).sum())
    if trades < STALE_PAUSES:
        return
    usual_ms = 30 * MINUTE * 1_000 / trades
    if silent >= STALE_PAUSES * usual_ms:
        finding = AnomalyRecord(
            state.watermark, None, None, None, float(STALE_PAUSES), "stale_feed"
        )
        stream.anomalies.record(*market, [finding])
