"""Tell messages apart by their shape, whatever platform they are posted under."""

from typing import Any

import msgspec

from core.errors import TooLarge
from core.messages import MOST_SYMBOLS, Channels, Recognised
from feeds.venues import VENUES
from feeds.wire import NOTHING, Number, Shapes, rows_of

MOST_MESSAGES = 100_000
# Upper bounds of what a body holds, known without decoding it: the decoder would make
# millions of objects of eight megabytes of `{},{},...`. Books have many lists in a message.
_MOST_LISTS, _MOST_VALUES = 500_000, 1_500_000

SHAPES: tuple[Shapes, ...] = tuple(venue.shapes for venue in VENUES)
_SORTS = tuple(shapes.sort for shapes in SHAPES)
_LIST_SORTS = tuple(shapes.sort_list for shapes in SHAPES if shapes.sort_list is not None)
_NOTES = tuple(shapes.note_channel for shapes in SHAPES if shapes.note_channel is not None)


def join_fields(shapes: tuple[Shapes, ...]) -> type[msgspec.Struct]:
    """Return one struct with the fields of all shapes; raises `TypeError` where two disagree."""
    joined: dict[str, tuple[str, Any, Any]] = {"trades": ("trades", msgspec.Raw, NOTHING)}
    for one in shapes:
        for field in msgspec.structs.fields(one.fields):
            known = joined.setdefault(field.name, (field.name, field.type, field.default))
            if known[1:] != (field.type, field.default):
                raise TypeError(f"two venues read the field {field.name} differently")
    return msgspec.defstruct("WireMessage", list(joined.values()), gc=False)


WireMessage: Any = join_fields(SHAPES)
_SHAPE: Any = WireMessage | list[msgspec.Raw]
_ONE = msgspec.json.Decoder(_SHAPE)
_MANY = msgspec.json.Decoder(list[_SHAPE])
_EACH = msgspec.json.Decoder(list[msgspec.Raw])
_ENVELOPED: Any = msgspec.json.Decoder(_SHAPE | Number)
_INNER: Any = msgspec.json.Decoder(list[WireMessage])


def recognise(
    body: bytes, found: Recognised | None = None, channels: Channels | None = None
) -> Recognised:
    """Sort the messages of a JSON object or list into trades, tickers and the rest.

    They are added to `found`, numbered on from its total. `channels` is what the same
    connection said before of its channels, and is kept up to date. Nothing numeric is
    checked here but how long it is; see `storage.journal.convert`.

    Raises `msgspec.DecodeError` or `UnicodeDecodeError` when the body is no JSON object or
    list, `RecursionError` when it is nested too deeply, `TooLarge` when it holds too much.
    """
    found = Recognised() if found is None else found
    channels = {} if channels is None else channels
    found.symbols_left = MOST_SYMBOLS
    for message in _decode(body):
        index = found.total
        found.total = index + 1
        _sort(found, index, message, channels)
    return found


def message_texts(body: bytes) -> list[msgspec.Raw]:
    """Return the messages of a body, as they were written."""
    return _EACH.decode(body) if _is_batch(body) else [msgspec.Raw(body)]


def _decode(body: bytes) -> list[Any]:
    """Return the messages; one whose fields have impossible types stands as its error."""
    if len(body) > MOST_MESSAGES and (
        body.count(b"{") > MOST_MESSAGES or body.count(b"[") > _MOST_LISTS
    ):
        raise _too_much()
    if not _is_batch(body):
        if len(body) > _MOST_VALUES and body.count(b",") > _MOST_VALUES:
            raise _too_much()
        return [_decode_one(body)]
    try:
        messages: list[Any] = _MANY.decode(body)
    except (msgspec.ValidationError, ValueError):
        texts = [] if body.count(b",") > _MOST_VALUES else _EACH.decode(body)
        if not 0 < len(texts) <= MOST_MESSAGES:
            raise _too_much() from None
        return [_decode_one(text) for text in texts]
    if len(messages) > MOST_MESSAGES:
        raise _too_much()
    return messages


def _is_batch(body: bytes) -> bool:
    """Say whether a body is a list of messages; some venues' messages are lists themselves.

    Raises `msgspec.DecodeError` when it is neither an object nor a list.
    """
    if body[:1] == b"{":
        return False
    begun = body[:64].lstrip()
    if begun[:1] not in (b"{", b"["):
        raise msgspec.DecodeError("neither an object nor a list")
    return begun[:1] == b"[" and not begun[1:].lstrip()[:1].isdigit()


def _decode_one(text: bytes | msgspec.Raw) -> Any:
    try:
        return _ONE.decode(text)
    except msgspec.ValidationError as error:
        return error


def _too_much() -> TooLarge:
    return TooLarge(f"The body holds more than {MOST_MESSAGES:,} messages; send it in parts.")


def _sort(found: Recognised, index: int, message: Any, channels: Channels) -> None:
    """Put one message where it belongs, or say why it cannot be used."""
    try:
        if type(message) is WireMessage:
            known = _sort_object(found, index, message, channels)
        elif isinstance(message, list):
            known = any(sort(found, index, message, channels) for sort in _LIST_SORTS)
        else:
            raise message
    except msgspec.ValidationError as error:
        found.reject(index, f"a field has an impossible type: {error}")
        return
    if not known:
        found.reject(index, _unknown(message))


def _sort_object(found: Recognised, index: int, message: Any, channels: Channels) -> bool:
    for sort in _SORTS:
        if sort(found, index, message):
            if message.event is not None:
                for note in _NOTES:
                    note(message, channels)
            return True
    if message.trades:
        return _sort_trades(found, index, message)
    if message.data:
        inner = _ENVELOPED.decode(message.data)
        if isinstance(inner, WireMessage):
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
    named = message.type or message.e or message.channel or message.event or message.topic
    if named:
        return f"type {named[:32]!r} is not known"
    if message.price is not None and (message.symbol or message.product_id):
        return 'it looks like a trade but has no "type": "trade"'
    return "no known shape"
