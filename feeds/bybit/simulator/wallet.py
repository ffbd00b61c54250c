"""A wallet of the simulated Bybit: orders, fills and what is held, one position a symbol."""

from decimal import Decimal
from itertools import count
from typing import Any

import msgspec

from feeds.simulator.market_clock import MarketClock

FEE = Decimal("0.00055")
START = Decimal(10_000)
# Smallest volume and step, the largest volume, and the step of prices.
LEAST, MOST, TICK = Decimal("0.001"), Decimal(100), Decimal("0.10")
_OPEN = ("New", "Untriggered")


class Order(msgspec.Struct, kw_only=True):
    """An order, in Bybit's words."""

    id: str
    link_id: str
    symbol: str
    side: str
    type: str
    qty: Decimal
    price: Decimal
    trigger: Decimal
    rises: bool
    reduce_only: bool
    stop_loss: Decimal
    take_profit: Decimal
    created: int
    state: str = "New"
    stop_order_type: str = ""
    updated: int = 0
    filled: Decimal = Decimal(0)


class Execution(msgspec.Struct, kw_only=True):
    """A fill."""

    id: str
    order: Order
    qty: Decimal
    price: Decimal
    fee: Decimal
    at: int
    seq: int
    kind: str = "Trade"


class Held(msgspec.Struct):
    """What is held of a symbol: its size is below 0 of a short position."""

    size: Decimal = Decimal(0)
    price: Decimal = Decimal(0)
    stop_loss: Decimal = Decimal(0)
    take_profit: Decimal = Decimal(0)
    updated: int = 0


class Refused(Exception):
    """An order that is refused, with Bybit's code."""

    def __init__(self, code: int, why: str) -> None:
        super().__init__(why)
        self.code = code


class Prices:
    """Bid and ask of each symbol, as they were set."""

    def __init__(self, clock: MarketClock) -> None:
        self._clock = clock
        self.quotes = {
            "BTCUSDT": (Decimal("60000.00"), Decimal("60000.10")),
            "ETHUSDT": (Decimal("3000.00"), Decimal("3000.10")),
        }

    def now_ms(self) -> int:
        """Return the exchange's time (epoch ms)."""
        return self._clock.now_ms()


class Wallet:
    """What one key trades with."""

    def __init__(self, prices: Prices) -> None:
        self._prices = prices
        self.balance = START
        self.orders: list[Order] = []
        self.executions: list[Execution] = []
        self.held: dict[str, Held] = {}
        self._ids = count(1)

    def place(self, told: dict[str, Any]) -> Order:
        """Take an order as it was told; raises `Refused`."""
        order = self._order(told)
        if any(one.link_id == order.link_id for one in self.orders if order.link_id):
            raise Refused(110_072, "OrderLinkedID is duplicate")
        if order.symbol not in self._prices.quotes:
            raise Refused(10_001, "params error: symbol invalid")
        if order.qty % LEAST or not LEAST <= order.qty <= MOST:
            raise Refused(10_001, "Qty invalid")
        held = self.held.get(order.symbol, Held())
        if order.reduce_only and held.size * _sign(order.side) >= 0:
            raise Refused(110_017, "current position is zero, cannot fix reduce-only order qty")
        self.orders.append(order)
        self.advance()
        return order

    def by_hand(self, symbol: str, side: str, qty: str) -> None:
        """Trade as a person at the site would: without an id of ours."""
        self.place({"symbol": symbol, "side": side, "orderType": "Market", "qty": qty})

    def cancel(self, symbol: str, order_id: str) -> Order:
        """Take an order back; raises `Refused`."""
        mine = (one for one in self.orders if (one.symbol, one.id) == (symbol, order_id))
        order = next(mine, None)
        if order is None or order.state not in _OPEN:
            raise Refused(110_001, "order not exists or too late to cancel")
        self._end(order, "Cancelled")
        return order

    def protect(self, symbol: str, stop_loss: str | None, take_profit: str | None) -> None:
        """Move the exits of a position; raises `Refused`."""
        held = self.held.get(symbol, Held())
        if not held.size:
            raise Refused(10_001, "can not set tp/sl/ts for zero position")
        held.stop_loss = Decimal(stop_loss or held.stop_loss)
        held.take_profit = Decimal(take_profit or held.take_profit)

    def advance(self) -> None:
        """Take the prices of now: what they reach is filled."""
        for order in [one for one in self.orders if one.state in _OPEN]:
            if self._reached(order):
                self._fill(order, order.qty)
        for symbol, held in self.held.items():
            if held.size:
                self._exit(symbol, held)

    def unrealised(self, symbol: str) -> Decimal:
        """Return what a position would earn at the price of now."""
        held = self.held[symbol]
        return (self.mark(symbol) - held.price) * held.size

    def mark(self, symbol: str) -> Decimal:
        """Return the price by which positions are valued."""
        bid, ask = self._prices.quotes[symbol]
        return (bid + ask) / 2

    def _order(self, told: dict[str, Any]) -> Order:
        trigger = Decimal(told.get("triggerPrice") or 0)
        now = self._prices.now_ms()
        return Order(
            id=f"{next(self._ids):08d}-sim",
            link_id=told.get("orderLinkId", ""),
            symbol=told["symbol"],
            side=told["side"],
            type=told["orderType"],
            qty=Decimal(told["qty"]),
            price=Decimal(told.get("price") or 0),
            trigger=trigger,
            rises=told.get("triggerDirection") == 1,
            reduce_only=bool(told.get("reduceOnly")),
            stop_loss=Decimal(told.get("stopLoss") or 0),
            take_profit=Decimal(told.get("takeProfit") or 0),
            created=now,
            updated=now,
            state="Untriggered" if trigger else "New",
        )

    def _reached(self, order: Order) -> bool:
        bid, ask = self._prices.quotes[order.symbol]
        if order.trigger:
            now = self.mark(order.symbol)
            return now >= order.trigger if order.rises else now <= order.trigger
        if order.type == "Market":
            return True
        return ask <= order.price if order.side == "Buy" else bid >= order.price

    def _exit(self, symbol: str, held: Held) -> None:
        now, up = self.mark(symbol), held.size > 0
        stop, target = held.stop_loss, held.take_profit
        lost = stop and (now <= stop if up else now >= stop)
        won = target and (now >= target if up else now <= target)
        if not (lost or won):
            return
        told = {
            "symbol": symbol, "side": "Sell" if up else "Buy", "orderType": "Market",
            "qty": str(abs(held.size)), "reduceOnly": True,
        }  # fmt: skip
        order = self._order(told)
        order.stop_order_type = "StopLoss" if lost else "TakeProfit"
        self.orders.append(order)
        self._fill(order, order.qty)

    def _fill(self, order: Order, qty: Decimal) -> None:
        """Fill in two parts where there are two, as a book would."""
        held = self.held.setdefault(order.symbol, Held())
        if order.reduce_only:
            qty = min(qty, abs(held.size))
        first = (qty / 2).quantize(LEAST)
        for part in (first, qty - first):
            if part > 0:
                self._execute(order, held, part)
        if order.stop_loss or order.take_profit:
            held.stop_loss, held.take_profit = order.stop_loss, order.take_profit
        if not held.size:
            held.stop_loss = held.take_profit = Decimal(0)
        self._end(order, "Filled")

    def _execute(self, order: Order, held: Held, qty: Decimal) -> None:
        bid, ask = self._prices.quotes[order.symbol]
        price, moved = (ask if order.side == "Buy" else bid), qty * _sign(order.side)
        fee, number = (price * qty * FEE).quantize(Decimal("0.00000001")), next(self._ids)
        before = held.size
        if before * moved >= 0:
            held.price = (held.price * abs(before) + price * qty) / (abs(before) + qty)
        else:
            closed = min(qty, abs(before))
            self.balance += (price - held.price) * closed * (1 if before > 0 else -1)
            if qty > closed:
                held.price = price
        held.size += moved
        held.updated = now = self._prices.now_ms()
        order.filled += qty
        self.balance -= fee
        self.executions.append(
            Execution(
                id=f"e-{number:08d}", order=order, qty=qty, price=price, fee=fee, at=now,
                seq=number,
            )
        )  # fmt: skip

    def _end(self, order: Order, state: str) -> None:
        order.state, order.updated = state, self._prices.now_ms()


def _sign(side: str) -> int:
    return 1 if side == "Buy" else -1
