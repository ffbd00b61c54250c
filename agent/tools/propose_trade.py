"""A decision that waits for a person: of the current signal, never of the model's own prices."""

from typing import Literal

from msgspec import Struct

from agent.statements.statement import Statement, Unit, fields
from agent.tools.tool import Source, Tool
from agent.tools.values import Count, Id, Symbol, Time


class ProposalArguments(Struct, frozen=True, forbid_unknown_fields=True):
    """Which market, and the side of its signal; another side is refused."""

    symbol: Symbol
    direction: Literal["long", "short"]


class ProposalResult(Struct, frozen=True, kw_only=True):
    """The decision; nothing is ordered until a person confirms it in time."""

    id: Id
    symbol: Symbol
    action: Literal["BUY", "SELL", "HOLD"]
    state: Literal["none", "pending", "confirmed", "rejected", "sent"]
    valid_until: Time
    seq: Count


PROPOSED = Statement(
    "proposed",
    fields(symbol=Unit.NAME, action=Unit.WORD, state=Unit.WORD, valid_until=Unit.TIME),
    en="Decision for {symbol}: {action}, {state}. Nothing is ordered unless you confirm it by "
    "{valid_until}.",
    es="Decisión para {symbol}: {action}, {state}. No se envía ninguna orden si no la confirmas "
    "antes de {valid_until}.",
    pt="Decisão para {symbol}: {action}, {state}. Nenhuma ordem é enviada se você não confirmar "
    "antes de {valid_until}.",
)

TOOL = Tool(
    "propose_trade",
    "Puts the current signal of a market before the caller, who may confirm it elsewhere.",
    ProposalArguments,
    ProposalResult,
    (PROPOSED,),
    lambda result, item: Source("decision", result.id),
    changes=True,
)
