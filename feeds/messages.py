"""Tell messages apart by their shape, whatever platform they are posted under."""

from typing import Any

import msgspec

from core.messages import MOST_SYMBOLS, Channels, Recognised
from feeds.decoding import MESSAGE, SHAPES, Refused, WireMessage, decode
from feeds.decoding import decode_alike as decode_alike
from feeds.decoding import message_texts as message_texts
from feeds.wire import Number, Sort, rows_of

_SORTS = tuple(shapes.sort for shapes in SHAPES)
_LIST_SORTS = tuple(shapes.sort_list for shapes in SHAPES if shapes.sort_list is not None)
_NOTES = tuple(shapes.note_channel for shapes in SHAPES if shapes.note_channel is not None)


_ENVELOPED: Any = msgspec.json.Decoder(MESSAGE | Number)
_INNER: Any = msgspec.json.Decoder(list[WireMessage])


def recognise(
    body: bytes,
    found: Recognised | None = None,
    channels: Channels | None = None,
    symbol: str | None = None,
    known: Any = None,
) -> Recognised:
    """Sort the messages of a JSON object or list into trades, tickers and the rest.

    They are added to `found`, numbered on from its total. `channels` is what the same
    connection said before of its channels, and is kept up to date. `symbol` is that of
    trades and quotes that name none, `known` the one message that `body` is known to hold.
    Nothing numeric is
    checked here but how long it is; see `storage.journal.convert`.

    Raises `msgspec.DecodeError` or `UnicodeDecodeError` when the body is no JSON object or
    list, `TooLarge` when it holds too much.
    """
    found = Recognised() if found is None else found
    channels = {} if channels is None else channels
    found.symbols_left, found.symbol = MOST_SYMBOLS, symbol
    likely: Sort = found.likely or _SORTS[0]
    for message in decode(body) if known is None else (known,):
        index = found.total
        found.total = index + 1
        likely = _sort(found, index, message, channels, likely)
    found.likely = likely
    return found


def _sort(found: Recognised, index: int, message: Any, channels: Channels, likely: Sort) -> Sort:
    """Put one message where it belongs, or say why it cannot be used.

    Messages of a body are much alike: the venue that took the one before is asked first.
    Returns that which took this one.
    """
    one_object: bool = isinstance(message, msgspec.Struct)
    try:
        if one_object:
            taken = likely if likely(found, index, message) else _claimed(found, index, message)
            if taken is not None:
                if message.event is not None:
                    for note in _NOTES:
                        note(message, channels)
                return taken
            known = _opened(found, index, message)
        elif isinstance(message, Refused):
            found.reject(index, message.reason)
            return likely
        else:
            known = any(sort(found, index, message, channels) for sort in _LIST_SORTS)
    except msgspec.ValidationError as error:
        found.reject(index, f"a field has an impossible type: {error}")
        return likely
    if not known:
        found.reject(index, _unknown(message))
    return likely


def _claimed(found: Recognised, index: int, message: Any) -> Sort | None:
    return next((sort for sort in _SORTS if sort(found, index, message)), None)


def _opened(found: Recognised, index: int, message: Any) -> bool:
    """Sort what an envelope of no venue's holds; says whether it was one."""
    if message.trades:
        return _sort_trades(found, index, message)
    if message.data:
        inner = message.data
        if not isinstance(inner, msgspec.Struct):
            inner = _ENVELOPED.decode(inner)
        if isinstance(inner, msgspec.Struct):
            return any(sort(found, index, inner) for sort in _SORTS)
    return False


def _sort_trades(found: Recognised, index: int, message: Any) -> bool:
    """Open `{"symbol", "trades": [...]}`, whose trades need neither symbol nor type."""
    symbol = message.product_id or message.symbol
    known = True
    for trade in rows_of(found, _INNER.decode(message.trades)):
        if trade.type is None and trade.e is None:
            trade.type = "trade"
            trade.symbol = trade.symbol or trade.product_id or symbol
            trade.product_id = None
        elif trade.e is None and trade.symbol is None:
            trade.product_id = trade.product_id or symbol
        known &= any(sort(found, index, trade) for sort in _SORTS)
    return known


def _unknown(message: Any) -> str:
    if isinstance(message, list):
        return "a list of no known shape"
    if message.topic:
        return f"topic {message.topic[:32]!r} is not known"
    named = message.type or message.e or message.channel or message.event
    if named:
        return f"type {named[:32]!r} is not known"
    if message.price is not None and (message.symbol or message.product_id):
        return 'it looks like a trade but has no "type": "trade"'
    return "no known shape"
