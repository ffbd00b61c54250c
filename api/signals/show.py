"""Signals and ranges in the words of dashboards."""

import math
from typing import Any

from api.signals.schemas import (
    Direction,
    OutcomeProbabilities,
    RangePrediction,
    RangeShown,
    SignalCosts,
    SignalLedger,
    SignalResponse,
)
from core.answers.signals import PredictionData, RangeAhead, SignalData
from core.clock.resolutions import resolution_name
from core.clock.times import parse_time
from core.errors import ModelUnavailable
from core.signals import BUY, HOLD, SELL

_DIRECTIONS: dict[str, Direction] = {BUY: "long", SELL: "short", HOLD: "none"}


def show_signal(data: SignalData, symbol: str, now: int) -> SignalResponse:
    """Return a signal of a market that is called `symbol`, at an instant (epoch ms).

    Raises `ModelUnavailable` for an answer that an earlier version made.
    """
    levels, exits, valid_until = data.levels, data.tpsl, data.valid_until
    if levels is None or exits is None or valid_until is None or exits.prob_tp_first is None:
        raise ModelUnavailable("This answer is of an earlier version; the next candle brings one.")
    risked = abs(levels.entry - levels.stop_loss)
    tradeable = data.signal.type != HOLD and now < parse_time(valid_until, "valid_until")
    return SignalResponse(
        signal_id=signal_name(data.id),
        symbol=symbol,
        direction=_DIRECTIONS[data.signal.type],
        entry_price=levels.entry,
        stop_loss=levels.stop_loss,
        take_profit=levels.take_profit,
        risk_reward_ratio=round(abs(levels.take_profit - levels.entry) / risked, 4),
        prob_tp_first=exits.prob_tp_first,
        confidence_score=_lead(data),
        amd_phase=data.amd_phase,
        volatility_regime=data.volatility_regime,  # type: ignore[arg-type]
        range_prediction=_ahead(data.range_ahead, data.resolution),
        timestamp=data.timestamp,
        valid_until=valid_until,
        id=data.id,
        platform=data.platform,
        timeframe=resolution_name(data.resolution),
        rr_config=data.rr_config,
        tradeable=tradeable,
        reason=data.recommendation.reason,
        prob_tp_first_baseline=exits.prob_tp_first_baseline or 0.0,
        outcome_probabilities=OutcomeProbabilities(
            exits.probability_tp,
            exits.probability_sl,
            max(1 - exits.probability_tp - exits.probability_sl, 0.0),
        ),
        horizon_candles=data.horizon,
        exit_by=data.expires_at,
        expected_value_r=_expected_r(data, exits.suggested_sl_percent),
        skill=data.skill,
        costs=SignalCosts(round(100 * data.costs_percent, 6)),
        model=data.model,
        input=data.input,
        ledger=SignalLedger("signals", data.sealed.seq, data.sealed.hash) if data.sealed else None,
    )


def signal_name(signal_id: str) -> str:
    """Return the short name of a signal."""
    return f"SIG-{signal_id[:8].upper()}"


def show_range(data: PredictionData) -> RangePrediction:
    """Return a range; raises `ModelUnavailable` where its confidences were not measured."""
    ahead = _ahead(data.ahead, data.resolution)
    if ahead is None:
        raise ModelUnavailable(
            f"The range of {data.symbol}, {data.horizon} candles ahead, was trained by an earlier "
            "version, which did not measure its confidence. POST /api/v1/models/train trains it."
        )
    parts: dict[str, Any] = {name: getattr(ahead, name) for name in ahead.__struct_fields__}
    return RangePrediction(
        **parts,
        horizon_candles=data.horizon,
        current_price=data.current_price,
        median_high=data.predicted_high,
        median_low=data.predicted_low,
        interval=data.interval,
        coverage=data.coverage,
        skill=data.skill,
        baseline=data.skill.baseline,
        timestamp=data.timestamp,
        expires_at=data.expires_at,
        model=data.model,
        input=data.input,
    )


def _ahead(found: RangeAhead | None, resolution: int) -> RangeShown | None:
    if found is None:
        return None
    return RangeShown(
        horizon=resolution_name(found.horizon * resolution),
        delta_high=found.delta_high,
        delta_low=found.delta_low,
        confidence_high=found.confidence_high,
        confidence_low=found.confidence_low,
        n=found.n,
    )


def _lead(data: SignalData) -> float:
    """Return the chance of the better side where either side comes."""
    chance = data.signal.probabilities
    mine = chance.buy if data.tpsl and data.tpsl.side == BUY else chance.sell
    return mine / (chance.buy + chance.sell)


def _expected_r(data: SignalData, stop_percent: float) -> float:
    """Return what is earned on average by what is risked, both as log-returns."""
    risked = -math.log(1 - stop_percent / 100)
    return data.expected_value_percent / 100 / risked
