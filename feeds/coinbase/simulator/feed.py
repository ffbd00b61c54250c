"""Coinbase Exchange's WebSocket feed: subscribe, matches, ticker, heartbeat, status."""

from collections.abc import Iterator
from typing import Any

import msgspec

from feeds.coinbase.simulator import messages
from feeds.simulator.catalog import Product
from feeds.simulator.day_stats import trade_stats
from feeds.simulator.faults import Faults
from feeds.simulator.feed import Every, TradeCursor
from feeds.simulator.market_clock import MarketClock

IDLE_LIMIT_S = 5.0
_CHANNELS = ("matches", "ticker", "ticker_batch", "heartbeat", "status")
_CLOSED = ("level2", "level3", "full")
_CLOSED_REASON = "level2, level3, and full channels now require authentication."


class Refused(Exception):
    """A subscription that the feed does not take; the text is Coinbase's reason."""


class CoinbaseFeed:
    """One client of the feed."""

    def __init__(self, products: dict[str, Product], clock: MarketClock, faults: Faults) -> None:
        self._products, self._clock, self._faults = products, clock, faults
        self._channels: dict[str, list[str]] = {}
        self._cursors: dict[str, TradeCursor] = {}
        self._second, self._five_seconds = Every(1), Every(5)

    @property
    def idle(self) -> bool:
        """Whether nothing is subscribed."""
        return not self._channels

    def command(self, text: str) -> Iterator[messages.Json]:
        """Obey `subscribe` and `unsubscribe`; answer with the subscriptions that stand."""
        try:
            request = msgspec.json.decode(text)
        except msgspec.DecodeError:
            yield {"type": "error", "message": "Malformed JSON"}
            return
        kind = request.get("type") if isinstance(request, dict) else None
        if kind not in ("subscribe", "unsubscribe"):
            yield {"type": "error", "message": "Type has to be either subscribe or unsubscribe"}
            return
        try:
            asked = self._asked(request, every=kind == "unsubscribe")
        except Refused as refused:
            yield {"type": "error", "message": f"Failed to {kind}", "reason": str(refused)}
            return
        if kind == "unsubscribe":
            self._leave(asked)
            yield self._standing()
        else:
            yield from self._join(asked)

    def due(self) -> Iterator[messages.Json]:
        """Return trades and tickers since the last call, and what comes at its own pace."""
        for symbol, cursor in list(self._cursors.items()):
            for index in cursor.due():
                yield from self._traded(symbol, index)
        if self._second.due():
            now = self._clock.now_ms()
            for product in self._in("heartbeat"):
                yield messages.heartbeat_message(product, product.last_trade(), now)
        if self._five_seconds.due():
            for product in self._in("ticker_batch"):
                yield from self._ticker(product, product.trade_count())
            if "status" in self._channels:
                yield self._status()

    def _asked(self, request: messages.Json, *, every: bool) -> dict[str, list[str]]:
        """Return product ids by channel; for `every`, a channel alone means all of its own."""
        shared = request.get("product_ids") or []
        asked: dict[str, list[str]] = {}
        for channel in request.get("channels") or []:
            named = isinstance(channel, dict)
            name = channel.get("name") if named else channel
            if name in _CLOSED:
                raise Refused(_CLOSED_REASON)
            if name not in _CHANNELS:
                raise Refused(f"{name} is not a valid channel")
            symbols = (channel.get("product_ids") if named else None) or shared
            if not symbols and every:
                symbols = self._channels.get(name, [])
            asked[name] = self._checked(symbols, name)
        if not asked:
            raise Refused("No channels provided")
        return asked

    def _checked(self, symbols: Any, channel: str) -> list[str]:
        if channel == "status":
            return []
        if not symbols or not isinstance(symbols, list):
            raise Refused("No products provided")
        for symbol in symbols:
            if not isinstance(symbol, str) or symbol not in self._products:
                raise Refused(f"{symbol} is not a valid product")
        return symbols

    def _join(self, asked: dict[str, list[str]]) -> Iterator[messages.Json]:
        fresh = {
            name: [symbol for symbol in symbols if symbol not in self._channels.get(name, [])]
            for name, symbols in asked.items()
        }
        for name, symbols in fresh.items():
            self._channels.setdefault(name, []).extend(symbols)
        self._follow()
        for symbol in fresh.get("matches", []):
            product, told = self._products[symbol], self._cursors[symbol].next
            if product.trades and told:
                yield messages.match_message(product, product.trades.trade(told - 1), "last_match")
        yield self._standing()
        for symbol in fresh.get("ticker", []):
            yield from self._ticker(self._products[symbol], self._cursors[symbol].next)
        if "status" in fresh:
            yield self._status()

    def _leave(self, asked: dict[str, list[str]]) -> None:
        for name, symbols in asked.items():
            left = [s for s in self._channels.get(name, []) if s not in symbols]
            if left:
                self._channels[name] = left
            else:
                self._channels.pop(name, None)
        self._follow()

    def _follow(self) -> None:
        """Keep a cursor for each product whose trades are wanted, and no other."""
        wanted = {*self._channels.get("matches", []), *self._channels.get("ticker", [])}
        self._cursors = {s: cursor for s, cursor in self._cursors.items() if s in wanted}
        for symbol in sorted(wanted - self._cursors.keys()):
            self._cursors[symbol] = TradeCursor(self._products[symbol])

    def _traded(self, symbol: str, index: int) -> Iterator[messages.Json]:
        product = self._products[symbol]
        matches = symbol in self._channels.get("matches", [])
        if matches and product.trades and not self._faults.happens("gap", f"{symbol} matches"):
            yield messages.match_message(product, product.trades.trade(index))
        ticker = symbol in self._channels.get("ticker", [])
        if ticker and not self._faults.happens("gap", f"{symbol} ticker"):
            yield from self._ticker(product, index + 1)

    def _ticker(self, product: Product, count: int) -> Iterator[messages.Json]:
        if product.trades and count:
            yield messages.ticker_message(product, trade_stats(product, count))

    def _in(self, channel: str) -> list[Product]:
        return [self._products[symbol] for symbol in self._channels.get(channel, [])]

    def _standing(self) -> messages.Json:
        channels = [{"name": n, "product_ids": list(s)} for n, s in self._channels.items()]
        return {"type": "subscriptions", "channels": channels}

    def _status(self) -> messages.Json:
        rows = [messages.product_row(product) for product in self._products.values()]
        names = sorted({name for symbol in self._products for name in symbol.split("-")})
        currencies = [messages.currency_row(name) for name in names]
        return {"type": "status", "products": rows, "currencies": currencies}
