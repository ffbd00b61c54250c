"""Judge the trades that the journal has taken since the last look."""

from collections.abc import Sequence

import msgspec
import numpy as np

from core.series import Market
from ml.features.anomaly import Anomaly, AnomalyLimits, DetectorState, TradeColumns, detect
from storage.journal.columns import Trades
from storage.trades.anomalies import AnomalyRecord, Judged
from storage.trades.exclusion import Print
from storage.trades.stream_stores import StreamStores

ENTRIES_A_LOOK = 200
# With exclusion on, a price so far (in logarithms, about 10%) from the median before it stays
# out of candles; markets do move by what the detector merely reports.
EXCLUDED_MOVE = 0.1


class Cursor(msgspec.Struct):
    """How far the detector has read a symbol's journal, and what it remembers."""

    entry: str = ""
    memory: DetectorState = msgspec.field(default_factory=DetectorState)


_ENCODE = msgspec.msgpack.Encoder().encode
_DECODE = msgspec.msgpack.Decoder(Cursor).decode


def detect_anomalies(
    stores: StreamStores,
    platform: str,
    symbols: Sequence[str],
    limits: AnomalyLimits | None = None,
    *,
    exclude: bool = False,
    looks: int | None = None,
) -> list[Anomaly]:
    """Read on from each symbol's cursor to the journal's end; returns what was found.

    With `looks` it is at most so many times 200 entries of each: a live worker must not
    judge a backfill while trades wait. Maintenance takes up the rest.

    A crash between storing trades and this skips nothing: the cursor moves
    together with what was found. Of two that run at once one gives way. With
    `exclude` bad prints are taken out of their candles.
    """
    limits = limits or AnomalyLimits()
    found: list[Anomaly] = []
    unread, done = list(symbols), 0
    while unread and (looks is None or done < looks):
        done += 1
        new, unread = _look(stores, platform, unread, limits, exclude)
        found += new
    return found


def judged(stores: StreamStores, market: Market) -> int:
    """Return the version of the symbol's state up to which its trades were judged."""
    packed = stores.anomalies.detector_states(market.platform, [market.symbol])[market.symbol]
    entry = _DECODE(packed).entry if packed else ""
    return int(entry.split("-")[0]) if entry else 0


def _look(
    stores: StreamStores,
    platform: str,
    symbols: Sequence[str],
    limits: AnomalyLimits,
    exclude: bool,
) -> tuple[list[Anomaly], list[str]]:
    """Judge the next entries; returns what was found, and the symbols that have more."""
    packed = stores.anomalies.detector_states(platform, symbols)
    cursors = {name: _DECODE(one) if one else Cursor() for name, one in packed.items()}
    places = {name: cursor.entry for name, cursor in cursors.items()}
    found: list[Anomaly] = []
    looks: list[Judged] = []
    unread: list[str] = []
    for symbol, entries in stores.journal.since(platform, places, ENTRIES_A_LOOK).items():
        if not entries:
            continue
        columns, before = _columns([batch for _, batch in entries]), cursors[symbol].memory
        new, memory = detect(columns, before, limits)
        if exclude and new:
            # Before the cursor moves: a crash between repeats this, and never skips it.
            stores.exclusions.exclude(platform, symbol, _bad_prints(columns, before, limits))
        after = _ENCODE(Cursor(entries[-1][0], memory))
        looks.append(Judged(symbol, [_record(one) for one in new], packed[symbol], after))
        found += new
        if len(entries) == ENTRIES_A_LOOK:
            unread.append(symbol)
    if looks and not stores.anomalies.record_judged(platform, looks):
        # Another worker judged them meanwhile.
        return [], []
    return found, unread


def _bad_prints(columns: TradeColumns, memory: DetectorState, limits: AnomalyLimits) -> list[Print]:
    far = msgspec.structs.replace(limits, price_move=max(limits.price_move, EXCLUDED_MOVE))
    found, _ = detect(columns, memory, far)
    return [Print(one.time, one.trade_id, one.price) for one in found if one.reason == "price_jump"]


def _columns(batches: list[Trades]) -> TradeColumns:
    return TradeColumns(
        np.concatenate([batch.last_id for batch in batches]),
        np.concatenate([batch.time for batch in batches]),
        np.concatenate([batch.prices() for batch in batches]),
        np.concatenate([batch.sizes() for batch in batches]),
    )


def _record(one: Anomaly) -> AnomalyRecord:
    return AnomalyRecord(one.time, one.trade_id, one.price, one.size, one.score, one.reason)
