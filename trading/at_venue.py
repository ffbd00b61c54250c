"""What an event makes of what is known of an account at a venue."""

from core.trading.accounts import DAY_MS, DEPOSIT, Account, Fill
from core.trading.events import (
    Adjusted,
    Differed,
    Ended,
    ForeignSeen,
    Missed,
    Sent,
    StateChanged,
    Unsure,
    Withdrawing,
    Working,
)
from trading.money import post

# What came to its end is remembered for so long: no reading goes further back.
REMEMBERED_MS = 7 * DAY_MS

VenueEvent = Unsure | Missed | Withdrawing | Adjusted | ForeignSeen | Differed


def apply_at_venue(account: Account, event: VenueEvent) -> None:
    """Change the account by an event that only accounts at venues know."""
    where = account.at_venue
    if where is None:
        return
    if isinstance(event, ForeignSeen):
        where.foreign = event.positions
    elif isinstance(event, Differed):
        where.differences = event.differences
    elif isinstance(event, Adjusted):
        _adjust(account, event)
    else:
        order = account.orders[event.order_id]
        if isinstance(event, Unsure):
            order.state = "unknown"
        elif order.venue is not None and isinstance(event, Missed):
            order.venue.absent_since = event.since
        elif order.venue is not None:
            order.venue.cancelling = True


def note_progress(account: Account, event: Sent | Working) -> None:
    """Note when an order was sent, and by which ids the venue knows it."""
    marks = account.orders[event.order_id].venue
    if marks is None:
        return
    if isinstance(event, Sent):
        marks.sent_at = event.at
    else:
        marks.order_id = event.venue_order_id or marks.order_id
        marks.position_id = event.venue_position_id or marks.position_id


def note_end(account: Account, event: Ended) -> None:
    """Note that an order came to its end, before it is forgotten."""
    order, where = account.orders.get(event.order_id), account.at_venue
    if where is not None and order is not None and order.venue is not None:
        where.ended = _remembered(where.ended, (order.venue.client_id,), event.at)


def note_fill(account: Account, fill: Fill) -> None:
    """Note the deals of a fill, and the order or the position that it may have ended."""
    where = account.at_venue
    if where is None:
        return
    where.booked = _remembered(where.booked, fill.deals, fill.at)
    order = account.orders.get(fill.order_id)
    done = order is not None and fill.exit in ("", "order")
    if done and order is not None and order.venue and order.filled + fill.volume >= order.volume:
        where.ended = _remembered(where.ended, (order.venue.client_id,), fill.at)
    held = account.positions.get(fill.position_id)
    if held is not None and held.venue_id and fill.closed >= held.volume:
        where.closed = _remembered(where.closed, (held.venue_id,), fill.at)


def accept_differences(account: Account, event: StateChanged) -> None:
    """Take the differences as they are of which whoever resumed was told."""
    if account.at_venue is not None and event.state == "ACTIVE":
        account.at_venue.accepted = account.at_venue.differences
        account.at_venue.differences = []


def _adjust(account: Account, event: Adjusted) -> None:
    account.books = post(account.books, event.postings)
    moved = -sum(units for name, units in event.postings if name == DEPOSIT)
    # Money that comes or goes is neither gain nor loss.
    account.peak += moved
    if account.day_equity is not None:
        account.day_equity += moved


def _remembered(held: dict[str, int], names: tuple[str, ...], at: int) -> dict[str, int]:
    kept = {name: when for name, when in held.items() if when > at - REMEMBERED_MS}
    return kept | dict.fromkeys(names, at)
