"""Runs the trader: its lease, its passes, its heartbeat, and what wakes it."""

import logging
import os
import sys
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import partial
from typing import Any

import redis
from redis.exceptions import RedisError

from core.clock.times import now_ms
from core.errors import LeaseLost, RedisUnavailable, TickcastError, Unavailable
from core.process.json_log import log_json
from core.process.lifetime import die_with_parent
from core.series import Market
from core.settings import Settings, read_settings
from operate.stop_signals import interrupt
from operate.trader.guard import LockGuard
from storage import keys
from storage.jobs.workers import WorkerStore
from storage.redis_connection import connect
from storage.stores import Stores, open_stores
from storage.trading.lease import LeaseStore
from tasks.trading.carry_out import PaperTerms, Trader
from tasks.trading.decide_signals import SignalDecisions
from tasks.trading.market_data import MarketData
from tasks.trading.rates import RateBook
from tasks.trading.seen import Markets
from tasks.trading.stop_failing import StoppingRules
from tasks.trading.venues.desk import VenueDesk
from tasks.trading.venues.doors import venue_doors
from tasks.worker.heartbeat_loop import Fields, send_heartbeats
from tasks.worker.process_state import memory_mb

logger = logging.getLogger("trader")

# What these say of each commit is in the chain itself.
_CHATTY = ("alembic", "httpx", "storage.ledger.ledger_heads")
_RENEW_MS = 1_000
# Without anything that wakes it the trader looks for work this often (s).
_PAUSE_S = 0.2
_RETRY_S = 0.5
# Redis is not waited for long: while it is away, orders are refused and switches still work.
_REDIS_S = 1.0


def run(guard: LockGuard) -> int:
    """Trade until told to stop; return the exit code, after a sentence if it is not 0."""
    try:
        settings = read_settings()
        log_json(settings.log_level, _CHATTY, sys.stderr)
        interrupt()
        die_with_parent()
        _Process(settings, guard).run()
    except KeyboardInterrupt:
        return 0
    except TickcastError as error:
        print(error.detail, file=sys.stderr, flush=True)
        return 1
    return 0


def make_trader(
    stores: Stores, client: "redis.Redis", settings: Settings, clock: Callable[[], int] = now_ms
) -> Trader:
    """Return the trader of an installation, on a client of Redis that gives up soon."""
    data = MarketData(client, stores.candles)
    terms = PaperTerms(
        settings.paper_currency,
        settings.paper_balance,
        settings.paper_leverage,
        settings.order_latency_ms,
        settings.paper_limits,
    )
    rates = RateBook(stores.known, stores.markets, data, clock)
    markets = Markets(stores.markets, data, rates, terms.currency, clock)
    wake = partial(client.publish, keys.TRADER_WAKE, "")
    live = settings.trading_live == "on"
    venues = VenueDesk(stores, venue_doors(settings), wake, server_live=live, clock=clock)
    return Trader(stores.trading, markets, terms, clock, venues)


class _Process:
    """The loop of the process."""

    def __init__(self, settings: Settings, guard: LockGuard) -> None:
        stores = open_stores(settings)
        guard.watch(stores.engine)
        client = connect(settings.redis_address, timeout=_REDIS_S, retries=0)
        self._lease: LeaseStore = stores.lease
        self._trader = make_trader(stores, client, settings)
        self._decisions = SignalDecisions(stores.decisions, stores.sealed, self._trader)
        self._rules = StoppingRules(stores.stop_rules, stores.trading, self._trader)
        self._wake = _Wake(settings.redis_address)
        self._workers = WorkerStore(client)
        self._holder = f"trader@{os.uname().nodename}"
        self._passed = time.monotonic()

    def run(self) -> None:
        """Take the lease, trade while it holds, and wait for another's end else."""
        send_heartbeats(self._workers, self._holder, "", self._look, threading.Event())
        while True:
            try:
                token = self._lease.take(self._holder, now_ms())
                if token is None:
                    self._passed = time.monotonic()
                    time.sleep(_RETRY_S)
                    continue
                self._trade(token)
            except LeaseLost:
                logger.warning("another trader has taken over")
            except Unavailable as error:
                logger.warning("cannot trade at present: %s", error.detail)
                time.sleep(_RETRY_S)

    def _trade(self, token: str) -> None:
        self._trader.begin()
        renewed, looked, asked = now_ms(), 0.0, True
        try:
            while True:
                if now_ms() - renewed >= _RENEW_MS:
                    self._decisions.decide(token)
                    self._rules.look(token)
                    self._trader.watch_margin(token)
                    self._lease.renew(token, now_ms(), self._trader.bad_prices)
                    self._trader.bad_prices, renewed = 0, now_ms()
                # Prices that came while nobody looked come before what is asked for now.
                with suppress(RedisUnavailable):
                    self._trader.hear_prices(token)
                if asked or time.monotonic() - looked >= _PAUSE_S:
                    self._trader.carry_out(token)
                    self._trader.visit_venues(token)
                    self._trader.note_time(token)
                    looked = time.monotonic()
                self._passed = time.monotonic()
                asked = self._wake.wait(_PAUSE_S, self._trader.markets())
        except KeyboardInterrupt:
            with suppress(TickcastError):
                self._lease.give_back(token)
            raise

    def _look(self) -> Fields:
        """Return how long the loop has stood still, and what the process needs."""
        return {"memory_mb": memory_mb(()), "idle_s": int(time.monotonic() - self._passed)}


class _Wake:
    """Waits until a command, a switch or a price comes; without Redis, for the time alone."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._channel: Any = None
        self._heard: frozenset[str] = frozenset()

    def wait(self, seconds: float, markets: Iterable[Market]) -> bool:
        """Return when something of these markets came, or the time is over.

        True if somebody asked for something, or may have: prices alone ask for nothing.
        """
        try:
            channel = self._listening(frozenset(keys.live(*market) for market in markets))
            message, asked = channel.get_message(timeout=seconds), False
            while message is not None:
                asked = asked or message["channel"] == keys.TRADER_WAKE.encode()
                # What came meanwhile is dealt with by the same pass.
                message = channel.get_message(timeout=0)
            return asked
        except (RedisError, OSError):
            self._channel = None
            time.sleep(seconds / 4)
            return True

    def _listening(self, wanted: frozenset[str]) -> Any:
        if self._channel is None:
            client: Any = connect(self._address, timeout=_REDIS_S, retries=0)
            self._channel = client.pubsub(ignore_subscribe_messages=True)
            self._channel.subscribe(keys.TRADER_WAKE)
            self._heard = frozenset()
        if wanted != self._heard:
            if gone := self._heard - wanted:
                self._channel.unsubscribe(*gone)
            if new := wanted - self._heard:
                self._channel.subscribe(*new)
            self._heard = wanted
        return self._channel
