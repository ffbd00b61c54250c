"""What a server answers of an account that has traded for a while, in the routes' own shapes."""

from typing import Any

import msgspec

from api.signals.show import show_signal
from api.trading.schemas import (
    Exposure,
    HeldPosition,
    Pnl,
    PortfolioAnswer,
    RiskShown,
    SignalOfPosition,
    TradedAccount,
    Unrealised,
)
from api.trading.schemas_auto import (
    AutoTradeStatus,
    LastDecision,
    LimitsShown,
    OrdersAnswer,
    OrderShown,
    Stopping,
    TraderShown,
    Used,
)
from api.trading.schemas_decisions import (
    ConfigAnswer,
    ConfigShown,
    DecisionsAnswer,
    DecisionShown,
    SignalOfDecision,
    StopRuleShown,
)
from api.trading.schemas_history import (
    EndedTrade,
    EquityShown,
    ForecastOfTrade,
    HistorySummary,
    PaperGap,
    ShadowDifference,
    ShadowShown,
    TradePnl,
    TradingHistory,
)
from core.clock.times import format_time, now_ms
from tests.made_signals import signal_data

HASH = "ab" * 32
HOUR_MS = 3_600_000


def status(**other: Any) -> Any:
    """Return what `GET /api/v1/auto-trade/status` answers."""
    limits = LimitsShown(0.5, 1.0, 0.5, 0.02, 0.05, 0.2, 5, 10, 5, 0.05, 0, 0, [])
    used = Used(trades_today=4, open_positions=2, gross=0.62, daily_loss=0.0, drawdown=0.031)
    last = LastDecision("XAUUSD", "HOLD", _ago(1), "The slot has not shown skill.")
    stopping = Stopping(
        stated_at=_ago(90), max_drawdown=0.1, min_brier_skill=0.0, by_trades=50, trades=2,
        drawdown=0.031, brier_skill=-0.04, p_value=0.93, broken=None,
    )  # fmt: skip
    told = AutoTradeStatus(
        enabled=True, mode="paper", trades_today=4, last_decision=last, state="ACTIVE", reason="",
        epoch=0, limits=limits, used=used, stopping=stopping,
        trader=TraderShown(alive=True, lag_s=0.4),
    )  # fmt: skip
    return msgspec.to_builtins(told) | other


def portfolio() -> Any:
    """Return what `GET /api/portfolio` answers: one position by a signal, one by hand."""
    account = TradedAccount(
        id="paper", mode="paper", currency="USD", balance=10_412.37, equity=10_398.02,
        margin=104.1, free_margin=10_293.92, margin_level=9_988.4, leverage=100, state="ACTIVE",
        reason="",
    )  # fmt: skip
    told = PortfolioAnswer(
        account=account,
        positions=[
            _position("17", signal=SignalOfPosition("first", 4_711, HASH), override=True),
            _position(
                "21", symbol="EURUSD", direction="short", volume=0.05, open_price=1.08123,
                current_price=1.08231, stop_loss=1.085, take_profit=None, stale=True,
                price_age_s=4_000.0, unrealised=Unrealised(-5.4, -5.4),
            ),
        ],
        exposure=Exposure(6_450.0, 1_020.0, {"XAUUSD": 2_380.0}, {"USD": 6_450.0}),
        pnl=Pnl(42.1, 412.37, -14.35, -12.2, -0.8, 398.02),
        risk=RiskShown(61.2, 478.0, 1, 0.031),
        as_of=_ago(0),
    )  # fmt: skip
    return msgspec.to_builtins(told)


def history() -> Any:
    """Return what `GET /api/portfolio/history` answers."""
    worth = [10_000 + 30 * n - 90 * (n % 7) for n in range(48)]
    equity = [EquityShown(_ago(48 - n), one, one, 100 * (1 - one / max(worth[: n + 1])))
              for n, one in enumerate(worth)]  # fmt: skip
    trades = [_trade("33", -12.52, -1.02), _trade("31", 38.4, 1.9), _trade("29", 4.0, None)]
    summary = HistorySummary(
        n=3, win_rate=2 / 3, profit_factor=3.39, expectancy_r=0.44, total_return=0.0398,
        max_drawdown=0.052, sharpe=None, sharpe_reason="fewer than 30 days", ci=None, brier=0.231,
        brier_baseline=0.222, slippage_mean=0.01,
        paper_gap=PaperGap(0, None, None),
    )  # fmt: skip
    told = TradingHistory(
        equity=equity, trades=trades, summary=summary, shadows=_shadows(equity), next_cursor=None
    )
    return msgspec.to_builtins(told)


def _shadows(equity: list[EquityShown]) -> list[ShadowShown]:
    few = ShadowDifference(0.44, None, 3, False, "fewer than 30 trades")
    many = ShadowDifference(0.21, [0.02, 0.4], 34, True, None)
    drift = {"always_flat": 0, "coin_flip": -14, "ignore_model": -6}
    return [
        ShadowShown(
            name=name,  # type: ignore[arg-type]
            equity=[EquityShown(one.timestamp, 10_000 + step * n, 10_000 + step * n, 0.0)
                    for n, one in enumerate(equity)],
            n=0 if step == 0 else 34, net=47.0 * step, expectancy_r=None if step == 0 else -0.12,
            total_return=0.0047 * step, max_drawdown=-0.0047 * step,
            difference=many if name == "ignore_model" else few,
        )
        for name, step in drift.items()
    ]  # fmt: skip


def orders() -> Any:
    """Return what `GET /api/v1/auto-trade/orders` answers."""
    refused = {"state": "refused", "refused_by": "notional", "fill_price": None, "filled_at": None,
               "reason": "The order is worth 34% of equity; 10% may be."}  # fmt: skip
    resting = {"state": "working", "action": "SELL_LIMIT", "price": 2_402.5, "fill_price": None}
    told = OrdersAnswer([_order("23", **resting), _order("22", **refused), _order("17")], "c")
    return msgspec.to_builtins(told)


_RULE = StopRuleShown(
    max_drawdown=0.1, min_brier_skill=0.0, by_trades=50, stated_at="2026-01-02T00:00:00Z",
    stated_by="owner", trades=0, loosens=False, reason="",
)  # fmt: skip


def config() -> Any:
    """Return what `GET /api/v1/auto-trade/config` answers."""
    told = ConfigShown(
        enabled=True, symbols=["XAUUSD", "EURUSD"], markets=["mt5:XAUUSD", "mt5:EURUSD"],
        max_risk_per_trade=0.02, max_daily_trades=5, min_confidence=0.6, paper_trading=True,
        require_confirmation=True, timeframe="1h", rr_config="rr_2_1", require_skill=False,
        stop_rule=_RULE, stop_rules=[_RULE], version=2, changed_at=_ago(5), changed_by="owner",
    )  # fmt: skip
    return msgspec.to_builtins(ConfigAnswer("configured", told))


def decisions() -> Any:
    """Return what `GET /api/v1/auto-trade/decisions` answers: one waits, one held, one won."""
    waiting = {"id": "dec-waits", "state": "pending", "result": "pending", "order_id": None}
    hold = {"id": "dec-held", "action": "HOLD", "state": "none", "result": "none",
            "order_id": None, "override": False, "reason": "unproven",
            "reasoning": "The slot has not shown skill: its record does not tell it from chance "
            "yet."}  # fmt: skip
    told = [_decision(**waiting), _decision(**hold), _decision(result="profit")]
    return msgspec.to_builtins(DecisionsAnswer(told, None))


def active(symbol: str) -> Any:
    """Return what `GET /api/signals/active` answers of one market, or that no model is there."""
    if symbol != "XAUUSD":
        fault = {"symbol": symbol, "error": "model_unavailable", "detail": "No model is trained."}
        return {"signals": [], "errors": [fault]}
    levels = {"entry": 2_356.2, "take_profit": 2_380.0, "stop_loss": 2_340.0}
    ahead = {"horizon": 1, "delta_high": 6.4, "delta_low": 5.1, "confidence_high": 0.74,
             "confidence_low": 0.77, "n": 900}  # fmt: skip
    said = signal_data(resolution=3_600, levels=levels, range_ahead=ahead)
    return {"signals": [msgspec.to_builtins(show_signal(said, symbol, now_ms()))], "errors": []}


def symbols() -> Any:
    """Return as much of `GET /api/symbols` as the page asks for."""
    lengths = ["1h", "1d"]
    return {"symbols": [], "details": [
        {"symbol": one, "platform": "mt5", "raw": one, "timeframes": lengths}
        for one in ("XAUUSD", "EURUSD")
    ]}  # fmt: skip


def _position(number: str, **other: Any) -> HeldPosition:
    told: dict[str, Any] = {
        "id": number, "symbol": "XAUUSD", "platform": "mt5", "direction": "long", "volume": 0.01,
        "open_price": 2_350.51, "current_price": 2_356.2, "price_age_s": 0.8, "stale": False,
        "stop_loss": 2_340.0, "take_profit": 2_380.0, "notional": 2_356.2, "exposure_pct": 22.66,
        "unrealised": Unrealised(5.69, 5.69), "swap": 0.0, "commission": 0.35,
        "opened_at": _ago(3), "decision_id": None, "signal": None, "override": False,
        "foreign": False,
    }  # fmt: skip
    return HeldPosition(**told | other)


def _order(number: str, **other: Any) -> OrderShown:
    told: dict[str, Any] = {
        "id": number, "client_order_id": f"order-{number}", "symbol": "XAUUSD", "platform": "mt5",
        "action": "BUY", "volume": 0.01, "price": None, "stop_loss": 2_340.0,
        "take_profit": 2_380.0, "comment": "", "state": "filled", "position_id": number,
        "closes": None, "filled_volume": 0.01, "fill_price": 2_350.51, "slippage": 0.01,
        "commission": 0.35, "liquidity": "assumed", "paper_price": None, "gap_bps": None,
        "reason": "", "refused_by": None,
        "decision_id": "dec-first", "signal_seq": 4_711, "signal_hash": HASH, "override": True,
        "created_at": _ago(3), "filled_at": _ago(3), "expires_at": None, "updated_at": _ago(3),
    }  # fmt: skip
    return OrderShown(**told | other)


def _trade(number: str, net: float, r: float | None) -> EndedTrade:
    by_signal = r is not None
    return EndedTrade(
        id=number, symbol="XAUUSD", platform="mt5", direction="long", volume=0.01,
        opened_at=_ago(9), closed_at=_ago(6), open_price=2_350.51, close_price=2_337.99,
        exit="take_profit" if net > 0 else "stop_loss", pnl=TradePnl(net + 0.7, 0.7, net, r),
        slippage=0.01, entry_gap_bps=None, exit_gap_bps=None,
        decision_id="dec-first" if by_signal else None,
        signal_hash=HASH if by_signal else None,
        forecast=ForecastOfTrade(0.41, 1 / 3) if by_signal else None, override=False,
    )  # fmt: skip


def _decision(**other: Any) -> DecisionShown:
    told: dict[str, Any] = {
        "id": "dec-first", "symbol": "XAUUSD", "platform": "mt5", "action": "BUY",
        "confidence": 0.71, "reason": "taken", "reasoning": "The signal's side has a confidence "
        "of 0.71, its take profit comes first with 41% (without skill 33%). 0.01 risks 2.0% of "
        "equity at its stop at most.", "signal": SignalOfDecision("first", 4_711, HASH),
        "ml_signal": None, "state": "sent", "executed": True, "timestamp": _ago(4),
        "valid_until": _ago(-1), "order_id": "17", "refused_by": None, "override": True,
        "config_version": 2, "seq": 5, "hash": HASH, "result": "pending",
    }  # fmt: skip
    return DecisionShown(**told | other)


def _ago(hours: float) -> str:
    return format_time(now_ms() - int(hours * HOUR_MS))
