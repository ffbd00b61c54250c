"""Metrics of the queues and the stores for Prometheus, read when they are asked for."""

from collections.abc import Iterable, Iterator

from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from core.errors import RedisUnavailable, Unavailable
from storage.metrics import read_live_metrics, read_record_metrics
from storage.stores import Stores
from tasks.enqueue import Enqueue


class StoreMetrics(Collector):
    """Jobs, ledger, ingest, series and feeds; of a store that is away nothing is told."""

    def __init__(self, stores: Stores) -> None:
        self._stores = stores

    def collect(self) -> Iterable[Metric]:
        """Yield all metrics that can be had."""
        for read in (self._records, self._live, self._feeds):
            try:
                yield from list(read())
            except Unavailable:
                continue

    def _records(self) -> Iterator[Metric]:
        found = read_record_metrics(self._stores.engine)
        jobs = GaugeMetricFamily("tickcast_jobs", "Jobs on record.", labels=["state"])
        for state, count in found.jobs.items():
            jobs.add_metric([state], count)
        yield jobs
        yield _counter(
            "tickcast_ledger_forecasts", "Forecasts in the live ledger.", found.forecasts
        )
        yield _counter("tickcast_ledger_missed", "Forecasts that were not made.", found.missed)
        yield _gauge("tickcast_ledger_pending", "Forecasts without an outcome.", found.pending)
        if found.newest_forecast:
            seconds = found.newest_forecast / 1_000
            yield _gauge("tickcast_ledger_newest_seconds", "When the newest was made.", seconds)

    def _live(self) -> Iterator[Metric]:
        found = read_live_metrics(self._stores.redis)
        messages = CounterMetricFamily(
            "tickcast_ingest_messages", "Live messages.", labels=["platform", "outcome"]
        )
        for platform, counts in found.messages.items():
            for outcome, count in counts.items():
                messages.add_metric([platform, outcome], count)
        yield messages
        trades = CounterMetricFamily(
            "tickcast_trade_quality",
            "What trades went through, as /quality counts it of each market.",
            labels=["platform", "count"],
        )
        for platform, counts in found.quality.items():
            for name, count in counts.items():
                trades.add_metric([platform, name], count)
        yield trades
        yield _gauge("tickcast_intake_batches", "Batches not processed yet.", found.batches)
        yield _counter(
            "tickcast_dead_messages", "Messages nobody could read.", found.dead.messages_ever
        )
        yield _gauge(
            "tickcast_dead_batches", "Batches that could not be stored.", found.dead.batches
        )
        yield _gauge("tickcast_series", "Series of candles held.", found.series)

    def _feeds(self) -> Iterator[Metric]:
        candles = CounterMetricFamily(
            "tickcast_feed_candles",
            "Candles that terminals pushed.",
            labels=["platform", "outcome"],
        )
        pushed = GaugeMetricFamily(
            "tickcast_feed_push_seconds", "When a terminal pushed last.", labels=["platform"]
        )
        for platform in self._stores.feeds.platforms():
            state = self._stores.feeds.state(platform)
            for outcome, count in state.counts.items():
                candles.add_metric([platform, outcome], count)
            if state.last_push_at:
                pushed.add_metric([platform], state.last_push_at / 1_000)
        late = len(self._stores.freshness.noted())
        yield candles
        yield pushed
        yield _gauge("tickcast_late_series", "Series that are brought and do not come.", late)


class QueueLengths(Collector):
    """The number of messages that wait in each of Celery's queues, asked when read."""

    def __init__(self, enqueue: Enqueue) -> None:
        self._enqueue = enqueue

    def collect(self) -> Iterable[Metric]:
        """Yield one gauge; nothing while Redis is away."""
        lengths = GaugeMetricFamily("tickcast_queue_length", "Tasks that wait.", labels=["queue"])
        try:
            for queue, length in self._enqueue.queue_lengths().items():
                lengths.add_metric([queue], length)
        except RedisUnavailable:
            return
        yield lengths


def _counter(name: str, text: str, value: float) -> Metric:
    return CounterMetricFamily(name, text, value=value)


def _gauge(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(name, text, value=value)
