"""An account at MetaApi's broker: what `POST /trade` does to it, and what it then shows.

Positions and deals are those of the virtual MetaTrader; pending orders, the history of
orders and MetaApi's own marks (`clientId`, comment) stand beside them.
"""

from collections.abc import Callable, Mapping
from itertools import count
from typing import Any

import msgspec

from feeds.metaapi.simulator.prices import Prices
from feeds.simulator.metatrader.account import BUY, SELL, Account, Deal, Position, Refused

STEP, LEAST, MOST = 0.01, 0.01, 100.0
# Of comment and clientId together, more is refused.
_MARKS = 26
_SIDES = {"BUY": BUY, "SELL": SELL}


class Pending(msgspec.Struct, kw_only=True):
    """An order that is not filled at once, or no longer waits; `done_ms` is when it ended."""

    id: str
    type: str
    symbol: str
    volume: float
    price: float
    sl: float
    tp: float
    magic: int
    time_ms: int
    state: str = "ORDER_STATE_PLACED"
    position_id: str | None = None
    done_ms: int | None = None


class Marks(msgspec.Struct, frozen=True):
    """What a client wrote on its order, as far as the broker keeps it."""

    client_id: str | None = None
    comment: str | None = None


class TradeRequest(msgspec.Struct, kw_only=True):
    """The body of `POST /trade`."""

    actionType: str  # noqa: N815 - their names
    symbol: str = ""
    volume: float = 0.0
    openPrice: float = 0.0  # noqa: N815
    stopLoss: float = 0.0  # noqa: N815
    takeProfit: float = 0.0  # noqa: N815
    positionId: str = ""  # noqa: N815
    orderId: str = ""  # noqa: N815
    comment: str | None = None
    clientId: str | None = None  # noqa: N815
    magic: int = 0
    slippage: float = 0.0


class TradingAccount:
    """One account; `name` decides what it is (see the package)."""

    def __init__(self, name: str, prices: Prices) -> None:
        self.name = name
        self.real = name.startswith("real")
        self.investor = name.startswith("investor")
        self.trade_allowed = True
        self.prices = prices
        self.account = Account(
            prices.instruments,
            program="mt4" if name.startswith("mt4") else "mt5",
            login=5_000_000 + sum(name.encode()),
        )
        self.orders: list[Pending] = []
        self.history: list[Pending] = []
        self.marks: dict[str, Marks] = {}
        self._order_ids = count(90_000_001)

    def advance(self) -> None:
        """Take the prices of now: stops, take profits and waiting orders are filled."""
        self.account.time_ms = self.prices.now_ms()
        held = {one.symbol for one in self.account.positions}
        for symbol in held | {one.symbol for one in self.orders}:
            self.account.on_price(symbol, self.prices.price(symbol))
        for order in [one for one in self.orders if self._reached(one)]:
            self.orders.remove(order)
            self._fill(order, keep=self.marks.get(order.id, Marks()))

    def trade(self, told: TradeRequest, marks: Marks) -> dict[str, Any]:
        """Do what is told, and answer as MetaApi does: refusals are answers, too."""
        self.advance()
        doing = self._actions().get(told.actionType)
        if doing is None:
            return answer(10_013, "TRADE_RETCODE_INVALID", "Invalid request")
        if self.investor or not self.trade_allowed:
            return answer(10_017, "TRADE_RETCODE_TRADE_DISABLED", "Trade is disabled")
        if len(told.clientId or "") + len(told.comment or "") > _MARKS:
            return answer(10_013, "TRADE_RETCODE_INVALID", "comment and clientId are too long")
        try:
            return doing(told, marks)
        except Refused as refused:
            return _refused(str(refused))

    def place_by_hand(self, symbol: str, side: int, volume: float) -> Position:
        """Open a position as a person at the terminal would: without marks or magic."""
        self.account.on_price(symbol, self.prices.price(symbol))
        deal = self.account.open(symbol, side, volume, reason="CLIENT")
        found = self.account.find(deal.position_id)
        if found is None:
            raise Refused("Position doesn't exist")
        return found

    def _actions(self) -> Mapping[str, Callable[[TradeRequest, Marks], dict[str, Any]]]:
        market = {f"ORDER_TYPE_{side}": self._market for side in _SIDES}
        kinds = [f"ORDER_TYPE_{side}_{kind}" for side in _SIDES for kind in ("LIMIT", "STOP")]
        return {
            **market,
            **dict.fromkeys(kinds, self._place),
            "POSITION_MODIFY": self._modify_position,
            "POSITION_PARTIAL": self._close,
            "POSITION_CLOSE_ID": self._close,
            "POSITIONS_CLOSE_SYMBOL": self._close_symbol,
            "ORDER_MODIFY": self._modify_order,
            "ORDER_CANCEL": self._cancel,
        }

    def _market(self, told: TradeRequest, marks: Marks) -> dict[str, Any]:
        self._check(told)
        order = self._new_order(told)
        return self._fill(order, keep=marks)

    def _place(self, told: TradeRequest, marks: Marks) -> dict[str, Any]:
        self._check(told)
        order = self._new_order(told)
        if not told.openPrice or self._reached(order):
            return answer(10_015, "TRADE_RETCODE_INVALID_PRICE", "Invalid price")
        self.orders.append(order)
        self.marks[order.id] = marks
        return answer(10_008, "TRADE_RETCODE_PLACED", "Order placed", order=order.id)

    def _fill(self, order: Pending, *, keep: Marks) -> dict[str, Any]:
        side = _side(order.type)
        self.account.on_price(order.symbol, self.prices.price(order.symbol))
        try:
            deal = self.account.open(
                order.symbol, side, order.volume, sl=order.sl, tp=order.tp, magic=order.magic,
                comment=keep.comment or "",
            )  # fmt: skip
        except Refused as refused:
            self._end(order, "ORDER_STATE_REJECTED")
            return _refused(str(refused))
        order.position_id = str(deal.position_id)
        self.marks[order.id] = self.marks[order.position_id] = keep
        self.marks[str(deal.ticket)] = keep
        self._end(order, "ORDER_STATE_FILLED")
        return answer(
            10_009, "TRADE_RETCODE_DONE", "Request completed",
            order=order.id, position=order.position_id,
        )  # fmt: skip

    def _close(self, told: TradeRequest, marks: Marks) -> dict[str, Any]:
        position = self._position(told.positionId)
        part = told.volume if told.actionType == "POSITION_PARTIAL" else None
        deal = self.account.close(position.identifier, part)
        self._note_close(deal, marks)
        return answer(
            10_009, "TRADE_RETCODE_DONE", "Request completed",
            order=self.history[-1].id, position=told.positionId,
        )  # fmt: skip

    def _close_symbol(self, told: TradeRequest, marks: Marks) -> dict[str, Any]:
        mine = [one for one in self.account.positions if one.symbol == told.symbol]
        for position in mine:
            self._note_close(self.account.close(position.identifier), marks)
        return answer(10_009, "TRADE_RETCODE_DONE", "Request completed")

    def _modify_position(self, told: TradeRequest, _marks: Marks) -> dict[str, Any]:
        position = self._position(told.positionId)
        if (position.sl, position.tp) == (told.stopLoss, told.takeProfit):
            return answer(10_025, "TRADE_RETCODE_NO_CHANGES", "No changes")
        position.sl, position.tp = told.stopLoss, told.takeProfit
        return answer(10_009, "TRADE_RETCODE_DONE", "Request completed", position=told.positionId)

    def _modify_order(self, told: TradeRequest, _marks: Marks) -> dict[str, Any]:
        order = self._order(told.orderId)
        order.price = told.openPrice or order.price
        order.sl, order.tp = told.stopLoss, told.takeProfit
        return answer(10_009, "TRADE_RETCODE_DONE", "Request completed", order=order.id)

    def _cancel(self, told: TradeRequest, _marks: Marks) -> dict[str, Any]:
        order = self._order(told.orderId)
        self.orders.remove(order)
        self._end(order, "ORDER_STATE_CANCELED")
        return answer(10_009, "TRADE_RETCODE_DONE", "Request completed", order=order.id)

    def _check(self, told: TradeRequest) -> None:
        if told.symbol not in self.prices.instruments:
            raise Refused("Unknown symbol")
        steps = round(told.volume / STEP, 6)
        if not LEAST <= told.volume <= MOST or steps != round(steps):
            raise Refused("Invalid volume")

    def _new_order(self, told: TradeRequest) -> Pending:
        return Pending(
            id=str(next(self._order_ids)), type=told.actionType, symbol=told.symbol,
            volume=told.volume, price=told.openPrice, sl=told.stopLoss, tp=told.takeProfit,
            magic=told.magic, time_ms=self.prices.now_ms(),
        )  # fmt: skip

    def _note_close(self, deal: Deal, marks: Marks) -> None:
        side = "BUY" if deal.side == BUY else "SELL"
        order = Pending(
            id=str(next(self._order_ids)), type=f"ORDER_TYPE_{side}", symbol=deal.symbol,
            volume=deal.volume, price=deal.price, sl=0, tp=0, magic=deal.magic,
            time_ms=deal.time_ms, position_id=str(deal.position_id),
        )  # fmt: skip
        self.marks[order.id] = self.marks[str(deal.ticket)] = marks
        self._end(order, "ORDER_STATE_FILLED")

    def _end(self, order: Pending, state: str) -> None:
        order.state, order.done_ms = state, self.prices.now_ms()
        self.history.append(order)

    def _reached(self, order: Pending) -> bool:
        side = _side(order.type)
        entry = self.prices.price(order.symbol).to_open(side)
        better = side * (order.price - entry) >= 0
        return better if order.type.endswith("LIMIT") else not better or entry == order.price

    def _position(self, name: str) -> Position:
        found = self.account.find(int(name)) if name.isdigit() else None
        if found is None:
            raise Refused("Position doesn't exist")
        return found

    def _order(self, name: str) -> Pending:
        found = next((one for one in self.orders if one.id == name), None)
        if found is None:
            raise Refused("Order doesn't exist")
        return found


_CODES = {
    "No money": (10_019, "TRADE_RETCODE_NO_MONEY"),
    "Invalid volume": (10_014, "TRADE_RETCODE_INVALID_VOLUME"),
    "Invalid stops": (10_016, "TRADE_RETCODE_INVALID_STOPS"),
    "Position doesn't exist": (10_036, "TRADE_RETCODE_POSITION_CLOSED"),
    "Order doesn't exist": (10_035, "TRADE_RETCODE_INVALID_ORDER"),
    "Unknown symbol": (4_301, "ERR_MARKET_UNKNOWN_SYMBOL"),
}


def answer(
    code: int, word: str, message: str, *, order: str | None = None, position: str | None = None
) -> dict[str, Any]:
    """Return the body that answers a trade."""
    told: dict[str, Any] = {"numericCode": code, "stringCode": word, "message": message}
    ids = {"orderId": order, "positionId": position}
    return told | {name: value for name, value in ids.items() if value is not None}


def _refused(why: str) -> dict[str, Any]:
    code, word = _CODES.get(why, (10_006, "TRADE_RETCODE_REJECT"))
    return answer(code, word, why)


def _side(order_type: str) -> int:
    return BUY if order_type.startswith("ORDER_TYPE_BUY") else SELL
