"""To which sealed signal a position belongs."""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Connection, select

from core.forecast_target import ForecastTarget
from core.signals import enter_by
from storage.ledger.ledger_reads import is_target
from storage.ledger.ledger_tables import ledger_signals

# Why a position is not matched.
UNKNOWN, OTHER_SLOT, OTHER_SIDE = "pred_id_unknown", "pred_id_other_slot", "pred_id_other_side"
NOT_MATCHED = "not_matched"
# A position may be opened so long (s) after a signal's last moment for it.
_PATIENCE_S = 60


class Match(NamedTuple):
    """The signal that a position belongs to, or why it belongs to none."""

    seq: int | None
    warning: str | None = None


def match_signal(
    connection: Connection,
    slot: tuple[str, int, str],
    pred_id: int | None,
    opened_at: int,
    targets: Sequence[ForecastTarget],
) -> Match:
    """Match a position of a slot (symbol, length of candles, side) opened at an instant (ms)."""
    if pred_id is None:
        return _only_one(connection, slot[2], opened_at // 1_000, targets)
    columns = ledger_signals.c.symbol, ledger_signals.c.resolution, ledger_signals.c.type
    row = connection.execute(select(*columns).where(ledger_signals.c.seq == pred_id)).one_or_none()
    if row is None:
        return Match(None, UNKNOWN)
    if tuple(row[:2]) != slot[:2]:
        return Match(None, OTHER_SLOT)
    return Match(pred_id) if row.type == slot[2] else Match(None, OTHER_SIDE)


def _only_one(
    connection: Connection, side: str, opened_at: int, targets: Sequence[ForecastTarget]
) -> Match:
    """Return the only signal of the side that could be entered at an instant (s)."""
    found = []
    for target in targets:
        table, late = ledger_signals.c, enter_by(0, target.resolution) + _PATIENCE_S
        # A horizon's last candle opens no earlier than its first: so an index finds few rows.
        near = table.opening >= opened_at - late, table.first_opening >= opened_at - late
        query = select(table.seq).where(is_target(ledger_signals, target), *near)
        query = query.where(table.input_end <= opened_at, table.type == side)
        found += list(connection.execute(query.limit(2)).scalars())
    return Match(found[0]) if len(found) == 1 else Match(None, NOT_MATCHED)
