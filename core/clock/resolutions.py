"""Candle lengths in seconds, and the names people give them."""

import difflib

from core.errors import InvalidRequest

MINUTE, HOUR, DAY = 60, 3_600, 86_400

RESOLUTIONS = (
    MINUTE, 3 * MINUTE, 5 * MINUTE, 10 * MINUTE, 15 * MINUTE, 30 * MINUTE,
    HOUR, 2 * HOUR, 4 * HOUR, 6 * HOUR, 8 * HOUR, 12 * HOUR, DAY,
)  # fmt: skip


def _aliases() -> dict[str, int]:
    names: dict[str, int] = {}
    for seconds in RESOLUTIONS:
        names[str(seconds)] = seconds
        for unit, length in (("m", MINUTE), ("h", HOUR), ("d", DAY)):
            count, rest = divmod(seconds, length)
            if count and not rest:
                names |= {f"{count}{unit}": seconds, f"{unit.upper()}{count}": seconds}
                names |= {f"{count}{unit.upper()}": seconds, f"{unit}{count}": seconds}
    # One month, "1M" on some exchanges, is not a length in seconds; M1 is MetaTrader's minute.
    del names["1M"]
    return names


_SECONDS_BY_NAME = _aliases()
# Every text that stands for a length; no list, of which generators of clients make constants
# and stumble over names that differ by case.
RESOLUTION_PATTERN = f"^({'|'.join(_SECONDS_BY_NAME)})$"


def parse_resolution(value: str | int, field: str = "resolution") -> int:
    """Return a candle length in seconds from `60`, `"60"`, `"1m"`, `"M1"`, `"1h"`, `"h1"`, ...

    Raises `InvalidRequest` naming `field` and the lengths that exist.
    """
    seconds = None if isinstance(value, bool) else _SECONDS_BY_NAME.get(str(value).strip())
    if seconds is None:
        near = difflib.get_close_matches(str(value)[:16], _SECONDS_BY_NAME, n=3)
        hint = f" Did you mean {', '.join(near)}?" if near else ""
        known = [resolution_name(s) for s in RESOLUTIONS]
        detail = f"{field} is not one of {', '.join(known)} (or their seconds).{hint}"
        raise InvalidRequest(detail, field=field, choices=known)
    return seconds


def resolution_name(seconds: int) -> str:
    """Return the short name of a length: 300 is `5m`, 3600 is `1h`."""
    for unit, length in (("d", DAY), ("h", HOUR), ("m", MINUTE)):
        if seconds % length == 0:
            return f"{seconds // length}{unit}"
    return f"{seconds}s"


def timeframe_code(seconds: int) -> str:
    """Return the code that MetaTrader has for a length (s): 900 is `M15`, 86400 is `D1`."""
    name = resolution_name(seconds)
    return f"{name[-1].upper()}{name[:-1]}"
