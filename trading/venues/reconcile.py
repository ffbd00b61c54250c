"""Comparing what we sent with what a venue shows: orders are found, or proven not to be there.

Nothing is sent here, and nothing is concluded from a reading that is not complete. What
cannot be explained is told with both sides: whoever calls halts the account.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import accumulate
from typing import Literal

from core.venues.account import VenueDeal, VenueOrder, VenuePosition, VenueReading
from core.venues.trades import MAGIC
from trading.venues.sent_orders import (
    Closing,
    Difference,
    HeldPosition,
    Ours,
    Reconciliation,
    Resolution,
    SentOrder,
    State,
)

# An order is at no venue if two complete readings so far apart lack it, and it is so old.
APART_MS, OLD_MS = 30_000, 60_000
# How long after it was sent an order may come to be at the venue, and be told by its marks.
WINDOW_MS = 120_000
# After so long an order that several things at the venue may be is nobody's to guess.
UNDECIDED_MS = 300_000
_EARLY_MS = 5_000

Found = VenueOrder | VenuePosition | VenueDeal


def reconcile(ours: Ours, reading: VenueReading) -> Reconciliation:
    """Return what a reading says of our orders and positions."""
    if not reading.complete:
        return Reconciliation()
    return _Comparison(ours, reading).result()


class _Comparison:
    def __init__(self, ours: Ours, reading: VenueReading) -> None:
        self._ours = ours
        self._reading = reading
        self._resolved: list[Resolution] = []
        self._absent: dict[str, int] = {}
        self._ids = {order.client_id for order in ours.orders}
        self._held = {one.position_id: one for one in ours.held}
        self._adopted: set[str] = set()
        self._taken = set(self._held) | ours.closed
        self._undecided: list[Difference] = []

    def result(self) -> Reconciliation:
        by_id = {order.client_id: self._with_id(order) for order in self._ours.orders}
        for order in self._ours.orders:
            if by_id[order.client_id]:
                self._adopt(order, by_id[order.client_id], "client_id")
        without = [order for order in self._ours.orders if not by_id[order.client_id]]
        marked = {order.client_id: self._with_marks(order) for order in without}
        claims = Counter(key for group in marked.values() for key in set(map(_key, group)))
        for order in without:
            self._by_marks(order, marked[order.client_id], claims)
        foreign = [one for one in self._reading.positions if not self._is_ours(one)]
        return Reconciliation(
            resolved=self._resolved,
            absent=self._absent,
            closings=list(self._closings()),
            foreign=foreign,
            differences=list(self._differences()),
        )

    def _with_id(self, order: SentOrder) -> list[Found]:
        """Return what has the order's id, or the ids that the venue answered."""
        return [
            one
            for one in self._like(order)
            if one.client_id == order.client_id or _is_named(one, order)
        ]

    def _like(self, order: SentOrder) -> Iterator[Found]:
        """Yield what an order of its kind may have become."""
        seen, closes = self._reading, order.closes
        if closes is None:
            yield from seen.positions
            yield from seen.orders
        yield from seen.history
        yield from (deal for deal in seen.deals if (deal.entry == "out") == bool(closes))

    def _with_marks(self, order: SentOrder) -> list[Found]:
        """Return what may be the order, whose id the venue did not keep."""
        return [one for one in self._like(order) if self._fits(one, order)]

    def _fits(self, one: Found, order: SentOrder) -> bool:
        at = _time(one) - self._reading.clock_offset_ms
        in_time = order.sent_at - _EARLY_MS <= at <= order.sent_at + WINDOW_MS
        if order.closes:
            mine = isinstance(one, VenueDeal) and one.position_id == order.closes
            free = one.id not in self._ours.booked and one.client_id not in self._ids
            return mine and free and in_time and one.volume == order.volume
        return (
            in_time
            and one.magic == MAGIC
            and (one.symbol, one.side, one.volume) == (order.symbol, order.side, order.volume)
            and one.client_id not in self._ids
            and one.client_id not in self._ours.ended
            and _key(one) not in self._taken
        )

    def _by_marks(self, order: SentOrder, found: list[Found], claims: Mapping[str, int]) -> None:
        keys = {_key(one) for one in found}
        if not keys:
            self._note_absence(order)
        elif len(keys) == 1 and claims[keys.pop()] == 1:
            self._adopt(order, found, "marks")
        elif self._reading.read_at - order.sent_at >= UNDECIDED_MS:
            what = f"order {order.client_id} {order.symbol} {order.side} {order.volume}"
            names = ", ".join(sorted({_key(one) for one in found}))
            self._undecided.append(Difference(what, f"any of {names}"))
        # Else several may be meant: it stays unknown, and counts as full exposure.

    def _note_absence(self, order: SentOrder) -> None:
        read_at = self._reading.read_at
        if read_at <= order.sent_at or self._reading.since > order.sent_at:
            return
        since = order.absent_since or read_at
        if read_at - since >= APART_MS and read_at - order.sent_at >= OLD_MS:
            self._resolved.append(
                Resolution(
                    client_id=order.client_id,
                    state="rejected",
                    by="absence",
                    reason="not_at_venue",
                )
            )
        else:
            self._absent[order.client_id] = since

    def _adopt(
        self, order: SentOrder, found: Sequence[Found], by: Literal["client_id", "marks"]
    ) -> None:
        orders = [one for one in found if isinstance(one, VenueOrder)]
        position_id = order.closes or next(filter(None, map(_position_id, found)), None)
        if position_id and not order.closes:
            self._adopted.add(position_id)
            self._taken.add(position_id)
        volume, price = self._filled(order, position_id, found)
        self._resolved.append(
            Resolution(
                client_id=order.client_id,
                state=_state(order, orders, volume),
                by=by,
                order_id=orders[0].id if orders else None,
                position_id=position_id,
                volume=volume,
                price=price,
            )
        )

    def _filled(
        self, order: SentOrder, position_id: str | None, found: Sequence[Found]
    ) -> tuple[Decimal, Decimal | None]:
        """Return how much was filled and at which mean price, by deals or by the position."""
        deals = [one for one in found if isinstance(one, VenueDeal)]
        if not order.closes and position_id:
            opening = (one for one in self._reading.deals if one.entry != "out")
            deals = [one for one in opening if one.position_id == position_id]
        volume = sum((deal.volume for deal in deals), Decimal(0))
        if volume:
            return volume, sum((d.price * d.volume for d in deals), Decimal(0)) / volume
        held = next((one for one in found if isinstance(one, VenuePosition)), None)
        return (held.volume, held.open_price) if held else (Decimal(0), None)

    def _closings(self) -> Iterator[Closing]:
        for deal in self._reading.deals:
            new = deal.entry == "out" and deal.id not in self._ours.booked
            if new and deal.position_id and self._knows(deal.position_id):
                yield Closing(
                    position_id=deal.position_id,
                    deal_id=deal.id,
                    volume=deal.volume,
                    price=deal.price,
                    at=deal.at,
                    reason=deal.reason,
                )

    def _is_ours(self, position: VenuePosition) -> bool:
        """Say whether a position came of us: whoever knows our magic and our form of ids."""
        return self._knows(position.id) or position.magic == MAGIC

    def _knows(self, position_id: str) -> bool:
        return position_id in self._held or position_id in self._adopted

    def _differences(self) -> Iterator[Difference]:
        shown = {one.id: one for one in self._reading.positions}
        unresolved = self._ids - {one.client_id for one in self._resolved}
        yield from self._undecided
        for held in self._held.values():
            yield from self._difference_of(held, shown.get(held.position_id))
        for position in shown.values():
            unknown = position.magic == MAGIC and not self._knows(position.id)
            if unknown and not self._may_be(position, unresolved):
                what = f"{position.id} {position.symbol} {position.side} {position.volume}"
                yield Difference("no order", f"position {what}")

    def _may_be(self, position: VenuePosition, unresolved: set[str]) -> bool:
        """Say whether a position may yet be that of an order whose end is open."""
        return any(
            self._fits(position, order)
            for order in self._ours.orders
            if order.client_id in unresolved
        )

    def _difference_of(
        self, held: HeldPosition, shown: VenuePosition | None
    ) -> Iterator[Difference]:
        mine = [one for one in self._closings() if one.position_id == held.position_id]
        # Positions were read before deals: the last closings may be missing in them.
        parts = accumulate((one.volume for one in sorted(mine, key=_at)), initial=Decimal(0))
        explained = {held.volume - part for part in parts}
        rest = shown.volume if shown else Decimal(0)
        same = shown is None or (shown.side, shown.symbol) == (held.side, held.symbol)
        if not same or rest not in explained:
            theirs = f"{shown.side} {shown.volume}" if shown else "nothing"
            what = f"position {held.position_id} {held.symbol}"
            yield Difference(f"{what} {held.side} {held.volume}", f"{what} {theirs}")


def _state(order: SentOrder, orders: Sequence[VenueOrder], volume: Decimal) -> State:
    if volume >= order.volume:
        return "filled"
    for one in orders:
        if one.done_at is None:
            return "partially_filled" if volume else "working"
    if volume:
        return "partially_filled"
    ends: dict[str, State] = {
        "ORDER_STATE_CANCELED": "cancelled",
        "ORDER_STATE_EXPIRED": "expired",
        "ORDER_STATE_REJECTED": "rejected",
    }
    return next((ends[one.state] for one in orders if one.state in ends), "filled")


def _is_named(one: Found, order: SentOrder) -> bool:
    if isinstance(one, VenueOrder):
        return order.order_id is not None and one.id == order.order_id
    mine = order.position_id is not None and order.closes is None
    return mine and _position_id(one) == order.position_id


def _position_id(one: Found) -> str | None:
    return one.id if isinstance(one, VenuePosition) else one.position_id


def _key(one: Found) -> str:
    """Return what names an order together with its position and its deals."""
    return _position_id(one) or f"order {one.id}"


def _at(one: Closing) -> int:
    return one.at


def _time(one: Found) -> int:
    if isinstance(one, VenuePosition):
        return one.opened_at
    return one.at if isinstance(one, VenueDeal) else one.placed_at
