"""What an event makes of an account: the one place in which its state changes."""

import msgspec

from core.trading.accounts import CASH, DAY_MS, Account, Fill, Position
from core.trading.events import (
    Accepted,
    Changed,
    Ended,
    Event,
    Filled,
    Marked,
    Opened,
    Refused,
    Sent,
    StateChanged,
    Swapped,
    Working,
)
from core.trading.orders import Order
from trading.at_venue import (
    accept_differences,
    apply_at_venue,
    note_end,
    note_fill,
    note_progress,
)
from trading.money import converted, post, share, worth


def apply(account: Account, event: Event) -> None:
    """Change the account as an event says; a refusal changes nothing."""
    if isinstance(event, Opened):
        account.books = post(account.books, event.postings)
        _mark(account, event.at, account.balance)
    elif isinstance(event, Accepted):
        _accept(account, event)
    elif isinstance(event, Sent | Working):
        account.orders[event.order_id].state = "sent" if isinstance(event, Sent) else "working"
        note_progress(account, event)
    elif isinstance(event, Filled):
        account.books = post(account.books, event.postings)
        note_fill(account, event.fill)
        _fill(account, event.fill)
    elif isinstance(event, Ended):
        note_end(account, event)
        account.orders.pop(event.order_id, None)
    elif isinstance(event, Changed):
        _change(account, event)
    elif isinstance(event, Swapped):
        account.books = post(account.books, event.postings)
        _note_swap(account, event)
    elif isinstance(event, Marked):
        _mark(account, event.at, event.equity)
    elif isinstance(event, StateChanged):
        account.state, account.reason = event.state, event.reason
        accept_differences(account, event)
        if event.state == "ACTIVE":
            # What was lost before somebody resumed is not held against the account again.
            account.peak = account.balance
    elif not isinstance(event, Refused):
        apply_at_venue(account, event)


def _accept(account: Account, event: Accepted) -> None:
    # The account must not share what changes with the event that told of it.
    marks = event.order.venue
    order = msgspec.structs.replace(
        event.order, venue=None if marks is None else msgspec.structs.replace(marks)
    )
    account.orders[order.id] = order
    if order.reduces is None:
        account.minute_orders = [at for at in account.minute_orders if at > event.at - 60_000]
        account.minute_orders.append(event.at)
        _turn_day(account, event.at)
        account.day_trades += 1


def _turn_day(account: Account, at: int) -> None:
    if (day := at // DAY_MS) > account.day:
        account.day, account.day_trades, account.day_equity = day, 0, None


def _mark(account: Account, at: int, equity: int) -> None:
    _turn_day(account, at)
    account.peak = max(account.peak, equity)
    if account.day_equity is None:
        account.day_equity = equity


def _fill(account: Account, fill: Fill) -> None:
    order = account.orders.get(fill.order_id)
    if order is not None and fill.exit in ("", "order"):
        order.filled += fill.volume
        order.state = "filled" if order.filled == order.volume else "partially_filled"
        if order.state == "filled":
            del account.orders[order.id]
    if fill.closed:
        _close(account, fill)
    rest = fill.volume - fill.closed
    if rest and order is not None:
        _open(account, fill, order, rest)


def _close(account: Account, fill: Fill) -> None:
    position = account.positions[fill.position_id]
    left = position.volume - fill.closed
    key = str(position.instrument.market)
    account.losses[key] = account.losses.get(key, 0) + 1 if fill.realised < 0 else 0
    if fill.exit == "stop_loss":
        account.stops[key] = fill.at
    if not left:
        del account.positions[position.id]
        return
    for name in ("cost", "cost_account", "risk", "commission", "swap"):
        held = getattr(position, name)
        setattr(position, name, held - share(held, fill.closed, position.volume))
    position.volume = left


def _open(account: Account, fill: Fill, order: Order, volume: int) -> None:
    cost = worth(order.instrument, fill.price, volume)
    in_account, paid = converted(cost, fill.rate), share(fill.commission, volume, fill.volume)
    held = account.position_in(order.instrument.market)
    if account.at_venue is not None:
        held = account.positions.get(order.id)
    stop = order.stop_loss
    risk = (
        0
        if stop is None
        else converted(abs(worth(order.instrument, fill.price - stop, volume)), fill.rate)
    )
    if held is None:
        account.positions[order.id] = Position(
            id=order.id,
            instrument=order.instrument,
            side=order.side,
            volume=volume,
            cost=cost,
            cost_account=in_account,
            opened_at=fill.at,
            stop_loss=stop,
            take_profit=order.take_profit,
            risk=risk,
            commission=paid,
            decision_id=order.decision_id,
            signal_seq=order.signal_seq,
            signal_hash=order.signal_hash,
            override=order.override,
            venue_id=fill.venue_id,
            gap_bps=fill.gap_bps,
        )
        return
    held.volume += volume
    held.cost += cost
    held.cost_account += in_account
    held.commission += paid
    held.risk += risk
    held.stop_loss = held.stop_loss if stop is None else stop
    held.take_profit = held.take_profit if order.take_profit is None else order.take_profit


def _change(account: Account, event: Changed) -> None:
    if event.position_id is not None:
        position = account.positions[event.position_id]
        position.stop_loss, position.take_profit = event.stop_loss, event.take_profit
        return
    order = account.orders[event.order_id]
    order.price = event.price
    order.stop_loss, order.take_profit = event.stop_loss, event.take_profit


def _note_swap(account: Account, event: Swapped) -> None:
    position = account.positions[event.position_id]
    position.swap += sum(units for name, units in event.postings if name == CASH)
    position.swapped_until = event.at
