"""How high and how low a market may go."""

from agent.tools.get_range import RangeAhead, RangeArguments, RangeResult
from api.agent.caller import Caller, RouteOfTool
from api.signals.ranges import PredictRange
from api.signals.schemas import RangePrediction
from storage.access.access_keys import SUBSCRIBER

# The widest interval that is forecast, and so many horizons at most.
_LEVEL, _MOST = "0.9", 3


class RangeTool:
    """Tells what `POST /predict/range` tells."""

    route = RouteOfTool("/predict/range", "POST", (SUBSCRIBER,), computes=True)

    def __init__(self, ranges: PredictRange) -> None:
        self._ranges = ranges

    async def __call__(self, caller: Caller, asked: RangeArguments) -> RangeResult:
        """Return the ranges that are trained; raises as the route does."""
        series, found = await self._ranges.find(caller.account, asked.symbol, asked.timeframe)
        return RangeResult(
            symbol=asked.symbol,
            platform=series.platform,
            timeframe=asked.timeframe,
            current_price=found[0].current_price,
            at=found[0].timestamp,
            ranges=[_ahead(one) for one in found[:_MOST]],
        )


def _ahead(found: RangePrediction) -> RangeAhead:
    low, high = found.interval[_LEVEL]
    return RangeAhead(
        horizon=found.horizon_candles,
        horizon_name=found.horizon,
        median_high=found.median_high,
        median_low=found.median_low,
        level=float(_LEVEL),
        low=low,
        high=high,
        coverage=found.coverage.get(_LEVEL),
        delta_high=found.delta_high,
        delta_low=found.delta_low,
        confidence_high=found.confidence_high,
        confidence_low=found.confidence_low,
        n=found.n,
        skill=found.skill.value,
        skill_low=found.skill.low,
        skill_high=found.skill.high,
        verdict=found.skill.verdict,  # type: ignore[arg-type]
        expires_at=found.expires_at,
        model=found.model.name,
    )
