"""How good forecasts of a market have proven, by what stands in the ledger."""

from msgspec import Struct

from agent.statements.statement import Statement, Unit, fields
from agent.tools.tool import Source, Tool
from agent.tools.values import USUAL_TIMEFRAME, Count, Id, Symbol, Timeframe, Verdict


class SkillArguments(Struct, frozen=True, forbid_unknown_fields=True):
    """Which market, by candles of which length."""

    symbol: Symbol
    timeframe: Timeframe = USUAL_TIMEFRAME


class SkillOfModel(Struct, frozen=True, kw_only=True):
    """What a model's forecasts `horizon` candles ahead came to: `n` with an outcome.

    `skill` is the share of the baseline's loss that is saved; `card` names the model's card.
    """

    model: Id
    horizon: Count
    n: Count
    missed: Count
    skill: float | None
    skill_low: float | None
    skill_high: float | None
    verdict: Verdict
    card: Id


class SkillResult(Struct, frozen=True, kw_only=True):
    """The scoreboard's rows of a series, at most ten."""

    symbol: Symbol
    platform: Id
    timeframe: Timeframe
    models: list[SkillOfModel]
    count: Count


SKILL_COUNT = Statement(
    "skill_count",
    fields(symbol=Unit.NAME, timeframe=Unit.NAME, count=Unit.COUNT),
    en="Models with forecasts of {symbol} by candles of {timeframe} in the ledger: {count}.",
    es="Modelos con pronósticos de {symbol} con velas de {timeframe} en el libro: {count}.",
    pt="Modelos com previsões de {symbol} com velas de {timeframe} no livro: {count}.",
)
SKILL_FIGURE = Statement(
    "skill_figure",
    fields(
        model=Unit.NAME,
        horizon=Unit.COUNT,
        skill=Unit.SIGNED_SHARE,
        skill_low=Unit.SIGNED_SHARE,
        skill_high=Unit.SIGNED_SHARE,
    ),
    en="{model}, horizon {horizon}: skill {skill} ({skill_low} to {skill_high}).",
    es="{model}, horizonte {horizon}: acierto {skill} ({skill_low} a {skill_high}).",
    pt="{model}, horizonte {horizon}: acerto {skill} ({skill_low} a {skill_high}).",
    of="models",
)
SKILL_VERDICT = Statement(
    "skill_verdict",
    fields(
        model=Unit.NAME,
        horizon=Unit.COUNT,
        verdict=Unit.WORD,
        n=Unit.COUNT,
        missed=Unit.COUNT,
    ),
    en="{model}, horizon {horizon}: {verdict}, over {n} forecasts with an outcome ({missed} "
    "missed).",
    es="{model}, horizonte {horizon}: {verdict}, en {n} pronósticos con resultado ({missed} "
    "perdidos).",
    pt="{model}, horizonte {horizon}: {verdict}, em {n} previsões com resultado ({missed} "
    "perdidas).",
    of="models",
)


def _source(result: SkillResult, item: int | None) -> Source:
    if item is None:
        return Source("market", result.symbol)
    return Source("model", result.models[item].card)


TOOL = Tool(
    "get_skill",
    "The scoreboard of a market: what its models' sealed forecasts came to, and the verdict.",
    SkillArguments,
    SkillResult,
    (SKILL_COUNT, SKILL_FIGURE, SKILL_VERDICT),
    _source,
)
