"""Orders sent to the simulated MetaApi while answers are lost, until each one's end is known."""

import random
from decimal import Decimal
from typing import NamedTuple

import httpx
from msgspec.structs import replace

from core.clock.times import now_ms
from core.venues.account import VenueReading
from core.venues.trades import SendOrder
from feeds.metaapi.calls import MetaApiAddresses
from feeds.metaapi.trading import MetaApiAccount
from trading.venues.reconcile import OLD_MS, reconcile
from trading.venues.sent_orders import HeldPosition, Ours, SentOrder, venue_client_id

# What happens to an order, and whether the broker carries it out.
FATES = {
    "": True, "lost-after": True, "lost": False, "504-after": True, "504": False,
    "code:128-after": True, "code:-11": False, "big-after": True, "html-after": True,
    "redirect": False, "not-connected": False, "code:10004": False, "429": False,
}  # fmt: skip
LOT = Decimal("0.01")
LOST = [fate for fate in FATES if fate not in ("", "code:10004", "429")]


class Ends(NamedTuple):
    """How it came out: ids of orders by state, and how often each is at the venue."""

    states: dict[str, str]
    carried_out: set[str]
    positions: list[str | None]


def send_and_look(url: str, fates: list[str], seed: int = 0) -> Ends:
    """Send an order a fate, each once, then look until nothing is unknown."""
    venue = MetaApiAccount(MetaApiAddresses(url, url), f"lost-{seed}-{len(fates)}", "a-token", 60)
    script = f"{url}/simulator/metaapi/lost-{seed}-{len(fates)}"
    drawn = random.Random(seed)
    states, carried_out, unknown, held = {}, set(), [], []
    with httpx.Client() as http:
        for number, fate in enumerate(fates):
            client_id = venue_client_id("EURUSD", f"order-{seed}-{number}")
            if fate:
                told = {"faults": [{"on": "trade", "fault": fate}]}
                http.post(script, json=told).raise_for_status()
            side = "buy" if drawn.random() < 0.5 else "sell"
            sent = SentOrder(
                client_id=client_id, symbol="EURUSD", side=side, volume=LOT, sent_at=now_ms()
            )
            answer = venue.trade(
                SendOrder(side=side, symbol="EURUSD", volume=LOT, client_id=client_id)
            )
            states[client_id] = answer.state
            held += [_held(sent, answer.position_id)] if answer.position_id else []
            carried_out |= {client_id} if FATES[fate] else set()
            unknown += [sent] if answer.state == "unknown" else []
    since = unknown[0].sent_at if unknown else 0
    ours = Ours(orders=unknown, held=held)
    for late_ms in (0, OLD_MS):
        seen = venue.reading(since)
        ours = _look(ours, replace(seen, read_at=seen.read_at + late_ms), states)
    positions = [one.client_id for one in venue.reading(since).positions]
    venue.close()
    return Ends(states, carried_out, positions)


def _look(ours: Ours, seen: VenueReading, states: dict[str, str]) -> Ours:
    """Return what is unknown still, and what is held then."""
    found = reconcile(ours, seen)
    assert not found.differences
    states |= {one.client_id: one.state for one in found.resolved}
    by_id = {one.client_id: one for one in ours.orders}
    ended = {one.client_id: one for one in found.resolved}
    return Ours(
        orders=[
            replace(one, absent_since=found.absent.get(name))
            for name, one in by_id.items()
            if name not in ended
        ],
        held=[
            *ours.held,
            *(
                _held(by_id[name], one.position_id)
                for name, one in ended.items()
                if one.position_id
            ),
        ],
    )


def _held(order: SentOrder, position_id: str) -> HeldPosition:
    return HeldPosition(
        position_id=position_id, symbol=order.symbol, side=order.side, volume=order.volume
    )
