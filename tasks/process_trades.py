"""The work on live trades and quotes: plain functions on stores, repeatable without harm."""

import logging
import time
from collections.abc import Sequence

from storage.anomalies import AnomalyRecord
from storage.stream_stores import StreamStores
from storage.tickers import Ticker
from storage.trades.columns import Trades
from storage.trades.writer import Written

logger = logging.getLogger(__name__)


def process_trade_data(
    stores: StreamStores, platform: str, batches: dict[str, list[Trades]], sent_at: float
) -> list[Written]:
    """Store a micro-batch of trades that was accepted at `sent_at` (epoch s).

    A repetition changes nothing.
    """
    written = stores.writer.write(platform, batches)
    delay_ms = round((time.time() - sent_at) * 1_000)
    new, repeated = sum(part.new for part in written), sum(part.duplicates for part in written)
    logger.debug("%s: %d trades, %d repeated, after %d ms", platform, new, repeated, delay_ms)
    return written


def process_ticker_data(stores: StreamStores, platform: str, quotes: Sequence[Ticker]) -> None:
    """Store quotes, and note those whose bid lies above their ask."""
    stores.tickers.write(platform, quotes)
    for quote in quotes:
        if quote.bid is not None and quote.ask is not None and quote.bid > quote.ask:
            stores.anomalies.record(platform, quote.symbol, [_crossed(quote, quote.bid, quote.ask)])


def _crossed(quote: Ticker, bid: float, ask: float) -> AnomalyRecord:
    """Return the finding; its score is how far bid exceeds ask, in hundredths of a percent."""
    score = round((bid - ask) / ((bid + ask) / 2) * 1e4, 3)
    return AnomalyRecord(quote.time * 1_000, None, quote.price, None, score, "crossed_ticker")
