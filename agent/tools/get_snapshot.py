"""The newest price of a market."""

from typing import Literal

from msgspec import Struct

from agent.statements.statement import Statement, Unit, fields
from agent.tools.tool import Source, Tool
from agent.tools.values import Id, Symbol, Time


class SnapshotArguments(Struct, frozen=True, forbid_unknown_fields=True):
    """Which market."""

    symbol: Symbol


class SnapshotResult(Struct, frozen=True, kw_only=True):
    """The newest price, its quote, and the change of the day in price and percent."""

    symbol: Symbol
    platform: Id
    last_price: float
    bid: float | None
    ask: float | None
    at: Time
    daily_change: float | None
    daily_change_pct: float | None
    quote: Literal["live", "modelled"]
    age_s: float
    stale: bool
    closed: bool


PRICE_NOW = Statement(
    "price_now",
    fields(symbol=Unit.NAME, last_price=Unit.PRICE, at=Unit.TIME),
    en="{symbol} last traded at {last_price} ({at}).",
    es="El último precio de {symbol} es {last_price} ({at}).",
    pt="O último preço de {symbol} é {last_price} ({at}).",
)
QUOTE = Statement(
    "quote",
    fields(bid=Unit.PRICE, ask=Unit.PRICE, quote=Unit.WORD),
    en="Bid {bid}, ask {ask} ({quote}).",
    es="Compra {bid}, venta {ask} ({quote}).",
    pt="Compra {bid}, venda {ask} ({quote}).",
)
DAILY_CHANGE = Statement(
    "daily_change",
    fields(daily_change=Unit.SIGNED, daily_change_pct=Unit.PERCENT),
    en="Since midnight UTC it has moved by {daily_change} ({daily_change_pct}).",
    es="Desde la medianoche UTC se ha movido {daily_change} ({daily_change_pct}).",
    pt="Desde a meia-noite UTC moveu-se {daily_change} ({daily_change_pct}).",
)
PRICE_AGE = Statement(
    "price_age",
    fields(age_s=Unit.SECONDS, stale=Unit.WORD, closed=Unit.WORD),
    en="That price is {age_s} old; out of date: {stale}; market closed: {closed}.",
    es="Ese precio tiene {age_s}; anticuado: {stale}; mercado cerrado: {closed}.",
    pt="Esse preço tem {age_s}; desatualizado: {stale}; mercado fechado: {closed}.",
)

TOOL = Tool(
    "get_snapshot",
    "The newest price of a market, its bid and ask, and the change of the day.",
    SnapshotArguments,
    SnapshotResult,
    (PRICE_NOW, QUOTE, DAILY_CHANGE, PRICE_AGE),
    lambda result, item: Source("market", result.symbol),
)
