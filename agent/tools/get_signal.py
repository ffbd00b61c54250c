"""Whether a position is advised, where it would end, and what speaks for it."""

from msgspec import Struct

from agent.statements.statement import Statement, Unit, fields
from agent.tools.tool import Source, Tool
from agent.tools.values import (
    USUAL_TIMEFRAME,
    Count,
    Direction,
    Id,
    RrConfig,
    Symbol,
    Time,
    Timeframe,
    Verdict,
)


class SignalArguments(Struct, frozen=True, forbid_unknown_fields=True):
    """Which market, by candles of which length, and where positions end."""

    symbol: Symbol
    timeframe: Timeframe = USUAL_TIMEFRAME
    rr_config: RrConfig = "rr_2_1"


class SignalResult(Struct, frozen=True, kw_only=True):
    """The signal of the newest closed candle.

    Prices are those of the better side, also where `direction` is none. `prob_tp_first` is the
    chance of the take profit before the stop, `prob_tp_first_baseline` that of a price that
    goes nowhere, `confidence` the chance of the side where either comes; shares. What is
    expected is after costs, in multiples of the risk. `seq` is its row of the chain of
    signals, null where it is not sealed, `model` the name of its card.
    """

    symbol: Symbol
    platform: Id
    timeframe: Timeframe
    rr_config: RrConfig
    signal_id: Id
    direction: Direction
    tradeable: bool
    entry_price: float
    stop_loss: float
    take_profit: float
    risk_reward_ratio: float
    prob_tp_first: float
    prob_tp_first_baseline: float
    confidence: float
    expected_value_r: float
    costs_bps: float
    horizon: Count
    at: Time
    valid_until: Time
    exit_by: Time
    skill: float | None
    skill_low: float | None
    skill_high: float | None
    n: Count
    verdict: Verdict
    seq: Count | None
    model: Id


SIGNAL_DIRECTION = Statement(
    "signal_direction",
    fields(symbol=Unit.NAME, timeframe=Unit.NAME, direction=Unit.WORD, at=Unit.TIME),
    en="Signal of {symbol} by candles of {timeframe}, as of {at}: {direction}.",
    es="Señal de {symbol} con velas de {timeframe}, a {at}: {direction}.",
    pt="Sinal de {symbol} com velas de {timeframe}, em {at}: {direction}.",
)
SIGNAL_LEVELS = Statement(
    "signal_levels",
    fields(entry_price=Unit.PRICE, stop_loss=Unit.PRICE, take_profit=Unit.PRICE),
    en="Entry {entry_price}, stop loss {stop_loss}, take profit {take_profit}.",
    es="Entrada {entry_price}, stop loss {stop_loss}, take profit {take_profit}.",
    pt="Entrada {entry_price}, stop loss {stop_loss}, take profit {take_profit}.",
)
SIGNAL_TRADEABLE = Statement(
    "signal_tradeable",
    fields(tradeable=Unit.WORD, valid_until=Unit.TIME),
    en="A position is advised: {tradeable}; it may be entered until {valid_until}.",
    es="Se aconseja una posición: {tradeable}; se puede entrar hasta {valid_until}.",
    pt="Uma posição é aconselhada: {tradeable}; pode-se entrar até {valid_until}.",
)
SIGNAL_CHANCE = Statement(
    "signal_chance",
    fields(prob_tp_first=Unit.SHARE, prob_tp_first_baseline=Unit.SHARE),
    en="The take profit comes before the stop with a chance of {prob_tp_first}; without any "
    "skill it would be {prob_tp_first_baseline}.",
    es="El take profit llega antes que el stop con una probabilidad del {prob_tp_first}; sin "
    "ningún acierto sería del {prob_tp_first_baseline}.",
    pt="O take profit vem antes do stop com probabilidade de {prob_tp_first}; sem nenhum acerto "
    "seria de {prob_tp_first_baseline}.",
)
SIGNAL_CONFIDENCE = Statement(
    "signal_confidence",
    fields(confidence=Unit.SHARE),
    en="Where prices go to either side at all, the chance of this side is {confidence}.",
    es="Si el precio va a algún lado, la probabilidad de este lado es del {confidence}.",
    pt="Se o preço for para algum lado, a probabilidade deste lado é de {confidence}.",
)
SIGNAL_VALUE = Statement(
    "signal_value",
    fields(expected_value_r=Unit.SIGNED, costs_bps=Unit.NUMBER),
    en="Expected value after costs: {expected_value_r} times the risk (costs: {costs_bps} basis "
    "points).",
    es="Valor esperado después de costes: {expected_value_r} veces el riesgo (costes: "
    "{costs_bps} puntos básicos).",
    pt="Valor esperado depois de custos: {expected_value_r} vezes o risco (custos: {costs_bps} "
    "pontos-base).",
)
SIGNAL_SKILL = Statement(
    "signal_skill",
    fields(
        skill=Unit.SIGNED_SHARE,
        skill_low=Unit.SIGNED_SHARE,
        skill_high=Unit.SIGNED_SHARE,
        n=Unit.COUNT,
        verdict=Unit.WORD,
    ),
    en="Skill in direction over {n} walk-forward forecasts: {skill} ({skill_low} to "
    "{skill_high}), {verdict}.",
    es="Acierto de la dirección en {n} pronósticos del walk-forward: {skill} ({skill_low} a "
    "{skill_high}), {verdict}.",
    pt="Acerto da direção em {n} previsões do walk-forward: {skill} ({skill_low} a "
    "{skill_high}), {verdict}.",
)
SIGNAL_VERDICT = Statement(
    "signal_verdict",
    fields(verdict=Unit.WORD),
    en="Whether direction can be foreseen here: {verdict}.",
    es="Si la dirección se puede prever aquí: {verdict}.",
    pt="Se a direção pode ser prevista aqui: {verdict}.",
)
SIGNAL_EXIT = Statement(
    "signal_exit",
    fields(exit_by=Unit.TIME, horizon=Unit.COUNT),
    en="A position ends at the latest after {horizon} candles, at {exit_by}.",
    es="Una posición termina a más tardar tras {horizon} velas, a {exit_by}.",
    pt="Uma posição termina no máximo após {horizon} velas, em {exit_by}.",
)
SIGNAL_SEALED = Statement(
    "signal_sealed",
    fields(signal_id=Unit.NAME, seq=Unit.COUNT),
    en="It is sealed as row {seq} of the ledger ({signal_id}).",
    es="Está sellada como fila {seq} del libro ({signal_id}).",
    pt="Está selado como linha {seq} do livro ({signal_id}).",
)


def _source(result: SignalResult, item: int | None) -> Source:
    if result.seq is None:
        return Source("model", result.model)
    return Source("signal", str(result.seq))


TOOL = Tool(
    "get_signal",
    "Whether a position is advised in a market, its exits, chances, value and proven skill.",
    SignalArguments,
    SignalResult,
    (
        SIGNAL_DIRECTION,
        SIGNAL_LEVELS,
        SIGNAL_TRADEABLE,
        SIGNAL_CHANCE,
        SIGNAL_CONFIDENCE,
        SIGNAL_VALUE,
        SIGNAL_SKILL,
        SIGNAL_VERDICT,
        SIGNAL_EXIT,
        SIGNAL_SEALED,
    ),
    _source,
)
