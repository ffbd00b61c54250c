"""The work on live trades and quotes: plain functions on stores, repeatable without harm."""

import logging
import time
from collections.abc import Sequence
from typing import NamedTuple

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
# What still waits after so long (s) is left to another message: others wait for the worker, too.
RUN_S = 1.0
# Trades of one symbol that touch more minutes than this are not of a live feed alone: those
# that happened longer ago than so many ms are history.
MOST_LIVE_MINUTES = 120
LIVE_MS = 300_000
# Batches of history that may wait; further ones are stored as they come.
MOST_HISTORY = 1_000


class Processed(NamedTuple):
    """Symbols whose trades were stored, by platform, and whether more batches wait."""

    stored: dict[str, set[str]]
    more: bool


def process_batch(stores: StreamStores, batch_id: str) -> Processed:
    """Store a batch of the intake and all that wait beside it, for a second, and forget them.

    Those that wait are stored together: the further behind we are, the less a trade
    costs. A batch that comes again changes nothing. One whose processing fails stays in
    the intake and is named again; after five tries it is buried and counted. Raises what
    the batch failed with, after the others.
    """
    run = _Run(stores)
    named = stores.intake.take(batch_id)
    if named and named.tries > 1:
        run.store_alone(batch_id, named)
    group = {batch_id: named} if named and named.tries == 1 else {}
    deadline, more = time.monotonic() + RUN_S, True
    while more and time.monotonic() < deadline:
        others = stores.intake.take_untouched(MOST_TOGETHER, MOST_BYTES_TOGETHER)
        if group or others:
            run.store_together({**group, **others})
        # Of what came since this message was taken up, another tells.
        group, more = {}, bool(others)
    if batch_id in run.failures:
        raise run.failures[batch_id]
    return Processed(run.stored, more)


class _Run:
    """What one message has stored, and what batches failed with."""

    def __init__(self, stores: StreamStores) -> None:
        self._stores = stores
        self.stored: dict[str, set[str]] = {}
        self.failures: dict[str, Exception] = {}

    def store_together(self, batches: dict[str, Batch]) -> None:
        """Store several batches at once, or each alone if one of them spoils it."""
        try:
            self._store(next(iter(batches)), [unpack(one.content) for one in batches.values()])
        except Unavailable:
            raise
        except Exception as error:
            logger.warning("batches %s: one by one after %r", ", ".join(batches), error)
        else:
            self._stores.intake.drop(*batches)
            oldest = min(batch.accepted_at for batch in batches.values())
            logger.debug("%d batches, the oldest after %d ms", len(batches), now_ms() - oldest)
            return
        for batch_id, batch in batches.items():
            self.store_alone(batch_id, batch)

    def store_alone(self, batch_id: str, batch: Batch) -> None:
        """Store a batch; one that failed too often is put aside."""
        try:
            self._store(batch_id, [unpack(batch.content)])
        except Unavailable:
            raise
        except Exception as error:
            logger.exception("batch %s: not stored, try %d", batch_id, batch.tries)
            self.failures[batch_id] = error
            if batch.tries >= MOST_TRIES:
                self._stores.intake.bury(batch_id)
                logger.error("batch %s: put aside", batch_id)
            return
        self._stores.intake.drop(batch_id)

    def _store(self, batch_id: str, contents: Sequence[StreamBatch]) -> None:
        for platform in {content.platform for content in contents}:
            symbols = _store(self._stores, batch_id, platform, contents)
            self.stored.setdefault(platform, set()).update(symbols)


def _store(
    stores: StreamStores, batch_id: str, platform: str, contents: Sequence[StreamBatch]
) -> set[str]:
    """Store what batches hold of one platform; returns the symbols whose trades were stored."""
    trades: dict[str, list[Trades]] = {}
    tickers: list[Ticker] = []
    for content in contents:
        if content.platform == platform:
            tickers += content.tickers
            for symbol, parts in content.unpacked().items():
                trades.setdefault(symbol, []).extend(parts)
    live: list[dict[str, list[Trades]]] = []
    if trades:
        live = _hand_over_history(stores, f"{batch_id}.{platform}", platform, join_all(trades))
        for part in live:
            stores.writer.write(platform, part)
    if tickers:
        _store_tickers(stores, platform, tickers)
    return {symbol for part in live for symbol in part}


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
