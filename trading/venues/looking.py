"""What a reading of a venue makes of an account: orders found, fills, others' positions.

Fills are what the venue says: its prices, commissions, swaps and profits. What its balance holds
beside them (others' trades, deposits) is posted as money that came or went.
"""

from collections.abc import Iterator
from decimal import Decimal

from core.trading.accounts import MONEY, Account, AtVenue, Fill, ForeignPosition, Position
from core.trading.events import (
    Adjusted,
    Differed,
    Event,
    Filled,
    ForeignSeen,
    Looked,
    Missed,
    Swapped,
    Working,
)
from core.trading.instruments import Instrument
from core.trading.orders import Order
from core.venues.account import VenueDeal, VenuePosition
from trading.matching import ended_part
from trading.money import (
    EXACT,
    closed,
    converted,
    deposited,
    money,
    opened,
    share,
    swapped,
    ticks_down,
    volume_of,
    whole,
    worth,
)
from trading.switching import end, happen, switch
from trading.valuation import other, rate_of
from trading.venues.reconcile import reconcile
from trading.venues.sent_orders import (
    Closing,
    HeldPosition,
    Ours,
    Reconciliation,
    Resolution,
    SentOrder,
)

RECONCILIATION = "reconciliation"
_EXITS = {"SL": "stop_loss", "TP": "take_profit"}


def looked(account: Account, what: Looked) -> list[Event]:
    """Take a reading; nothing follows from one that is not complete."""
    where = account.at_venue
    if where is None or not what.reading.complete:
        return []
    found = reconcile(ours_of(account, where), what.reading)
    happened: list[Event] = []
    for resolution in found.resolved:
        happened += _resolved(account, what, resolution)
    for closing in found.closings:
        happened += _closed(account, what, closing, found)
    happened += _left_open(account, what, found)
    for client_id, since in found.absent.items():
        happened += _missed(account, what, client_id, since)
    happened += _foreign(account, where, what, found)
    return happened + _compared(account, where, what, found)


def ours_of(account: Account, where: AtVenue) -> Ours:
    """Return what we know of an account, as a reading is compared with it."""
    return Ours(
        orders=[_sent(one) for one in account.orders.values() if one.state != "accepted"],
        held=[_held(one) for one in account.positions.values() if one.venue_id],
        ended=frozenset(where.ended),
        closed=frozenset(where.closed),
        booked=frozenset(where.booked),
    )


def _sent(order: Order) -> SentOrder:
    marks = order.venue
    if marks is None:
        raise ValueError("an order of a paper account is at no venue")
    return SentOrder(
        client_id=marks.client_id,
        symbol=order.instrument.symbol,
        side=order.side,
        volume=volume_of(order.instrument, order.volume),
        sent_at=marks.sent_at,
        closes=marks.closes,
        order_id=marks.order_id,
        position_id=marks.position_id,
        absent_since=marks.absent_since,
    )


def _held(position: Position) -> HeldPosition:
    return HeldPosition(
        position_id=position.venue_id or "",
        symbol=position.instrument.symbol,
        side=position.side,
        volume=volume_of(position.instrument, position.volume),
    )


def _order(account: Account, client_id: str) -> Order | None:
    held = account.orders.values()
    return next((one for one in held if one.venue and one.venue.client_id == client_id), None)


def _resolved(account: Account, what: Looked, found: Resolution) -> list[Event]:
    order = _order(account, found.client_id)
    if order is None:
        return []
    if found.by == "absence":
        return end(account, order.id, what.at, "rejected", found.reason)
    happened: list[Event] = []
    if order.reduces is None:
        happened += _entered(account, order, what, found)
    if found.state in ("cancelled", "expired", "rejected"):
        return happened + end(account, order.id, what.at, found.state, "at the venue")
    waits = any(one.id == found.order_id for one in what.reading.orders)
    if found.state == "partially_filled" and order.id in account.orders and not waits:
        reason = "the venue filled a part of it"
        if order.reduces is None:
            return happened + end(account, order.id, what.at, "cancelled", reason)
    elif order.state in ("sent", "unknown"):
        working = Working(
            at=what.at,
            order_id=order.id,
            venue_order_id=found.order_id,
            venue_position_id=found.position_id,
        )
        happened += happen(account, working)
    return happened


def _entered(account: Account, order: Order, what: Looked, found: Resolution) -> list[Event]:
    """Book what the venue has filled of an order since the last look."""
    instrument = order.instrument
    volume = whole(EXACT.divide(found.volume, instrument.volume_step)) - order.filled
    if volume <= 0 or found.price is None or found.position_id is None:
        return []
    price = _price_of_part(account, order, found, volume)
    rate = _rate(what, instrument, account)
    deals = list(_opening_deals(account, what, found.position_id))
    at = max((one.at - what.reading.clock_offset_ms for one in deals), default=what.at)
    paid = money(-sum((one.commission for one in deals), Decimal(0)))
    fill = Fill(
        order_id=order.id,
        position_id=order.id,
        at=min(at, what.at),
        side=order.side,
        volume=volume,
        price=price,
        slippage=0,
        commission=paid,
        rate=rate,
        liquidity="venue",
        venue_id=found.position_id,
        deals=tuple(one.id for one in deals),
        paper=order.venue.paper if order.venue else None,
    )
    cost = converted(worth(instrument, price, volume), rate)
    return happen(account, Filled(at=fill.at, fill=fill, postings=opened(cost, paid)))


def _price_of_part(account: Account, order: Order, found: Resolution, volume: int) -> int:
    """Return the mean price (ticks) of what is new, of a mean of all."""
    total = EXACT.multiply(found.price or Decimal(0), Decimal(order.filled + volume))
    held = account.positions.get(order.id)
    if held is not None and order.filled:
        one = EXACT.multiply(order.instrument.volume_step, order.instrument.contract_size)
        paid = EXACT.divide(Decimal(held.cost), EXACT.multiply(one, Decimal(MONEY)))
        total = EXACT.subtract(total, paid)
    mean = EXACT.divide(total, Decimal(volume))
    return max(1, whole(EXACT.divide(mean, order.instrument.tick_size)))


def _opening_deals(account: Account, what: Looked, position_id: str) -> Iterator[VenueDeal]:
    booked = account.at_venue.booked if account.at_venue else {}
    for deal in what.reading.deals:
        if deal.position_id == position_id and deal.entry != "out" and deal.id not in booked:
            yield deal


def _closed(account: Account, what: Looked, closing: Closing, found: Reconciliation) -> list[Event]:
    """Book a part of a position that was closed at the venue, by us or by others."""
    position = next(
        (one for one in account.positions.values() if one.venue_id == closing.position_id), None
    )
    deal = next((one for one in what.reading.deals if one.id == closing.deal_id), None)
    if position is None or deal is None:
        return []
    volume = whole(EXACT.divide(deal.volume, position.instrument.volume_step))
    volume = min(volume, position.volume)
    order = _closing_order(account, position, deal, found)
    happened: list[Event] = []
    if night := money(deal.swap):
        charged = Swapped(at=what.at, position_id=position.id, nights=0, postings=swapped(night))
        happened += happen(account, charged)
    paid, gained = money(-deal.commission), money(deal.profit)
    fill = Fill(
        order_id=position.id if order is None else order.id,
        position_id=position.id,
        at=min(deal.at - what.reading.clock_offset_ms, what.at),
        side=other(position.side),
        volume=volume,
        price=ticks_down(position.instrument, deal.price),
        slippage=0,
        commission=paid,
        rate=_rate(what, position.instrument, account),
        realised=gained,
        exit="order" if order else _EXITS.get(deal.reason, "venue"),
        closed=volume,
        entry=ended_part(position, volume),
        liquidity="venue",
        venue_id=position.venue_id,
        deals=(deal.id,),
        paper=_exit_on_paper(position, order, deal),
    )
    cost = share(position.cost_account, volume, position.volume)
    filled = Filled(at=fill.at, fill=fill, postings=closed(cost, gained, paid))
    return happened + happen(account, filled)


def _exit_on_paper(position: Position, order: Order | None, deal: VenueDeal) -> int | None:
    """Return at what price (ticks) a position would have been left on paper."""
    if order is not None:
        return order.venue.paper if order.venue else None
    levels = {"stop_loss": position.stop_loss, "take_profit": position.take_profit}
    return levels.get(_EXITS.get(deal.reason, ""))


def _closing_order(
    account: Account, position: Position, deal: VenueDeal, found: Reconciliation
) -> Order | None:
    """Return the order of ours that a deal closed a position by, None if it was no order."""
    ended = {one.client_id for one in found.resolved if one.state in _FILLS}
    mine = [
        one
        for one in account.orders.values()
        if one.reduces == position.id and one.venue and one.venue.client_id in ended
    ]
    by_id = [one for one in mine if one.venue and one.venue.client_id == deal.client_id]
    unnamed = [one for one in mine if deal.reason not in _EXITS]
    return next(iter(by_id or unnamed), None)


_FILLS = ("filled", "partially_filled")


def _left_open(account: Account, what: Looked, found: Reconciliation) -> list[Event]:
    """End closings whose position is gone by something else, and those that were done in part."""
    happened: list[Event] = []
    ended = {one.client_id for one in found.resolved if one.state in _FILLS and one.volume}
    for order in [one for one in account.orders.values() if one.reduces is not None]:
        gone = order.reduces not in account.positions
        done = order.venue is not None and order.venue.client_id in ended
        if done or (gone and order.state == "accepted"):
            reason = "its position is closed" if gone else "the venue closed a part of it"
            happened += end(account, order.id, what.at, "cancelled", reason)
    return happened


def _missed(account: Account, what: Looked, client_id: str, since: int) -> list[Event]:
    order = _order(account, client_id)
    if order is None or order.venue is None or order.venue.absent_since == since:
        return []
    return happen(account, Missed(at=what.at, order_id=order.id, since=since))


def _foreign(account: Account, where: AtVenue, what: Looked, found: Reconciliation) -> list[Event]:
    before = {(one.shown.id, one.shown.volume): one for one in where.foreign}
    now = {(one.id, one.volume): one for one in found.foreign}
    known = all(one.value is not None for one in where.foreign)
    if before.keys() == now.keys() and known:
        return []
    seen = [ForeignPosition(one, _value(account, what, one)) for one in found.foreign]
    if before.keys() == now.keys() and any(one.value is None for one in seen):
        return []
    return happen(account, ForeignSeen(at=what.at, positions=seen))


def _value(account: Account, what: Looked, shown: VenuePosition) -> int | None:
    instrument = what.instruments.get(shown.symbol)
    if instrument is None:
        return None
    rate = rate_of(what.rates, instrument.quote, account.currency)
    if rate is None:
        return None
    each = EXACT.multiply(shown.current_price, instrument.contract_size)
    return converted(money(EXACT.multiply(each, shown.volume)), rate)


def _compared(account: Account, where: AtVenue, what: Looked, found: Reconciliation) -> list[Event]:
    """Halt an account that differs unexplained, else let its balance be the venue's."""
    every = [(one.ours, one.theirs) for one in found.differences]
    new = [one for one in every if one not in where.accepted]
    happened: list[Event] = []
    if new != where.differences:
        happened += happen(account, Differed(at=what.at, differences=new))
    if new and account.state != "HALTED":
        happened += switch(account, what.at, "HALTED", RECONCILIATION)
    if what.balance is not None and not new:
        moved = money(what.balance) - account.balance
        if moved:
            adjusted = Adjusted(at=what.at, postings=deposited(moved))
            happened += happen(account, adjusted)
    return happened


def _rate(what: Looked, instrument: Instrument, account: Account) -> Decimal:
    return rate_of(what.rates, instrument.quote, account.currency) or Decimal(1)
