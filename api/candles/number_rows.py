"""Bodies whose candles are rows of numbers, as most are: these decoded in one step.

Whatever is anything else is left to the strict reading of `api.http.json_text`.
"""

from typing import Any, NamedTuple

import msgspec

from api.http.json_text import parse_json
from core.candle_files.read import Rows

_ROWS = msgspec.json.Decoder(Rows)
_LINES = msgspec.json.Decoder(list[float])


class _Apart(msgspec.Struct):
    candles: msgspec.Raw


class Document(NamedTuple):
    """The value of a JSON body; its candles apart, in place of which it has none, if `rows`."""

    value: Any
    rows: Rows | None = None


def read_document(body: bytes) -> Document:
    """Return what a JSON body holds; raises `MalformedRequest` saying what is wrong."""
    if (rows := _rows(body)) is not None:
        return Document([], rows)
    try:
        raw = bytes(msgspec.json.decode(body, type=_Apart).candles)
    except msgspec.DecodeError:
        return Document(parse_json(body))
    if (rows := _rows(raw)) is None:
        return Document(parse_json(body))
    # What stands around the rows is read as strictly as ever: no key twice, nothing nested.
    around = parse_json(body.replace(raw, b"[]", 1))
    # If the same text stood elsewhere before, that was taken out.
    return Document(parse_json(body)) if around["candles"] else Document(around, rows)


def read_lines(body: bytes) -> Rows | None:
    """Return the rows of newline-delimited JSON, None where a line is no list of numbers."""
    try:
        return _LINES.decode_lines(body)
    except msgspec.DecodeError:
        return None


def _rows(text: bytes) -> Rows | None:
    if not text.lstrip().startswith(b"["):
        return None
    try:
        return _ROWS.decode(text)
    except msgspec.DecodeError:
        return None
