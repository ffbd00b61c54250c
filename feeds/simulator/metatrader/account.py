"""A broker's account: orders, positions and deals as MetaTrader keeps them; it reads no clock.

Tickets behave as in the terminals. MetaTrader 5 names a position by an identifier that
never changes, while its ticket may; a netting account holds one position a symbol, and an
opposite order may turn it round. MetaTrader 4 has one ticket, and the rest of a position
that is closed in part gets a new one. Times are milliseconds by the server's clock.
"""

import random
from collections.abc import Iterable, Mapping
from itertools import count
from typing import Literal

import msgspec

from feeds.simulator.metatrader.markets import Instrument

Mode = Literal["hedging", "netting"]
Program = Literal["mt4", "mt5"]
Entry = Literal["in", "out", "inout"]
# Who or what made a deal, in MetaTrader's words.
Reason = Literal["CLIENT", "EXPERT", "SL", "TP", "SO", "ROLLOVER"]
BUY, SELL = 1, -1

# Below this share of its margin an account's worst position is closed.
STOP_OUT = 0.5
# What a lot costs on each side, in the account's currency.
COMMISSION = 3.5
_LOTS = 2  # digits of a volume


class Refused(Exception):
    """The broker does not take an order; the message is its word."""


class Slippage:
    """How many points worse than quoted orders and stops are filled: 0 to `most`, drawn."""

    def __init__(self, most: int = 0, seed: int = 0) -> None:
        self._most = most
        self._drawn = random.Random(seed)  # noqa: S311 - no secret

    def points(self) -> int:
        """Return those of the next fill."""
        return self._drawn.randint(0, self._most)


class Position(msgspec.Struct, kw_only=True):
    """An open position; `side` is 1 or -1, 0 as `sl` or `tp` is none."""

    ticket: int
    identifier: int
    symbol: str
    side: int
    volume: float
    price_open: float
    time_ms: int
    sl: float
    tp: float
    magic: int
    comment: str


class Deal(msgspec.Struct, frozen=True, kw_only=True):
    """A fill; `parent` is the ticket whose rest a position of MetaTrader 4 is."""

    ticket: int
    position_id: int
    symbol: str
    side: int
    entry: Entry
    volume: float
    price: float
    time_ms: int
    profit: float
    commission: float
    swap: float
    reason: Reason
    magic: int
    comment: str
    sl: float = 0.0
    tp: float = 0.0
    parent: int | None = None


class Price(msgspec.Struct, frozen=True):
    """The newest prices of a symbol."""

    time_ms: int
    bid: float
    ask: float

    def to_open(self, side: int) -> float:
        """Return at what a side is entered."""
        return self.ask if side == BUY else self.bid

    def to_close(self, side: int) -> float:
        """Return at what a side is left."""
        return self.bid if side == BUY else self.ask


class Account:
    """One account in US dollars; `instruments` are by the broker's names of symbols."""

    def __init__(
        self, instruments: Mapping[str, Instrument], *, login: int = 1_001,
        server: str = "Simulated-Demo", mode: Mode = "hedging", program: Program = "mt5",
        balance: float = 10_000.0, leverage: int = 100, slippage: Slippage | None = None,
        first_ticket: int = 50_000_001,
    ) -> None:  # fmt: skip
        if program == "mt4" and mode == "netting":
            raise ValueError("MetaTrader 4 has no netting accounts")
        self.login, self.server, self.mode, self.program = login, server, mode, program
        self.currency = "USD"
        self.balance, self.leverage = balance, leverage
        # When it is: prices move it on, and so may who owns the account.
        self.time_ms = 0
        self.positions: list[Position] = []
        self.deals: list[Deal] = []
        self._instruments = dict(instruments)
        self._slippage = slippage or Slippage()
        self._tickets = count(first_ticket)
        self._prices: dict[str, Price] = {}

    def price(self, symbol: str) -> Price:
        """Return the newest prices; raises `Refused` where there are none."""
        if symbol not in self._prices:
            raise Refused(f"no prices of {symbol}")
        return self._prices[symbol]

    def on_price(self, symbol: str, price: Price) -> None:
        """Take new prices: stops and take profits are filled, and what lacks margin is closed."""
        self._prices[symbol] = price
        self.time_ms = price.time_ms
        for position in [one for one in self.positions if one.symbol == symbol]:
            self._try_exits(position, price)
        while self.positions and self.equity < STOP_OUT * self.margin:
            worst = min(self.positions, key=self.floating)
            self._close(worst, worst.volume, self._worse(worst, self._out(worst)), "SO", "so")

    @property
    def equity(self) -> float:
        """Return the balance with what open positions are worth."""
        return self.balance + sum(map(self.floating, self.positions))

    @property
    def margin(self) -> float:
        """Return what open positions bind."""
        return sum(
            one.volume * self._instruments[one.symbol].contract * one.price_open / self.leverage
            for one in self.positions
        )

    def floating(self, position: Position) -> float:
        """Return what an open position would earn if it were closed now."""
        return self._profit(position, position.volume, self._out(position))

    def find(self, identifier: int) -> Position | None:
        """Return an open position by what never changes of it."""
        return next((one for one in self.positions if one.identifier == identifier), None)

    def open(
        self, symbol: str, side: int, volume: float, *, sl: float = 0.0, tp: float = 0.0,
        magic: int = 0, comment: str = "", reason: Reason = "EXPERT",
    ) -> Deal:  # fmt: skip
        """Fill a market order; raises `Refused`. A netting account adds up, reduces or turns."""
        price = self.price(symbol)
        volume = round(volume, _LOTS)
        bound = volume * self._instruments[symbol].contract * price.bid / self.leverage
        if volume <= 0 or bound + self.margin > self.equity:
            raise Refused("No money" if volume > 0 else "Invalid volume")
        if side * (sl - price.to_close(side)) > 0 and sl:
            raise Refused("Invalid stops")
        ticket = next(self._tickets)
        filled = self._round(symbol, price.to_open(side) + side * self._slip(symbol))
        order = Position(
            ticket=ticket, identifier=ticket, symbol=symbol, side=side, volume=volume,
            price_open=filled, time_ms=self.time_ms, sl=sl, tp=tp, magic=magic,
            comment=comment[:31],
        )  # fmt: skip
        held = next((one for one in self.positions if one.symbol == symbol), None)
        if self.mode == "netting" and held is not None:
            return self._net(held, order, reason)
        self.positions.append(order)
        return self._book(order, "in", volume, filled, 0.0, reason, comment)

    def close(
        self, identifier: int, volume: float | None = None, *, reason: Reason = "EXPERT",
        comment: str = "",
    ) -> Deal:  # fmt: skip
        """Close a position, or a part of it, at the market; raises `Refused`."""
        position = self.find(identifier)
        if position is None:
            raise Refused("Position doesn't exist")
        part = min(round(volume or position.volume, _LOTS), position.volume)
        price = self._worse(position, self._out(position))
        return self._close(position, part, price, reason, comment)

    def reopen(self, identifier: int) -> int:
        """Give a position another ticket, as brokers do overnight; its identifier stays."""
        position = self.find(identifier)
        if position is None or self.program == "mt4":
            raise Refused("Position doesn't exist" if position is None else "not in MetaTrader 4")
        position.ticket = next(self._tickets)
        return position.ticket

    def history(self, identifiers: Iterable[int]) -> list[Deal]:
        """Return the deals of some positions in the order of their making."""
        wanted = set(identifiers)
        return [deal for deal in self.deals if deal.position_id in wanted]

    def _net(self, held: Position, order: Position, reason: Reason) -> Deal:
        price = order.price_open
        if held.side == order.side:
            total = held.volume + order.volume
            worth = held.price_open * held.volume + price * order.volume
            held.price_open, held.volume = worth / total, round(total, _LOTS)
            held.sl, held.tp = order.sl or held.sl, order.tp or held.tp
            return self._book(held, "in", order.volume, price, 0.0, reason, order.comment)
        if order.volume <= held.volume:
            return self._close(held, order.volume, price, reason, order.comment)
        profit = self._profit(held, held.volume, price)
        held.side, held.volume = order.side, round(order.volume - held.volume, _LOTS)
        held.ticket, held.price_open, held.time_ms = order.ticket, price, order.time_ms
        held.sl, held.tp, held.magic, held.comment = order.sl, order.tp, order.magic, order.comment
        return self._book(held, "inout", order.volume, price, profit, reason, order.comment)

    def _close(
        self, position: Position, volume: float, price: float, reason: Reason, comment: str
    ) -> Deal:
        profit = self._profit(position, volume, price)
        rest = round(position.volume - volume, _LOTS)
        left = msgspec.structs.replace(position, side=-position.side)
        deal = self._book(left, "out", volume, price, profit, reason, comment)
        if rest <= 0:
            self.positions.remove(position)
        elif self.program == "mt5":
            position.volume = rest
        else:
            self._go_on_as_new_ticket(position, rest)
        return deal

    def _go_on_as_new_ticket(self, position: Position, rest: float) -> None:
        parent, ticket = position.ticket, next(self._tickets)
        self.positions.remove(position)
        going_on = msgspec.structs.replace(
            position, ticket=ticket, identifier=ticket, volume=rest, comment=f"from #{parent}"
        )
        self.positions.append(going_on)
        self._book(
            going_on, "in", rest, position.price_open, 0.0, "EXPERT", going_on.comment,
            parent=parent, time_ms=position.time_ms,
        )  # fmt: skip

    def _book(
        self, position: Position, entry: Entry, volume: float, price: float, profit: float,
        reason: Reason, comment: str, *, parent: int | None = None, time_ms: int | None = None,
    ) -> Deal:  # fmt: skip
        # The rest of a position was paid for when it was opened.
        commission = 0.0 if parent else -round(COMMISSION * volume, 2)
        deal = Deal(
            ticket=next(self._tickets), position_id=position.identifier, symbol=position.symbol,
            side=position.side, entry=entry, volume=volume, price=price,
            time_ms=time_ms or self.time_ms, profit=round(profit, 2),
            commission=commission, swap=0.0, reason=reason, magic=position.magic,
            comment=comment, sl=position.sl, tp=position.tp, parent=parent,
        )  # fmt: skip
        self.balance = round(self.balance + deal.profit + commission, 2)
        self.deals.append(deal)
        return deal

    def _try_exits(self, position: Position, price: Price) -> None:
        out, side = price.to_close(position.side), position.side
        if position.sl and side * (out - position.sl) <= 0:
            # A stop is an order at the market: it is filled where the price then is.
            self._close(position, position.volume, self._worse(position, out), "SL", "sl")
        elif position.tp and side * (out - position.tp) >= 0:
            self._close(position, position.volume, position.tp, "TP", "tp")

    def _profit(self, position: Position, volume: float, price: float) -> float:
        contract = self._instruments[position.symbol].contract
        return position.side * (price - position.price_open) * volume * contract

    def _out(self, position: Position) -> float:
        return self.price(position.symbol).to_close(position.side)

    def _worse(self, position: Position, price: float) -> float:
        return self._round(position.symbol, price - position.side * self._slip(position.symbol))

    def _slip(self, symbol: str) -> float:
        return self._slippage.points() * self._instruments[symbol].point

    def _round(self, symbol: str, price: float) -> float:
        return round(price, self._instruments[symbol].digits)
