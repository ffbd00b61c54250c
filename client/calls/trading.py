"""The paper account: what it holds, its orders and decisions, the kill switch, the proof."""

from collections.abc import Iterator
from typing import Any, Literal, TypedDict, Unpack
from urllib.parse import quote
from uuid import uuid4

import msgspec

from client.calls.tasks import TaskCalls, decoded
from client.frames import Time, time_text
from client.paging import Query, limited

_ROUTE = "/api/v1/auto-trade"
# The server's own limit.
_PAGE = 500
Json = dict[str, Any]
Action = Literal["BUY", "SELL", "BUY_LIMIT", "SELL_LIMIT", "BUY_STOP", "SELL_STOP"]


class OrderOptions(TypedDict, total=False):
    """What an order may say besides symbol, action and volume.

    price: of pending orders only. stop_loss: an entry needs one. client_order_id: the same order
    under the same id is placed once, however often it is sent. platform: where several are meant.
    """

    price: float
    stop_loss: float
    take_profit: float
    comment: str
    client_order_id: str
    platform: str


class StopRule(TypedDict, total=False):
    """What counts as failure: a fall from the highest equity, a Brier skill after some trades."""

    max_drawdown: float
    min_brier_skill: float
    by_trades: int


class TradingConfig(TypedDict, total=False):
    """What an account wants traded by itself; fields that are left out keep their value."""

    enabled: bool
    symbols: list[str]
    max_risk_per_trade: float
    max_daily_trades: int
    min_confidence: float
    require_confirmation: bool
    timeframe: str
    rr_config: str
    require_skill: bool
    stop_rule: StopRule
    stop_reason: str


class _Orders(msgspec.Struct):
    orders: list[Json]
    next_cursor: str | None = None


class _Decisions(msgspec.Struct):
    decisions: list[Json]
    next_cursor: str | None = None


class TradingCalls(TaskCalls):
    """The routes `/api/portfolio`, `/api/mt4/trade` and `/api/v1/auto-trade/...`."""

    def portfolio(self) -> Json:
        """Return the account at the newest prices: `account`, `positions`, `exposure`, `pnl`."""
        return self._trading_answer("GET", "/api/portfolio")

    def portfolio_history(
        self,
        start: Time | None = None,
        end: Time | None = None,
        *,
        resolution: Literal["1h", "1d"] = "1h",
    ) -> Json:
        """Return `equity`, the newest 1,000 ended `trades`, and the `summary` of all of them."""
        span = {"start": time_text(start), "end": time_text(end), "resolution": resolution}
        return self._trading_answer("GET", "/api/portfolio/history", params=span)

    def trade(
        self, symbol: str, action: Action, volume: float, **more: Unpack[OrderOptions]
    ) -> Json:
        """Place an order on the paper account; returns `order_id` and its `state`.

        It is placed once, however often it had to be sent. Raises `Conflict` where a limit
        refuses it or the account is halted.
        """
        order: Json = {"client_order_id": uuid4().hex} | dict(more)
        order |= {"symbol": symbol, "action": action, "volume": volume}
        return self._trading_answer("POST", "/api/mt4/trade", json=order)

    def close_position(self, position_id: str, volume: float | None = None) -> Json:
        """Close a position of the paper account, or so much of it; raises `NotFound`."""
        asked: Json = {"position_id": position_id}
        asked |= {} if volume is None else {"volume": volume}
        return self._trading_answer("POST", f"{_ROUTE}/mt4/positions/close", json=asked)

    def orders(self, limit: int | None = 50, *, client_order_id: str | None = None) -> list[Json]:
        """Return orders with their states, refused ones too, the newest first; None for all."""
        asked = {"client_order_id": client_order_id}
        return [
            one
            for page in self._trading_pages("orders", asked, limit, _Orders)
            for one in page.orders
        ]

    def trading_status(self) -> Json:
        """Return what the account may do, its limits, how much of them is used, and the trader."""
        return self._trading_answer("GET", f"{_ROUTE}/status")

    def trading_config(self, **wanted: Unpack[TradingConfig]) -> Json:
        """Return what the account wants traded by itself, after the changes that are named."""
        told = self._trading_answer(
            "POST" if wanted else "GET", f"{_ROUTE}/config", json=wanted or None
        )
        config: Json = told["config"]
        return config

    def stop_rule(self, reason: str = "", **rule: Unpack[StopRule]) -> Json | None:
        """Return how the account stands to its stopping rule, after one is stated anew.

        None where none was ever stated. What is left out of a rule is not asked for. Raises
        `Conflict` for one that is looser than that before, once trades have ended, without a
        `reason`.
        """
        if rule:
            wanted: TradingConfig = {"stop_rule": rule}
            if reason:
                wanted["stop_reason"] = reason
            self.trading_config(**wanted)
        standing: Json | None = self.trading_status()["stopping"]
        return standing

    def decisions(self, limit: int | None = 50, *, symbol: str | None = None) -> list[Json]:
        """Return what was decided of sealed signals and why, the newest first; None for all."""
        found = self._trading_pages("decisions", {"symbol": symbol}, limit, _Decisions)
        return [one for page in found for one in page.decisions]

    def answer_decision(self, decision_id: str, word: Literal["confirm", "reject"]) -> Json:
        """Confirm or reject a decision that waits; raises `NotFound` or `Conflict`."""
        return self._trading_answer(
            "POST", f"{_ROUTE}/decisions/{quote(decision_id, safe='')}/{word}"
        )

    def halt(self, reason: str, *, flatten: bool = False, everybody: bool = False) -> Json:
        """Take no orders from now on, and cancel resting ones; stops of positions stay.

        Where `acknowledged` is true no order is sent after the answer. `flatten` closes what is
        held, `everybody` means every account (for owners).
        """
        return self._switch_trading("halt", reason, flatten=flatten, everybody=everybody)

    def reduce(self, reason: str, *, flatten: bool = False, everybody: bool = False) -> Json:
        """Take only orders that shrink positions from now on."""
        return self._switch_trading("reduce", reason, flatten=flatten, everybody=everybody)

    def resume(self, reason: str, *, everybody: bool = False) -> Json:
        """Take orders again; for owners."""
        return self._switch_trading("resume", reason, flatten=False, everybody=everybody)

    def verify_trading(self) -> Json:
        """Have every event of the account computed anew from what was recorded, and compared."""
        return self._trading_answer("GET", f"{_ROUTE}/verify")

    def _switch_trading(self, word: str, reason: str, *, flatten: bool, everybody: bool) -> Json:
        scope = "all" if everybody else "account"
        asked = {"reason": reason, "flatten": flatten, "scope": scope}
        return self._trading_answer("POST", f"{_ROUTE}/{word}", json=asked)

    def _trading_pages(
        self, name: str, asked: Query, limit: int | None, kind: type[Any]
    ) -> Iterator[Any]:
        def ask(query: Query) -> Any:
            answer = self._transport.send("GET", f"{_ROUTE}/{name}", params=query)
            return msgspec.json.decode(answer.content, type=kind)

        return limited(ask, asked, lambda page: len(getattr(page, name)), limit, _PAGE)

    def _trading_answer(self, method: str, path: str, **more: Any) -> Json:
        answer = self._transport.send(method, path, **more)
        return decoded(answer)
