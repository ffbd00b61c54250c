"""Coinbase Advanced Trade's feed: books and heartbeats, all messages numbered together."""

from collections.abc import Iterator
from typing import Any

import msgspec

from feeds.coinbase.simulator.feed import CoinbaseFeed
from feeds.coinbase.simulator.messages import Json, written_time
from feeds.simulator.faults import Faults
from feeds.simulator.feed import Every
from feeds.simulator.market_clock import MarketClock
from feeds.simulator.simulated_book import Levels, SimulatedBook

_CHANNELS = ("level2", "heartbeats")


class AdvancedFeed:
    """One client: a channel a command, whose name stands in the singular."""

    def __init__(self, books: dict[str, SimulatedBook], clock: MarketClock, faults: Faults) -> None:
        self._books, self._clock, self._faults = books, clock, faults
        self._told: dict[str, int] = {}
        self._heartbeats = False
        self._number = self._beats = 0
        self._second = Every(1)

    @property
    def idle(self) -> bool:
        """Whether nothing is subscribed."""
        return not (self._told or self._heartbeats)

    def command(self, text: str) -> Iterator[Json]:
        """Obey `subscribe` and `unsubscribe`; books begin with all of their levels."""
        try:
            request = msgspec.json.decode(text, type=dict[str, Any])
        except msgspec.MsgspecError:
            yield {"type": "error", "message": "failed to parse message"}
            return
        channel, symbols = request.get("channel"), request.get("product_ids") or []
        if channel not in _CHANNELS or not all(symbol in self._books for symbol in symbols):
            yield {"type": "error", "message": "failure to subscribe"}
            return
        joins = request.get("type") == "subscribe"
        if channel == "heartbeats":
            self._heartbeats = joins
        for symbol in symbols if channel == "level2" else ():
            self._told.pop(symbol, None)
            if joins:
                yield self._begin(symbol)
        standing = {"level2": list(self._told)} if self._told else {}
        yield self._message("subscriptions", [{"subscriptions": standing}])

    def due(self) -> Iterator[Json]:
        """Return the changes of books since the last call, and a heartbeat a second."""
        if self._second.due() and self._heartbeats:
            self._beats += 1
            now = written_time(self._clock.now_ms())
            yield self._message(
                "heartbeats", [{"current_time": now, "heartbeat_counter": self._beats}]
            )
        for symbol, told in list(self._told.items()):
            book = self._books[symbol]
            book.play()
            self._told[symbol] = book.count
            for change in book.since(told):
                crossed = self._faults.happens("crossed", f"{symbol} level2")
                one = book.crossing(change) if crossed else change
                message = self._levels(symbol, "update", one.bids, one.asks)
                if self._faults.happens("gap", f"{symbol} level2"):
                    continue
                yield message
                if self._faults.happens("repeat", f"{symbol} level2"):
                    yield message

    def _begin(self, symbol: str) -> Json:
        book = self._books[symbol]
        book.play()
        self._told[symbol] = book.count
        whole = book.whole()
        return self._levels(symbol, "snapshot", whole.bids, whole.asks)

    def _levels(self, symbol: str, kind: str, bids: Levels, asks: Levels) -> Json:
        now = written_time(self._clock.now_ms())
        updates = [
            {"side": side, "event_time": now, "price_level": price, "new_quantity": size}
            for side, levels in (("bid", bids), ("offer", asks))
            for price, size in levels
        ]
        return self._message("l2_data", [{"type": kind, "product_id": symbol, "updates": updates}])

    def _message(self, channel: str, events: list[Json]) -> Json:
        number, self._number = self._number, self._number + 1
        return {
            "channel": channel, "client_id": "", "timestamp": written_time(self._clock.now_ms()),
            "sequence_num": number, "events": events,
        }  # fmt: skip


class EitherFeed:
    """Exchange's feed, or Advanced Trade's for a client that first names one `channel`."""

    def __init__(self, exchange: CoinbaseFeed, advanced: AdvancedFeed) -> None:
        self._exchange, self._advanced = exchange, advanced
        self._chosen: CoinbaseFeed | AdvancedFeed | None = None

    @property
    def idle(self) -> bool:
        """Whether nothing is subscribed."""
        return self._chosen is None or self._chosen.idle

    def command(self, text: str) -> Iterator[Json]:
        """Obey a command."""
        if self._chosen is None:
            self._chosen = self._advanced if '"channel"' in text else self._exchange
        return self._chosen.command(text)

    def due(self) -> Iterator[Json]:
        """Return what has come due."""
        return self._chosen.due() if self._chosen else iter(())
