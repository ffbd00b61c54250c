"""The phase of a market."""

from agent.tools.get_amd import PhaseArguments, PhaseResult
from api.agent.caller import Caller, RouteOfTool
from api.signals.amd import AmdResource
from storage.access.access_keys import SUBSCRIBER


class PhaseTool:
    """Tells what `POST /api/amd/{symbol}` tells."""

    route = RouteOfTool("/api/amd/{symbol}", "POST", (SUBSCRIBER,), computes=True)

    def __init__(self, phases: AmdResource) -> None:
        self._phases = phases

    async def __call__(self, caller: Caller, asked: PhaseArguments) -> PhaseResult:
        """Return the phase of the newest closed candle; raises as the route does."""
        found = await self._phases.find(caller.account, asked.symbol, asked.timeframe)
        return PhaseResult(
            symbol=asked.symbol,
            platform=found.platform,
            timeframe=asked.timeframe,
            phase=found.phase,
            since=found.start_time,
            at=found.timestamp,
            confidence=found.confidence,
            n=found.n,
            unproven=found.unproven,
            strength=found.strength,
            bias=found.trading_bias.direction,
            position_size=found.trading_bias.position_size,
            foretells_size=found.hypothesis.size.passed,
            foretells_direction=found.hypothesis.direction.passed,
            box_high=found.box.high if found.box else None,
            box_low=found.box.low if found.box else None,
        )
