"""The tools of one caller: each tells what its route would tell, and to nobody else."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Protocol
from urllib.parse import quote, urlencode

import msgspec

from agent.tools.tool import Source
from api.agent.caller import Caller, RouteOfTool
from api.http.cursors import write_cursor
from api.http.errors import TaskFailed
from api.http.threads import in_thread
from api.markets.symbol_resolver import SymbolResolver
from core.errors import (
    Forbidden,
    InvalidRequest,
    ModelUnavailable,
    NotFound,
    TickcastError,
    Unavailable,
)
from core.series import Market

_DECISIONS = "/api/v1/auto-trade/decisions"
_ORDERS = RouteOfTool("/api/v1/auto-trade/orders", "GET")
_LEDGER = RouteOfTool("/ledger", "GET")
_CARDS = RouteOfTool("/api/v1/models/{model_name}/metrics", "GET")


class CallerTool(Protocol):
    """A tool, and the route whose callers may use it."""

    @property
    def route(self) -> RouteOfTool:
        """Return the route that tells the same."""

    async def __call__(self, caller: Caller, asked: Any) -> msgspec.Struct:
        """Return the tool's result for a caller; raises errors of core."""


class CallersToolbox:
    """The agent's `Toolbox`, for one caller."""

    def __init__(
        self, tools: Mapping[str, CallerTool], symbols: SymbolResolver, caller: Caller
    ) -> None:
        self._tools = tools
        self._symbols = symbols
        self._caller = caller

    async def call(self, name: str, arguments: msgspec.Struct) -> msgspec.Struct:
        """Return the result of a tool.

        Raises `Forbidden` where the caller could not ask its route, and what the tool raises.
        """
        tool = self._tools.get(name)
        if tool is None or not self._caller.may(tool.route):
            raise Forbidden("The key of this call may not ask for that.")
        try:
            return await tool(self._caller, arguments)
        except TaskFailed as error:
            raise _of_caller(error) from error

    async def market(self, name: str) -> str | None:
        """Return what the market is called that a name means to the caller, None for none."""
        return await in_thread(self._market, name)

    def _market(self, name: str) -> str | None:
        names, account = self._symbols.names(), self._caller.account
        platform, _, symbol = name.rpartition(":")
        with suppress(NotFound, InvalidRequest):
            market = names.find(symbol, platform or None, self._may_see)
            if not self._symbols.may_see(account, market):
                return None
            for said in (names.name_of(market), symbol):
                if names.find(said, None, self._may_see) == market:
                    return said
        return None

    def _may_see(self, market: Market) -> bool:
        return self._symbols.may_see(self._caller.account, market)

    def href(self, source: Source) -> str | None:
        """Return the route by which the caller reads a source, None where there is none."""
        match source.kind:
            case "market":
                return f"/api/snapshot/{quote(source.id, safe='')}"
            case "model":
                card = f"/api/v1/models/{quote(source.id, safe='')}/metrics"
                return card if self._caller.may(_CARDS) else None
            case "signal" | "forecast":
                return self._row(source)
            case "order":
                place = {"limit": 1, "cursor": write_cursor(int(source.id) + 1)}
                return _path(_ORDERS.template, place) if self._caller.may(_ORDERS) else None
            case "decision":
                return _path(_DECISIONS, {"limit": 20})
            case "portfolio":
                return "/api/portfolio"
            case "auto_trade":
                return "/api/v1/auto-trade/status"
        return None

    def _row(self, source: Source) -> str | None:
        seq, signal = int(source.id), source.kind == "signal"
        if self._caller.may(_LEDGER):
            cursor = write_cursor(seq - 1) if seq > 1 else ""
            chain = "signals" if signal else "forecasts"
            return _path(_LEDGER.template, {"chain": chain, "limit": 1, "cursor": cursor})
        if not signal:
            return None
        place = {"days": 90, "limit": 1, "include_no_trade": "true", "before": seq + 1}
        return _path("/api/account/signals", place)


def _path(route: str, query: Mapping[str, object]) -> str:
    return f"{route}?{urlencode(query)}"


def _of_caller(failed: TaskFailed) -> TickcastError:
    """Return a failure of work as the error that it would have been here."""
    if failed.type == ModelUnavailable.type:
        return ModelUnavailable(failed.detail)
    return InvalidRequest(failed.detail) if failed.status < 500 else Unavailable(failed.detail)
