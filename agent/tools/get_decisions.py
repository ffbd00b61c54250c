"""What was decided for the caller's account, and why."""

from typing import Literal

from msgspec import Struct

from agent.statements.statement import Statement, Unit, fields
from agent.tools.tool import Source, Tool
from agent.tools.values import Count, Id, Limit, Symbol, Time

Reason = Literal[
    "taken",
    "halted",
    "late",
    "unproven",
    "abstained",
    "no_exits",
    "low_confidence",
    "max_daily_trades",
    "no_instrument",
    "no_price",
    "passed",
    "too_small",
    "other",
]
Result = Literal["pending", "profit", "loss", "cancelled", "not_entered", "refused", "none"]


class DecisionsArguments(Struct, frozen=True, forbid_unknown_fields=True):
    """How many of the newest."""

    limit: Limit = 5


class DecisionMade(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A decision of a sealed signal; `reason` is the first thing that spoke against a position."""

    id: Id
    symbol: Symbol
    action: Literal["BUY", "SELL", "HOLD"]
    reason: Reason
    confidence: float
    result: Result
    at: Time
    seq: Count
    state: Literal["none", "pending", "confirmed", "rejected", "sent"]
    order_id: Id | None = None


class DecisionsResult(Struct, frozen=True, kw_only=True):
    """The newest decisions, the newest first."""

    decisions: list[DecisionMade]
    count: Count


DECISION_COUNT = Statement(
    "decision_count",
    fields(count=Unit.COUNT),
    en="Newest decisions that were read: {count}.",
    es="Últimas decisiones leídas: {count}.",
    pt="Últimas decisões lidas: {count}.",
)
DECISION = Statement(
    "decision",
    fields(
        symbol=Unit.NAME,
        action=Unit.WORD,
        confidence=Unit.SHARE,
        at=Unit.TIME,
        reason=Unit.WORD,
    ),
    en="{at}, {symbol}: {action}, at a confidence of {confidence}; reason: {reason}.",
    es="{at}, {symbol}: {action}, con una confianza del {confidence}; motivo: {reason}.",
    pt="{at}, {symbol}: {action}, com confiança de {confidence}; motivo: {reason}.",
    of="decisions",
)
DECISION_RESULT = Statement(
    "decision_result",
    fields(symbol=Unit.NAME, result=Unit.WORD, state=Unit.WORD),
    en="What came of it ({symbol}): {result}; confirmation: {state}.",
    es="Resultado ({symbol}): {result}; confirmación: {state}.",
    pt="Resultado ({symbol}): {result}; confirmação: {state}.",
    of="decisions",
)
DECISION_SEALED = Statement(
    "decision_sealed",
    fields(seq=Unit.COUNT),
    en="It follows the signal sealed as row {seq} of the ledger.",
    es="Sigue a la señal sellada como fila {seq} del libro.",
    pt="Segue o sinal selado como linha {seq} do livro.",
    of="decisions",
)


def _source(result: DecisionsResult, item: int | None) -> Source:
    if item is None:
        return Source("auto_trade")
    made = result.decisions[item]
    return Source("order", made.order_id) if made.order_id else Source("signal", str(made.seq))


TOOL = Tool(
    "get_decisions",
    "The newest decisions for the caller's account: what was done, why, and what came of it.",
    DecisionsArguments,
    DecisionsResult,
    (DECISION_COUNT, DECISION, DECISION_RESULT, DECISION_SEALED),
    _source,
)
