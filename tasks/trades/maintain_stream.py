"""What live markets need between trades: candles end, gaps are found, old batches move to files."""

import logging
import time

import numpy as np

from core.clock.resolutions import HOUR, MINUTE
from core.series import Market, Series
from storage import keys
from storage.locks import turn
from storage.stores import Stores
from storage.trades.anomalies import AnomalyRecord
from storage.trades.gap_ledger import GapLedger
from storage.trades.state import SymbolState
from storage.trades.stream_stores import StreamStores
from tasks.trades.compare_candles import compare_late
from tasks.trades.detect_anomalies import detect_anomalies, judged
from tasks.trades.find_gaps import find_gaps, find_holes

logger = logging.getLogger(__name__)

# No trade for so long (ms): nothing is about to judge the newest ones.
QUIET_MS = 5_000
# So many entries behind, whoever judges live trades does not catch up by itself.
FAR_BEHIND = 500
# A candle ends so long (ms) after its last instant though no later trade came.
CLOSE_GRACE_MS = 2_000
# A feed is stale when it is silent for so many times its usual pause, and for so long (ms).
STALE_PAUSES = 50
STALE_MS = 60_000
# A market that is quiet for longer (ms) is no feed that just fell silent.
LONG_QUIET_MS = HOUR * 1_000
# A run takes up no further market after this time (s); the next one goes on there.
RUN_S = 1.5
TURN_S = 300
MOST_SPILLED = 500


def keep_stream(
    stores: Stores,
    stream: StreamStores,
    gaps: GapLedger,
    now: int,
    journal_ms: int,
    *,
    exclude: bool = False,
) -> None:
    """Look once after every market for which it is time; repeating it does no harm.

    It is time when trades came, when a candle ends, when a gap is suspected, and
    once an hour. `exclude` keeps bad prints out of candles.
    """
    with turn(stores.redis, keys.STREAM_LOCK, TURN_S) as mine:
        begun = time.monotonic()
        for market, state in stream.upkeep.due(now).items() if mine else ():
            if time.monotonic() - begun > RUN_S:
                break
            stream.upkeep.look_after(market, now + LONG_QUIET_MS)
            later = _look(stores, stream, gaps, market, state, now, journal_ms, exclude)
            stream.upkeep.look_again(market, later)


def _look(
    stores: Stores,
    stream: StreamStores,
    gaps: GapLedger,
    market: Market,
    state: SymbolState,
    now: int,
    journal_ms: int,
    exclude: bool,
) -> int:
    """Look after one market; returns when to do so again (epoch ms)."""
    if not state.version:
        return now + LONG_QUIET_MS
    stream.upkeep.close_quiet(*market, now, CLOSE_GRACE_MS)
    find_gaps(stream, gaps, market, find_holes(stream, market, state))
    note_stale_feed(stores, stream, market, state, now)
    compared_at = compare_late(stores, stream, market, now)
    before = now - journal_ms
    spilling = stream.archive.due(*market, before)
    seen = judge_the_rest(stream, market, state, now, exclude=exclude, at_once=spilling)
    if spilling:
        stream.archive.spill(*market, before, most=MOST_SPILLED, judged=seen)
        return 0
    if seen < state.version or gaps.has_suspected(market):
        return 0
    later = _next_look(state, now)
    return later if compared_at is None else min(later, compared_at)


def _next_look(state: SymbolState, now: int) -> int:
    """Return when the next candle ends, or a feed may be found stale."""
    ends = (
        state.grids.end(opening, resolution) * 1_000 + CLOSE_GRACE_MS
        for resolution, opening in state.open.items()
    )
    waiting = [end for end in ends if end > now]
    if now - state.watermark // 1_000 < LONG_QUIET_MS:
        waiting.append(now + STALE_MS)
    return min(waiting, default=now + LONG_QUIET_MS)


def judge_the_rest(
    stream: StreamStores,
    market: Market,
    state: SymbolState,
    now: int,
    *,
    exclude: bool = False,
    at_once: bool = False,
) -> int:
    """Look for anomalies in trades whose own look got lost with its message, or `at_once`.

    Returns the version up to which the market's trades are judged.
    """
    seen = judged(stream, market)
    quiet = now - state.watermark // 1_000 > QUIET_MS
    behind = state.version - seen > FAR_BEHIND
    if seen < state.version and (quiet or at_once or behind):
        detect_anomalies(stream, market.platform, [market.symbol], exclude=exclude)
        seen = judged(stream, market)
    return seen


def note_stale_feed(
    stores: Stores, stream: StreamStores, market: Market, state: SymbolState, now: int
) -> None:
    """Record an anomaly once for each silence that is far longer than this market's usual pause."""
    silent = now - state.watermark // 1_000
    if not STALE_MS <= silent <= 2 * LONG_QUIET_MS:
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
