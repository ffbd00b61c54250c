"""What is looked up for each intent, and what is said of it, in which order."""

from collections.abc import Mapping
from types import MappingProxyType

from msgspec import Struct

from agent.narrator.details import decisions_in, exits_in, rows_in, side_in
from agent.narrator.intents import Intent
from agent.narrator.understand import Understood

_MOST_ITEMS = 5


class Step(Struct, frozen=True):
    """A tool with its arguments, and statements about its result.

    `each` are said of every item of its list, up to five.
    """

    tool: str
    arguments: dict[str, object]
    statements: tuple[str, ...]
    each: tuple[str, ...] = ()
    most: int = _MOST_ITEMS


_SIGNAL = (
    "signal_direction",
    "signal_tradeable",
    "signal_levels",
    "signal_chance",
    "signal_verdict",
)
_WHY = (
    "signal_direction",
    "signal_skill",
    "signal_verdict",
    "signal_value",
    "signal_chance",
    "signal_confidence",
    "signal_sealed",
)
_PRICE = ("price_now", "quote", "daily_change", "price_age")
_PHASE = ("phase_now", "phase_confidence", "phase_bias", "phase_test", "phase_box")
_REGIME = ("regime_trend", "regime_volatility")
_RANGE = ("range_interval", "range_medians", "range_distances", "range_coverage")
_RESULT = ("account_pnl", "account_costs", "account_value")
_RISK = ("account_risk", "account_exposure", "account_drawdown")
_AUTO = ("auto_trade_state", "auto_trade_trades", "auto_trade_limits")
_DECISION = ("decision", "decision_result", "decision_sealed")
_POSITION = ("position", "position_exits")

# What is said of a result when nothing tells what was wanted of it.
DEFAULTS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = MappingProxyType(
    {
        "get_snapshot": (_PRICE, ()),
        "get_range": ((), _RANGE),
        "get_signal": (_SIGNAL, ()),
        "get_amd": (_PHASE, ()),
        "get_regime": (_REGIME, ()),
        "get_skill": (("skill_count",), ("skill_verdict", "skill_figure")),
        "get_ledger": (("ledger_count",), ("ledger_row", "ledger_outcome")),
        "get_portfolio": (("account_value", "account_pnl", "position_count"), _POSITION),
        "get_decisions": (("decision_count",), _DECISION),
        "get_auto_trade": (_AUTO, ()),
        "explain": (("explained",), ()),
        "propose_trade": (("proposed",), ()),
    }
)
_TOOLS = {
    Intent.PRICE: "get_snapshot",
    Intent.RANGE: "get_range",
    Intent.SIGNAL: "get_signal",
    Intent.WHY: "get_signal",
    Intent.PHASE: "get_amd",
    Intent.REGIME: "get_regime",
    Intent.SKILL: "get_skill",
    Intent.LEDGER: "get_ledger",
    Intent.POSITIONS: "get_portfolio",
    Intent.RESULT: "get_portfolio",
    Intent.RISK: "get_portfolio",
    Intent.DECISIONS: "get_decisions",
    Intent.AUTO_TRADE: "get_auto_trade",
    Intent.EXPLAIN: "explain",
    Intent.PROPOSE: "propose_trade",
}
_SAID = {
    Intent.WHY: (_WHY, ()),
    Intent.RESULT: (_RESULT, ()),
    Intent.RISK: (_RISK, ()),
}
_NO_MARKET = frozenset({"get_portfolio", "get_decisions", "get_auto_trade", "explain"})
_WITH_TIMEFRAME = frozenset({"get_range", "get_signal", "get_amd", "get_regime", "get_skill"})


def needs_market(intent: Intent) -> bool:
    """Say whether nothing can be looked up for an intent without a market."""
    return _TOOLS[intent] not in _NO_MARKET


def plan(asked: Understood) -> Step | None:
    """Return what is looked up and said for a question that is understood; None if it lacks a side.

    A market must be known where `needs_market` says so.
    """
    if asked.intent is None:
        return None
    tool = _TOOLS[asked.intent]
    arguments: dict[str, object] = {} if tool in _NO_MARKET else {"symbol": asked.market}
    if tool in _WITH_TIMEFRAME and asked.timeframe is not None:
        arguments["timeframe"] = asked.timeframe
    if tool == "get_signal" and (exits := exits_in(asked.plain)) is not None:
        arguments["rr_config"] = exits
    if tool == "get_ledger":
        arguments["limit"] = rows_in(asked.plain)
    if tool == "get_decisions":
        arguments["limit"] = decisions_in(asked.plain)
    if tool == "explain":
        arguments["term"] = asked.term
    if tool == "propose_trade":
        side = side_in(asked.plain)
        if side is None:
            return None
        arguments["direction"] = side
    whole, each = _SAID.get(asked.intent, DEFAULTS[tool])
    most = 20 if tool == "get_ledger" else _MOST_ITEMS
    return Step(tool, arguments, whole, each, most)
