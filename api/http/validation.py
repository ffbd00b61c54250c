"""Values from outside, turned into our structs or refused with a sentence."""

import re
from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec

from core.errors import InvalidRequest
from core.names import NAME_RULE

Kind = TypeVar("Kind")

_AT = re.compile(r" - at `(?P<path>.+)`\Z", re.DOTALL)
_UNKNOWN = re.compile(r"Object contains unknown field `(?P<name>.*)`\Z", re.DOTALL)
_PATTERN = "matching regex"
_MISSING = re.compile(r"Object missing required field `(?P<name>.*)`\Z", re.DOTALL)


def convert_body(value: Any, kind: type[Kind]) -> Kind:
    """Return a parsed JSON value as `kind`; raises `InvalidRequest` naming the field.

    Strict: a number in quotes is no number. Fields that `kind` lacks are refused.
    """
    return _convert(value, kind, strict=True, whole="the body")


def convert_loosely(value: Any, kind: type[Kind]) -> Kind:
    """Do the same, and read numbers in quotes: some robots quote all that they send."""
    return _convert(value, kind, strict=False, whole="the body")


def convert_query(parameters: Mapping[str, Any], kind: type[Kind]) -> Kind:
    """Return query parameters as `kind`; raises `InvalidRequest` naming the parameter."""
    return _convert(parameters, kind, strict=False, whole="the query")


def _convert(value: Any, kind: type[Kind], *, strict: bool, whole: str) -> Kind:
    try:
        return msgspec.convert(value, kind, strict=strict)
    except msgspec.ValidationError as error:
        message = str(error)
        sentence = _sentence(message, kind, whole)
        raise InvalidRequest(sentence, field=_field(message)) from None


def _field(message: str) -> str:
    """Return the name of the field that a message of msgspec is about, "" if it is the whole."""
    at = _AT.search(message)
    place = at["path"].removeprefix("$").removeprefix(".") if at else ""
    said = _AT.sub("", message)
    inner = _UNKNOWN.match(said) or _MISSING.match(said)
    return ".".join(part for part in (place, inner["name"][:64] if inner else "") if part)


def _sentence(message: str, kind: type[Any], whole: str) -> str:
    at = _AT.search(message)
    place = at["path"].removeprefix("$").removeprefix(".") if at else ""
    said = _AT.sub("", message)
    if unknown := _UNKNOWN.match(said):
        known = "" if place else f" It has {', '.join(_fields(kind))}."
        return f"{unknown['name'][:64]} is no field of {place or whole}.{known}"
    if missing := _MISSING.match(said):
        return f"{place + '.' if place else ''}{missing['name']} is required in {whole}."
    if _PATTERN in said:
        # All patterns of ours are those of names; the expression itself helps nobody.
        return f"{place} must be {NAME_RULE}."
    return f"{place or whole}: {said[:1].lower()}{said[1:]}."


def _fields(kind: type[Any]) -> list[str]:
    return [field.encode_name for field in msgspec.structs.fields(kind)]
