"""How high and how low a market may go."""

from msgspec import Struct

from agent.statements.statement import Statement, Unit, fields
from agent.tools.tool import Source, Tool
from agent.tools.values import USUAL_TIMEFRAME, Count, Id, Symbol, Time, Timeframe, Verdict


class RangeArguments(Struct, frozen=True, forbid_unknown_fields=True):
    """Which market, by candles of which length."""

    symbol: Symbol
    timeframe: Timeframe = USUAL_TIMEFRAME


class RangeAhead(Struct, frozen=True, kw_only=True):
    """The range of the path within `horizon` candles.

    The whole path stays between `low` and `high` with the chance `level`; in the walk-forward it
    did in the share `coverage`. `delta_high` and `delta_low` are distances from the price that
    the share `confidence_high` and `confidence_low` of `n` past paths did not exceed. `skill`
    is the share of the baseline's loss that is saved, `model` the name of its card.
    """

    horizon: Count
    horizon_name: Id
    median_high: float
    median_low: float
    level: float
    low: float
    high: float
    coverage: float | None
    delta_high: float
    delta_low: float
    confidence_high: float
    confidence_low: float
    n: Count
    skill: float | None
    skill_low: float | None
    skill_high: float | None
    verdict: Verdict
    expires_at: Time
    model: Id


class RangeResult(Struct, frozen=True, kw_only=True):
    """Ranges of the horizons that are trained (at most three), the nearest first."""

    symbol: Symbol
    platform: Id
    timeframe: Timeframe
    current_price: float
    at: Time
    ranges: list[RangeAhead]


RANGE_INTERVAL = Statement(
    "range_interval",
    fields(
        symbol=Unit.NAME,
        horizon_name=Unit.NAME,
        low=Unit.PRICE,
        high=Unit.PRICE,
        level=Unit.SHARE,
    ),
    en="{symbol} stays between {low} and {high} within {horizon_name}, with a chance of {level}.",
    es="{symbol} se mantiene entre {low} y {high} en {horizon_name}, con una probabilidad "
    "del {level}.",
    pt="{symbol} fica entre {low} e {high} em {horizon_name}, com probabilidade de {level}.",
    of="ranges",
)
RANGE_MEDIANS = Statement(
    "range_medians",
    fields(median_high=Unit.PRICE, median_low=Unit.PRICE, current_price=Unit.PRICE),
    en="From {current_price}, the middle case reaches {median_high} above and {median_low} below.",
    es="Desde {current_price}, el caso medio llega a {median_high} por arriba y a {median_low} "
    "por abajo.",
    pt="De {current_price}, o caso médio chega a {median_high} acima e a {median_low} abaixo.",
    of="ranges",
)
RANGE_DISTANCES = Statement(
    "range_distances",
    fields(
        delta_high=Unit.PRICE,
        confidence_high=Unit.SHARE,
        delta_low=Unit.PRICE,
        confidence_low=Unit.SHARE,
        n=Unit.COUNT,
    ),
    en="Of {n} past paths, {confidence_high} stayed within {delta_high} above and "
    "{confidence_low} within {delta_low} below.",
    es="De {n} trayectorias pasadas, el {confidence_high} no pasó de {delta_high} por arriba y "
    "el {confidence_low} de {delta_low} por abajo.",
    pt="De {n} trajetórias passadas, {confidence_high} não passaram de {delta_high} acima e "
    "{confidence_low} de {delta_low} abaixo.",
    of="ranges",
)
RANGE_COVERAGE = Statement(
    "range_coverage",
    fields(coverage=Unit.SHARE),
    en="In the walk-forward the path stayed in such a range {coverage} of the time.",
    es="En el walk-forward la trayectoria quedó en ese rango el {coverage} de las veces.",
    pt="No walk-forward a trajetória ficou nessa faixa em {coverage} das vezes.",
    of="ranges",
)
RANGE_SKILL = Statement(
    "range_skill",
    fields(
        skill=Unit.SIGNED_SHARE,
        skill_low=Unit.SIGNED_SHARE,
        skill_high=Unit.SIGNED_SHARE,
        verdict=Unit.WORD,
    ),
    en="Skill of the range against volatility alone: {skill} ({skill_low} to {skill_high}), "
    "{verdict}.",
    es="Acierto del rango frente a la sola volatilidad: {skill} ({skill_low} a {skill_high}), "
    "{verdict}.",
    pt="Acerto da faixa frente à volatilidade apenas: {skill} ({skill_low} a {skill_high}), "
    "{verdict}.",
    of="ranges",
)


def _source(result: RangeResult, item: int | None) -> Source:
    if item is None:
        return Source("market", result.symbol)
    return Source("model", result.ranges[item].model)


TOOL = Tool(
    "get_range",
    "How high and how low a market may go within some candles, with its proof.",
    RangeArguments,
    RangeResult,
    (RANGE_INTERVAL, RANGE_MEDIANS, RANGE_DISTANCES, RANGE_COVERAGE, RANGE_SKILL),
    _source,
)
