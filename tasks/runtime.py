"""What the tasks of one process share: settings, stores, and the way to send jobs."""

import os
import threading
from functools import cached_property, partial

from celery import Celery  # type: ignore[import-untyped]

from core.settings import Settings
from core.signals import offered_horizons
from feeds.candle_sources import CandleSource, Pace, open_source
from feeds.exchange_trades import ExchangeTrades
from storage.stores import Stores, open_stores
from storage.trades.gap_ledger import GapLedger
from storage.trades.stream_stores import StreamStores, open_stream_stores
from tasks.enqueue import Enqueue
from tasks.forecasts.at_close import AtClose
from tasks.forecasts.forecast_slots import SlotForecaster
from tasks.forecasts.retrain import Retrainer
from tasks.forecasts.score_forecasts import ForecastScorer
from tasks.next_candle.materialise_series import SeriesMaker
from tasks.sales.apply_webhooks import WebhookApplier
from tasks.sales.send_mails import MailSender, Postbox
from tasks.signals.note_phases import PhaseWatch
from tasks.signals.refresh_answers import refresh_answers
from tasks.signals.seal_signals import SignalSealer
from tasks.task_table import TRAIN
from tasks.trades.enqueue_stream import EnqueueStream


class Runtime:
    """Opens the stores when the first task of a process asks for them."""

    def __init__(self, settings: Settings, celery: Celery) -> None:
        self.settings = settings
        self._celery = celery

    @cached_property
    def stores(self) -> Stores:
        """All stores."""
        return open_stores(self.settings)

    @cached_property
    def stream(self) -> StreamStores:
        """The stores of live data."""
        return open_stream_stores(self.settings, self.stores.redis)

    @cached_property
    def gaps(self) -> GapLedger:
        """The gap ledger."""
        return GapLedger(self.stores.engine)

    @property
    def journal_ms(self) -> int:
        """How long raw trades stay in Redis (ms)."""
        return self.settings.journal_retention_hours * 3_600_000

    def limit_s(self, queue: str) -> float:
        """Return how long a step of a queue may take (s): trainings have a limit."""
        return self.settings.training_hours * 3_600 if queue == TRAIN else float("inf")

    @cached_property
    def enqueue(self) -> Enqueue:
        """The sender of jobs."""
        return Enqueue(self.stores.jobs, self.stores.uploads, self._celery)

    @cached_property
    def enqueue_stream(self) -> EnqueueStream:
        """The sender of live batches."""
        return EnqueueStream(self._celery, self.stream.intake)

    @cached_property
    def forecaster(self) -> SlotForecaster:
        """What forecasts the watched slots."""
        return SlotForecaster(self.stores)

    @cached_property
    def sealer(self) -> SignalSealer:
        """What seals the signals of watched series, and those that the settings offer."""
        self.stores.slots.offer(self.settings.offered_signals)
        return SignalSealer(self.stores, self.settings.signal_words)

    @cached_property
    def signals_ahead(self) -> dict[int, int]:
        """How many candles ahead signals look, by the length of candles (s)."""
        return offered_horizons(self.settings.signal_horizons)

    @cached_property
    def scorer(self) -> ForecastScorer:
        """What joins the outcomes of forecasts."""
        return ForecastScorer()

    @cached_property
    def retrainer(self) -> Retrainer:
        """What decides which slots are trained again."""
        return Retrainer()

    @cached_property
    def applier(self) -> WebhookApplier:
        """What applies the events of payment providers."""
        stores, tell = self.stores, bool(self.settings.admin_mail)
        shops = self.settings.shops
        return WebhookApplier(stores.webhooks, stores.purchases, stores.outbox, shops, tell=tell)

    @cached_property
    def mail_sender(self) -> MailSender | None:
        """What sends mails, None where no server takes them."""
        settings, stores = self.settings, self.stores
        server = settings.smtp_server
        if server is None:
            return None
        postbox = Postbox(server, settings.mail_from, settings.admin_mail, settings.public_url)
        return MailSender(stores.outbox, stores.accounts, stores.claims, postbox)

    @cached_property
    def at_close(self) -> AtClose:
        """What is done once a candle has closed."""
        answers = partial(refresh_answers, self.stores, self.settings.signal_words)
        events, phases = self.stores.signal_events, PhaseWatch(self.stores)
        seal = events.expire, self.sealer.run, phases.run
        look = self.stores.closes.look
        steps = (look, self.forecaster.run, *seal, answers, self.series.extend_all)
        return AtClose(steps)

    @cached_property
    def series(self) -> SeriesMaker:
        """What computes the series of the next candle."""
        return SeriesMaker(self.stores)

    def exchange(self, platform: str, sleep_ms: int | None = None) -> CandleSource:
        """Return a connector to a platform, or to the address set in its place.

        It pauses as the settings say, or for `sleep_ms`, between calls.
        """
        pause = self.settings.backfill_sleep_ms if sleep_ms is None else sleep_ms
        return open_source(
            platform,
            Pace(self.settings.exchange_timeout_s, pause),
            self.settings.exchange_urls.get(platform),
            self.settings.providers,
        )

    def trades(self, platform: str) -> ExchangeTrades:
        """Return a connector to a platform's trades by id, likewise."""
        return ExchangeTrades(
            platform,
            base_url=self.settings.exchange_urls.get(platform),
            timeout_s=self.settings.exchange_timeout_s,
            sleep_ms=self.settings.backfill_sleep_ms,
        )


_lock = threading.Lock()
_configured: tuple[Settings, Celery] | None = None
_by_process: dict[int, Runtime] = {}


def configure(settings: Settings, celery: Celery) -> None:
    """Say what `runtime` is made of; called once, by the entry point."""
    global _configured
    _configured = settings, celery


def runtime() -> Runtime:
    """Return this process's runtime: a forked child never uses its parent's connections."""
    if _configured is None:
        raise RuntimeError("tasks.runtime.configure was not called by the entry point")
    with _lock:
        process = os.getpid()
        if process not in _by_process:
            _by_process.clear()
            _by_process[process] = Runtime(*_configured)
        return _by_process[process]
