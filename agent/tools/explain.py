"""What the words mean."""

from typing import Literal

from msgspec import Struct

from agent.statements.statement import Statement, Unit, fields
from agent.tools.tool import Source, Tool

Term = Literal[
    "skill",
    "baseline",
    "ledger",
    "sealed",
    "walk_forward",
    "coverage",
    "confidence",
    "expected_value",
    "risk",
    "drawdown",
    "regime",
    "amd",
    "signal",
    "range_forecast",
    "decision",
    "paper_account",
    "agent",
]


class ExplainArguments(Struct, frozen=True, forbid_unknown_fields=True):
    """Which word."""

    term: Term


class ExplainResult(Struct, frozen=True, kw_only=True):
    """The word; what it means is in the glossary, in each language."""

    term: Term


EXPLAINED = Statement("explained", fields(term=Unit.WORD), en="{term}", es="{term}", pt="{term}")

TOOL = Tool(
    "explain",
    "What a word of this server means.",
    ExplainArguments,
    ExplainResult,
    (EXPLAINED,),
    lambda result, item: Source("term", result.term),
)
