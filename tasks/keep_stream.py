"""What live markets need between trades: candles end, gaps are found, old batches move to files."""

import logging

import numpy as np

from core.resolutions import MINUTE
from core.series import CandleFlag, Market, Series
from storage.anomalies import AnomalyRecord
from storage.gap_ledger import Gap, GapLedger, GapState
from storage.stores import Stores
from storage.stream_stores import StreamStores
from storage.trades.building import candle_series
from storage.trades.state import SymbolState

logger = logging.getLogger(__name__)

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
            stream.archive.spill(*market, now - journal_ms, most=500)
    for platform, symbol in stream.upkeep.dirty():
        logger.warning("%s:%s: candles are rebuilt from the journal", platform, symbol)
        stream.upkeep.rebuild(platform, symbol, now - journal_ms, now)


def find_gaps(
    stream: StreamStores, gaps: GapLedger, market: Market, state: SymbolState
) -> list[Gap]:
    """Record missing trade ids and mark the candles around them; returns gaps newly open."""
    holes = state.holes
    if not holes and not gaps.has_unsure(market):
        return []
    opened = gaps.note(market, holes, GRACE_MS)
    for gap in opened:
        mark_gap(stream, gap, add=CandleFlag.GAP)
        if gap.last_id - gap.first_id >= LARGEST_BACKFILL:
            gaps.close(gap, GapState.TOO_LARGE)
    return opened


def mark_gap(stream: StreamStores, gap: Gap, *, add: int = 0, clear: int = 0) -> None:
    """Change marks of all candles that trades of the gap may belong to."""
    for series in candle_series(*gap.market):
        first = gap.after_time // 1_000_000 // series.resolution * series.resolution
        last = max(gap.before_time, gap.after_time) // 1_000_000
        stream.upkeep.mark(series, first, last, add=add, clear=clear)


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
