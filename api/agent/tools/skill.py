"""What the sealed forecasts of a market came to."""

from typing import Any

from agent.tools.get_skill import SkillArguments, SkillOfModel, SkillResult
from api.agent.caller import Caller, RouteOfTool
from api.forecasts.ledger import ScoreboardResource
from api.forecasts.schemas_ledger import ScoreboardRow, SlotQuery
from api.http.threads import in_database_thread, in_thread
from api.markets.symbol_resolver import SymbolResolver
from core.clock.resolutions import parse_resolution, resolution_name
from core.forecast_target import ForecastTarget
from core.ledger import LIVE, SIGNALS
from core.series import Series
from core.signals import model_name

_MOST = 10


class SkillTool:
    """Tells what `GET /scoreboard` tells of a series."""

    route = RouteOfTool("/scoreboard", "GET")

    def __init__(self, boards: ScoreboardResource, symbols: SymbolResolver) -> None:
        self._boards = boards
        self._symbols = symbols

    async def __call__(self, caller: Caller, asked: SkillArguments) -> SkillResult:
        """Return the rows of a series, those with most forecasts first."""
        resolution = parse_resolution(asked.timeframe, "timeframe")
        series = await in_thread(
            self._symbols.series, asked.symbol, None, resolution, caller.account
        )
        rows = await in_database_thread(self._rows, series)
        models = [_model(row) for row in rows[:_MOST]]
        return SkillResult(
            symbol=asked.symbol,
            platform=series.platform,
            timeframe=asked.timeframe,
            models=models,
            count=len(rows),
        )

    def _rows(self, series: Series) -> list[ScoreboardRow]:
        found = []
        for ledger in (SIGNALS, LIVE):
            found += self._boards.board(
                SlotQuery(
                    ledger=ledger,
                    platform=series.platform,
                    symbol=series.symbol,
                    resolution=resolution_name(series.resolution),
                )
            ).rows
        return sorted(found, key=lambda row: -row.n)


def _model(row: ScoreboardRow) -> SkillOfModel:
    scores: dict[str, Any] = row.scores.get("direction", row.scores)
    skill = scores.get("skill") or {}
    target = ForecastTarget(row.platform, row.symbol, row.resolution, row.horizon, row.model)
    return SkillOfModel(
        model=row.model,
        horizon=row.horizon,
        n=row.n,
        missed=row.missed,
        skill=skill.get("value"),
        skill_low=skill.get("low"),
        skill_high=skill.get("high"),
        verdict=row.verdict,  # type: ignore[arg-type]
        card=model_name(target),
    )
