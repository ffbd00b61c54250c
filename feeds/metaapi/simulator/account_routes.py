"""The routes of an account: its record, what it holds, what it did, and trades."""

import re
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import msgspec
from aiohttp import web

from feeds.metaapi.simulator import views
from feeds.metaapi.simulator.prices import Prices
from feeds.metaapi.simulator.trading_account import (
    Marks,
    TradeRequest,
    TradingAccount,
    answer,
)
from feeds.metaapi.simulator.words import check_token, fault_words, refusal
from feeds.simulator.fault_script import (
    Fault,
    FaultScript,
    ScriptedFault,
    answer_with,
    json_answer,
)
from feeds.simulator.metatrader.account import BUY, SELL

ACCOUNT = "/users/current/accounts/{account}"
REGION = "new-york"
SCRIPT = "/simulator/metaapi/{account}"
_MOST = 1_000
_WORDS = {-11: "ERR_TRADE_TIMEOUT", 10_012: "TRADE_RETCODE_TIMEOUT", 128: "ERR_TRADE_TIMEOUT",
          1: "ERR_NO_RESULT", 10_004: "TRADE_RETCODE_REQUOTE", 10_019: "TRADE_RETCODE_NO_MONEY",
          10_010: "TRADE_RETCODE_DONE_PARTIAL"}  # fmt: skip


class ByHand(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A position that somebody opens at the terminal."""

    symbol: str
    side: str
    volume: float


class Script(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a test has happen at an account; absent fields change nothing."""

    faults: list[ScriptedFault] = []
    prices: dict[str, tuple[float, float]] = {}
    by_hand: list[ByHand] = []
    close_by_hand: list[str] = []
    region: str | None = None
    trade_allowed: bool | None = None
    clear: bool = False


class AccountRoutes:
    """Every account of the simulated MetaApi, by its id."""

    def __init__(self, prices: Prices) -> None:
        self._prices = prices
        self._accounts: dict[str, TradingAccount] = {}
        self._scripts: dict[str, FaultScript] = {}
        self._region = REGION

    def routes(self) -> list[web.RouteDef]:
        """Return all of them; the path may name the account's region before `/users`."""
        reads = {
            "": ("record", lambda one, _: views.record(one, self._region)),
            "/account-information": ("account-information", lambda one, _: views.information(one)),
            "/positions": ("positions", _positions),
            "/positions/{id}": ("positions", _position),
            "/orders": ("orders", lambda one, _: [views.order(one, each) for each in one.orders]),
            "/orders/{id}": ("orders", _order),
            "/history-orders/{by}/{first}": ("history-orders", _history_orders),
            "/history-orders/{by}/{first}/{last}": ("history-orders", _history_orders),
            "/history-deals/{by}/{first}": ("history-deals", _history_deals),
            "/history-deals/{by}/{first}/{last}": ("history-deals", _history_deals),
            "/symbols": ("symbols", lambda one, _: sorted(one.prices.instruments)),
            "/symbols/{symbol}/current-price": ("current-price", _of_symbol(views.price)),
            "/symbols/{symbol}/specification": ("specification", _of_symbol(views.specification)),
        }  # fmt: skip
        listed = [web.post(SCRIPT, self.script)]
        for prefix in ("", "/regions/{region}"):
            for path, (call, read) in reads.items():
                listed.append(web.get(prefix + ACCOUNT + path, self._reader(call, read)))
            listed.append(web.post(f"{prefix}{ACCOUNT}/trade", self.trade))
        return listed

    async def script(self, request: web.Request) -> web.Response:
        """Let faults wait for their calls, set prices, or act by hand."""
        told = msgspec.json.decode(await request.read(), type=Script)
        one, faults = self._known(request.match_info["account"])
        if told.clear:
            faults.clear()
        for fault in told.faults:
            faults.add(fault)
        for symbol, (bid, ask) in told.prices.items():
            self._prices.set(symbol, bid, ask)
        one.advance()
        for by_hand in told.by_hand:
            side = BUY if by_hand.side == "BUY" else SELL
            one.place_by_hand(by_hand.symbol, side, by_hand.volume)
        for name in told.close_by_hand:
            one.account.close(int(name), reason="CLIENT")
        self._region = told.region or self._region
        if told.trade_allowed is not None:
            one.trade_allowed = told.trade_allowed
        return json_answer({})

    async def trade(self, request: web.Request) -> web.StreamResponse:
        """Trade, unless or before a fault strikes."""
        one, faults = self._account(request)
        fault = faults.next("trade", request)
        try:
            told = msgspec.json.decode(await request.read(), type=TradeRequest)
        except msgspec.MsgspecError:
            raise refusal(400) from None

        def act() -> views.Json:
            return one.trade(
                _partly(told) if fault.name == "partial" else told, _marks(told, fault)
            )

        if fault.code is not None:
            if fault.after:
                act()
            word = _WORDS.get(fault.code, "TRADE_RETCODE_REJECT")
            return json_answer(answer(fault.code, word, "Simulated"))
        if fault.name == "partial":
            said = {"numericCode": 10_010, "stringCode": _WORDS[10_010]}
            return json_answer(act() | said)
        wire = Fault() if fault.name in _OF_MARKS else fault
        return await answer_with(wire, request, act, fault_words)

    def _reader(self, call: str, read: Callable[[TradingAccount, web.Request], Any]) -> Any:
        async def handle(request: web.Request) -> web.StreamResponse:
            one, faults = self._account(request, anywhere=call == "record")
            fault = faults.next(call, request)
            one.advance()
            found = read(one, request)
            if fault.name == "synchronizing":
                return json_answer([each | {"synchronizing": True} for each in found])
            return await answer_with(fault, request, lambda: found, fault_words)

        return handle

    def _account(
        self, request: web.Request, *, anywhere: bool = False
    ) -> tuple[TradingAccount, FaultScript]:
        check_token(request)
        named = request.match_info
        if not anywhere and named.get("region", self._region) != self._region:
            raise refusal(404)
        if named["account"].startswith("wrong"):
            raise refusal(404)
        return self._known(named["account"])

    def _known(self, name: str) -> tuple[TradingAccount, FaultScript]:
        if name not in self._accounts:
            self._accounts[name] = TradingAccount(name, self._prices)
            self._scripts[name] = FaultScript()
        return self._accounts[name], self._scripts[name]


_OF_MARKS = frozenset({"client-id-truncated", "client-id-changed", "comment-overwritten"})


def _marks(told: TradeRequest, fault: Fault) -> Marks:
    if fault.name == "comment-overwritten":
        return Marks(None, "[broker]")
    if fault.name == "client-id-truncated" and told.clientId:
        return Marks(told.clientId.rpartition("_")[0], told.comment)
    if fault.name == "client-id-changed" and told.clientId:
        return Marks(f"{told.clientId.rpartition('_')[0]}_changed", told.comment)
    return Marks(told.clientId, told.comment)


def _partly(told: TradeRequest) -> TradeRequest:
    return msgspec.structs.replace(told, volume=round(told.volume / 2, 2))


def _positions(one: TradingAccount, _request: web.Request) -> list[views.Json]:
    return [views.position(one, each) for each in one.account.positions]


def _position(one: TradingAccount, request: web.Request) -> views.Json:
    return _named(_positions(one, request), request)


def _order(one: TradingAccount, request: web.Request) -> views.Json:
    return _named([views.order(one, each) for each in one.orders], request)


def _named(rows: Sequence[views.Json], request: web.Request) -> views.Json:
    found = [row for row in rows if row["id"] == request.match_info["id"]]
    if not found:
        raise refusal(404)
    return found[0]


def _history_orders(one: TradingAccount, request: web.Request) -> list[views.Json]:
    rows = [views.order(one, each) for each in one.history]
    return _chosen(rows, request, ticket="id", time="doneTime")


def _history_deals(one: TradingAccount, request: web.Request) -> list[views.Json]:
    rows = [views.deal(one, each) for each in one.account.deals]
    return _chosen(rows, request, ticket="id", time="time")


def _chosen(
    rows: list[views.Json], request: web.Request, *, ticket: str, time: str
) -> list[views.Json]:
    asked = request.match_info
    if asked["by"] == "time" and "last" in asked:
        first, last = _instant(asked["first"]), _instant(asked["last"])
        found = [row for row in rows if first <= _instant(row[time]) < last]
    elif asked["by"] in ("ticket", "position") and "last" not in asked:
        field = ticket if asked["by"] == "ticket" else "positionId"
        found = [row for row in rows if row.get(field) == asked["first"]]
    else:
        raise refusal(404)
    start = _whole(request.query.get("offset", "0"))
    return found[start:][: min(_whole(request.query.get("limit", str(_MOST))), _MOST)]


def _of_symbol(view: Callable[[TradingAccount, str], views.Json]) -> Any:
    def read(one: TradingAccount, request: web.Request) -> views.Json:
        if request.match_info["symbol"] not in one.prices.instruments:
            raise refusal(404)
        return view(one, request.match_info["symbol"])

    return read


def _instant(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise refusal(400) from None


def _whole(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,9}", text):
        raise refusal(400)
    return int(text)
