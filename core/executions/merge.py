"""What all reports of one position say together, in whichever order and however often they come.

A field of its progress is taken from the report that got furthest of those that say it, so that
an opening report which comes after the closing one erases nothing, nor does a null. Of reports
that got equally far what was said last counts: terminals correct a profit when a commission is
booked. What was said before is known by its content and counts once, so that an older report
that is sent again takes no correction back (`storage.executions`). The volume is the largest that
was told.
"""

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec.structs import asdict

from core.errors import Conflict
from core.executions.report import Opening, Progress, Report

Rank = tuple[bool, float]
# A market's point where nobody told its digits, as a share of the price.
_POINT_SHARE = 1e-5
_ROUNDING = 1e-9


class TicketReused(Conflict):
    """A known ticket with another symbol, side or entry price: it is another position's."""

    type = "ticket_reused"


class Execution(msgspec.Struct, frozen=True, kw_only=True):
    """A position as its reports tell it; `ranks` says how far the report of each field was."""

    terminal: str
    ticket: int
    symbol: str
    resolution: int
    side: str
    opening: Opening
    progress: Progress
    ranks: dict[str, Rank]


def merge(held: Execution | None, report: Report, point: float | None = None) -> Execution:
    """Return what is known of a position once a report of it is there too.

    `point` is the smallest step of its market's price, None if unknown. Raises
    `TicketReused` where the report is of another position.
    """
    if held is None:
        said = {name for name, value in asdict(report.progress).items() if value is not None}
        ranks = dict.fromkeys(said, report.progress.rank)
        return Execution(
            **{name: getattr(report, name) for name in report.__struct_fields__}, ranks=ranks
        )
    check_same(held, report, point)
    opening = msgspec.structs.replace(held.opening, **_learnt(held.opening, report.opening))
    rank = report.progress.rank
    newer = {
        name: value
        for name, value in asdict(report.progress).items()
        if value is not None and rank >= held.ranks.get(name, rank)
    }
    return msgspec.structs.replace(
        held,
        opening=opening,
        progress=msgspec.structs.replace(held.progress, **newer),
        ranks=held.ranks | dict.fromkeys(newer, rank),
    )


def check_same(held: Execution, report: Report, point: float | None) -> None:
    """Raise `TicketReused` unless a report can be of this position."""
    entry = held.opening.entry_price
    step = point or _POINT_SHARE * entry
    same: Mapping[str, bool] = {
        "symbol": report.symbol == held.symbol,
        "signal": report.side == held.side,
        "entry_price": abs(report.opening.entry_price - entry) <= step * (1 + _ROUNDING),
    }
    other = [name for name, fits in same.items() if not fits]
    if other:
        raise TicketReused(
            f"Ticket {report.ticket} was reported with another {' and '.join(other)} "
            f"({held.symbol}, {held.side}, {entry:.10g}): it is another position's."
        )


def _learnt(held: Opening, told: Opening) -> dict[str, Any]:
    """Return what was not known of an opening before, and the volume if it is a larger one.

    Terminals show what is left of a position, or the part that an order was closed with, where
    an earlier report told all of it; on a netting account it grows.
    """
    new = {
        name: value
        for name, value in asdict(told).items()
        if value is not None and getattr(held, name) is None
    }
    if told.volume is not None and told.volume > (held.volume or 0.0):
        new["volume"] = told.volume
    return new
