"""Fetch the trades that we missed: open gaps are asked for by id, and the candles mended."""

import logging
import random
from collections.abc import Callable, Sequence
from itertools import groupby
from typing import NamedTuple

from core.clock.times import now_ms
from core.errors import ExchangeUnavailable, TickcastError
from core.messages import IdKind, TradeMessages
from core.series import CandleFlag
from feeds.connector import FetchedTrade
from feeds.exchange_trades import ExchangeTrades
from storage import keys
from storage.journal.convert import to_trades
from storage.live.quarantine import Rejected
from storage.locks import turn
from storage.stores import Stores
from storage.trades.building import candle_series
from storage.trades.edges import Hole
from storage.trades.gap_ledger import Gap, GapLedger, GapState
from storage.trades.stream_stores import StreamStores
from tasks.trades.find_gaps import mend_candles

logger = logging.getLogger(__name__)

OpenTrades = Callable[[str], ExchangeTrades]

# An exchange may tell a trade over REST later than over its feed: ids that it does not
# have are believed not to exist only when the gap is so old (ms).
SETTLE_MS = 60_000
FIRST_PAUSE_MS, LONGEST_PAUSE_MS = 5_000, 6 * 3_600_000
REFUSED_PAUSE_MS = 3_600_000
# A run takes up no further gap after this time (ms); its lock ends some time later (s).
RUN_MS = 60_000
TURN_S = 900


class Backfill(NamedTuple):
    """What a backfill works with."""

    stores: Stores
    stream: StreamStores
    gaps: GapLedger
    open_trades: OpenTrades
    clock: Callable[[], int] = now_ms


class Fetched(NamedTuple):
    """What came of a gap: ids recovered or told but unusable, and when they happened.

    `neighbours` are ids told from outside the gap. `error` ended it early.
    """

    recovered: set[int]
    unusable: set[int]
    times: list[int]
    neighbours: set[int]
    error: TickcastError | None = None

    def surrounded(self, gap: Gap) -> bool:
        """Say whether the exchange told the trades on both sides of the gap.

        If so, ids that it left out are not merely too old or too new to be told.
        """
        return {gap.first_id - 1, gap.last_id + 1} <= self.neighbours


def backfill_gaps(work: Backfill) -> int:
    """Fetch the trades of every gap that is due; returns how many gaps were closed.

    Runs may overlap: the gaps of a platform are worked on by one at a time.
    Repeating what was done before does no harm.
    """
    begun, closed = work.clock(), 0
    due = sorted(work.gaps.open(due_at=begun), key=lambda gap: (gap.platform, gap.id))
    for platform, of_platform in groupby(due, key=lambda gap: gap.platform):
        with turn(work.stores.redis, keys.backfill_lock(platform), TURN_S) as mine:
            for gap in of_platform if mine else ():
                if work.clock() - begun > RUN_MS:
                    break
                closed += fill_gap(work, gap)
    return closed


def fill_gap(work: Backfill, gap: Gap) -> bool:
    """Fetch what the exchange has of one gap; returns whether the gap is closed now."""
    found = _fetch(work, gap)
    work.stream.upkeep.mark_seen(*gap.market, _spans(found.unusable))
    missing = _spans(set(range(gap.first_id, gap.last_id + 1)) - found.recovered - found.unusable)
    settled = found.surrounded(gap) and work.clock() - gap.found_at >= SETTLE_MS
    if found.error is None and missing and settled:
        work.stream.upkeep.mark_seen(*gap.market, missing)
        _record_empty(work, gap, missing if found.recovered else [])
    elif missing and not found.recovered:
        _postpone(work, gap, found)
        return False
    _mend(work, gap, found)
    # What is missing still is found again as a gap of its own.
    state = GapState.BACKFILLED if found.recovered else GapState.NO_TRADES
    unusable = f"{len(found.unusable)} trades cannot be used: see the quarantine."
    reason = unusable if found.unusable else None
    work.gaps.close(gap, state, len(found.recovered), reason)
    logger.info(
        "%s: of the missing ids %d to %d the exchange had %d",
        *(gap.market, gap.first_id, gap.last_id, len(found.recovered)),
    )
    return True


def _fetch(work: Backfill, gap: Gap) -> Fetched:
    """Store what the exchange has of a gap, page by page; its neighbours are merely noted."""
    found = Fetched(set(), set(), [], set())
    try:
        exchange = work.open_trades(gap.platform)
        for page in exchange.pages(gap.symbol, gap.first_id - 1, gap.last_id + 1):
            inside = [row for row in page if gap.first_id <= row.trade_id <= gap.last_id]
            found.neighbours.update(row.trade_id for row in page if row not in inside)
            _store(work, gap, inside, found)
    except TickcastError as error:
        if error.status >= 500 and not isinstance(error, ExchangeUnavailable):
            raise  # our own Redis is away, say
        return found._replace(error=error)
    return found


def _store(work: Backfill, gap: Gap, rows: Sequence[FetchedTrade], found: Fetched) -> None:
    if not rows:
        return
    messages = TradeMessages()
    for index, row in enumerate(rows):
        ids = (row.trade_id, row.trade_id)
        messages.add(index, ids, row.time, row.price, row.size, row.side == "buy")
    now = work.clock()
    trades, rejected = to_trades(messages, IdKind.TRADE, now)
    if trades:
        work.stream.writer.write(gap.platform, {gap.symbol: trades})
    for part in trades:
        found.recovered.update(part.first_id.tolist())
        found.times.extend((int(part.time.min()), int(part.time.max())))
    if rejected:
        kept = [
            Rejected(now, one.reason, rows[one.index].as_message(gap.symbol).decode())
            for one in rejected
        ]
        work.stream.quarantine.record(gap.platform, {"rejected": len(kept)}, kept)
        found.unusable.update(rows[one.index].trade_id for one in rejected)


def _mend(work: Backfill, gap: Gap, found: Fetched) -> None:
    """Mark candles that got trades, and take the mark of the gap from those that are whole."""
    if found.times:
        first, last = min(found.times) // 1_000_000, max(found.times) // 1_000_000
        grids = work.stream.upkeep.grids(gap.market)
        for series in candle_series(*gap.market):
            begin = grids.opening(first, series.resolution)
            work.stream.upkeep.mark(series, begin, last, add=CandleFlag.BACKFILLED)
    mend_candles(work.stream, work.gaps, gap.market, [gap])


def _record_empty(work: Backfill, gap: Gap, spans: Sequence[tuple[int, int]]) -> None:
    """Record those parts of a gap that no trades belong to."""
    for first, last in spans:
        hole = Hole(first, last, gap.after_time, gap.before_time)
        work.gaps.record(gap.market, hole, GapState.NO_TRADES)


def _postpone(work: Backfill, gap: Gap, found: Fetched) -> None:
    now, error = work.clock(), found.error
    backoff = min(FIRST_PAUSE_MS << min(gap.attempts, 20), LONGEST_PAUSE_MS)
    # A random half is taken off, so that gaps found together do not return together.
    pause = round(backoff * (1 - random.random() / 2))  # noqa: S311
    if isinstance(error, ExchangeUnavailable):
        reason = error.detail
        pause = max(pause, 1_000 * min(error.retry_after or 0, 3_600))
    elif error is not None:
        reason, pause = error.detail, max(pause, REFUSED_PAUSE_MS)
    elif found.surrounded(gap):
        reason = "The exchange does not have these trades; it is asked once more."
        pause = max(gap.found_at + SETTLE_MS - now, 1_000)
    else:
        reason = "The exchange tells no trades around these ids."
    if reason != gap.reason:
        logger.warning("%s: ids %d to %d: %s", gap.market, gap.first_id, gap.last_id, reason)
    work.gaps.postpone(gap, reason, now + pause)


def _spans(ids: set[int]) -> list[tuple[int, int]]:
    """Return ids as (first, last) of each run without a hole."""
    spans: list[tuple[int, int]] = []
    for number in sorted(ids):
        if spans and spans[-1][1] == number - 1:
            spans[-1] = (spans[-1][0], number)
        else:
            spans.append((number, number))
    return spans
