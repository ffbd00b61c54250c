"""Shapes of what an account was worth, what its trades came to, and of its shadows."""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from api.http.schemas import Name, TimeText


class EquityQuery(Struct, forbid_unknown_fields=True, kw_only=True):
    """Which span (`end` excluded); `cursor` leads to earlier trades."""

    start: TimeText | UnsetType = UNSET
    end: TimeText | UnsetType = UNSET
    resolution: Literal["1h", "1d"] = "1h"
    limit: Annotated[int, Meta(ge=1, le=10_000)] = 1_000
    cursor: Annotated[str, Meta(max_length=64)] = ""
    account: Name = "paper"


class EquityShown(Struct):
    """What the account was worth, and how far below its highest before."""

    timestamp: str
    balance: float
    equity: float
    drawdown_pct: float


class TradePnl(Struct):
    """What a trade earned in account currency, and `r` in units of what its stop risked."""

    gross: float
    costs: float
    net: float
    r: float | None


class ForecastOfTrade(Struct):
    """What the sealed signal said: the chance of the profit before the stop, and without skill."""

    prob_tp_first: float
    baseline: float


class EndedTrade(Struct, kw_only=True):
    """An ended position, or the part of one that ended."""

    id: str
    symbol: str
    platform: str
    direction: Literal["long", "short"]
    volume: float
    opened_at: str
    closed_at: str
    open_price: float
    close_price: float
    exit: str
    pnl: TradePnl
    slippage: float
    entry_gap_bps: float | None
    exit_gap_bps: float | None
    decision_id: str | None
    signal_hash: str | None
    forecast: ForecastOfTrade | None
    override: bool


class PaperGap(Struct):
    """By how much (basis points) entries and exits at the venue were worse than on paper.

    `n` of them are known, of trades that ended.
    `ci` (95%) is null of fewer than 30.
    """

    n: int
    mean_bps: float | None
    ci: list[float] | None


class HistorySummary(Struct, kw_only=True):
    """Figures of the trades of the span; null where there are too few for them."""

    n: int
    win_rate: float | None
    profit_factor: float | None
    expectancy_r: float | None
    total_return: float | None
    max_drawdown: float
    sharpe: float | None
    sharpe_reason: str | None
    ci: list[float] | None
    brier: float | None
    brier_baseline: float | None
    slippage_mean: float | None
    paper_gap: PaperGap


class ShadowDifference(Struct):
    """By how much, in R a trade, the account's decisions did better than a shadow account.

    `paired` says that both sides of the same `n` decisions are compared. `ci` (95%) is null, and
    `reason` says why, where there are too few.
    """

    r: float | None
    ci: list[float] | None
    n: int
    paired: bool
    reason: str | None


class ShadowShown(Struct, kw_only=True):
    """An account that trades on paper beside this one, without its model.

    `always_flat` does nothing, `coin_flip` takes signals and sides by coins, `ignore_model` trades
    as the account does, by a coin's side.
    """

    name: Literal["always_flat", "coin_flip", "ignore_model"]
    equity: list[EquityShown]
    n: int
    net: float
    expectancy_r: float | None
    total_return: float | None
    max_drawdown: float
    difference: ShadowDifference


class TradingHistory(Struct, kw_only=True):
    """Equity, oldest first, ended trades, newest first, and the shadows of auto-trade."""

    equity: list[EquityShown]
    trades: list[EndedTrade]
    summary: HistorySummary
    shadows: list[ShadowShown]
    next_cursor: str | None
