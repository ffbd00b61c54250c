"""Hand micro-batches of live trades and quotes to the workers."""

import time
from collections.abc import Mapping, Sequence
from typing import Any

from celery import Celery, chain  # type: ignore[import-untyped]
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from core.errors import RedisUnavailable
from storage.tickers import Ticker
from storage.trades.columns import Trades
from tasks import queues
from tasks.stream_messages import pack_tickers, pack_trades


class EnqueueStream:
    """The api's door for live data: returns once the broker holds the batch."""

    def __init__(self, celery: Celery) -> None:
        self._celery = celery

    def send(
        self,
        platform: str,
        trades: Mapping[str, Sequence[Trades]],
        tickers: Sequence[Ticker] = (),
    ) -> None:
        """Queue one micro-batch; raises `RedisUnavailable` when the broker is away.

        After an error part of it may be queued; sending it again does no harm.
        """
        try:
            if trades:
                stored = self._task(queues.PROCESS_TRADES, platform, pack_trades(trades), _stamp())
                judged = self._task(queues.DETECT_ANOMALY, platform, sorted(trades))
                chain(stored, judged, app=self._celery).apply_async()
            if tickers:
                self._task(queues.PROCESS_TICKERS, platform, pack_tickers(tickers)).apply_async()
        except (OperationalError, RedisError, OSError) as error:
            raise RedisUnavailable("The queue does not answer at the moment.") from error

    def _task(self, name: str, *args: object) -> Any:
        return self._celery.signature(name, args=args, immutable=True, queue=queues.STREAM)


def _stamp() -> float:
    return round(time.time(), 3)
