"""What kind of market it is: its trend and its volatility."""

from msgspec import Struct

from agent.statements.statement import Statement, Unit, fields
from agent.tools.tool import Source, Tool
from agent.tools.values import USUAL_TIMEFRAME, Id, Regime, Symbol, Time, Timeframe, Volatility


class RegimeArguments(Struct, frozen=True, forbid_unknown_fields=True):
    """Which market, by candles of which length."""

    symbol: Symbol
    timeframe: Timeframe = USUAL_TIMEFRAME


class RegimeResult(Struct, frozen=True, kw_only=True):
    """Both regimes of the newest closed candle."""

    symbol: Symbol
    platform: Id
    timeframe: Timeframe
    regime: Regime
    volatility_regime: Volatility
    at: Time


REGIME_TREND = Statement(
    "regime_trend",
    fields(symbol=Unit.NAME, timeframe=Unit.NAME, regime=Unit.WORD, at=Unit.TIME),
    en="Regime of {symbol} by candles of {timeframe}, as of {at}: {regime}.",
    es="Régimen de {symbol} con velas de {timeframe}, a {at}: {regime}.",
    pt="Regime de {symbol} com velas de {timeframe}, em {at}: {regime}.",
)
REGIME_VOLATILITY = Statement(
    "regime_volatility",
    fields(volatility_regime=Unit.WORD),
    en="Its volatility against the recent past: {volatility_regime}.",
    es="Su volatilidad frente al pasado reciente: {volatility_regime}.",
    pt="Sua volatilidade frente ao passado recente: {volatility_regime}.",
)

TOOL = Tool(
    "get_regime",
    "The regimes of a market: trend and volatility. A regime describes; it promises nothing.",
    RegimeArguments,
    RegimeResult,
    (REGIME_TREND, REGIME_VOLATILITY),
    lambda result, item: Source("market", result.symbol),
)
