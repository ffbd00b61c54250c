"""Sealed signals counted by day and slot, by SQL: no row leaves the database."""

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
from sqlalchemy import (
    ColumnElement,
    Engine,
    Integer,
    and_,
    case,
    func,
    literal_column,
    or_,
    select,
)

from core.clock.resolutions import DAY
from core.forecast_target import ForecastTarget
from core.ledger import SIGNALS
from core.signals import BUY, GRACE_MS, HOLD, SELL
from storage.database import reading
from storage.ledger.ledger_reads import is_target
from storage.ledger.ledger_rows import MISSED, OUTCOME
from storage.ledger.ledger_tables import ledger_events, ledger_signals

_CLASSES = (HOLD, BUY, SELL)


class DayCount(msgspec.Struct, kw_only=True):
    """A day (since 1970, UTC) of a slot; what is no count is a sum over signals.

    `brier` is the sum over resolved signals, `brier_prior` over those `n_with_prior` of them
    whose priors were sealed.
    """

    day: int
    symbol: str
    resolution: int
    n_buy: int = 0
    n_sell: int = 0
    n_hold: int = 0
    n_missed: int = 0
    n_resolved: int = 0
    n_hits: int = 0
    n_with_prior: int = 0
    confidence: float = 0.0
    brier: float = 0.0
    brier_prior: float = 0.0


class Share(msgspec.Struct, frozen=True):
    """So many signals of a slot with a word and a tenth of confidence (0: below 0.1)."""

    symbol: str
    resolution: int
    type: str
    tenth: int
    count: int


class SignalCounts:
    """Every method may raise `DatabaseUnavailable`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def by_day(self, targets: Sequence[ForecastTarget], first: int, last: int) -> list[DayCount]:
        """Count the signals whose candle closed on the days `first` to `last` (since 1970)."""
        found: dict[tuple[int, str, int], DayCount] = {}
        for row in self._made(targets, first, last):
            found[row.day, row.symbol, row.resolution] = row
        for day, target, count in self._missed(targets, first, last):
            key = day, target.symbol, target.resolution
            one = found.setdefault(key, DayCount(day=day, symbol=key[1], resolution=key[2]))
            one.n_missed += count
        return list(found.values())

    def shares(self, since: int) -> list[Share]:
        """Count all signals sealed since an instant (epoch ms), by slot, word and confidence."""
        row = ledger_signals.c
        # As text in the query: a bound parameter would make two expressions of it.
        tenths = [(row.confidence < literal_column(f"{n / 10}"), n - 1) for n in range(1, 10)]
        by = row.symbol, row.resolution, row.type, case(*tenths, else_=9).label("tenth")
        # The index on openings bounds what is read.
        here = row.made_at >= since, row.opening >= (since - GRACE_MS) // 1_000
        names = ("symbol", "resolution", "type", "tenth")
        query = select(*by, func.count()).where(*here).group_by(*map(literal_column, names))
        with reading(self._engine) as connection:
            return [Share(*each) for each in connection.execute(query)]

    def _made(self, targets: Sequence[ForecastTarget], first: int, last: int) -> list[DayCount]:
        if not targets:
            return []
        # A bound parameter would make two expressions of what is selected and grouped by.
        signal, length = ledger_signals.c, literal_column(str(DAY), Integer)
        day = signal.input_end // length
        outcome = and_(
            ledger_events.c.ledger == signal.ledger,
            ledger_events.c.seq == signal.seq,
            ledger_events.c.kind == OUTCOME,
        )
        # A signal's last candle opens after its first: the index on it bounds what is read.
        wanted = and_(
            signal.opening >= first * DAY,
            day.between(first, last),
            or_(*(is_target(ledger_signals, target) for target in targets)),
        )
        query = (
            select(day.label("day"), signal.symbol, signal.resolution, *_sums())
            .select_from(ledger_signals.outerjoin(ledger_events, outcome))
            .where(wanted)
            .group_by(day, signal.symbol, signal.resolution)
        )
        with reading(self._engine) as connection:
            return [DayCount(**row._mapping) for row in connection.execute(query)]

    def _missed(
        self, targets: Sequence[ForecastTarget], first: int, last: int
    ) -> Iterator[tuple[int, ForecastTarget, int]]:
        """Yield days with how many signals of a target were missed on each."""
        event = ledger_events.c
        known = set(targets)
        query = select(*(event[name] for name in ForecastTarget.__struct_fields__),
                       event.opening, event.last_opening, event["count"])  # fmt: skip
        here = event.ledger == SIGNALS, event.kind == MISSED, event.last_opening >= first * DAY
        with reading(self._engine) as connection:
            rows = connection.execute(query.where(*here)).all()
        for row in rows:
            target = ForecastTarget(*row[:5])
            if target in known:
                for day, count in _days(target, row.opening, row.last_opening, row[7]):
                    if first <= day <= last and count:
                        yield day, target, count


def _days(
    target: ForecastTarget, opening: int, last_opening: int, count: int
) -> Iterator[tuple[int, int]]:
    """Yield the days on which the candles closed that missed signals would have been made from.

    They are told by the last candle of each horizon; what a span of several days missed is
    spread over it evenly.
    """
    back = (target.horizon - 1) * target.resolution
    begin, end = opening - back, last_opening - back
    seen = 0
    for day in range(begin // DAY, end // DAY + 1):
        until = min((day + 1) * DAY - 1, end)
        share = (until - begin) / (end - begin) if end > begin else 1.0
        upto = count if day == end // DAY else round(share * count)
        yield day, upto - seen
        seen = upto


def _sums() -> list[ColumnElement[Any]]:
    signal, label = ledger_signals.c, ledger_events.c["label"]
    resolved, prior = label.is_not(None), signal.prior_hold.is_not(None)
    columns = {
        "n_buy": _one(signal.type == BUY),
        "n_sell": _one(signal.type == SELL),
        "n_hold": _one(signal.type == HOLD),
        "n_resolved": _one(resolved),
        "n_hits": _one(and_(resolved, label == signal.type)),
        "n_with_prior": _one(and_(resolved, prior)),
        "confidence": signal.confidence,
        "brier": case((resolved, _brier("probability")), else_=0.0),
        "brier_prior": case((and_(resolved, prior), _brier("prior")), else_=0.0),
    }
    return [func.sum(column).label(name) for name, column in columns.items()]


def _one(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return case((condition, 1), else_=0)


def _brier(kind: str) -> ColumnElement[float]:
    """Return the squared error of the chances `kind`, summed over the classes."""
    errors = [
        ledger_signals.c[f"{kind}_{name}"] - _one(ledger_events.c["label"] == name)
        for name in _CLASSES
    ]
    first, second, third = (error * error for error in errors)
    return first + second + third
