"""Decode bodies into messages: quickly where messages look alike, one by one where not."""

import re
from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec

from core.errors import TooLarge
from feeds.json_texts import (
    are_plainly_unrepeated,
    count_key_ends,
    known_keys,
    repeated_key,
    split_list,
)
from feeds.venues import VENUES
from feeds.wire import NOTHING, Shapes

MOST_MESSAGES = 100_000
# Upper bounds of what a body holds, known without decoding it: the decoder would make
# millions of objects of eight megabytes of `{},{},...`. Books have many lists in a message.
_MOST_LISTS, _MOST_VALUES = 500_000, 1_500_000

SHAPES: tuple[Shapes, ...] = tuple(venue.shapes for venue in VENUES)


class Refused(NamedTuple):
    """A message that cannot be read, and why."""

    reason: str


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
MESSAGE: Any = WireMessage | list[msgspec.Raw]
_FIELDS = {field.name: field.type for field in msgspec.structs.fields(WireMessage)}
_DEFAULTS = {field.name: field.default for field in msgspec.structs.fields(WireMessage)}
_ONE = msgspec.json.Decoder(MESSAGE)
_MANY = msgspec.json.Decoder(list[MESSAGE])
_EACH = msgspec.json.Decoder(list[msgspec.Raw])


def decode(body: bytes) -> list[Any]:
    """Return the messages of a body: each a `WireMessage` or like one, a list, or `Refused`.

    Raises `msgspec.DecodeError` or `UnicodeDecodeError` when the body is no JSON object or
    list, `TooLarge` when it holds too much.
    """
    if len(body) > MOST_MESSAGES and (
        body.count(b"{") > MOST_MESSAGES or body.count(b"[") > _MOST_LISTS
    ):
        raise _too_much()
    for alike in _KNOWN.like(body):
        messages = alike.decode(body)
        if messages is not None and len(messages) <= MOST_MESSAGES:
            return messages
    many = _is_batch(body)
    if not many and len(body) > _MOST_VALUES and body.count(b",") > _MOST_VALUES:
        raise _too_much()
    messages = _decode_many(body) if many else [_decode_apart(body)]
    if len(messages) > MOST_MESSAGES:
        raise _too_much()
    return messages


def decode_alike(texts: Sequence[bytes]) -> list[Any] | None:
    """Return the message of each text, where each is one and all have the same known keys.

    They are decoded together, which takes half the time; None where anything is different.
    """
    if not texts or any(text[:1] != b"{" or text[-1:] != b"}" for text in texts):
        return None
    body = b"[" + b",".join(texts) + b"]"
    for alike in _KNOWN.like(texts[0]):
        # A text may hold the end of another's message only with more braces than these.
        whole = len(texts) * alike.objects
        if body.count(b"{") == whole == body.count(b"}"):
            messages = alike.decode(body)
            if messages is not None and len(messages) == len(texts):
                return messages
    return None


def message_texts(body: bytes) -> list[bytes]:
    """Return the messages of a body, as they were written."""
    if not _is_batch(body):
        return [body]
    try:
        return [bytes(text) for text in _EACH.decode(body)]
    except RecursionError:
        return split_list(body)


class _Alike:
    """Messages of the same keys: a decoder that takes no others, and so proves that none repeats.

    Each key is there, none besides, and there are not more ends of keys than that.
    """

    def __init__(self, keys: tuple[str, ...], inner: tuple[str, ...] = ()) -> None:
        self.keys = keys, inner
        self.objects = 2 if inner else 1
        self._count = len(keys) + len(inner)
        types = _FIELDS | ({"data": _with_keys(inner, _FIELDS)} if inner else {})
        shape: Any = _with_keys(keys, types)
        self._one = msgspec.json.Decoder(shape).decode
        self._many = msgspec.json.Decoder(list[shape]).decode

    def decode(self, body: bytes) -> list[Any] | None:
        """Return the messages of a body, None where any is different."""
        try:
            messages = [self._one(body)] if body[:1] == b"{" else self._many(body)
        except (msgspec.MsgspecError, ValueError, RecursionError):
            return None
        return messages if count_key_ends(body) == len(messages) * self._count else None


def _with_keys(keys: tuple[str, ...], types: dict[str, Any]) -> Any:
    """Return a struct that must have all keys and no other, and reads like a `WireMessage`.

    Fields that are not among the keys belong to the class: a message of a hundred empty
    fields would take longer to make than to read.
    """
    fields = [
        (key, types[key])
        if key in types
        else (f"unread_{at}", msgspec.Raw, msgspec.field(name=key))
        for at, key in enumerate(keys)
    ]
    absent = {key: default for key, default in _DEFAULTS.items() if key not in keys}
    options: Any = {"kw_only": True, "forbid_unknown_fields": True, "gc": False}
    return msgspec.defstruct("Alike", fields, namespace=absent, **options)


class _KnownKeys:
    """The keys of messages seen before, by how a body begins: feeds repeat themselves."""

    BEGINNING = 8
    MOST_KEYS, PLAIN_KEY = 64, re.compile(r"[A-Za-z0-9_.-]{1,64}")
    MOST_BEGINNINGS, MOST_ALIKE = 128, 4
    # Keys are learnt at their third sight: making a decoder takes longer than reading a message.
    LEARNT_AT = 3

    def __init__(self) -> None:
        self._by_beginning: dict[bytes, tuple[_Alike, ...]] = {}
        self._sights: Counter[tuple[Any, ...]] = Counter()

    def like(self, body: bytes) -> tuple[_Alike, ...]:
        """Return what messages of bodies that began so were like."""
        return self._by_beginning.get(body[: self.BEGINNING], ())

    def note(self, body: bytes, text: bytes) -> None:
        """Learn the keys of one message of a body, or that they were seen once more."""
        keys = known_keys(text)
        every = [key for part in keys or () for key in part]
        if not keys or not 0 < len(every) <= self.MOST_KEYS:
            return
        if not all(map(self.PLAIN_KEY.fullmatch, every)):
            return
        self._sights[keys] += 1
        if self._sights[keys] < self.LEARNT_AT:
            if len(self._sights) > 8 * self.MOST_BEGINNINGS:
                self._sights.clear()
            return
        others = self.like(body)
        if any(keys == other.keys for other in others):
            return
        if len(self._by_beginning) >= self.MOST_BEGINNINGS:
            self._by_beginning.clear()
        newest = (_Alike(*keys), *others)[: self.MOST_ALIKE]
        self._by_beginning[body[: self.BEGINNING]] = newest


_KNOWN = _KnownKeys()


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


def _decode_many(body: bytes) -> list[Any]:
    try:
        messages: list[Any] = _MANY.decode(body)
    except (msgspec.ValidationError, ValueError):
        texts = [] if body.count(b",") > _MOST_VALUES else message_texts(body)
        if not 0 < len(texts) <= MOST_MESSAGES:
            raise _too_much() from None
        return [_decode_apart(text) for text in texts]
    except RecursionError:
        return [_decode_apart(text) for text in split_list(body)]
    if not messages or len(messages) > MOST_MESSAGES:
        return messages
    texts = []
    if not are_plainly_unrepeated(body):
        texts = message_texts(body)
        messages = [_unless_repeated(*one) for one in zip(messages, texts, strict=True)]
    _KNOWN.note(body, (texts or message_texts(body))[0])
    return messages


def _decode_one(text: bytes) -> Any:
    try:
        message = _unless_repeated(_ONE.decode(text), text)
    except msgspec.ValidationError as error:
        return Refused(f"a field has an impossible type: {error}")
    if not isinstance(message, Refused):
        _KNOWN.note(text, text)
    return message


def _decode_apart(text: bytes) -> Any:
    try:
        return _decode_one(text)
    except RecursionError:
        return Refused("it is nested too deeply")


def _unless_repeated(message: Any, text: bytes) -> Any:
    try:
        key = repeated_key(text)
    except ValueError:
        return Refused("it is no JSON")
    return message if key is None else Refused(f"the key {key[:64]!r} stands twice in one object")


def _too_much() -> TooLarge:
    return TooLarge(f"The body holds more than {MOST_MESSAGES:,} messages; send it in parts.")
