"""What became of an order at a venue, as far as it shows while its caller waits."""

import asyncio
import time

from api.http.threads import in_database_thread
from core.errors import Conflict, RequestError
from core.trading.accounts import is_at_venue
from core.trading.orders import FINAL
from storage.trading.accounts import AccountStore, ShownOrder

# The venue's answer is waited for so long (s), and a fill at the market so long after it.
_ANSWER_S, _FILL_S = 20.0, 5.0
_LOOK_S = 0.02
_UNDER_WAY = frozenset({"accepted", "sent"})


class VenueRejected(RequestError):
    """The venue said no to an order; `code` is its own."""

    status = 422
    type = "venue_rejected"

    def __init__(self, detail: str, code: str) -> None:
        super().__init__(detail)
        self.code = code


class NotSent(Conflict):
    """An order was accepted, but not sent: what is allowed changed meanwhile."""

    type = "not_sent"


async def order_of(trading: AccountStore, number: int, client_id: str) -> ShownOrder | None:
    """Return an order of an account, of one at a venue once the venue has answered.

    Raises `VenueRejected`, and `NotSent` for one that never left.
    """
    began, settled = time.monotonic(), None
    while True:
        found = await in_database_thread(trading.orders, number, 1, None, client_id)
        shown = found[0] if found else None
        if shown is None or not is_at_venue(number) or shown.state == "unknown":
            return shown
        now = time.monotonic()
        if shown.state in FINAL or shown.state == "partially_filled":
            return _checked(shown)
        if shown.state not in _UNDER_WAY:
            settled = settled or now
            if shown.body["type"] != "market" or now - settled > _FILL_S:
                return shown
        elif now - began > _ANSWER_S:
            return shown
        await asyncio.sleep(_LOOK_S)


def is_open(shown: ShownOrder | None) -> bool:
    """Say whether nobody knows yet what became of an order at its venue."""
    return shown is not None and shown.state in ("unknown", *_UNDER_WAY)


def _checked(shown: ShownOrder) -> ShownOrder:
    if shown.state == "rejected":
        reason, code = shown.body["reason"], shown.body.get("code") or ""
        raise VenueRejected(f"The venue refuses the order: {reason}", code)
    if shown.state == "cancelled" and not shown.body["filled_volume"]:
        raise NotSent(f"The order was not sent: {shown.body['reason']}.")
    return shown
