"""Coinbase Exchange: its WebSocket feed and its trades by id.

Shapes follow docs.cdp.coinbase.com/exchange. Its `side` of a trade is the maker's.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from feeds.coinbase.messages import TRADE_TYPES
from feeds.connector import NOTHING, FetchedTrade, Heard, HeardTrade, PageRequest, Side

_TAKER: dict[str, Side] = {"buy": "sell", "sell": "buy"}


class _Frame(msgspec.Struct):
    type: str = ""
    product_id: str = ""
    trade_id: int | None = None
    last_trade_id: int | None = None
    time: str | None = None
    message: str = ""
    reason: str = ""


class _Trade(msgspec.Struct):
    trade_id: Annotated[int, Meta(ge=0, lt=2**62)]
    time: str
    price: str
    size: str
    side: Literal["buy", "sell"]


_FRAME = msgspec.json.Decoder(_Frame)
_PAGE = msgspec.json.Decoder(list[_Trade])


class CoinbaseConnector:
    """Coinbase Exchange, whose public feed tells every trade under ids without holes."""

    socket_url = "wss://ws-feed.exchange.coinbase.com"
    rest_url = "https://api.exchange.coinbase.com"
    silence_s = 10.0  # each product's heartbeat comes every second
    rate_limit_ms = 120.0  # 10 requests a second
    page_limit = 1_000

    def socket_path(self) -> str:
        """Return the path of the feed."""
        return "/"

    def subscribe_messages(self, symbols: Sequence[str], *, tickers: bool) -> list[str]:
        """Return one subscription to trades, heartbeats and, if wanted, quotes."""
        channels = ["matches", "heartbeat", *(["ticker"] if tickers else [])]
        wanted = {"type": "subscribe", "product_ids": list(symbols), "channels": channels}
        return [msgspec.json.encode(wanted).decode()]

    def parse(self, frame: str | bytes) -> Heard:
        """Return what a frame says; a heartbeat tells the newest trade id."""
        try:
            told = _FRAME.decode(frame)
        except msgspec.MsgspecError:
            return NOTHING
        if told.type in TRADE_TYPES and told.trade_id is not None:
            moment = milliseconds(told.time)
            trade = HeardTrade(told.product_id, told.trade_id, told.trade_id, moment)
            return Heard(keep=True, trades=(trade,))
        if told.type == "ticker":
            return Heard(keep=True)
        if told.type == "heartbeat" and told.last_trade_id:
            return Heard(newest=((told.product_id, told.last_trade_id),))
        if told.type == "error":
            return Heard(refusal=" ".join(filter(None, (told.message, told.reason))))
        return NOTHING

    def first_page(self, symbol: str, first_id: int, last_id: int) -> PageRequest:
        """Return the request for the newest trades up to `last_id`: pages go backwards."""
        params: dict[str, str | int] = {"after": last_id + 1, "limit": self.page_limit}
        return PageRequest(f"/products/{symbol}/trades", params)

    def next_page(
        self, symbol: str, first_id: int, last_id: int, page: Sequence[FetchedTrade]
    ) -> PageRequest | None:
        """Return the request for what is older than the page, until `first_id` is reached."""
        oldest = min(trade.trade_id for trade in page)
        if oldest <= first_id or oldest > last_id:
            return None
        return self.first_page(symbol, first_id, oldest - 1)

    def read_page(self, body: bytes) -> list[FetchedTrade]:
        """Return the trades of an answer."""
        return [
            FetchedTrade(row.trade_id, row.time, row.price, row.size, _TAKER[row.side])
            for row in _PAGE.decode(body)
        ]


def milliseconds(text: str | None) -> int:
    """Return an instant of the feed in epoch ms, 0 where it tells none."""
    try:
        return round(datetime.fromisoformat(text or "").timestamp() * 1_000)
    except ValueError:
        return 0
