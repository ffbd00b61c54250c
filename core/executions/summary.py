"""What a list of positions comes to; money of different currencies is never added."""

import math
from collections import defaultdict
from collections.abc import Iterable

import msgspec


class Totals(msgspec.Struct, frozen=True, kw_only=True):
    """Sums over positions: `gross_loss` is positive, a ratio without a denominator is None."""

    n_total: int
    n_closed: int
    n_wins: int
    n_losses: int
    win_rate_pct: float | None
    profit_factor: float | None
    total_pnl: float
    gross_profit: float
    gross_loss: float
    n_breakeven: int
    n_open: int


class Money(msgspec.Struct, frozen=True):
    """What the sums need of a position; `pnl` in `currency`, None where it was not said."""

    closed: bool
    pnl: float | None
    currency: str | None


def totals(positions: Iterable[Money]) -> Totals:
    """Return the sums of positions of one currency."""
    every = list(positions)
    closed = [one for one in every if one.closed]
    earned = [one.pnl for one in closed if one.pnl is not None]
    gains = math.fsum(p for p in earned if p > 0)
    losses = math.fsum(-p for p in earned if p < 0)
    wins, lost = sum(p > 0 for p in earned), sum(p < 0 for p in earned)
    return Totals(
        n_total=len(every),
        n_closed=len(closed),
        n_wins=wins,
        n_losses=lost,
        win_rate_pct=round(100 * wins / len(closed), 1) if closed else None,
        profit_factor=round(gains / losses, 2) if losses else None,
        total_pnl=round(gains - losses, 2),
        gross_profit=round(gains, 2),
        gross_loss=round(losses, 2),
        n_breakeven=sum(p == 0 for p in earned),
        n_open=len(every) - len(closed),
    )


def by_currency(positions: Iterable[Money]) -> dict[str, Totals]:
    """Return the sums of each currency; `""` is that of positions which do not say it."""
    parts: dict[str, list[Money]] = defaultdict(list)
    for one in positions:
        parts[one.currency or ""].append(one)
    return {currency: totals(part) for currency, part in sorted(parts.items())}
