"""The closed table of tools: nothing else can be called, and nothing else can be said."""

from collections.abc import Mapping
from types import MappingProxyType

from agent.statements.statement import Statement
from agent.tools import (
    explain,
    get_amd,
    get_auto_trade,
    get_decisions,
    get_ledger,
    get_portfolio,
    get_range,
    get_regime,
    get_signal,
    get_skill,
    get_snapshot,
    propose_trade,
)
from agent.tools.tool import Tool

_MODULES = (
    get_snapshot,
    get_range,
    get_signal,
    get_amd,
    get_regime,
    get_skill,
    get_ledger,
    get_portfolio,
    get_decisions,
    get_auto_trade,
    explain,
    propose_trade,
)
TOOLS: Mapping[str, Tool] = MappingProxyType({each.TOOL.name: each.TOOL for each in _MODULES})
STATEMENTS: Mapping[str, tuple[Tool, Statement]] = MappingProxyType(
    {said.id: (tool, said) for tool in TOOLS.values() for said in tool.statements}
)
