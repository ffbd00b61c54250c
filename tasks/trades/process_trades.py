"""The work on live trades and quotes: plain functions on stores, repeatable without harm."""

import logging
from collections.abc import Sequence

from core.clock.times import now_ms
from core.errors import Unavailable
from storage.journal.columns import Trades, join_all
from storage.live.inbox import Batch
from storage.trades import building
from storage.trades.anomalies import AnomalyRecord
from storage.trades.stream_stores import StreamStores
from storage.trades.tickers import Ticker
from tasks.trades.store_history import store_in_slices
from tasks.trades.stream_messages import StreamBatch, pack, unpack

logger = logging.getLogger(__name__)

# A batch that failed so often is put aside: it would fail for ever.
MOST_TRIES = 5
# What is stored in one transaction at most: about 20,000 trades.
MOST_TOGETHER = 20
MOST_BYTES_TOGETHER = 300_000
# Trades of one symbol that touch more minutes than this are not of a live feed alone: those
# that happened longer ago than so many ms are history.
MOST_LIVE_MINUTES = 120
LIVE_MS = 300_000
# Batches of history that may wait; further ones are stored as they come.
MOST_HISTORY = 1_000


def process_batch(stores: StreamStores, batch_id: str) -> None:
    """Store what a batch of the intake holds, and forget the batch.

    Others that wait behind it are stored with it: the further behind we are, the
    less a trade costs. A batch that comes again changes nothing. One whose
    processing fails stays in the intake and is named again; after five tries it
    is buried and counted.
    """
    batch = stores.intake.take(batch_id)
    if batch is None:
        return
    if batch.tries == 1:
        others = stores.intake.take_untouched(MOST_TOGETHER, MOST_BYTES_TOGETHER)
        if others and _store_together(stores, {batch_id: batch, **others}):
            return
    try:
        _store(stores, batch_id, [unpack(batch.content)])
    except Unavailable:
        raise
    except Exception:
        if batch.tries >= MOST_TRIES:
            stores.intake.bury(batch_id)
            logger.exception("batch %s: put aside after %d tries", batch_id, batch.tries)
        raise
    stores.intake.drop(batch_id)


def _store_together(stores: StreamStores, batches: dict[str, Batch]) -> bool:
    """Store several batches at once; False if one of them spoils it, and each must go alone."""
    try:
        _store(stores, next(iter(batches)), [unpack(one.content) for one in batches.values()])
    except Unavailable:
        raise
    except Exception:
        logger.exception("batches %s: stored one by one", ", ".join(batches))
        return False
    stores.intake.drop(*batches)
    oldest = min(batch.accepted_at for batch in batches.values())
    logger.debug("%d batches, the oldest after %d ms", len(batches), now_ms() - oldest)
    return True


def _store(stores: StreamStores, batch_id: str, contents: Sequence[StreamBatch]) -> None:
    for platform in {content.platform for content in contents}:
        trades: dict[str, list[Trades]] = {}
        tickers: list[Ticker] = []
        for content in contents:
            if content.platform == platform:
                tickers += content.tickers
                for symbol, parts in content.unpacked().items():
                    trades.setdefault(symbol, []).extend(parts)
        if trades:
            live = _hand_over_history(stores, f"{batch_id}.{platform}", platform, join_all(trades))
            for part in live:
                stores.writer.write(platform, part)
        if tickers:
            _store_tickers(stores, platform, tickers)


def _hand_over_history(
    stores: StreamStores, batch_id: str, platform: str, trades: dict[str, list[Trades]]
) -> list[dict[str, list[Trades]]]:
    """Return what is to be stored at once, each in its own transaction; the rest is history.

    First the symbols of few candles, all together; then of each of the others the trades
    that are live: it may have to wait for the task of history, and nobody else with it. Done
    twice it does no harm: the batch of history has the same id.
    """
    live, history, both = dict(trades), dict[str, list[Trades]](), dict[str, list[Trades]]()
    after = (now_ms() - LIVE_MS) * 1_000
    for symbol, parts in trades.items():
        if len(building.minutes(parts)) > MOST_LIVE_MINUTES:
            both[symbol], history[symbol] = building.split_at(live.pop(symbol), after)
    at_once = [one for one in (live, *({s: parts} for s, parts in both.items() if parts)) if one]
    if not history:
        return at_once
    if stores.history.count() < MOST_HISTORY:
        stores.history.put(pack(platform, history), batch_id)
    else:
        # Faster than it can be stored: whoever sends it has to wait here.
        for symbol, parts in history.items():
            store_in_slices(stores, platform, symbol, parts)
    return at_once


def _store_tickers(stores: StreamStores, platform: str, quotes: Sequence[Ticker]) -> None:
    """Store quotes, and note those whose bid lies above their ask."""
    stores.tickers.write(platform, quotes)
    for quote in quotes:
        if quote.bid is not None and quote.ask is not None and quote.bid > quote.ask:
            stores.anomalies.record(platform, quote.symbol, [_crossed(quote, quote.bid, quote.ask)])


def _crossed(quote: Ticker, bid: float, ask: float) -> AnomalyRecord:
    """Return the finding; its score is how far bid exceeds ask, in hundredths of a percent."""
    score = round((bid - ask) / ((bid + ask) / 2) * 1e4, 3)
    return AnomalyRecord(quote.time * 1_000, None, quote.price, None, score, "crossed_ticker")
