"""Binance spot: its WebSocket streams and its trades by id.

Shapes follow developers.binance.com, "WebSocket Streams" and "Market Data endpoints".
"""

from collections.abc import Sequence
from typing import Annotated

import msgspec
from msgspec import Meta

from feeds.connector import NOTHING, FetchedTrade, Heard, HeardTrade, PageRequest


class _Event(msgspec.Struct):
    e: str = ""
    s: str = ""
    t: int | None = None
    T: int | None = None


class _Refusal(msgspec.Struct):
    msg: str = ""


class _Frame(msgspec.Struct):
    stream: str = ""
    data: _Event | None = None
    e: str = ""
    error: _Refusal | None = None


class _Trade(msgspec.Struct, rename={"taker_sold": "isBuyerMaker"}):
    id: Annotated[int, Meta(ge=0, lt=2**62)]
    time: int
    price: str
    qty: str
    taker_sold: bool


_FRAME = msgspec.json.Decoder(_Frame)
_PAGE = msgspec.json.Decoder(list[_Trade])


class BinanceConnector:
    """Binance spot; every trade under ids without holes."""

    socket_url = "wss://stream.binance.com:9443"
    rest_url = "https://api.binance.com"
    # Quiet markets say little; the pings of WebSocket find a dead connection sooner.
    silence_s = 90.0
    rate_limit_ms = 300.0  # 25 of 6,000 weights a minute for a page of old trades
    page_limit = 1_000

    def __init__(self, socket_url: str = socket_url, rest_url: str = rest_url) -> None:
        self.socket_url, self.rest_url = socket_url, rest_url

    def socket_path(self) -> str:
        """Return the path of combined streams, whose events name their stream."""
        return "/stream"

    def subscribe_messages(self, symbols: Sequence[str], *, tickers: bool) -> list[str]:
        """Return one subscription to trades and, if wanted, to quotes once a second."""
        kinds = ("trade", "ticker") if tickers else ("trade",)
        streams = [f"{symbol.lower()}@{kind}" for symbol in symbols for kind in kinds]
        wanted = {"method": "SUBSCRIBE", "params": streams, "id": 1}
        return [msgspec.json.encode(wanted).decode()]

    def parse(self, frame: str | bytes) -> Heard:
        """Return what a frame says."""
        try:
            told = _FRAME.decode(frame)
        except msgspec.MsgspecError:
            return NOTHING
        if told.error is not None:
            return Heard(refusal=told.error.msg or "the subscription was refused")
        if told.e == "serverShutdown":
            return Heard(ending=True)
        event = told.data
        if event is None:
            return NOTHING
        if event.e == "trade" and event.t is not None:
            trade = HeardTrade(event.s, event.t, event.t, event.T or 0)
            return Heard(keep=True, trades=(trade,))
        return Heard(keep=event.e == "24hrTicker")

    def first_page(self, symbol: str, first_id: int, last_id: int) -> PageRequest:
        """Return the request for trades from `first_id` on: pages go forwards."""
        params: dict[str, str | int] = {
            "symbol": symbol,
            "fromId": first_id,
            "limit": self.page_limit,
        }
        return PageRequest("/api/v3/historicalTrades", params)

    def next_page(
        self, symbol: str, first_id: int, last_id: int, page: Sequence[FetchedTrade]
    ) -> PageRequest | None:
        """Return the request for what is newer than the page, until `last_id` is reached."""
        newest = max(trade.trade_id for trade in page)
        if newest >= last_id or newest < first_id:
            return None
        return self.first_page(symbol, newest + 1, last_id)

    def read_page(self, body: bytes) -> list[FetchedTrade]:
        """Return the trades of an answer; Binance tells whether the buyer was the maker."""
        return [
            FetchedTrade(row.id, row.time, row.price, row.qty, "sell" if row.taker_sold else "buy")
            for row in _PAGE.decode(body)
        ]
