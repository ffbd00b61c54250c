"""The routes of the simulated Bybit, signatures checked."""

import hashlib
import hmac
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

import msgspec
from aiohttp import web

from feeds.bybit.simulator import views
from feeds.bybit.simulator.wallet import Order, Prices, Refused, Wallet
from feeds.simulator.catalog import Product
from feeds.simulator.fault_script import FaultScript, ScriptedFault, answer_with, json_answer
from feeds.simulator.faults import Faults

SECRET = "secret-of-"  # noqa: S105 - of a simulator
_WINDOW_MS = 7 * 86_400_000
_LENGTHS = {"1": 60, "5": 300, "15": 900, "60": 3_600, "240": 14_400, "D": 86_400}
Json = dict[str, Any]


class ByHand(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An order that somebody places at the site."""

    symbol: str
    side: str
    qty: str


class Script(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a test has happen at a wallet; absent fields change nothing."""

    faults: list[ScriptedFault] = []
    prices: dict[str, tuple[Decimal, Decimal]] = {}
    by_hand: list[ByHand] = []
    clear: bool = False


class Routes:
    """Every wallet of the simulated Bybit, by its key."""

    def __init__(self, prices: Prices, products: dict[str, Product], faults: Faults) -> None:
        self._prices, self._products, self._faults = prices, products, faults
        self._wallets: dict[str, Wallet] = {}
        self._scripts: dict[str, FaultScript] = {}

    def routes(self) -> list[web.RouteDef]:
        """Return all of them."""
        reads: dict[str, Callable[[str, Wallet, Mapping[str, str]], Json]] = {
            "user/query-api": lambda name, _one, _asked: views.key(name),
            "account/wallet-balance": lambda _name, one, _asked: views.wallet(one),
            "position/list": lambda _name, one, asked: views.page(views.positions(one), asked, 200),
            "order/realtime": self._waiting,
            "order/history": self._ended,
            "execution/list": self._executions,
        }
        writes: dict[str, Callable[[Wallet, Json], Order | None]] = {
            "order/create": lambda one, told: one.place(told),
            "order/cancel": lambda one, told: one.cancel(told["symbol"], told["orderId"]),
            "position/trading-stop": _protect,
        }
        return [
            web.post("/simulator/bybit/{key}", self.script),
            *(web.get(f"/v5/{path}", self._reader(path, read)) for path, read in reads.items()),
            *(web.post(f"/v5/{path}", self._writer(path, do)) for path, do in writes.items()),
            web.get("/v5/market/tickers", self.ticker),
            web.get("/v5/market/instruments-info", self.instrument),
            web.get("/v5/market/kline", self.candles),
        ]

    async def script(self, request: web.Request) -> web.Response:
        """Let faults wait for their calls, set prices, or trade by hand."""
        told = msgspec.json.decode(await request.read(), type=Script)
        one, faults = self._known(request.match_info["key"])
        if told.clear:
            faults.clear()
        for fault in told.faults:
            faults.add(fault)
        self._prices.quotes |= told.prices
        for wallet in self._wallets.values():
            wallet.advance()
        for act in told.by_hand:
            one.by_hand(act.symbol, act.side, act.qty)
        return json_answer({})

    async def ticker(self, request: web.Request) -> web.Response:
        """Tell bid and ask."""
        symbol = request.query.get("symbol", "")
        if symbol not in self._prices.quotes:
            return json_answer(self._said(10_001, "params error: symbol invalid"))
        bid, ask = self._prices.quotes[symbol]
        row = {"symbol": symbol, "bid1Price": f"{bid:f}", "ask1Price": f"{ask:f}"}
        return json_answer(self._good({"category": "linear", "list": [row]}))

    async def instrument(self, request: web.Request) -> web.Response:
        """Tell by what steps a symbol is traded."""
        symbol = request.query.get("symbol", "")
        if symbol not in self._prices.quotes:
            return json_answer(self._said(10_001, "params error: symbol invalid"))
        return json_answer(self._good({"category": "linear", "list": [views.instrument(symbol)]}))

    async def candles(self, request: web.Request) -> web.Response:
        """List candles, the newest first."""
        asked = request.query
        product = self._products.get(asked.get("symbol", ""))
        length = _LENGTHS.get(asked.get("interval", ""))
        if product is None or length is None:
            return json_answer(self._said(10_001, "params error: symbol invalid"))
        end_s = int(asked.get("end", self._prices.now_ms())) // 1_000
        rows = product.newest_candles(length, end_s, min(int(asked.get("limit", "200")), 1_000))
        texts = [
            [str(1_000 * one.time), *map(str, (one.open, one.high, one.low, one.close)),
             str(one.volume), "0"]
            for one in reversed(self._faults.thin(rows))
        ]  # fmt: skip
        return json_answer(self._good({"category": "linear", "list": texts}))

    def _waiting(self, _name: str, one: Wallet, asked: Mapping[str, str]) -> Json:
        rows = [views.order(each) for each in one.orders if each.state in ("New", "Untriggered")]
        return views.page(rows, asked, 50)

    def _ended(self, _name: str, one: Wallet, asked: Mapping[str, str]) -> Json:
        first, last = _times(asked)
        rows = [
            views.order(each)
            for each in reversed(one.orders)
            if each.state not in ("New", "Untriggered") and first <= each.created <= last
        ]
        return views.page(rows, asked, 50)

    def _executions(self, _name: str, one: Wallet, asked: Mapping[str, str]) -> Json:
        first, last = _times(asked)
        rows = [
            views.execution(each) for each in reversed(one.executions) if first <= each.at <= last
        ]
        return views.page(rows, asked, 100)

    def _reader(
        self, path: str, read: Callable[[str, Wallet, Mapping[str, str]], Json]
    ) -> Callable[[web.Request], Any]:
        async def handle(request: web.Request) -> web.StreamResponse:
            name, wrong = self._signed(request, request.rel_url.raw_query_string)
            if wrong is not None:
                return json_answer(wrong)
            one, faults = self._known(name)
            one.advance()
            fault = faults.next(path, request)
            if fault.code is not None:
                return json_answer(self._said(fault.code, "Simulated."))
            try:
                told = self._good(read(name, one, request.query))
            except Refused as refused:
                told = self._said(refused.code, str(refused))
            return await answer_with(fault, request, lambda: told, self._words)

        return handle

    def _writer(
        self, path: str, do: Callable[[Wallet, Json], Order | None]
    ) -> Callable[[web.Request], Any]:
        async def handle(request: web.Request) -> web.StreamResponse:
            body = (await request.read()).decode()
            name, wrong = self._signed(request, body)
            if wrong is not None:
                return json_answer(wrong)
            if name.startswith("readonly"):
                return json_answer(self._said(10_005, "Permission denied"))
            one, faults = self._known(name)
            fault = faults.next(path, request)

            def act() -> Json:
                try:
                    made = do(one, msgspec.json.decode(body))
                except Refused as refused:
                    return self._said(refused.code, str(refused))
                ids = {"orderId": made.id, "orderLinkId": made.link_id} if made else {}
                return self._good(ids)

            if fault.code is not None:
                if fault.after:
                    act()
                return json_answer(self._said(fault.code, "Simulated."))
            return await answer_with(fault, request, act, self._words)

        return handle

    def _signed(self, request: web.Request, payload: str) -> tuple[str, Json | None]:
        """Return the key of a call, and what is answered where it is not signed by it."""
        said = request.headers
        name, at = said.get("X-BAPI-API-KEY", ""), said.get("X-BAPI-TIMESTAMP", "")
        window = said.get("X-BAPI-RECV-WINDOW", "5000")
        if not name or name.startswith("wrong"):
            return name, self._said(10_003, "API key is invalid.")
        signed = hmac.new(
            (SECRET + name).encode(), (at + name + window + payload).encode(), hashlib.sha256
        )
        if not hmac.compare_digest(signed.hexdigest(), said.get("X-BAPI-SIGN", "")):
            return name, self._said(10_004, "error sign!")
        now = self._prices.now_ms()
        if not (at.isdigit() and now - int(window) <= int(at) < now + 1_000):
            return name, self._said(10_002, "invalid request, please check your server timestamp")
        return name, None

    def _known(self, name: str) -> tuple[Wallet, FaultScript]:
        if name not in self._wallets:
            self._wallets[name], self._scripts[name] = Wallet(self._prices), FaultScript()
        return self._wallets[name], self._scripts[name]

    def _good(self, result: Json) -> Json:
        return self._said(0, "OK", result)

    def _said(self, code: int, message: str, result: Json | None = None) -> Json:
        now = self._prices.now_ms()
        return {"retCode": code, "retMsg": message, "result": result or {}, "retExtInfo": {},
                "time": now}  # fmt: skip

    def _words(self, name: str) -> tuple[int, object, Mapping[str, str]]:
        return int(name), *error_words(int(name))


def error_words(status: int) -> tuple[object, dict[str, str]]:
    """Return how a status is worded."""
    return {"retCode": status, "retMsg": "Simulated.", "result": {}, "time": 0}, {}


def _protect(one: Wallet, told: Json) -> None:
    one.protect(told["symbol"], told.get("stopLoss"), told.get("takeProfit"))


def _times(asked: Mapping[str, str]) -> tuple[int, int]:
    first, last = int(asked["startTime"]), int(asked["endTime"])
    if not 0 <= last - first <= _WINDOW_MS:
        raise Refused(10_001, "The time range between startTime and endTime must be <= 7 days")
    return first, last
