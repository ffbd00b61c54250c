"""Binance's WebSocket streams: /ws/{streams}, /stream?streams=, and the methods on them."""

from collections.abc import Iterator
from typing import Any

import msgspec

from feeds.binance.simulator.messages import Json
from feeds.binance.simulator.streams import Stream, open_stream
from feeds.simulator.catalog import Product
from feeds.simulator.faults import Faults
from feeds.simulator.simulated_book import SimulatedBook

IDLE_LIMIT_S = 600.0
STREAMS_LIMIT = 1_024


class BinanceFeed:
    """One client; `combined` wraps events in `{"stream", "data"}`."""

    def __init__(
        self,
        products: dict[str, Product],
        books: dict[str, SimulatedBook],
        faults: Faults,
        names: list[str],
        *,
        combined: bool,
    ) -> None:
        self._products, self._faults, self._combined = products, faults, combined
        self._books = books
        self._streams: dict[str, Stream] = {}
        self._subscribe(names)

    @property
    def idle(self) -> bool:
        """Whether nothing is subscribed."""
        return not self._streams

    def due(self) -> Iterator[Any]:
        """Return the events of all streams."""
        for name, stream in list(self._streams.items()):
            for event in stream.due():
                yield {"stream": name, "data": event} if self._combined else event

    def command(self, text: str) -> Iterator[Json]:
        """Obey a method and answer under its id."""
        try:
            request = msgspec.json.decode(text, type=dict[str, Any])
        except msgspec.DecodeError:
            yield {"error": {"code": 3, "msg": "Invalid JSON: expected value at line 1 column 1"}}
            return
        try:
            result = self._obey(request.get("method"), request.get("params", []))
            yield {"result": result, "id": request.get("id")}
        except ValueError as error:
            body = {"code": 2, "msg": f"Invalid request: {error}"}
            yield {"error": body, "id": request.get("id")}

    def _obey(self, method: object, params: Any) -> object:
        if method == "LIST_SUBSCRIPTIONS":
            return list(self._streams)
        if not isinstance(params, list):
            raise ValueError("params has to be an array")
        if method == "SET_PROPERTY" and params[:1] == ["combined"]:
            self._combined = params[1:] == [True]
        elif method == "GET_PROPERTY" and params == ["combined"]:
            return self._combined
        elif not all(isinstance(name, str) for name in params):
            raise ValueError("params has to be an array of stream names")
        elif method == "SUBSCRIBE":
            self._subscribe(params)
        elif method == "UNSUBSCRIBE":
            for name in params:
                self._streams.pop(name, None)
        else:
            raise ValueError(f"unknown variant `{method}`")
        return None

    def _subscribe(self, names: list[str]) -> None:
        if len(self._streams) + len(names) > STREAMS_LIMIT:
            raise ValueError("too many streams")
        for name in names:
            if name and name not in self._streams:
                self._streams[name] = open_stream(name, self._products, self._books, self._faults)
