"""JSON read strictly: what RFC 8259 leaves open, we refuse.

A duplicate key has no agreed meaning, NaN and Infinity are no JSON, integers
beyond 64 bits are rounded by most readers, and deep nesting exists to break
parsers.
"""

import json
import re
from collections.abc import Callable
from typing import Any

import numpy as np

from core.errors import MalformedRequest

DEPTH_LIMIT = 32
_DIGITS_LIMIT = 19
# Below this, a float that is whole is the only one that rounds to its integer.
_EXACT = 2.0**53

# A string, or the rest of the text after an opening quote that nothing closes.
# Possessive, so that no text takes more than one pass.
_STRING = re.compile(rb'"(?:[^"\\]|\\.)*+(?:"|\\?\Z)', re.DOTALL)
_OPENING = np.frombuffer(b"[{", np.uint8)
_ALL_BUT_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))


def parse_json(text: bytes, what: str = "The body", *, constants: bool = False) -> Any:
    """Return the value of a JSON text; raises `MalformedRequest` saying what is wrong.

    With `constants`, NaN and Infinity are read as such, for a caller that names their field.
    """
    if not text.strip():
        raise MalformedRequest(f"{what} is empty; it must be JSON.")
    check_depth(text, what)
    return _decode(_text(text, what), what, _WITH_CONSTANTS if constants else _DECODER)


def parse_lines(text: bytes) -> list[Any]:
    """Return the values of newline-delimited JSON; blank lines are skipped.

    Raises `MalformedRequest` naming the line, counted from 1.
    """
    check_depth(text)
    lines = enumerate(_text(text, "The body").split("\n"), start=1)
    return [_decode(line, f"Line {number}") for number, line in lines if line.strip()]


def _text(text: bytes, what: str) -> str:
    try:
        return text.decode()
    except UnicodeDecodeError:
        raise MalformedRequest(f"{what} is not UTF-8.") from None


def _decode(text: str, what: str, decoder: json.JSONDecoder | None = None) -> Any:
    try:
        return (decoder or _DECODER).decode(text)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise MalformedRequest(f"{what} is not valid JSON: {error.msg} at {where}.") from None


def check_depth(text: bytes, what: str = "The body") -> None:
    """Raise `MalformedRequest` if brackets nest deeper than `DEPTH_LIMIT`, before any parsing."""
    # Without a backslash, every other part between quotes is a string.
    outside = _STRING.sub(b"", text) if b"\\" in text else b"".join(text.split(b'"')[::2])
    brackets = outside.translate(None, _ALL_BUT_BRACKETS)
    if brackets.count(b"[") + brackets.count(b"{") <= DEPTH_LIMIT:
        return
    opening = np.isin(np.frombuffer(brackets, np.uint8), _OPENING)
    depths = np.cumsum(np.where(opening, 1, -1))
    if depths.size and depths.max() > DEPTH_LIMIT:
        raise MalformedRequest(f"{what} is nested deeper than {DEPTH_LIMIT} levels.")


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise MalformedRequest(f"The key {json.dumps(twice[:64])} stands twice in one object.")
    return found


def _refuse_constant(name: str) -> float:
    raise MalformedRequest(f"{name} is not JSON; leave the value out or send a number.")


def _integer(digits: str) -> int:
    if len(digits.lstrip("-")) > _DIGITS_LIMIT:
        raise MalformedRequest("An integer in the body has more than 19 digits.")
    return int(digits)


def _number(text: str) -> float:
    """Return 3.0 as the integer that JSON Schema takes it for."""
    value = float(text)
    return int(value) if value.is_integer() and abs(value) < _EXACT else value


def _decoder(constant: Callable[[str], float]) -> json.JSONDecoder:
    return json.JSONDecoder(
        object_pairs_hook=_without_duplicates,
        parse_constant=constant,
        parse_int=_integer,
        parse_float=_number,
    )


_DECODER, _WITH_CONSTANTS = _decoder(_refuse_constant), _decoder(float)
