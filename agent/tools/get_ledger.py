"""Rows of the ledger: what was sealed about a market, and what came."""

from typing import Literal

from msgspec import Struct

from agent.statements.statement import Statement, Unit, fields
from agent.tools.tool import Source, Tool
from agent.tools.values import Count, Id, Limit, Symbol, Time


class LedgerArguments(Struct, frozen=True, forbid_unknown_fields=True):
    """Which market, and how many of its newest sealed signals."""

    symbol: Symbol
    limit: Limit = 5


class LedgerRow(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A sealed signal; what came of it is null until that is known."""

    seq: Count
    made_at: Time
    type: Literal["buy", "sell", "hold"]
    confidence: float
    exit: Literal["take_profit", "stop_loss", "time", "not_entered"] | None = None
    pnl_percent: float | None = None


class LedgerResult(Struct, frozen=True, kw_only=True):
    """The newest sealed signals of a market, the newest first."""

    symbol: Symbol
    platform: Id
    rows: list[LedgerRow]
    count: Count


LEDGER_COUNT = Statement(
    "ledger_count",
    fields(symbol=Unit.NAME, count=Unit.COUNT),
    en="Newest sealed signals of {symbol} that were read: {count}.",
    es="Últimas señales selladas de {symbol} leídas: {count}.",
    pt="Últimos sinais selados de {symbol} lidos: {count}.",
)
LEDGER_ROW = Statement(
    "ledger_row",
    fields(seq=Unit.COUNT, made_at=Unit.TIME, type=Unit.WORD, confidence=Unit.SHARE),
    en="Row {seq}, sealed at {made_at}: {type}, with a chance of {confidence}.",
    es="Fila {seq}, sellada a {made_at}: {type}, con una probabilidad del {confidence}.",
    pt="Linha {seq}, selada em {made_at}: {type}, com probabilidade de {confidence}.",
    of="rows",
)
LEDGER_OUTCOME = Statement(
    "ledger_outcome",
    fields(seq=Unit.COUNT, exit=Unit.WORD, pnl_percent=Unit.PERCENT),
    en="What came of row {seq}: {exit}, {pnl_percent} after costs.",
    es="Resultado de la fila {seq}: {exit}, {pnl_percent} después de costes.",
    pt="Resultado da linha {seq}: {exit}, {pnl_percent} depois de custos.",
    of="rows",
)


def _source(result: LedgerResult, item: int | None) -> Source:
    if item is None:
        return Source("market", result.symbol)
    return Source("signal", str(result.rows[item].seq))


TOOL = Tool(
    "get_ledger",
    "The newest sealed signals of a market and what came of them.",
    LedgerArguments,
    LedgerResult,
    (LEDGER_COUNT, LEDGER_ROW, LEDGER_OUTCOME),
    _source,
)
