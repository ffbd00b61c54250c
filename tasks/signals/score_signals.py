"""What became of signals, from the candles that followed them."""

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import msgspec

from core.clock.times import now_ms
from core.markets import DEFAULT_COSTS_BPS
from core.signals import BUY, GRACE_MS
from storage.candles.newest_finished import finished
from storage.models.registry import Registry
from storage.models.signals import SignalRecord
from storage.stores import Stores

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ml.scoring.signal_outcome import Bars, Outcome

# A candle that is missing may come for so long after a signal's end (ms): then those held decide.
PATIENCE_MS = 86_400_000


def score_signals(stores: Stores) -> int:
    """Enter the outcomes that are known by now; returns how many.

    A position is entered at the open of the first candle that opens after the
    signal was made (with the ledger's grace of 30 s), and never at a price that
    was gone by then. Of two exits touched within one candle the stop counts.
    """
    closed = 0
    for record in stores.signals.pending():
        found = _outcome(stores, record)
        if found is not None:
            values = msgspec.structs.asdict(found) | {"result": found.result}
            values["closed_at"] *= 1_000
            # First into the chain: what a crash left undone is found pending again.
            stores.sealed.record_outcome(record.id, found.pnl_percent, found.exit)
            closed += stores.signals.close(record.id, values)
    return closed


def _outcome(stores: Stores, record: SignalRecord) -> "Outcome | None":
    # NumPy and pandas come in with this import.
    from ml.scoring.scorecard import fee_of
    from ml.scoring.signal_outcome import Exits, outcome

    assert record.take_profit is not None
    assert record.stop_loss is not None
    openings = _openings(stores.registry, record)
    costs = DEFAULT_COSTS_BPS if record.costs_bps is None else record.costs_bps
    spread = record.spread_bps or 0.0
    return outcome(
        Exits(1 if record.type == BUY else -1, record.take_profit, record.stop_loss),
        openings,
        _bars(stores, record),
        record.resolution,
        final=now_ms() > record.expires_at + PATIENCE_MS,
        fee=fee_of(costs - spread),
        spread=spread / 10_000,
    )


def _openings(registry: Registry, record: SignalRecord) -> "NDArray[np.int64]":
    """Return the candles that a position lives through: those that open once it can be entered."""
    # NumPy comes in with these imports.
    from core.clock.sessions import Sessions

    sessions = Sessions.from_dict(_sessions(registry, record.run_id))
    ahead = sessions.next_openings(record.opening, record.horizon)
    return ahead[ahead * 1_000 + GRACE_MS >= record.made_at]


@lru_cache(256)
def _sessions(registry: Registry, run_id: str) -> dict[str, Any]:
    return dict(registry.run(run_id).metadata["sessions"])


def _bars(stores: Stores, record: SignalRecord) -> "Bars":
    """Return the finished candles after the one that a signal came from."""
    from ml.scoring.signal_outcome import Bars

    end = record.expires_at // 1_000 - record.resolution
    held = stores.candles.read(record.series, record.opening + 1, end)
    done = finished(held)
    return Bars(done.time, done.open, done.high, done.low, done.close)
