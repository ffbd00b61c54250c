"""Live messages from Redis to the sockets that asked for them."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from api.live.book_watch import BookWatch
from api.live.source_frames import TYPES, book_data, candle_data, ticker_data
from api.live.subscriber import ENCODE, Subscriber
from api.robots.items import scan_item
from core.books.levels import BookState, TopOfBook
from core.clock.times import format_microseconds, format_time, now_ms
from core.errors import TooManyRequests
from core.series import Market
from storage import keys
from storage.journal.columns import Trades
from storage.ledger.signal_rows import SealedSignal
from storage.markets.order_books import read_held
from storage.trades.anomalies import AnomalyRecord
from storage.trades.live import LiveKind
from storage.trades.tickers import Ticker

log = structlog.get_logger("stream")

CHANNELS = {
    "trades": LiveKind.TRADES,
    "candles": LiveKind.CANDLES,
    "ticker": LiveKind.TICKER,
    "anomalies": LiveKind.ANOMALY,
    "signals": LiveKind.SIGNAL,
    "orderbook": LiveKind.BOOK,
}
_NAMES = {kind: name for name, kind in CHANNELS.items()}
_RECONNECT_SECONDS = 0.5
_WATCH_SECONDS = 1.0
# Pairs of market and channel that one socket may ask for.
SUBSCRIPTIONS_LIMIT = 1_000
_SIDES = {1: "buy", -1: "sell", 0: None}


class Broadcast:
    """One Redis subscription a process, held only while somebody listens."""

    def __init__(self, redis_address: str) -> None:
        self._address = redis_address
        self._wanted: dict[tuple[Market, LiveKind], set[Subscriber]] = defaultdict(set)
        self._names: dict[Market, str] = {}
        self.books = BookWatch()
        self._listener: asyncio.Task[None] | None = None

    def subscribe(
        self, subscriber: Subscriber, markets: Iterable[Market], kinds: Iterable[LiveKind]
    ) -> None:
        """Send the subscriber what happens from now on.

        Raises `TooManyRequests` if it asks for more than one reader may.
        """
        kinds = list(kinds)
        wanted = {(market, kind) for market in markets for kind in kinds}
        if len(subscriber.wanted | wanted) > SUBSCRIPTIONS_LIMIT:
            raise TooManyRequests(
                f"A socket may hold {SUBSCRIPTIONS_LIMIT:,} subscriptions; end some.", retry_after=1
            )
        subscriber.wanted |= wanted
        for one in wanted:
            self._wanted[one].add(subscriber)
        if self._listener is None or self._listener.done():
            self._listener = asyncio.get_running_loop().create_task(self._keep_listening())

    def call(self, names: Mapping[Market, str]) -> None:
        """Call markets by the names that users say, in `data`."""
        self._names |= names

    def unsubscribe(
        self,
        subscriber: Subscriber,
        markets: Iterable[Market] | None = None,
        kinds: Iterable[LiveKind] | None = None,
    ) -> None:
        """Send it no more of these; of nothing, when neither is given."""
        market_set = None if markets is None else set(markets)
        kind_set = None if kinds is None else set(kinds)
        for market, kind in list(subscriber.wanted):
            if (market_set is None or market in market_set) and (
                kind_set is None or kind in kind_set
            ):
                subscriber.wanted.discard((market, kind))
                self._wanted[market, kind].discard(subscriber)
                if not self._wanted[market, kind]:
                    del self._wanted[market, kind]
        if not self._wanted and self._listener:
            self._listener.cancel()
            self._listener = None

    async def _keep_listening(self) -> None:
        watching = asyncio.create_task(self._watch_books())
        try:
            while True:
                try:
                    await self._listen()
                except (RedisError, OSError) as error:
                    log.warning("not hearing live data", error=type(error).__name__)
                    await asyncio.sleep(_RECONNECT_SECONDS)
        except asyncio.CancelledError:
            pass
        finally:
            watching.cancel()

    async def _watch_books(self) -> None:
        while True:
            await asyncio.sleep(_WATCH_SECONDS)
            followed = {market for market, kind in self._wanted if kind is LiveKind.BOOK}
            for market, book in self.books.gone_stale(now_ms(), followed):
                self._tell_book(market, book, BookState.STALE)

    async def _listen(self) -> None:
        client = Redis.from_url(self._address, protocol=2, health_check_interval=10)
        async with client, client.pubsub(ignore_subscribe_messages=True) as channel:
            await channel.psubscribe(keys.live("*", "*"))
            async for message in channel.listen():
                _, platform, symbol = message["channel"].decode().split(":")
                self._hand_out(Market(platform, symbol), message["data"])

    def _hand_out(self, market: Market, data: bytes) -> None:
        kind = LiveKind(data[:1].decode())
        listeners = self._wanted.get((market, kind))
        if not listeners:
            return
        name = self._name(market)
        if kind is LiveKind.CANDLES:
            _tell_candles(market, name, data[1:], listeners)
        elif kind is LiveKind.BOOK:
            held = read_held(data[1:])
            self.books.heard(market, held)
            self._tell_book(market, held.book, held.book.state)
        elif kind is LiveKind.SIGNAL:
            row = msgspec.json.decode(data[1:], type=SealedSignal)
            content = {"signal": scan_item(row, None, now_ms() // 1_000)}
            _tell(market, kind, row.resolution, content, listeners)
        else:
            _tell_all(market, kind, _content(kind, name, data[1:]), listeners)

    def _tell_book(self, market: Market, book: TopOfBook, state: BookState) -> None:
        content = {"data": book_data(self._name(market), book, state)}
        _tell_all(market, LiveKind.BOOK, content, self._wanted.get((market, LiveKind.BOOK), ()))

    def _name(self, market: Market) -> str:
        return self._names.get(market, market.symbol)


def _tell_all(
    market: Market, kind: LiveKind, content: dict[str, Any], listeners: Iterable[Subscriber]
) -> None:
    told = ENCODE({**_head(market, kind), **content})
    for subscriber in listeners:
        subscriber.tell(told)


def _tell_candles(market: Market, name: str, data: bytes, listeners: Iterable[Subscriber]) -> None:
    for candle in msgspec.json.decode(data):
        resolution = candle.pop("resolution")
        told = candle_data(name, resolution, candle)
        content = {"resolution": resolution, "candle": candle, "data": told}
        _tell(market, LiveKind.CANDLES, resolution, content, listeners)


def _tell(
    market: Market,
    kind: LiveKind,
    resolution: int,
    content: dict[str, Any],
    listeners: Iterable[Subscriber],
) -> None:
    """Tell of a slot whoever hears of it."""
    told = ENCODE({**_head(market, kind), **content})
    for subscriber in listeners:
        if subscriber.hears(market, kind, resolution):
            subscriber.tell(told)


def _head(market: Market, kind: LiveKind) -> dict[str, Any]:
    return {
        "channel": _NAMES[kind],
        "type": TYPES[kind],
        "platform": market.platform,
        "symbol": market.symbol,
    }


def _content(kind: LiveKind, name: str, data: bytes) -> dict[str, Any]:
    if kind is LiveKind.TRADES:
        return {"trades": _trades(Trades.from_bytes(data))}
    if kind is LiveKind.TICKER:
        quote = msgspec.json.decode(data, type=Ticker)
        shown = msgspec.structs.asdict(quote) | {"time": format_time(quote.time)}
        shown.pop("symbol")
        return {"ticker": shown, "data": ticker_data(name, quote)}
    found = msgspec.json.decode(data, type=AnomalyRecord)
    return {"anomaly": msgspec.structs.asdict(found) | {"time": format_microseconds(found.time)}}


def _trades(trades: Trades) -> list[dict[str, Any]]:
    columns = (trades.first_id, trades.time, trades.prices(), trades.sizes(), trades.side)
    return [
        {
            "trade_id": trade_id,
            "time": format_microseconds(time),
            "price": price,
            "size": size,
            "side": _SIDES[side],
        }
        for trade_id, time, price, size, side in zip(
            *(column.tolist() for column in columns), strict=True
        )
    ]
