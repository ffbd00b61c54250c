"""Positions joined to the signals that they copy, by the candles of both.

Loads NumPy and pandas: import it where it is needed.
"""

from collections import defaultdict

import numpy as np

from core.executions.copy import Copy, PaperSignal, PriceSpan, Seen, copy_of
from core.series import Series
from ml.scoring.signal_outcome import Bars
from storage.executions.execution_rows import Position
from storage.stores import Stores
from tasks.record.slot_candles import RecordCandles

# So many positions are joined by a run; more wait for the next.
AT_ONCE = 1_000


def join_executions(stores: Stores) -> int:
    """Join the positions that were reported, or of which more is known by now; returns how many."""
    due = stores.copies.due(AT_ONCE)
    signals = stores.record_reads.papers({one.signal_seq or 0 for one in due})
    by_series: dict[Series, list[Position]] = defaultdict(list)
    for position in due:
        if position.signal_seq in signals:
            by_series[signals[position.signal_seq].target.series].append(position)
    found: list[tuple[Copy, int]] = []
    for series, some in by_series.items():
        beside = [(one, signals[one.signal_seq or 0]) for one in some]
        since = min(signal.first_opening for _, signal in beside) - series.resolution
        bars, step = RecordCandles(stores.candles, stores.facts, since).fine(series)
        found += [(_join(one, signal, bars, step), one.received_at) for one, signal in beside]
    if found:
        stores.copies.put(found)
    return len(found)


def _join(position: Position, signal: PaperSignal, bars: Bars, step: int) -> Copy:
    entry = signal.entry_at(step)
    at = int(np.searchsorted(bars.time, entry))
    held = at < len(bars.time) and int(bars.time[at]) == entry
    closed_at = position.progress.closed_at
    seen = Seen(
        float(bars.open[at]) if held else None,
        _span(bars, position.opening.opened_at, step),
        None if closed_at is None else _span(bars, closed_at, step),
        float(bars.close[-1]) if len(bars.time) else None,
    )
    return copy_of(position.exec_id, position, position.clock_suspect, signal, seen)


def _span(bars: Bars, instant: int, step: int) -> PriceSpan | None:
    """Return the prices of the candle in which an instant (epoch ms) lies, None if none is held."""
    at = int(np.searchsorted(bars.time, instant // 1_000, side="right")) - 1
    if at < 0 or instant // 1_000 >= int(bars.time[at]) + step:
        return None
    return PriceSpan(float(bars.low[at]), float(bars.high[at]))
