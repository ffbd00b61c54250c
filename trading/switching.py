"""What several steps have in common: events that happen, orders that end, what is allowed."""

from collections.abc import Iterable

from core.trading.accounts import Account, TradingState
from core.trading.events import Ended, Event, StateChanged, Withdrawing
from core.trading.orders import Order
from trading.apply import apply


def happen(account: Account, event: Event) -> list[Event]:
    """Change the account by an event; returns that one."""
    apply(account, event)
    return [event]


def end(
    account: Account, order_id: int, at: int, state: str, reason: str, code: str = ""
) -> list[Event]:
    """End an order that is not filled any further."""
    ended = Ended(at=at, order_id=order_id, state=state, reason=reason, code=code)
    return happen(account, ended)


def in_order(account: Account) -> Iterable[Order]:
    """Return the orders of an account, the oldest first; it may be changed meanwhile."""
    return sorted(account.orders.values(), key=lambda one: one.id)


def take_back(account: Account, order: Order, at: int, state: str, reason: str) -> list[Event]:
    """End an order; one that is at a venue ends when the venue says so."""
    if order.venue is None or order.state == "accepted":
        return end(account, order.id, at, state, reason)
    if order.type == "market" or order.venue.cancelling:
        return []
    return happen(account, Withdrawing(at=at, order_id=order.id))


def switch(
    account: Account, at: int, state: TradingState, reason: str, epoch: int = 0
) -> list[Event]:
    """Change what the account may do; resting entries are cancelled unless all is allowed."""
    happened = happen(account, StateChanged(at=at, state=state, reason=reason, epoch=epoch))
    if state == "ACTIVE":
        return happened
    for order in in_order(account):
        if order.reduces is None or _waits_in_vain(order, state):
            happened += take_back(account, order, at, "cancelled", f"{state}: {reason}")
    return happened


def _waits_in_vain(order: Order, state: TradingState) -> bool:
    """Say whether a closing that was not sent to its venue never may be."""
    waits = order.venue is not None and order.state == "accepted"
    return waits and state == "HALTED" and not (order.venue and order.venue.flattens)
