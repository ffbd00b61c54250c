"""Whether a position is advised in a market, and what kind of market it is."""

from agent.tools.get_regime import RegimeArguments, RegimeResult
from agent.tools.get_signal import SignalArguments, SignalResult
from api.agent.caller import Caller, RouteOfTool
from api.signals.generate import GenerateSignal
from api.signals.show import show_signal
from core.clock.times import now_ms
from core.risk_reward import USUAL
from storage.access.access_keys import SUBSCRIBER

_ROUTE = RouteOfTool("/generate/signal", "POST", (SUBSCRIBER,), computes=True)


class SignalTool:
    """Tells what `POST /generate/signal` tells."""

    route = _ROUTE

    def __init__(self, signals: GenerateSignal) -> None:
        self._signals = signals

    async def __call__(self, caller: Caller, asked: SignalArguments) -> SignalResult:
        """Return the signal of the newest closed candle; raises as the route does."""
        data, name = await self._signals.find(
            caller.account, asked.symbol, asked.timeframe, asked.rr_config
        )
        shown = show_signal(data, name, now_ms())
        return SignalResult(
            symbol=asked.symbol,
            platform=shown.platform,
            timeframe=asked.timeframe,
            rr_config=shown.rr_config,
            signal_id=shown.signal_id,
            direction=shown.direction,
            tradeable=shown.tradeable,
            entry_price=shown.entry_price,
            stop_loss=shown.stop_loss,
            take_profit=shown.take_profit,
            risk_reward_ratio=shown.risk_reward_ratio,
            prob_tp_first=shown.prob_tp_first,
            prob_tp_first_baseline=shown.prob_tp_first_baseline,
            confidence=shown.confidence_score,
            expected_value_r=shown.expected_value_r,
            costs_bps=shown.costs.round_trip_bps,
            horizon=shown.horizon_candles,
            at=shown.timestamp,
            valid_until=shown.valid_until,
            exit_by=shown.exit_by,
            skill=shown.skill.value,
            skill_low=shown.skill.low,
            skill_high=shown.skill.high,
            n=shown.skill.n,
            verdict=shown.skill.verdict,  # type: ignore[arg-type]
            seq=shown.ledger.seq if shown.ledger else None,
            model=shown.model.name,
        )


class RegimeTool:
    """Tells the regimes that stand in the signal."""

    route = _ROUTE

    def __init__(self, signals: GenerateSignal) -> None:
        self._signals = signals

    async def __call__(self, caller: Caller, asked: RegimeArguments) -> RegimeResult:
        """Return both regimes of the newest closed candle; raises as the route does."""
        data, _ = await self._signals.find(
            caller.account, asked.symbol, asked.timeframe, USUAL.name
        )
        return RegimeResult(
            symbol=asked.symbol,
            platform=data.platform,
            timeframe=asked.timeframe,
            regime=data.regime,  # type: ignore[arg-type]
            volatility_regime=data.volatility_regime,  # type: ignore[arg-type]
            at=data.timestamp,
        )
