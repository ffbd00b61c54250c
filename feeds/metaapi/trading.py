"""An account at MetaApi as a trading venue: look as often as you like, trade at most once."""

from collections.abc import Callable
from typing import TypeVar
from urllib.parse import quote

from core.clock.times import format_time, now_ms
from core.errors import ExchangeUnavailable
from core.names import check_name
from core.venues.account import (
    VenueAccount,
    VenueDeal,
    VenueOrder,
    VenuePrice,
    VenueReading,
    VenueSpecification,
)
from core.venues.refused_call import RefusedCall
from core.venues.trades import TradeAnswer, VenueCommand
from feeds.metaapi.answers import (
    account_of,
    deals_of,
    orders_of,
    positions_of,
    price_of,
    specification_of,
)
from feeds.metaapi.calls import MetaApiAddresses, MetaApiCalls, checked_region
from feeds.metaapi.shapes import Record, read
from feeds.metaapi.trade_bodies import trade_body
from feeds.metaapi.verdicts import classify

_PAGE = 500
_MOST_PAGES = 40
# The venue's clock may be ahead of ours or behind, and its history goes by it.
_SLACK_MS = 3_600_000
_NOT_FOUND = 404

Row = TypeVar("Row", VenueOrder, VenueDeal)


class MetaApiAccount:
    """One account; `TradingVenue` says what its members mean. Not for several threads at once.

    Raises `InvalidRequest` for an id that is none, and `ExchangeRefused` for an address.
    """

    def __init__(
        self, addresses: MetaApiAddresses, account_id: str, token: str, timeout_s: float = 15.0
    ) -> None:
        self._path = f"/users/current/accounts/{check_name(account_id, 'account_id')}"
        self._calls = MetaApiCalls(addresses, token, timeout_s)
        self._region = ""

    def close(self) -> None:
        """Close its connections."""
        self._calls.close()

    def account(self) -> VenueAccount:
        """Return the account's money and rights."""
        return account_of(self._get("/account-information"))

    def reading(self, since: int) -> VenueReading:
        """Return all positions and orders, and the history since an instant (epoch ms)."""
        # In this order whatever happens meanwhile is seen twice rather than never: an order that
        # is filled as a position too, a position that is closed as its deal too.
        orders, orders_whole = orders_of(self._get("/orders"))
        positions, positions_whole = positions_of(self._get("/positions"))
        read_at = now_ms()
        first, last = max(0, since - _SLACK_MS), read_at + _SLACK_MS
        history, history_whole = self._history("/history-orders", first, last, orders_of)
        deals, deals_whole = self._history("/history-deals", first, last, deals_of)
        return VenueReading(
            read_at=read_at,
            since=since,
            clock_offset_ms=self._calls.clock_offset_ms,
            complete=orders_whole and positions_whole and history_whole and deals_whole,
            positions=tuple(positions),
            orders=tuple(orders),
            history=tuple(history),
            deals=tuple(deals),
        )

    def price(self, symbol: str) -> VenuePrice:
        """Return the newest prices of a symbol, by the broker's name of it."""
        return price_of(self._get(f"/symbols/{quote(symbol, safe='')}/current-price"))

    def specification(self, symbol: str) -> VenueSpecification:
        """Return by what steps a symbol is traded."""
        return specification_of(self._get(f"/symbols/{quote(symbol, safe='')}/specification"))

    def trade(self, command: VenueCommand, send_by: float | None = None) -> TradeAnswer:
        """Send a command, once; not after `send_by` (by `time.monotonic`)."""
        try:
            region = self._known_region()
        except (ExchangeUnavailable, RefusedCall) as error:
            return TradeAnswer(state="refused", code="not_sent", detail=error.detail)
        reply = self._calls.post_once(region, f"{self._path}/trade", trade_body(command), send_by)
        if reply.status == _NOT_FOUND:
            self._region = ""
        return classify(reply)

    def _get(self, path: str) -> bytes:
        """Return a good answer; an account that was moved is asked for where it is now."""
        region = self._known_region()
        try:
            return self._calls.get(region, self._path + path)
        except RefusedCall as error:
            self._region = ""
            if error.call_status != _NOT_FOUND or self._known_region() == region:
                raise
        return self._calls.get(self._region, self._path + path)

    def _known_region(self) -> str:
        if not self._region:
            told = read(self._calls.provisioning(self._path), Record)
            self._region = checked_region(told.region)
        return self._region

    def _history(
        self, kind: str, since: int, until: int, rows_of: Callable[[bytes], tuple[list[Row], bool]]
    ) -> tuple[list[Row], bool]:
        """Return rows of the history of a time, each once, and whether they are all."""
        path = f"{kind}/time/{format_time(since)}/{format_time(until)}"
        found: dict[str, Row] = {}
        whole = True
        for page in range(_MOST_PAGES):
            rows, page_whole = rows_of(self._get(f"{path}?offset={page * _PAGE}&limit={_PAGE}"))
            found |= {row.id: row for row in rows}
            whole = whole and page_whole
            if len(rows) < _PAGE:
                return list(found.values()), whole
        return list(found.values()), False
