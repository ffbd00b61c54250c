"""Opaque places in a list, for the next page."""

import base64
import binascii

from core.errors import InvalidRequest

_MARK = "t"


def write_cursor(*position: int) -> str:
    """Return the text that stands for a position; callers hand it back unread."""
    plain = _MARK + ".".join(map(str, position))
    return base64.urlsafe_b64encode(plain.encode()).decode().rstrip("=")


def read_cursor(text: str) -> int:
    """Return the position that `write_cursor` wrote; raises `InvalidRequest` for other texts."""
    return read_place(text, 1)[0]


def read_place(text: str, count: int) -> list[int]:
    """Return a position of several numbers; raises `InvalidRequest` for other texts."""
    try:
        plain = base64.b64decode(text + "=" * (-len(text) % 4), b"-_", validate=True).decode()
        position = [int(part) for part in plain.removeprefix(_MARK).split(".")]
    except (binascii.Error, ValueError):
        position = []
    if len(position) != count or min(position) < 0 or write_cursor(*position) != text:
        raise InvalidRequest("cursor: take it unchanged from next_cursor of the page before.")
    return position
