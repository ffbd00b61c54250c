"""The shapes that arrive, as one wide struct: all of them decode in a single pass.

Coinbase Exchange, Coinbase Advanced Trade, Binance (raw or in a combined-stream
envelope) and the generic form share no field with two meanings that would need
two types, so one struct with optional fields reads them all, several times
faster than trying one shape after another.
"""

from typing import Any

import msgspec

Scalar = str | int | float | None


class WireMessage(msgspec.Struct, gc=False):
    """One message of any known shape; a field that a shape lacks is None."""

    type: str | None = None
    # Coinbase Exchange and the generic form
    trade_id: Scalar = None
    product_id: str | None = None
    symbol: str | None = None
    price: Scalar = None
    size: Scalar = None
    time: Scalar = None
    side: str | None = None
    sequence: int | None = None
    best_bid: Scalar = None
    best_ask: Scalar = None
    bid: Scalar = None
    ask: Scalar = None
    volume_24h: Scalar = None
    # Coinbase Advanced Trade
    channel: str | None = None
    timestamp: str | None = None
    events: "list[WireEvent] | None" = None
    volume_24_h: Scalar = None
    # Binance: one letter may be a number in one event and a list of levels in another
    e: str | None = None
    E: int | None = None
    s: str | None = None
    t: Any = None
    a: Any = None
    p: Any = None
    q: Any = None
    f: Any = None
    l: Any = None  # noqa: E741
    T: Any = None
    m: Any = None
    b: Any = None
    c: Any = None
    v: Any = None
    u: Any = None
    lastUpdateId: int | None = None  # noqa: N815
    # Envelopes
    stream: str | None = None
    data: "WireMessage | None" = None
    trades: "list[WireMessage] | None" = None
    result: Any = None
    id: Any = None


class WireEvent(msgspec.Struct, gc=False):
    """One event inside an Advanced Trade message."""

    type: str | None = None
    trades: "list[WireMessage] | None" = None
    tickers: "list[WireMessage] | None" = None


_ONE = msgspec.json.Decoder(WireMessage)
_MANY = msgspec.json.Decoder(list[WireMessage])
_EACH = msgspec.json.Decoder(list[msgspec.Raw])


def decode(body: bytes) -> list[WireMessage | msgspec.ValidationError]:
    """Return the messages of a JSON object or list, in order.

    An element whose fields have impossible types stands as its error, so that
    one bad message spoils no other. Raises `msgspec.DecodeError` when the body
    is not JSON or neither an object nor a list.
    """
    first = body.lstrip()[:1]
    if first == b"[":
        try:
            return list(_MANY.decode(body))
        except msgspec.ValidationError:
            return [_decode_one(raw) for raw in _EACH.decode(body)]
    if first == b"{":
        return [_decode_one(body)]
    raise msgspec.DecodeError("neither an object nor a list")


def _decode_one(raw: bytes | msgspec.Raw) -> WireMessage | msgspec.ValidationError:
    try:
        return _ONE.decode(raw)
    except msgspec.ValidationError as error:
        return error
