"""Log lines for people: what a process writes as JSON, shown as words."""

from typing import Any

import msgspec

from core.plain_text import escape_controls

# The time stands before the line already.
_HIDDEN = ("event", "level", "timestamp", "exception", "logger")


def readable(line: str) -> list[str]:
    """Return the lines to show for one line that was printed.

    A JSON object with an `event` becomes `LEVEL event key=value ...`, and the
    traceback in its `exception` lines of their own, set in so that none can pass for
    a line of the log; anything else stays. Control characters are escaped, since a
    caller may have chosen them.
    """
    return [escape_controls(shown) for shown in _lines(line)]


def _lines(line: str) -> list[str]:
    if not line.startswith("{"):
        return [line]
    try:
        fields: dict[str, Any] = msgspec.json.decode(line, type=dict)
    except msgspec.MsgspecError:
        return [line]
    if "event" not in fields:
        return [line]
    named = [str(fields[name]) for name in ("logger", "event") if name in fields]
    pairs = [f"{name}={_text(value)}" for name, value in fields.items() if name not in _HIDDEN]
    first = " ".join([str(fields.get("level", "info")).upper(), ": ".join(named), *pairs])
    told = str(fields.get("exception", ""))
    return [first, *[f"  {part}" for part in told.split("\n") if part]]


def _text(value: Any) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
