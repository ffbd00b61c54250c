"""Bodies as an EA writes them: flat ASCII, keys in one order, numbers with bounded digits."""

from collections.abc import Sequence
from typing import Any

from feeds.simulator.metatrader.web_request import NUL


class Text(str):
    """What is written as it stands, an array or an object say."""

    __slots__ = ()


def written(value: Any, digits: int = 8) -> str:
    """Return a value as JSON; a number that is no whole one with so many digits."""
    if isinstance(value, Text):
        return value
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:.{digits}f}"
    if isinstance(value, int):
        return str(value)
    plain = str(value).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{"".join(each if " " <= each <= "~" else "?" for each in plain)}"'


def object_of(digits: int = 8, **values: Any) -> Text:
    """Return an object with its keys in the order given."""
    return Text("{" + ",".join(f'"{k}":{written(v, digits)}' for k, v in values.items()) + "}")


def array_of(values: Sequence[Any], digits: int = 8) -> Text:
    """Return an array."""
    return Text("[" + ",".join(written(each, digits) for each in values) + "]")


def body_of(text: str, *, nul: bool = True) -> bytes:
    """Return a body as `StringToCharArray` leaves it: with a zero byte at its end."""
    return text.encode("ascii") + (NUL if nul else b"")
