"""The work on live trades and quotes: plain functions on stores, repeatable without harm."""

import logging
from collections.abc import Sequence

from core.errors import Unavailable
from core.times import now_ms
from storage.anomalies import AnomalyRecord
from storage.intake import Batch
from storage.stream_stores import StreamStores
from storage.tickers import Ticker
from tasks.stream_messages import StreamBatch, unpack

logger = logging.getLogger(__name__)

# A batch that failed so often is put aside: it would fail for ever.
MOST_TRIES = 5


def process_batch(stores: StreamStores, batch_id: str) -> None:
    """Store what a batch of the intake holds, and forget the batch.

    A batch that comes again changes nothing. One whose processing fails stays
    in the intake and is named again; after five tries it is buried and counted.
    """
    batch = stores.intake.take(batch_id)
    if batch is None:
        return
    try:
        _store(stores, unpack(batch.content), batch)
    except Unavailable:
        raise
    except Exception:
        if batch.tries >= MOST_TRIES:
            stores.intake.bury(batch_id)
            logger.exception("batch %s: put aside after %d tries", batch_id, batch.tries)
        raise
    stores.intake.drop(batch_id)


def _store(stores: StreamStores, content: StreamBatch, batch: Batch) -> None:
    platform = content.platform
    if content.trades:
        written = stores.writer.write(platform, content.unpacked())
        new, repeated = sum(w.new for w in written), sum(w.duplicates for w in written)
        delay = now_ms() - batch.accepted_at
        logger.debug("%s: %d trades, %d repeated, after %d ms", platform, new, repeated, delay)
    if content.tickers:
        _store_tickers(stores, platform, content.tickers)


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
