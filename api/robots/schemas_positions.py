"""Shapes of positions and terminals as they are shown."""

from typing import Annotated

from msgspec import Meta, Struct

from api.robots.schemas_executions import INT64
from core.executions.copy import CopySums


class PositionsQuery(Struct, forbid_unknown_fields=True, kw_only=True):
    """Positions still open, or closed within so many days; those before `exec_id` `before`."""

    days: Annotated[int, Meta(ge=1, le=365)] = 30
    limit: Annotated[int, Meta(ge=1, le=1_000)] = 100
    before: Annotated[int, Meta(ge=1, le=INT64)] = INT64


class PositionShown(Struct):
    """A position; `revisions` counts its reports, `account` is `server:login`, null if unsaid.

    Beside its signal: `slippage_bps` of its entry (above 0 is worse), `delay_s`, and `r`, what it
    earned in units of what the signal risked; null where it has none, or is open. An `implausible`
    one has a price that was not the market's.
    """

    exec_id: int
    ticket: int
    symbol: str
    timeframe: str
    signal: str
    confidence: float | None
    opened_at: str
    closed_at: str | None
    entry_price: float
    exit_price: float | None
    pnl: float | None
    result: str | None
    pred_id: int | None
    matched: bool
    slippage_bps: float | None
    delay_s: float | None
    r: float | None
    account: str | None
    revisions: int
    clock_suspect: bool
    in_plan: bool
    volume: float | None
    closed_volume: float | None
    commission: float | None
    swap: float | None
    currency: str | None
    parent_ticket: int | None
    reason_raw: str | None
    implausible: bool


class TerminalShown(Struct, kw_only=True):
    """A terminal: the end of its login only; without a server it is any caller of the account.

    `utc_offset_s` is its broker's server ahead of UTC, `clock_offset_s` its own UTC clock
    ahead of ours. Online is seen within two minutes, late within fifteen.
    """

    account_id: int | None
    server: str | None
    login_hint: str | None
    version: str | None
    platform: str | None
    build: int | None
    demo: bool | None
    open_positions: int | None
    utc_offset_s: int | None
    clock_offset_s: int | None
    last_seen_at: str
    status: str


class Terminals(Struct):
    """Terminals, those seen last first."""

    terminals: list[TerminalShown]


class MoneyShown(Struct):
    """Sums over the closed positions of one currency; `gross_loss` is positive."""

    n_closed: int
    profit_factor: float | None
    total_pnl: float
    gross_profit: float
    gross_loss: float


class CopyCoverage(Struct):
    """Signals to act on of the last `days` (at most 30), in the plan, while a terminal was there.

    `skipped` says why those not copied were not, and counts the others as `offline`.
    """

    days: int
    signals: int
    copied: int
    pct: float | None
    skipped: dict[str, int]


class CopyShown(CopySums, frozen=True, kw_only=True):
    """What copying the signals came to; implausible positions count nowhere else.

    `gap_r` is what was earned less what the signal came to by the rule for all, the mean over
    `n_gap` signals: what was lost by copying. `open_r` is what the open positions stand at in
    units of what was risked, `worst_open_r` the worst of them.
    """

    coverage: CopyCoverage


class PositionSums(Struct):
    """Sums over the whole window, not the page.

    Money of different currencies is never added: where there are several, `currency` and the
    sums of money are null, and `by_currency` has them. `open_pnl_estimate` values the open
    positions at the newest candles; null where one cannot be, or of several currencies.
    """

    days: int
    n_total: int
    n_closed: int
    n_wins: int
    n_losses: int
    win_rate_pct: float | None
    profit_factor: float | None
    total_pnl: float | None
    gross_profit: float | None
    gross_loss: float | None
    n_breakeven: int
    n_open: int
    open_pnl_estimate: float | None
    currency: str | None
    by_currency: dict[str, MoneyShown]
    copy: CopyShown


class Positions(Struct):
    """Positions, the newest first, and sums over the window."""

    executions: list[PositionShown]
    summary: PositionSums
