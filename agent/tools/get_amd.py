"""The phase of a market, and what that was worth."""

from msgspec import Struct

from agent.statements.statement import Statement, Unit, fields
from agent.tools.tool import Source, Tool
from agent.tools.values import USUAL_TIMEFRAME, Count, Direction, Id, Phase, Symbol, Time, Timeframe


class PhaseArguments(Struct, frozen=True, forbid_unknown_fields=True):
    """Which market, by candles of which length."""

    symbol: Symbol
    timeframe: Timeframe = USUAL_TIMEFRAME


class PhaseResult(Struct, frozen=True, kw_only=True):
    """The phase of the newest closed candle.

    `confidence` is the share of `n` earlier episodes in which its claim came true, `unproven`
    where these are too few. `position_size` is 0 unless phases foretell direction here.
    """

    symbol: Symbol
    platform: Id
    timeframe: Timeframe
    phase: Phase
    since: Time
    at: Time
    confidence: float
    n: Count
    unproven: bool
    strength: float
    bias: Direction
    position_size: float
    foretells_size: bool
    foretells_direction: bool
    box_high: float | None
    box_low: float | None


PHASE_NOW = Statement(
    "phase_now",
    fields(symbol=Unit.NAME, timeframe=Unit.NAME, phase=Unit.WORD, since=Unit.TIME),
    en="Phase of {symbol} by candles of {timeframe}: {phase}, since {since}.",
    es="Fase de {symbol} con velas de {timeframe}: {phase}, desde {since}.",
    pt="Fase de {symbol} com velas de {timeframe}: {phase}, desde {since}.",
)
PHASE_CONFIDENCE = Statement(
    "phase_confidence",
    fields(confidence=Unit.SHARE, n=Unit.COUNT, unproven=Unit.WORD),
    en="Its claim came true in {confidence} of {n} earlier episodes; too few to tell: {unproven}.",
    es="Lo que promete se cumplió en el {confidence} de {n} episodios; demasiado pocos para "
    "saberlo: {unproven}.",
    pt="O que promete cumpriu-se em {confidence} de {n} episódios; poucos demais para saber: "
    "{unproven}.",
)
PHASE_BIAS = Statement(
    "phase_bias",
    fields(bias=Unit.WORD, position_size=Unit.SHARE),
    en="It points: {bias}; share of the usual risk that it earns here: {position_size}.",
    es="Apunta: {bias}; parte del riesgo habitual que merece aquí: {position_size}.",
    pt="Aponta: {bias}; parte do risco habitual que merece aqui: {position_size}.",
)
PHASE_TEST = Statement(
    "phase_test",
    fields(foretells_size=Unit.WORD, foretells_direction=Unit.WORD),
    en="Tested in this series, phases foretell how far prices move: {foretells_size}; and where "
    "they go: {foretells_direction}.",
    es="Probado en esta serie, las fases anticipan cuánto se mueve el precio: {foretells_size}; "
    "y hacia dónde: {foretells_direction}.",
    pt="Testado nesta série, as fases antecipam quanto o preço se move: {foretells_size}; e para "
    "onde: {foretells_direction}.",
)
PHASE_BOX = Statement(
    "phase_box",
    fields(box_low=Unit.PRICE, box_high=Unit.PRICE),
    en="The quiet range that it is about lies between {box_low} and {box_high}.",
    es="El rango tranquilo del que trata está entre {box_low} y {box_high}.",
    pt="A faixa calma de que trata fica entre {box_low} e {box_high}.",
)

TOOL = Tool(
    "get_amd",
    "The phase of a market (accumulation, manipulation, distribution) and what it was worth.",
    PhaseArguments,
    PhaseResult,
    (PHASE_NOW, PHASE_CONFIDENCE, PHASE_BIAS, PHASE_TEST, PHASE_BOX),
    lambda result, item: Source("market", result.symbol),
)
