"""A paper broker written from the table of matching rules in docs/trading.md alone.

It shares nothing with `trading`: prices and volumes are Decimals, there is no cost of a position
but the cash that went in and out, and every rule is one line of the table.
"""

from dataclasses import dataclass, field
from decimal import ROUND_HALF_EVEN, Decimal

CENT = Decimal("0.00000001")
ZERO = Decimal(0)


@dataclass
class Ordered:
    """An order that was accepted; `closes` is the position that it may only shrink, if any."""

    number: int
    buys: bool
    kind: str
    volume: Decimal
    price: Decimal | None
    stop: Decimal | None
    target: Decimal | None
    active: int
    expires: int | None = None
    closes: int | None = None


@dataclass(frozen=True)
class Offer:
    """What can be traded at: `low` and `high` are a candle's bids, None of a quote or a trade."""

    at: int
    bid: Decimal
    ask: Decimal
    traded: bool = False
    low: Decimal | None = None
    high: Decimal | None = None


@dataclass(frozen=True)
class Done:
    """What was carried out, and by which rule: `order`, `stop_loss`, `take_profit`."""

    at: int
    buys: bool
    volume: Decimal
    price: Decimal
    why: str


@dataclass
class TableBroker:
    """One market, one net position, and its cash; `nth` counts the positions that began."""

    contract: Decimal
    slip: Decimal
    commission: Decimal
    cash: Decimal
    held: Decimal = ZERO
    nth: int = 0
    stop: Decimal | None = None
    target: Decimal | None = None
    waiting: list[Ordered] = field(default_factory=list)
    done: list[Done] = field(default_factory=list)

    def see(self, offer: Offer) -> None:
        """Carry out what a price carries out; one that is bad carries out nothing."""
        lowest = offer.bid if offer.low is None else offer.low
        if offer.bid <= 0 or offer.ask < offer.bid or lowest <= 0:
            return
        self._leave(offer)
        entered = False
        for order in list(self.waiting):
            before = self.held
            self._try(order, offer)
            # The stop of what began within a candle can be reached within it, too.
            entered |= self.held != 0 and before * self.held <= 0
        if entered and offer.low is not None:
            self._leave(offer, stops_only=True)

    def worth(self, offer: Offer) -> Decimal:
        """Return cash and what the position would bring."""
        out = offer.bid if self.held > 0 else offer.ask
        return self.cash + self.held * out * self.contract

    def _leave(self, offer: Offer, *, stops_only: bool = False) -> None:
        """Stop first: of a candle that reaches both exits nobody knows which came first.

        Of one within which the position began, nobody knows whether the profit came after.
        """
        buys = self.held < 0
        for why, level in (("stop", self.stop), ("limit", self.target)):
            if self.held and level is not None and not (stops_only and why == "limit"):
                price = self._price(why, level, offer, buys=buys)
                if price is not None:
                    name = "stop_loss" if why == "stop" else "take_profit"
                    self._book(offer.at, abs(self.held), price, name, buys=buys)

    def _try(self, order: Ordered, offer: Offer) -> None:
        if order.expires is not None and order.expires <= offer.at:
            self.waiting.remove(order)
            return
        if order.closes is not None and (not self.held or self.nth != order.closes):
            self.waiting.remove(order)
            return
        if offer.at < order.active:
            return
        price = self._price(order.kind, order.price, offer, buys=order.buys)
        if price is None:
            return
        self.waiting.remove(order)
        volume = min(order.volume, abs(self.held)) if order.closes is not None else order.volume
        before = self.held
        self._book(offer.at, volume, price, "order", buys=order.buys)
        if self.held and (before * self.held <= 0):
            self.nth += 1
            self.stop, self.target = order.stop, order.target
        elif abs(self.held) > abs(before):
            self.stop = self.stop if order.stop is None else order.stop
            self.target = self.target if order.target is None else order.target

    def _price(
        self, kind: str, level: Decimal | None, offer: Offer, *, buys: bool
    ) -> Decimal | None:
        """Return the price of the table's line, None where it is not reached."""
        toward = 1 if buys else -1
        now = offer.ask if buys else offer.bid
        if kind == "market" or level is None:
            return now + toward * self.slip
        spread = offer.ask - offer.bid if buys else ZERO
        best, worst = now, now
        if offer.low is not None and offer.high is not None:
            low, high = offer.low + spread, offer.high + spread
            best, worst = (low, high) if buys else (high, low)
        if kind == "limit":
            passed = (level - best) * toward
            if passed < 0 or (passed == 0 and (offer.traded or offer.low is not None)):
                return None
            better = (level - now) * toward > 0
            return now if better else level
        if (worst - level) * toward < 0:
            return None
        gapped = (now - level) * toward > 0
        return (now if gapped else level) + toward * self.slip

    def _book(self, at: int, volume: Decimal, price: Decimal, why: str, *, buys: bool) -> None:
        value = volume * price * self.contract
        self.held += volume if buys else -volume
        self.cash -= value if buys else -value
        self.cash -= (value * self.commission).quantize(CENT, ROUND_HALF_EVEN)
        if not self.held:
            self.stop = self.target = None
        self.done.append(Done(at, buys, volume, price, why))
