"""A slow matcher on Decimal, written from docs/trading.md and not from the matcher.

One market, bid and ask given, no commission; prices and volumes are Decimals. It keeps a net
position with its average price, and knows orders by name.
"""

from dataclasses import dataclass, field
from decimal import Decimal


@dataclass
class Asked:
    """An order: `kind` market, limit or stop; `price` of the latter two."""

    name: int
    buys: bool
    kind: str
    volume: Decimal
    price: Decimal | None
    stop: Decimal | None
    target: Decimal | None
    since: int


@dataclass
class SlowBroker:
    """Fills orders one price at a time, and remembers each fill as it happened."""

    slip: Decimal
    size: Decimal
    cash: Decimal
    net: Decimal = Decimal(0)
    average: Decimal = Decimal(0)
    stop: Decimal | None = None
    target: Decimal | None = None
    resting: list[Asked] = field(default_factory=list)
    fills: list[tuple[int, bool, Decimal, Decimal]] = field(default_factory=list)

    def see(self, at: int, bid: Decimal, ask: Decimal) -> None:
        """Take a price: exits of what is held first, then orders in the order of their names."""
        self._leave(at, bid, ask)
        for asked in sorted(self.resting, key=lambda one: one.name):
            price = self._price_of(asked, at, bid, ask)
            if price is None:
                continue
            self.resting.remove(asked)
            was = self.net
            self._trade(at, asked.buys, asked.volume, price)
            if self.net == 0:
                self.stop = self.target = None
            elif was == 0 or (was > 0) != (self.net > 0):
                self.stop, self.target = asked.stop, asked.target
            elif abs(self.net) > abs(was):
                self.stop = asked.stop if asked.stop is not None else self.stop
                self.target = asked.target if asked.target is not None else self.target

    def equity(self, bid: Decimal, ask: Decimal) -> Decimal:
        """Return what all would be worth if it ended at these prices."""
        out = bid if self.net > 0 else ask
        return self.cash + (out - self.average) * self.net * self.size

    def _leave(self, at: int, bid: Decimal, ask: Decimal) -> None:
        if self.net == 0:
            return
        long = self.net > 0
        here = bid if long else ask
        touched = self.stop is not None and (here <= self.stop if long else here >= self.stop)
        if touched:
            self._trade(at, not long, abs(self.net), here - self.slip if long else here + self.slip)
        elif self.target is not None and (here >= self.target if long else here <= self.target):
            self._trade(at, not long, abs(self.net), here)
        else:
            return
        self.stop = self.target = None

    def _price_of(self, asked: Asked, at: int, bid: Decimal, ask: Decimal) -> Decimal | None:
        if at < asked.since:
            return None
        if asked.kind == "market":
            return ask + self.slip if asked.buys else bid - self.slip
        assert asked.price is not None
        if asked.kind == "limit":
            reached = ask <= asked.price if asked.buys else bid >= asked.price
            return (ask if asked.buys else bid) if reached else None
        reached = ask >= asked.price if asked.buys else bid <= asked.price
        return (ask + self.slip if asked.buys else bid - self.slip) if reached else None

    def _trade(self, at: int, buys: bool, volume: Decimal, price: Decimal) -> None:
        self.fills.append((at, buys, volume, price))
        signed = volume if buys else -volume
        if self.net == 0 or (self.net > 0) == buys:
            total = self.net + signed
            self.average = (self.average * self.net + price * signed) / total
            self.net = total
            return
        ended = min(volume, abs(self.net))
        gained = (price - self.average) * (ended if self.net > 0 else -ended) * self.size
        self.cash += gained
        self.net += ended if buys else -ended
        if volume > ended:
            self.net = (volume - ended) if buys else -(volume - ended)
            self.average = price
