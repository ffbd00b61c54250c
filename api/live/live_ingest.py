"""The one way for live data into the queue, for bodies and for frames."""

import structlog

from api.http.queue_limits import QueueLimits
from api.http.threads import in_thread
from api.live.messages import LiveBatch
from core.series import Market
from storage.live.quarantine import Quarantine
from storage.live.traded_markets import TradedMarkets
from storage.markets.order_books import OrderBookStore
from tasks.trades.enqueue_stream import EnqueueStream

log = structlog.get_logger("ingest")


class LiveIngest:
    """Hands batches to the broker, and what was rejected to the quarantine."""

    def __init__(
        self,
        enqueue: EnqueueStream,
        quarantine: Quarantine,
        traded: TradedMarkets,
        books: OrderBookStore,
        limits: QueueLimits,
    ) -> None:
        self._enqueue = enqueue
        self._quarantine = quarantine
        self._traded = traded
        self._books = books
        self._limits = limits

    async def check(self) -> None:
        """Raise `TooManyRequests` while the queue is full: read nothing more then."""
        await self._limits.check("stream")

    async def deliver(self, platform: str, batch: LiveBatch) -> None:
        """Return once the broker holds the batch.

        Raises `RedisUnavailable` otherwise; delivering it again does no harm.
        """
        await in_thread(self._deliver, platform, batch)

    def _deliver(self, platform: str, batch: LiveBatch) -> None:
        if batch.rejected:
            reasons = sorted({one.reason for one in batch.rejected})[:5]
            log.warning(
                "messages rejected", platform=platform, count=len(batch.rejected), reasons=reasons
            )
        quoted = {ticker.symbol for ticker in batch.tickers}
        symbols = {*batch.trades, *quoted, *(book.symbol for book in batch.books)}
        self._traded.note(Market(platform, symbol) for symbol in symbols)
        if batch.books:
            # Nothing is made of them: readers are told at once.
            self._books.put(platform, batch.books)
        self._enqueue.send(platform, batch.trades, batch.tickers)
        counts = {
            "accepted": batch.accepted,
            "ignored": batch.ignored,
            "rejected": len(batch.rejected),
        }
        self._quarantine.record(platform, counts, batch.quarantined)
