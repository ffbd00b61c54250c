"""A toolbox that answers every tool with made-up results, and notes what it was asked."""

from typing import Any

import msgspec

from agent.tools.get_amd import PhaseResult
from agent.tools.get_auto_trade import AutoTradeResult
from agent.tools.get_decisions import DecisionMade, DecisionsResult
from agent.tools.get_ledger import LedgerResult, LedgerRow
from agent.tools.get_portfolio import PortfolioResult, PositionHeld
from agent.tools.get_range import RangeAhead, RangeResult
from agent.tools.get_regime import RegimeResult
from agent.tools.get_signal import SignalResult
from agent.tools.get_skill import SkillOfModel, SkillResult
from agent.tools.get_snapshot import SnapshotResult
from agent.tools.propose_trade import ProposalResult
from agent.tools.tool import Source

MARKETS = frozenset({"XAUUSD", "EURUSD", "GBPUSD", "BTCUSD", "ETHUSD"})
AT = "2026-02-03T10:15:00Z"
PROOF: dict[str, Any] = {"skill": 0.0213, "skill_low": -0.004, "skill_high": 0.0471}


def results(symbol: str, timeframe: Any) -> dict[str, msgspec.Struct]:
    """Return a result of every tool."""
    series: dict[str, Any] = {"symbol": symbol, "platform": "file", "timeframe": timeframe}
    market = {"symbol": symbol, "platform": "file"}
    return {
        "get_snapshot": SnapshotResult(
            **market,
            last_price=2351.25,
            bid=2351.0,
            ask=2351.5,
            at=AT,
            daily_change=-12.75,
            daily_change_pct=-0.5393,
            quote="live",
            age_s=3.2,
            stale=False,
            closed=False,
        ),
        "get_range": RangeResult(
            **series,
            current_price=2351.25,
            at=AT,
            ranges=[
                RangeAhead(
                    horizon=horizon,
                    horizon_name=f"{horizon}h",
                    median_high=2356.4,
                    median_low=2347.1,
                    level=0.9,
                    low=2331.7,
                    high=2368.9,
                    coverage=0.893,
                    delta_high=7.3,
                    delta_low=6.9,
                    confidence_high=0.748,
                    confidence_low=0.761,
                    n=4_112,
                    **PROOF,
                    verdict="unproven",
                    expires_at="2026-02-03T10:30:00Z",
                    model=f"path_range.file.{symbol}.900.{horizon}",
                )
                for horizon in (1, 4)
            ],
        ),
        "get_signal": SignalResult(
            **series,
            rr_config="rr_2_1",
            signal_id="SIG-7AF01C22",
            direction="none",
            tradeable=False,
            entry_price=2351.25,
            stop_loss=2346.5,
            take_profit=2360.75,
            risk_reward_ratio=2.0,
            prob_tp_first=0.3417,
            prob_tp_first_baseline=0.3333,
            confidence=0.512,
            expected_value_r=-0.083,
            costs_bps=2.1,
            horizon=16,
            at=AT,
            valid_until="2026-02-03T10:30:00Z",
            exit_by="2026-02-03T14:15:00Z",
            **PROOF,
            n=4_112,
            verdict="unproven",
            seq=8_817,
            model=f"barrier_signals.file.{symbol}.900.16",
        ),
        "get_amd": PhaseResult(
            **series,
            phase="accumulation",
            since="2026-02-03T06:00:00Z",
            at=AT,
            confidence=0.571,
            n=84,
            unproven=False,
            strength=0.22,
            bias="none",
            position_size=0.0,
            foretells_size=True,
            foretells_direction=False,
            box_high=2355.0,
            box_low=2349.5,
        ),
        "get_regime": RegimeResult(**series, regime="range", volatility_regime="low", at=AT),
        "get_skill": SkillResult(
            **series,
            count=2,
            models=[
                SkillOfModel(
                    model=name,
                    horizon=4,
                    n=912,
                    missed=3,
                    **PROOF,
                    verdict="no_skill",
                    card=f"{name}.file.{symbol}.900.4",
                )
                for name in ("boosting", "path_range")
            ],
        ),
        "get_ledger": LedgerResult(
            **market,
            count=2,
            rows=[
                LedgerRow(seq=8_817, made_at=AT, type="hold", confidence=0.64),
                LedgerRow(
                    seq=8_790,
                    made_at="2026-02-03T10:00:00Z",
                    type="buy",
                    confidence=0.57,
                    exit="stop_loss",
                    pnl_percent=-0.2114,
                ),
            ],
        ),
        "get_portfolio": PortfolioResult(
            account="paper",
            mode="paper",
            state="ACTIVE",
            currency="USD",
            balance=10_012.5,
            equity=10_004.1,
            free_margin=9_980.0,
            pnl_today=-3.4,
            realised=12.5,
            unrealised=-8.4,
            commission=-1.2,
            swap=0.0,
            gross=2_351.25,
            net=2_351.25,
            open_risk=47.5,
            daily_loss_left=496.6,
            trades_left=4,
            drawdown=0.0083,
            at=AT,
            count=1,
            positions=[
                PositionHeld(
                    id="31",
                    symbol="XAUUSD",
                    direction="long",
                    volume=0.01,
                    open_price=2352.1,
                    unrealised=-8.4,
                    stale=False,
                    opened_at="2026-02-03T09:00:00Z",
                    stop_loss=2346.5,
                    take_profit=2360.75,
                    order_id="12",
                )
            ],
        ),
        "get_decisions": DecisionsResult(
            count=1,
            decisions=[
                DecisionMade(
                    id="dec-7af01c22",
                    symbol="XAUUSD",
                    action="HOLD",
                    reason="unproven",
                    confidence=0.512,
                    result="none",
                    state="none",
                    at=AT,
                    seq=8_817,
                )
            ],
        ),
        "get_auto_trade": AutoTradeResult(
            enabled=True,
            mode="paper",
            state="ACTIVE",
            trader_alive=True,
            trades_today=1,
            trades_a_day=5,
            open_positions=1,
            most_positions=5,
            risk_per_trade=0.02,
            daily_loss=0.0011,
            daily_loss_limit=0.05,
            drawdown=0.0083,
            drawdown_limit=0.2,
        ),
        "propose_trade": ProposalResult(
            id="dec-7af01c22",
            symbol=symbol,
            action="BUY",
            state="pending",
            valid_until="2026-02-03T10:30:00Z",
            seq=8_817,
        ),
    }


class RecordingToolbox:
    """Answers as `results` says, unless `answers` holds a result or an error for a tool."""

    def __init__(self, answers: dict[str, msgspec.Struct | Exception] | None = None) -> None:
        self.answers = answers or {}
        self.asked: list[tuple[str, dict[str, Any]]] = []

    async def call(self, name: str, arguments: msgspec.Struct) -> msgspec.Struct:
        told = msgspec.to_builtins(arguments)
        self.asked.append((name, told))
        found = self.answers.get(name)
        if isinstance(found, Exception):
            raise found
        usual = results(told.get("symbol", ""), told.get("timeframe", "15m"))
        return usual[name] if found is None else found

    async def market(self, name: str) -> str | None:
        plain = name.translate(str.maketrans("", "", "-_/.")).upper()
        return plain if plain in MARKETS else None

    def href(self, source: Source) -> str | None:
        return f"/see/{source.kind}/{source.id}"
