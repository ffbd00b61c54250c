"""What a JSON decoder made for speed leaves open: keys that stand twice, and endless nesting."""

import json
from contextlib import suppress
from itertools import pairwise
from typing import Any

import msgspec
import numpy as np

_OBJECT = msgspec.json.Decoder(dict[str, msgspec.Raw])
_OBJECTS = msgspec.json.Decoder(list[dict[str, msgspec.Raw]])
_BLANKS = b" \t\n\r"
_ENVELOPE = {"stream", "data"}
_QUOTE, _COMMA, _COLON, _LAST_BLANK = b'",: '
# Below this numpy takes longer to begin than to count.
_LONG = 4_096
_DEPTHS = np.zeros(256, dtype=np.int8)
_DEPTHS[list(b"[{")], _DEPTHS[list(b"]}")] = 1, -1
# The quick look makes an object for each value of a text: of longer ones that is too much.
_LONGEST_LOOK = 1 << 20


def count_key_ends(text: bytes) -> int:
    """Return how often a colon follows a quote, or a blank: as often as there are keys, or more.

    More where a string holds such a pair.
    """
    if len(text) < _LONG:
        return text.translate(None, _BLANKS).count(b'":')
    signs = np.frombuffer(text, np.uint8)
    before = signs[:-1]
    ends = (signs[1:] == _COLON) & ((before == _QUOTE) | (before <= _LAST_BLANK))
    return int(np.count_nonzero(ends))


def are_plainly_unrepeated(body: bytes) -> bool:
    """Say whether a list's objects are flat and have every key once; False says nothing.

    Raises `msgspec.DecodeError` or `RecursionError`.
    """
    if len(body) > _LONGEST_LOOK:
        return False
    try:
        return count_key_ends(body) == sum(map(len, _OBJECTS.decode(body)))
    except msgspec.ValidationError:
        return False


def known_keys(text: bytes) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
    """Return the keys of an object, and those of the `data` that Binance's streams put in one.

    None where a key stands twice, or where it is not flat otherwise.
    """
    try:
        outer = _OBJECT.decode(text)
        inner = _OBJECT.decode(outer["data"]) if outer.keys() == _ENVELOPE else {}
    except msgspec.ValidationError:
        return None
    keys = tuple(outer), tuple(inner)
    return keys if len(outer) + len(inner) == count_key_ends(text) else None


def repeated_key(text: bytes) -> str | None:
    """Return a key that stands twice in one object of a JSON text, None if there is none.

    Raises `ValueError` or `RecursionError` where it is no JSON.
    """
    # Quick looks first: keys that stand twice leave fewer than there are endings of keys.
    ends = count_key_ends(text)
    with suppress(msgspec.MsgspecError):
        if not ends or ends == _count_keys(msgspec.json.decode(text)):
            return None
    found: list[str] = []
    # Numbers stay texts: those of endless digits are nobody's concern here.
    numbers: Any = {"parse_int": str, "parse_float": str}
    json.loads(text, object_pairs_hook=lambda pairs: _note_repeated(pairs, found), **numbers)
    return found[0] if found else None


def split_list(body: bytes) -> list[bytes]:
    """Return the texts of a JSON list's elements, however deeply those are nested.

    Raises `msgspec.DecodeError` where its brackets do not match; the elements are not read.
    """
    # What is escaped is neither quote nor backslash; the length stays.
    plain = body.replace(b"\\\\", b"__").replace(b'\\"', b"__").rstrip()
    begin = len(plain) - len(plain.lstrip())
    signs = np.frombuffer(plain, np.uint8)[begin:]
    outside = np.cumsum(signs == _QUOTE) % 2 == 0
    depth = np.cumsum(np.where(outside, _DEPTHS[signs], 0), dtype=np.int64)
    if not len(depth) or depth[-1] or (depth[:-1] < 1).any() or plain[begin : begin + 1] != b"[":
        raise msgspec.DecodeError("brackets that do not match")
    commas = np.flatnonzero(outside & (signs == _COMMA) & (depth == 1)) + begin
    bounds = [begin, *commas.tolist(), len(plain) - 1]
    return [body[a + 1 : b].strip() for a, b in pairwise(bounds)]


def _count_keys(value: Any) -> int:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    own = len(value) if isinstance(value, dict) else 0
    return own + sum(_count_keys(one) for one in inner if isinstance(one, dict | list))


def _note_repeated(pairs: list[tuple[str, Any]], found: list[str]) -> None:
    names = [name for name, _ in pairs]
    if len(set(names)) < len(names):
        found.append(next(name for name in names if names.count(name) > 1))
