"""Sealed signals of a window as their record needs them, and what was missed of it."""

from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

import msgspec
from sqlalchemy import ColumnElement, Engine, and_, case, func, select

from core.answers.record import RecordHead
from core.clock.resolutions import DAY
from core.executions.copy import PaperSignal
from core.forecast_target import ForecastTarget
from core.ledger import EVENTS, SIGNALS
from core.signals import BUY, HOLD, SELL
from storage.database import reading
from storage.ledger.ledger_chain import read_head
from storage.ledger.ledger_reads import in_parts, is_target
from storage.ledger.ledger_rows import MISSED, OUTCOME
from storage.ledger.ledger_tables import ledger_events, ledger_signals

_TARGET = ForecastTarget.__struct_fields__
# Fields of a signal that its table does not keep: what came of it, and its series' grid.
_ELSEWHERE = ("pnl_percent", "exit", "closed_at", "grid")
_CAME = and_(
    ledger_events.c.ledger == ledger_signals.c.ledger,
    ledger_events.c.seq == ledger_signals.c.seq,
    ledger_events.c.kind == OUTCOME,
)
# What calibration needs of a signal: its chances, the priors beside them, and what came.
CHANCES = (
    "probability_hold", "probability_buy", "probability_sell", "prior_hold", "prior_buy",
    "prior_sell", "label",
)  # fmt: skip
# The class of each chance, in their order.
_CLASSES = (HOLD, BUY, SELL)
# A target, and the hash of a model that spoke for it.
Model = tuple[ForecastTarget, str]


class Spoken(NamedTuple):
    """How many of a model's signals have their outcome, and the training that it is."""

    n: int
    run_id: str | None


class ModelCounts(msgspec.Struct, frozen=True, kw_only=True):
    """How many signals a model gave for a target, and the first candles (s) of first and last."""

    target: ForecastTarget
    model_hash: str
    n: int
    n_directional: int
    since: int
    until: int


class MissedCount(msgspec.Struct, frozen=True):
    """How many candles up to `until` (s) got no signal; that opened first after the last one."""

    target: ForecastTarget
    until: int
    count: int


class RecordReads:
    """Every method may raise `DatabaseUnavailable`; windows begin at an instant (epoch ms)."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def directional(self, since: int) -> list[PaperSignal]:
        """Return the signals to buy or to sell, sealed since then, by when they were made."""
        return self._papers(and_(*_window(since)))

    def papers(self, seqs: Collection[int]) -> dict[int, PaperSignal]:
        """Return signals to buy or to sell by their `seq`."""
        found: dict[int, PaperSignal] = {}
        for part in in_parts(seqs):
            found |= {one.seq: one for one in self._papers(ledger_signals.c.seq.in_(part))}
        return found

    def counts(self, since: int) -> list[ModelCounts]:
        """Count the signals sealed since then by target and model, by their first candle."""
        signal = ledger_signals.c
        named = [signal[name] for name in (*_TARGET, "model_hash")]
        first = func.min(signal.first_opening)
        query = select(
            *named,
            func.count(),
            func.sum(case((signal.type != HOLD, 1), else_=0)),
            first,
            func.max(signal.first_opening),
        )
        query = query.where(*_window(since)).group_by(*named).order_by(first)
        with reading(self._engine) as connection:
            return [
                ModelCounts(
                    target=ForecastTarget(*row[:5]),
                    **dict(zip(ModelCounts.__struct_fields__[1:], row[5:], strict=True)),
                )
                for row in connection.execute(query)
            ]

    def missed(self, since: int) -> Iterator[MissedCount]:
        """Yield what was missed since then; of a span that began before, its share."""
        event = ledger_events.c
        columns = [event[name] for name in (*_TARGET, "opening", "last_opening", "count")]
        here = event.ledger == SIGNALS, event.kind == MISSED, event.last_opening * 1_000 >= since
        with reading(self._engine) as connection:
            rows = connection.execute(select(*columns).where(*here)).all()
        for *names, opening, last_opening, count in rows:
            target = ForecastTarget(*names)
            # Missed signals are named by the last candle of their horizon.
            back = (target.horizon - 1) * target.resolution
            begin, until = opening - back, last_opening - back
            share = min(1.0, (until - since / 1_000) / (until - begin)) if until > begin else 1.0
            if until * 1_000 >= since:
                yield MissedCount(target, until, round(share * count))

    def spoken(self, since: int) -> dict[Model, Spoken]:
        """Return which models spoke since then, and of how many signals it is known what came."""
        signal, event = ledger_signals.c, ledger_events.c
        named = [signal[name] for name in (*_TARGET, "model_hash")]
        known = and_(event["label"].is_not(None), signal.prior_hold.is_not(None))
        query = (
            select(*named, func.sum(case((known, 1), else_=0)), func.max(signal.run_id))
            .select_from(ledger_signals.outerjoin(ledger_events, _CAME))
            .where(*_window(since))
            .group_by(*named)
        )
        with reading(self._engine) as connection:
            rows = connection.execute(query).all()
        return {(ForecastTarget(*row[:5]), row[5]): Spoken(int(row[6]), row[7]) for row in rows}

    def chances(self, model: Model, since: int) -> list[tuple[float | str, ...]]:
        """Return `CHANCES` of a model's signals of which it is known what came, by candle."""
        target, model_hash = model
        signal, event = ledger_signals.c, ledger_events.c
        mine = is_target(ledger_signals, target), signal.model_hash == model_hash
        known = event["label"].is_not(None), signal.prior_hold.is_not(None)
        query = (
            select(*(signal[name] for name in CHANCES[:-1]), event["label"])
            .select_from(ledger_signals.join(ledger_events, _CAME))
            .where(*_window(since), *mine, *known)
            .order_by(signal.opening)
        )
        with reading(self._engine) as connection:
            return [tuple(row) for row in connection.execute(query)]

    def losses(self, since: int) -> dict[Model, list[tuple[int, float, float]]]:
        """Return by model and day (since 1970, UTC) the Brier scores of signals sealed since then.

        Summed over those of which it is known what came: that of their chances, and that of the
        priors beside them.
        """
        signal, event = ledger_signals.c, ledger_events.c
        named = [signal[name] for name in (*_TARGET, "model_hash")]
        day = (signal.first_opening // DAY).label("day")
        sums = [func.sum(_brier(CHANCES[part])) for part in (slice(0, 3), slice(3, 6))]
        known = event["label"].is_not(None), signal.prior_hold.is_not(None)
        query = (
            select(*named, day, *sums)
            .select_from(ledger_signals.join(ledger_events, _CAME))
            .where(*_window(since), *known)
            .group_by(*named, day)
            .order_by(day)
        )
        found: dict[Model, list[tuple[int, float, float]]] = {}
        with reading(self._engine) as connection:
            for *target, model_hash, at, loss, prior in connection.execute(query):
                model = ForecastTarget(*target), model_hash
                found.setdefault(model, []).append((int(at), float(loss), float(prior)))
        return found

    def head(self) -> RecordHead:
        """Return where the chains of signals and of their outcomes end."""
        with reading(self._engine) as connection:
            rows, events = (read_head(connection, one, SIGNALS) for one in (SIGNALS, EVENTS))
        return RecordHead(rows.count, rows.hash, events.count, events.hash)

    def _papers(self, wanted: ColumnElement[bool]) -> list[PaperSignal]:
        signal, event = ledger_signals.c, ledger_events.c
        columns = [signal[name] for name in PaperSignal.__struct_fields__ if name not in _ELSEWHERE]
        outcome = (
            event.realised.label("pnl_percent"),
            event.reason.label("exit"),
            event.closed_at,
        )
        query = (
            select(*columns, *outcome)
            .select_from(ledger_signals.outerjoin(ledger_events, _CAME))
            .where(wanted, signal.type != HOLD, signal.stop_loss.is_not(None))
            .order_by(signal.made_at, signal.seq)
        )
        with reading(self._engine) as connection:
            return [PaperSignal(**row._mapping) for row in connection.execute(query)]


def _brier(chances: Sequence[str]) -> ColumnElement[float]:
    """Return the squared error of chances, summed over their classes."""
    came = ledger_events.c["label"]
    parts = [
        ledger_signals.c[name] - case((came == one, 1.0), else_=0.0)
        for name, one in zip(chances, _CLASSES, strict=True)
    ]
    return parts[0] * parts[0] + parts[1] * parts[1] + parts[2] * parts[2]


def _window(since: int) -> tuple[ColumnElement[bool], ...]:
    # A signal's last candle opens after it was made, but for the seconds of its grace: the
    # index on it bounds what is read.
    signal = ledger_signals.c
    return signal.made_at >= since, signal.opening >= since // 1_000 - 60
