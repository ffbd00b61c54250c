"""What sealed signals came to: every slot that was ever offered, retired and missed ones too.

Loads NumPy and SciPy: import it where it is needed.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import msgspec
import numpy as np
from numpy.typing import NDArray

from core.answers.record import ExecutionFigures, Performance, RecordRow, RecordScope, SignalFigures
from core.clock.resolutions import DAY
from core.executions.copy import PaperSignal
from core.forecast_target import ForecastTarget
from core.multiple_testing import holm
from ml.record.class_prior import DayLosses, joined, versus_prior
from ml.record.equity import Changes, Equity, changes_of
from ml.record.figures import chance_of_no_gain, figures, judge
from ml.record.random_entries import Compared, SlotCandles, compare, percentile
from ml.record.signal_columns import SignalColumns
from ml.scoring.signal_outcome import NOT_ENTERED
from storage.record.record_reads import MissedCount, Model, ModelCounts
from storage.stores import Stores
from tasks.record.copied import CopiedSignals
from tasks.record.slot_candles import RecordCandles

Integers = NDArray[np.int64]


@dataclass(frozen=True, eq=False, slots=True)
class _Record:
    """Signals of a model for a target, or of several, with what they came to."""

    signals: SignalColumns
    changes: Changes
    days: Integers
    compared: Sequence[Compared]

    @classmethod
    def joined(cls, parts: Sequence[Self]) -> Self:
        return cls(
            SignalColumns.joined([part.signals for part in parts]),
            Changes.joined([part.changes for part in parts]),
            np.unique(np.concatenate([part.days for part in parts])),
            [one for part in parts for one in part.compared],
        )


def performance(stores: Stores, scope: RecordScope, now: int) -> Performance:
    """Return the record of a scope at `now` (epoch ms).

    What is corrected for is every slot and model of the window, in the scope or not.
    """
    since, reads = now - scope.days * DAY * 1_000, stores.record_reads
    # The head first: rows that come meanwhile may be told of, but none before it is left out.
    head = reads.head()
    offered = _offered(stores)
    counts = {_model(one): one for one in reads.counts(since) if one.target in offered}
    signals = stores.facts.on_grids(reads.directional(since))
    columns = _columns(signals, counts)
    missed = _missed([one for one in reads.missed(since) if one.target in offered], counts)
    chances = [chance_of_no_gain(signals) for signals in columns.values()]
    p_values = dict(zip(columns, holm(chances), strict=True))
    wanted = [model for model in {**counts, **missed} if scope.holds(*_slot(model[0]))]
    candles = RecordCandles(stores.candles, stores.facts, since // 1_000)
    copied = CopiedSignals(stores, signals, since, now)
    losses = {
        model: [DayLosses(*one) for one in told] for model, told in reads.losses(since).items()
    }
    records, rows = [], []
    for model in wanted:
        some = [counts[model]] if model in counts else []
        record = [_record(columns[model], one, candles) for one in some]
        beside = _versus_prior([model], losses)
        figures_ = _shown(record, some, missed.get(model, 0), p_values.get(model, 1.0), beside)
        executions = copied.figures([model])
        rows.append(_row(model, offered[model[0]], figures_, executions))
        records += record
    together = [counts[model] for model in wanted if model in counts]
    lacking = sum(missed.get(model, 0) for model in wanted)
    return Performance(
        as_of=now,
        head=head,
        signals=_shown(records, together, lacking, None, _versus_prior(wanted, losses)),
        executions=copied.figures(wanted),
        rows=sorted(rows, key=lambda row: (row.symbol, row.resolution, row.model_hash)),
    )


def _record(signals: SignalColumns, count: ModelCounts, candles: RecordCandles) -> _Record:
    """Return what the signals of a model came to; without any, no candle is read."""
    if not len(signals.side):
        return _Record(signals, Changes.joined([]), np.empty(0, np.int64), [])
    series = count.target.series
    fine, step = candles.fine(series)
    days = np.unique(fine.time // DAY)
    slot = SlotCandles(
        candles.own(series),
        fine,
        step,
        series.resolution,
        count.target.horizon,
        count.since,
        count.until,
        candles.grid(series),
    )
    compared = compare(signals, slot)
    return _Record(
        signals,
        changes_of(signals, fine, step),
        days[days >= count.since // DAY],
        [] if compared is None else [compared],
    )


def _shown(
    records: Sequence[_Record],
    counts: Sequence[ModelCounts],
    missed: int,
    p_holm: float | None,
    beside: Mapping[str, float | None],
) -> SignalFigures:
    """Return the figures of a row, or with no p-value over all slots those of several together.

    `beside` is how their chances compare with the class prior.
    """
    n = sum(one.n for one in counts)
    shown = SignalFigures(
        n=n,
        n_directional=sum(one.n_directional for one in counts),
        n_missed=missed,
        coverage=n / (n + missed) if n + missed else None,
        n_resolved=0,
    )
    shown = msgspec.structs.replace(shown, **beside)
    if not records:
        return shown
    whole = records[0] if len(records) == 1 else _Record.joined(records)
    found = figures(shown, whole.signals, Equity.of(whole.changes), whole.days)
    p_value = found.shown.p_value if p_holm is None else p_holm
    return msgspec.structs.replace(
        found.shown,
        random_entry_percentile=percentile(whole.compared),
        p_value_holm=p_value,
        verdict=judge(found, p_value),
    )


def _versus_prior(
    models: Sequence[Model], losses: Mapping[Model, Sequence[DayLosses]]
) -> dict[str, float | None]:
    """Return how the chances of models compare with the class prior."""
    spoke = [model for model in models if model in losses]
    reach = max((target.horizon * target.resolution for target, _ in spoke), default=0)
    return versus_prior(joined(losses[model] for model in spoke), 1 + -(-reach // DAY))


def _row(
    model: Model, retired: bool, shown: SignalFigures, executions: ExecutionFigures | None
) -> RecordRow:
    target, model_hash = model
    return RecordRow(
        platform=target.platform,
        symbol=target.symbol,
        resolution=target.resolution,
        horizon=target.horizon,
        model_hash=model_hash,
        retired=retired,
        signals=shown,
        executions=executions,
    )


def _offered(stores: Stores) -> dict[ForecastTarget, bool]:
    """Return the targets that were ever offered, and whether each is retired."""
    return {slot.target: slot.retired_at is not None for slot in stores.slots.all()}


def _model(count: ModelCounts) -> Model:
    return count.target, count.model_hash


def _slot(target: ForecastTarget) -> tuple[str, int]:
    return target.symbol, target.resolution


def _missed(missed: Iterable[MissedCount], counts: Mapping[Model, ModelCounts]) -> dict[Model, int]:
    """Count what was missed by the model that spoke then; by none where none ever did."""
    found: dict[Model, int] = defaultdict(int)
    for one in missed:
        spoke = [count for count in counts.values() if count.target == one.target]
        before = [count for count in spoke if count.since <= one.until]
        model = _model((before or spoke)[-1 if before else 0]) if spoke else (one.target, "")
        found[model] += one.count
    return found


def _columns(
    rows: Iterable[PaperSignal], counts: Mapping[Model, ModelCounts]
) -> dict[Model, SignalColumns]:
    """Return the signals that act of every model that gave any, of some none."""
    by_model: dict[Model, list[PaperSignal]] = {model: [] for model in counts}
    for row in rows:
        if (row.target, row.model_hash) in by_model:
            by_model[row.target, row.model_hash].append(row)
    return {model: columns_of(some) for model, some in by_model.items()}


def columns_of(rows: Sequence[PaperSignal]) -> SignalColumns:
    """Return signals as columns; costs are those that were sealed with them."""

    def floats(values: Iterable[float]) -> NDArray[np.float64]:
        return np.fromiter(values, np.float64, len(rows))

    def integers(values: Iterable[int]) -> Integers:
        return np.fromiter(values, np.int64, len(rows))

    return SignalColumns(
        made_at=integers(row.made_at for row in rows),
        first_opening=integers(row.first_opening for row in rows),
        end=integers(row.end for row in rows),
        side=integers(row.sign for row in rows),
        price=floats(row.current_price for row in rows),
        take_profit=floats(row.take_profit for row in rows),
        stop_loss=floats(row.stop_loss for row in rows),
        fee=floats(row.fee for row in rows),
        spread=floats(row.spread_bps / 10_000 for row in rows),
        earned=floats(np.nan if row.pnl_percent is None else row.pnl_percent / 100 for row in rows),
        closed_at=integers(-1 if row.closed_at is None else row.closed_at // 1_000 for row in rows),
        entered=np.fromiter((row.exit != NOT_ENTERED for row in rows), bool, len(rows)),
    )
