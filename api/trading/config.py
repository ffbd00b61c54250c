"""What an account wants traded without being asked."""

from collections.abc import Sequence
from typing import Any

import msgspec
from falcon.asgi import Request, Response
from msgspec import UnsetType, to_builtins

from api.docs.openapi import operation
from api.http.schemas import show_time
from api.http.threads import in_database_thread, in_thread
from api.markets.schemas import given_fields
from api.markets.symbol_resolver import SymbolResolver
from api.trading.account_of import account_number, caller_name
from api.trading.schemas_decisions import (
    ConfigAnswer,
    ConfigRequest,
    ConfigShown,
    StopRuleShown,
)
from core.clock.resolutions import parse_resolution, resolution_name
from core.clock.times import format_time, now_ms
from core.errors import Forbidden, InvalidRequest, NotFound
from core.robots.accounts import Account
from core.trading.decisions import TradingConfig
from core.trading.stop_rules import StatedRule, StopRule
from storage.stores import Stores
from storage.trading.decisions import KeptConfig
from storage.venues.gates import order_gate


class ConfigResource:
    """`GET` and `POST /api/v1/auto-trade/config`; `server_live` is the server's own gate."""

    def __init__(self, stores: Stores, symbols: SymbolResolver, *, server_live: bool) -> None:
        self._decisions = stores.decisions
        self._connections = stores.connections
        self._trading = stores.trading
        self._rules = stores.stop_rules
        self._symbols = symbols
        self._server_live = server_live

    @operation("auto_trade_config", "trading", {200: ConfigAnswer})
    async def on_get(self, req: Request, resp: Response) -> None:
        """Return what the account of the key wants traded by itself."""
        resp.media = await in_database_thread(self._shown, account_number(req))

    @operation("change_auto_trade_config", "trading", {200: ConfigAnswer}, errors=(409,), body=True)
    async def on_post(self, req: Request, resp: Response, json: ConfigRequest) -> None:
        """Change what the account of the key wants, of signals that are sealed from now on.

        `paper_trading: false` lets orders go to the connected real account; it is a 403 that names
        the gate that is shut, and auto-trade itself (`enabled`) stays on paper.
        """
        number, account, by = account_number(req), req.context.account, caller_name(req)
        resp.media = await in_thread(self._change, number, account, json, by)

    def _change(
        self, number: int, account: Account | None, asked: ConfigRequest, by: str
    ) -> ConfigAnswer:
        held = self._decisions.config(number)
        said = _said(asked)
        rule = _rule(asked)
        if rule is not None:
            self._rules.check(number, rule, by, asked.stop_reason)
        if "symbols" in said:
            said["markets"] = self._markets(account, said["symbols"])
        if said.get("paper_trading") is False and held.config.paper_trading:
            said.setdefault("require_confirmation", True)
        wanted = msgspec.structs.replace(held.config, **said)
        if not wanted.paper_trading:
            self._check_live(number, wanted)
        if wanted.enabled and not wanted.symbols:
            raise InvalidRequest("Name the symbols to trade in symbols.", field="symbols")
        self._decisions.change(number, wanted, by, held.version)
        if rule is not None:
            self._rules.state(number, rule, by, asked.stop_reason)
        return self._shown(number)

    def _shown(self, number: int) -> ConfigAnswer:
        return _answer(self._decisions.config(number), self._rules.stated(number))

    def _markets(
        self, account: Account | None, names: Sequence[str]
    ) -> tuple[tuple[str, str], ...]:
        found = []
        for name in names:
            try:
                market = self._symbols.market(name, None, account)
            except (NotFound, InvalidRequest) as error:
                detail = error.detail.removeprefix("symbol: ")
                raise InvalidRequest(f"symbols: {detail}", field="symbols") from None
            self._symbols.check_in_plan(account, market)
            found.append((market.platform, market.symbol))
        return tuple(found)

    def _check_live(self, number: int, wanted: TradingConfig) -> None:
        """Raise `Forbidden`, naming what is shut, unless orders of the account may leave."""
        connection = self._connections.get(number)
        trades = self._trading.trades_begun(connection.number) if connection else 0
        live = self._server_live
        missing = order_gate(connection, wanted, trades, now_ms(), server_live=live)
        if missing is not None:
            raise Forbidden(f"paper_trading: false needs the gate {missing}, which is shut.")
        if wanted.enabled:
            raise Forbidden(
                "Auto-trade takes positions on the paper account alone: send enabled: false with "
                "paper_trading: false, which lets orders of yours go to the connected account."
            )


def _said(asked: ConfigRequest) -> dict[str, Any]:
    """Return the fields that were given, as they are kept."""
    said = given_fields(asked)
    said.pop("stop_rule", None)
    del said["stop_reason"]
    if "symbols" in said:
        said["symbols"] = tuple(dict.fromkeys(said["symbols"]))
    if "timeframe" in said:
        said["timeframe"] = resolution_name(parse_resolution(said["timeframe"], "timeframe"))
    return said


def _rule(asked: ConfigRequest) -> StopRule | None:
    if isinstance(asked.stop_rule, UnsetType):
        return None
    return msgspec.convert(to_builtins(asked.stop_rule), StopRule)


def show_rule(stated: StatedRule) -> StopRuleShown:
    """Return a rule as answers tell it."""
    return StopRuleShown(
        **to_builtins(stated.rule),
        stated_at=format_time(stated.stated_at),
        stated_by=stated.by,
        trades=stated.trades,
        loosens=stated.loosens,
        reason=stated.reason,
    )


def _answer(kept: KeptConfig, stated: Sequence[StatedRule]) -> ConfigAnswer:
    shown = to_builtins(kept.config)
    rules = [to_builtins(show_rule(one)) for one in stated]
    shown |= {"stop_rule": rules[0] if rules else None, "stop_rules": rules}
    shown["markets"] = [f"{platform}:{symbol}" for platform, symbol in kept.config.markets]
    told = {
        "version": kept.version,
        "changed_at": show_time(kept.changed_at or None),
        "changed_by": kept.changed_by or None,
    }
    return ConfigAnswer("configured", msgspec.convert(shown | told, ConfigShown))
