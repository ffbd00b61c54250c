"""Hand micro-batches of live trades and quotes to the workers."""

from collections.abc import Mapping, Sequence
from typing import Any

from celery import Celery, chain  # type: ignore[import-untyped]

from storage.journal.columns import Trades
from storage.live.inbox import Intake
from storage.redis_breaker import RedisBreaker
from storage.trades.tickers import Ticker
from tasks.broker_errors import broker_errors
from tasks.task_table import DETECT_ANOMALY, PROCESS_TICKERS, PROCESS_TRADES, Message
from tasks.trades.stream_messages import pack


class EnqueueStream:
    """The api's door for live data: returns once Redis holds the batch and the queue its name."""

    def __init__(self, celery: Celery, intake: Intake, breaker: RedisBreaker | None = None) -> None:
        self._celery = celery
        self._intake = intake
        self._breaker = breaker

    def send(
        self,
        platform: str,
        trades: Mapping[str, Sequence[Trades]],
        tickers: Sequence[Ticker] = (),
    ) -> None:
        """Queue one micro-batch; raises `RedisUnavailable` or `StorageFull`.

        After an error part of it may be processed all the same; sending it again
        does no harm.
        """
        if trades:
            batch_id = self._intake.put(pack(platform, trades))
            self.publish_trades(batch_id, platform, sorted(trades))
        if tickers:
            batch_id = self._intake.put(pack(platform, tickers=tickers))
            self._publish(self._task(PROCESS_TICKERS, batch_id))

    def publish_trades(self, batch_id: str, platform: str, symbols: Sequence[str]) -> None:
        """Send the chain that stores a batch of the intake and then judges its trades."""
        stored = self._task(PROCESS_TRADES, batch_id)
        judged = self._task(DETECT_ANOMALY, platform, list(symbols))
        self._publish(chain(stored, judged, app=self._celery))

    def again(self, batch_id: str) -> None:
        """Name a batch again that nobody processed: the task finds out what it holds."""
        self._publish(self._task(PROCESS_TRADES, batch_id))

    def _task(self, task: Message, *args: object) -> Any:
        return self._celery.signature(task.name, args=args, immutable=True, queue=task.queue)

    def _publish(self, signature: Any) -> None:
        with broker_errors(self._breaker):
            signature.apply_async()
