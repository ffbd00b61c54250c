"""Hand micro-batches of live trades and quotes to the workers."""

from collections.abc import Mapping, Sequence
from typing import Any

from celery import Celery  # type: ignore[import-untyped]

from storage.journal.columns import Trades
from storage.live.inbox import Intake
from storage.redis_breaker import RedisBreaker
from storage.trades.tickers import Ticker
from tasks.broker_errors import broker_errors
from tasks.task_table import DETECT_ANOMALY, PROCESS_TICKERS, PROCESS_TRADES, Message
from tasks.trades.stream_messages import pack


class EnqueueStream:
    """The api's door for live data: returns once Redis holds the batch and a worker is told.

    One message stands for all batches that come before a worker looks: a worker that is
    behind gets no further messages, which would cost it more than the batches do.
    """

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
            self._intake.put_and_tell(pack(platform, trades), self.again)
        if tickers:
            self._intake.put_and_tell(
                pack(platform, tickers=tickers),
                lambda batch_id: self._publish(self._task(PROCESS_TICKERS, batch_id)),
            )

    def again(self, batch_id: str) -> None:
        """Have a worker process what waits, this batch first: the task finds out what it holds."""
        self._publish(self._task(PROCESS_TRADES, batch_id))

    def judge(self, platform: str, symbols: Sequence[str]) -> None:
        """Have the trades judged that were just stored."""
        self._publish(self._task(DETECT_ANOMALY, platform, list(symbols)))

    def _task(self, task: Message, *args: object) -> Any:
        return self._celery.signature(task.name, args=args, immutable=True, queue=task.queue)

    def _publish(self, signature: Any) -> None:
        with broker_errors(self._breaker):
            signature.apply_async()
