"""What became of signals, from the candles that followed them."""

import logging
from collections import defaultdict
from typing import TYPE_CHECKING

import msgspec

from core.clock.grids import Grid
from core.clock.times import now_ms
from core.errors import TickcastError
from core.forecast_target import ForecastTarget
from core.ledger import SIGNALS
from core.markets import DEFAULT_COSTS_BPS
from core.models import exits_of
from core.series import Market, Series
from core.signals import BUY, GRACE_MS, HOLD, SELL
from storage.ledger.signal_rows import SealedSignal, SignalOutcome
from storage.models.signals import SignalRecord
from storage.stores import Stores
from tasks.forecasts.ledger_scores import is_due
from tasks.jobs.loaded_models import models
from tasks.signals.signal_scores import keep_signal_scores

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ml.scoring.signal_outcome import Bars, Outcome
    from tasks.signals.finest_path import FineCandles

logger = logging.getLogger(__name__)

# A candle that is missing may come for so long after a signal's end (ms): then those held decide.
PATIENCE_MS = 86_400_000
LABELS = (HOLD, BUY, SELL)


def score_signals(stores: Stores) -> int:
    """Enter the outcomes that are known by now; returns how many.

    A position is entered at the open of the first candle that opens after the
    signal was made (with the ledger's grace of 30 s), and never at a price that
    was gone by then. Of two exits touched within one candle the stop counts. What is
    sealed is scored whatever it says: of a hold, what its side would have earned; and by
    the finest candles held, entered at the first of their opens after it was made.
    """
    return _score_sealed(stores) + _score_unsealed(stores)


def _score_sealed(stores: Stores) -> int:
    # NumPy and pandas come in with this import.
    from tasks.signals.finest_path import FineCandles

    by_series: dict[Series, list[SealedSignal]] = defaultdict(list)
    since: dict[Market, int] = {}
    for row in stores.sealed.pending(now_ms() // 1_000):
        by_series[row.target.series].append(row)
        market = Market(row.platform, row.symbol)
        since[market] = min(since.get(market, row.first_opening), row.first_opening)
    fine = FineCandles(stores.candles, since.__getitem__)
    behind: set[ForecastTarget] = set()
    count = 0
    for series, rows in by_series.items():
        try:
            known = _score_series(stores, series, rows, fine)
        except TickcastError as error:
            logger.warning("outcomes of signals of %s: %s", series, error.detail)
            continue
        count += len(known)
        behind |= {row.target for row in known}
    _keep_scores(stores, behind)
    return count


def _score_series(
    stores: Stores, series: Series, rows: list[SealedSignal], fine: "FineCandles"
) -> list[SealedSignal]:
    bars = _bars(stores, series, min(r.first_opening for r in rows), max(r.opening for r in rows))
    grid = stores.facts.get(series).grid
    outcomes = []
    for row in rows:
        found = _outcome_of_sealed(stores, row, bars, fine, grid)
        if found is not None:
            # Before the row is waited for no more: an end in between would leave it open for ever.
            _close(stores, row.signal_id, found[0])
            came, label = found
            closed = came.closed_at * 1_000
            outcomes.append(SignalOutcome(row.seq, came.pnl_percent, came.exit, label, closed))
    return stores.sealed.record_outcomes(outcomes) if outcomes else []


def _outcome_of_sealed(
    stores: Stores, row: SealedSignal, bars: "Bars", fine: "FineCandles", grid: Grid
) -> "tuple[Outcome, str | None] | None":
    """Return what a position on its side earned, and which barrier came first.

    The position goes by the finest candles held, the barrier by those that its model
    learnt from. None while either is open.
    """
    side = row.side or row.type
    if side == HOLD or row.take_profit is None or row.stop_loss is None:
        return None  # a hold of an earlier version: nothing was said but its chances
    # NumPy comes in with this import.
    from core.clock.openings import end_of

    run_id = row.run_id or stores.signals.get(row.signal_id).run_id
    before = row.first_opening - 1
    openings = _openings(stores, run_id, before, row.horizon, row.made_at)
    over = now_ms() > end_of(row.opening, row.resolution, grid) * 1_000 + PATIENCE_MS
    ended = _finest_position(row, side, openings, bars, fine, over, grid)
    label = _label(row, openings, bars, over)
    return None if ended is None or label is None else (ended, label or None)


def _label(
    row: SealedSignal, openings: "NDArray[np.int64]", bars: "Bars", over: bool
) -> str | None:
    """Return which barrier was touched first; None while that is open, empty for ever."""
    # NumPy and pandas come in with these imports.
    import numpy as np

    from ml.data.labels import BARRIER, Path, triple_barrier

    assert row.take_profit is not None
    path = bars.at(openings)
    held = len(path.time)
    if not held:
        return "" if over else None
    reward = abs(np.log(row.take_profit / row.current_price))
    unit = np.array([BARRIER * reward / exits_of(row.model).take_profit])
    first = np.array([row.current_price])
    prices = Path(*(np.concatenate([first, c]) for c in (path.high, path.low, path.close)))
    found = triple_barrier(prices, np.array([0]), unit, unit, held)
    whole = np.array_equal(path.time, openings[:held])
    decided = int(found.end[0]) < held or found.outcome[0] or found.tie[0]
    if not over and not (whole and (decided or held == len(openings))):
        return None
    return LABELS[int(found.outcome[0]) % 3]


def _finest_position(
    row: SealedSignal,
    side: str,
    openings: "NDArray[np.int64]",
    bars: "Bars",
    fine: "FineCandles",
    over: bool,
    grid: Grid,
) -> "Outcome | None":
    """Return how a position ended, by the finest candles of its time that are held."""
    from core.clock.openings import end_of
    from tasks.signals.finest_path import finest_path

    if not len(openings):
        return None
    finer, now = fine.finer_than(row.target.series), now_ms() // 1_000
    path = finest_path(openings, bars, row.resolution, finer, row.made_at, now, grid)
    found = _position(row, side, path.openings, path.bars, over, grid, path.step)
    if found is not None and found.closed_at - path.step in path.coarse:
        longer = end_of(found.closed_at - path.step, row.resolution, grid)
        return msgspec.structs.replace(found, closed_at=longer)
    return found


def _position(
    about: SealedSignal | SignalRecord,
    side: str,
    openings: "NDArray[np.int64]",
    bars: "Bars",
    over: bool,
    grid: Grid,
    step: int | None = None,
) -> "Outcome | None":
    # NumPy and pandas come in with this import.
    from ml.scoring.scorecard import fee_of
    from ml.scoring.signal_outcome import Exits, outcome

    assert about.take_profit is not None
    assert about.stop_loss is not None
    costs = DEFAULT_COSTS_BPS if about.costs_bps is None else about.costs_bps
    spread = about.spread_bps or 0.0
    return outcome(
        Exits(1 if side == BUY else -1, about.take_profit, about.stop_loss),
        openings,
        bars,
        step or about.resolution,
        final=over,
        grid=grid,
        fee=fee_of(costs - spread),
        spread=spread / 10_000,
    )


def _score_unsealed(stores: Stores) -> int:
    """Enter the outcomes of signals that were given on demand and are not sealed."""
    records = stores.signals.pending()
    sealed = stores.sealed.sealed_of([record.id for record in records])
    closed = 0
    for record in records:
        if record.id not in sealed:
            found = _outcome_of_record(stores, record)
            closed += found is not None and _close(stores, record.id, found)
    return closed


def _outcome_of_record(stores: Stores, record: SignalRecord) -> "Outcome | None":
    openings = _openings(stores, record.run_id, record.opening, record.horizon, record.made_at)
    bars = _bars(stores, record.series, record.opening + 1, record.expires_at // 1_000 - 1)
    over = now_ms() > record.expires_at + PATIENCE_MS
    grid = stores.facts.get(record.series).grid
    return _position(record, record.type, openings, bars, over, grid)


def _close(stores: Stores, signal_id: str, found: "Outcome") -> bool:
    values = msgspec.structs.asdict(found) | {"result": found.result}
    values["closed_at"] *= 1_000
    return stores.signals.close(signal_id, values)


def _keep_scores(stores: Stores, behind: set[ForecastTarget]) -> None:
    boards = stores.boards.all(SIGNALS) if behind else {}
    for target in behind:
        board = boards.get(target)
        if board is None or is_due(board.n, board.updated_at, now_ms()):
            keep_signal_scores(stores, target)


def _openings(
    stores: Stores, run_id: str, last: int, horizon: int, made_at: int
) -> "NDArray[np.int64]":
    """Return the candles that a position lives through: those that open once it can be entered."""
    # NumPy comes in with this import.
    from core.clock.sessions import Sessions

    sessions = Sessions.from_dict(models.run(stores, run_id).metadata["sessions"])
    ahead = sessions.next_openings(last, horizon)
    return ahead[ahead * 1_000 + GRACE_MS >= made_at]


def _bars(stores: Stores, series: Series, start: int, end: int) -> "Bars":
    """Return the finished candles that open from `start` to `end` (s)."""
    from tasks.signals.finest_path import bars_of

    return bars_of(stores.candles, series, start, end)
