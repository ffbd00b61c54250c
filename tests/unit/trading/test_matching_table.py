"""Fills and worth of the paper engine beside a broker written from the table of rules alone."""

import random
from decimal import Decimal

import msgspec
import pytest

from core.trading.accounts import MONEY, Price, Tick
from core.trading.events import Accepted, Changed, Event, Filled
from core.trading.orders import CancelOrder, ClosePosition, ModifyPosition
from tests.unit.trading.table_matcher import Done, Offer, Ordered, TableBroker
from tests.unit.trading.test_paper_engine import BEGAN, GOLD, Run, order
from trading.step import is_good
from trading.valuation import equity

_INSTRUMENT = msgspec.structs.replace(GOLD, swap_long=Decimal(0), slippage_ticks=3)
_CENT = Decimal("0.01")


def broker() -> TableBroker:
    """Return one of the same market and money."""
    return TableBroker(
        contract=Decimal(100),
        slip=3 * _CENT,
        commission=_INSTRUMENT.commission_bps / 20_000,
        cash=Decimal(10_000),
    )


def priced(count: int | None) -> Decimal | None:
    """Return ticks as a price."""
    return None if count is None else count * _CENT


def offer_of(tick: Tick) -> Offer:
    """Return an engine's price in the broker's words."""
    low, high = priced(tick.low), priced(tick.high)
    return Offer(tick.at, tick.bid * _CENT, tick.ask * _CENT, tick.traded, low, high)


def done_of(events: list[Event]) -> list[Done]:
    """Return the engine's fills in the broker's words."""
    return [
        Done(e.fill.at, e.fill.side == "buy", e.fill.volume * _CENT, e.fill.price * _CENT,
             e.fill.exit or "order")
        for e in events
        if isinstance(e, Filled)
    ]  # fmt: skip


class Both:
    """The engine and the broker through the same market."""

    def __init__(self, seed: int) -> None:
        self.seed, self.dice = seed, random.Random(seed)
        self.run, self.broker = Run(_INSTRUMENT), broker()
        self.bid, self.at = 235_000, BEGAN
        self.fills = 0

    def go(self, prices: int) -> int:
        """Show so many prices to both, with orders between them; returns the fills compared."""
        while prices > 0:
            if self.dice.random() < 0.06:
                self._ask()
            for tick in self._ticks():
                prices -= 1
                self._see(tick)
        return self.fills

    def _ticks(self) -> list[Tick]:
        dice = self.dice
        wide = 900 if dice.random() < 0.01 else 30
        self.bid = max(200_000, min(270_000, self.bid + dice.randint(-wide, wide)))
        self.at += dice.choice((0, 1, 40, 1_000))
        kind, spread = dice.random(), dice.randint(0, 60)
        if kind < 0.02:
            bad = dice.choice(((self.bid, self.bid - 5), (0, 10), (-7, self.bid)))
            return [Tick(self.at, *bad)]
        if kind < 0.2:
            return [Tick(self.at, self.bid - 24, self.bid + 24, traded=True)]
        if kind < 0.3:
            self.at += 1_000
            ends = self.bid - dice.randint(0, 150), self.bid + dice.randint(0, 150)
            first = Tick(self.at, self.bid, self.bid + 48)
            return [first, Tick(self.at, self.bid, self.bid + 48, low=ends[0], high=ends[1])]
        return [Tick(self.at, self.bid, self.bid + spread)]

    def _see(self, tick: Tick) -> None:
        before = len(self.broker.done)
        events = self.run.see(tick)
        self.broker.see(offer_of(tick))
        made = done_of(events)
        assert made == self.broker.done[before:], (self.seed, tick)
        self.fills += len(made)
        if made and is_good(tick):
            prices = {"broker:XAUUSD": Price(tick.bid, tick.ask, tick.at)}
            worth = equity(self.run.account, prices, {})
            assert worth is not None
            assert Decimal(worth) / MONEY == self.broker.worth(offer_of(tick)), (self.seed, tick)

    def _ask(self) -> None:
        what = self.dice.random()
        held = next(iter(self.run.account.positions.values()), None)
        if what < 0.15 and held is not None:
            self._close(held.id, held.volume)
        elif what < 0.3 and held is not None:
            self._protect(held.id)
        elif what < 0.4 and self.broker.waiting:
            gone = self.dice.choice(self.broker.waiting)
            self.run.ask(CancelOrder(order_id=gone.number))
            self.broker.waiting.remove(gone)
        elif len(self.broker.waiting) < 20:
            self._place()

    def _close(self, position: int, volume: int) -> None:
        part = self.dice.randint(1, volume)
        told = None if self.dice.random() < 0.5 else part * _CENT
        self._note(self.run.ask(ClosePosition(position_id=position, volume=told)))

    def _protect(self, position: int) -> None:
        stop, target = (self.bid + self.dice.randint(-500, 500) for _ in range(2))
        told = ModifyPosition(
            position_id=position, stop_loss=stop * _CENT, take_profit=target * _CENT
        )
        for event in self.run.ask(told):
            if isinstance(event, Changed):
                self.broker.stop = priced(event.stop_loss)
                self.broker.target = priced(event.take_profit)

    def _place(self) -> None:
        dice = self.dice
        side, kind = dice.choice(("buy", "sell")), dice.choice(("market", "limit", "stop"))
        toward = 1 if side == "buy" else -1
        entry = self.bid + (0 if kind == "market" else dice.randint(-400, 400))
        exits = [
            (entry + way * toward * dice.randint(100, 800)) * _CENT if dice.random() < 0.7 else None
            for way in (-1, 1)
        ]
        told = order(
            side,
            str(dice.randint(1, 50) * _CENT),
            type=kind,
            price=None if kind == "market" else entry * _CENT,
            stop_loss=exits[0],
            take_profit=exits[1],
            expires_at=None if dice.random() < 0.7 else self.at + dice.randint(1, 100_000),
        )
        self._note(self.run.ask(told))

    def _note(self, events: list[Event]) -> None:
        for event in events:
            if isinstance(event, Accepted):
                made = event.order
                self.broker.waiting.append(
                    Ordered(
                        number=made.id,
                        buys=made.side == "buy",
                        kind=made.type,
                        volume=made.volume * _CENT,
                        price=priced(made.price),
                        stop=priced(made.stop_loss),
                        target=priced(made.take_profit),
                        active=made.active_from,
                        expires=made.expires_at,
                        closes=None if made.reduces is None else self.broker.nth,
                    )
                )


def test_fills_and_worth_are_those_of_a_broker_made_from_the_table_of_rules() -> None:
    assert sum(Both(seed).go(5_000) for seed in range(4)) > 500


@pytest.mark.slow
@pytest.mark.timeout(3_600)
def test_a_million_prices_are_filled_as_the_table_says() -> None:
    fills = sum(Both(seed).go(50_000) for seed in range(100, 120))
    print(f"1,000,000 prices: {fills} fills, 0 differ")
    assert fills > 20_000
