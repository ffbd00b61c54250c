"""Sending an order to its venue, once, and what the answer makes of it."""

from core.trading.accounts import STATES, Account
from core.trading.events import Event, Replied, Sending, Sent, Unsure, Working
from core.trading.orders import Order
from core.venues.trades import SendClose, SendOrder, VenueCommand
from trading.money import price_of, volume_of
from trading.switching import end, happen


def sending(account: Account, what: Sending) -> list[Event]:
    """Send an accepted order now, or end it where that is no longer allowed."""
    order = account.orders.get(what.order_id)
    if order is None or order.state != "accepted" or order.venue is None:
        return []
    barred = _barred(account, order, what)
    if barred:
        return end(account, order.id, what.at, "cancelled", barred)
    return happen(account, Sent(at=what.at, order_id=order.id))


def replied(account: Account, what: Replied) -> list[Event]:
    """Take a venue's answer; of one that proves nothing the order's end stays open."""
    order, said = account.orders.get(what.order_id), what.answer
    if order is None or order.state != "sent":
        return []
    if said.state == "unknown":
        return happen(account, Unsure(at=what.at, order_id=order.id, code=said.code))
    if said.state == "refused":
        return end(account, order.id, what.at, "rejected", said.detail, said.code)
    working = Working(
        at=what.at,
        order_id=order.id,
        venue_order_id=said.order_id,
        venue_position_id=said.position_id,
    )
    return happen(account, working)


def command_of(order: Order) -> VenueCommand:
    """Return what the venue is told of an order that it is sent."""
    marks, instrument = order.venue, order.instrument
    if marks is None:
        raise ValueError("an order of a paper account goes to no venue")
    volume = volume_of(instrument, order.volume)
    if marks.closes is not None:
        return SendClose(position_id=marks.closes, client_id=marks.client_id, volume=volume)

    def price(count: int | None) -> object:
        return None if count is None else price_of(instrument, count)

    return SendOrder(
        side=order.side,
        type=order.type,
        symbol=instrument.symbol,
        volume=volume,
        client_id=marks.client_id,
        price=price(order.price),  # type: ignore[arg-type]
        stop_loss=price(order.stop_loss),  # type: ignore[arg-type]
        take_profit=price(order.take_profit),  # type: ignore[arg-type]
        comment=order.comment,
    )


def _barred(account: Account, order: Order, what: Sending) -> str:
    """Return why an order may not be sent, "" if it may."""
    state = max(account.state, what.state, key=STATES.index)
    flattens = order.venue is not None and order.venue.flattens
    if state == "HALTED" and not flattens:
        return f"HALTED: {account.reason or 'by its owner'}"
    if state == "REDUCING" and order.reduces is None:
        return "REDUCING: only orders that shrink positions are sent"
    if what.gate:
        return f"the gate {what.gate} is shut"
    if order.expires_at is not None and order.expires_at <= what.at:
        return "it could not be sent in time"
    if order.reduces is not None and order.reduces not in account.positions:
        return "its position is closed"
    return ""
