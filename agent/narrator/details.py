"""What a message says besides its intent: lengths of candles, how many, exits, a side."""

import re
from typing import Literal, get_args

from agent.tools.values import RrConfig, Timeframe

_TIMEFRAMES: frozenset[str] = frozenset(get_args(Timeframe))
_LENGTH = re.compile(
    r"\b(?:(\d{1,3})[\s-]*|(?:an?|one|una?|uma?)\s+)"
    r"(m|min|mins|minutes?|minutos?|h|hs|hr|hrs|hours?|horas?|d|days?|dias?)\b"
)
_CODE = re.compile(r"\b([mhd])(\d{1,3})\b")
_ADVERBS = (
    ("1h", re.compile(r"\bhourly|\bpor hora|\bhorari[ao]|\b(?:next|coming) hour|\bproxima hora")),
    ("1d", re.compile(r"\bdaily|\bdiari[ao]|\bnext day|\btomorrow|\bmanana\b|\bamanha\b")),
)
_EXITS = re.compile(r"\brr[\s_:]*(\d{1,2})[\s_:/-]+(\d{1,2})\b|\b(\d{1,2})\s*:\s*(\d{1,2})\b")
_LAST = re.compile(
    r"\b(?:last|latest|newest|recent|past|ultim[ao]s?|recentes|recientes)\s+(\d{1,3})\b"
)
_MANY = re.compile(r"\b(?:decisions|decisiones|decisoes)\b")
_LONG = re.compile(r"\b(?:buy|long|compr|larg)")
_SHORT = re.compile(r"\b(?:sell|short|vend|cort)")
_MOST_ROWS, _USUAL_ROWS = 20, 5


def timeframe_in(plain: str) -> Timeframe | None:
    """Return the length of candles that a message names, if it is one that there is."""
    for count, unit in _LENGTH.findall(plain):
        if (found := _known(count or "1", unit[0])) is not None:
            return found
    for unit, number in _CODE.findall(plain):
        if (found := _known(number, unit)) is not None:
            return found
    for name, pattern in _ADVERBS:
        if pattern.search(plain):
            return _known(name[:-1], name[-1])
    return None


def exits_in(plain: str) -> RrConfig | None:
    """Return the exits that a message names (`rr_3_1`, or 3:1), if they are possible."""
    found = _EXITS.search(plain)
    if found is None:
        return None
    reward, risk = (int(number) for number in found.groups() if number)
    return f"rr_{reward}_{risk}" if 1 <= reward <= 20 and 1 <= risk <= 20 else None


def rows_in(plain: str, usual: int = _USUAL_ROWS) -> int:
    """Return how many rows a message asks for, at most 20."""
    found = _LAST.search(plain)
    return min(max(int(found[1]), 1), _MOST_ROWS) if found else usual


def decisions_in(plain: str) -> int:
    """Return how many decisions a message asks for: the last one, unless it says more."""
    return rows_in(plain, _USUAL_ROWS if _MANY.search(plain) else 1)


def side_in(plain: str) -> Literal["long", "short"] | None:
    """Return the side that a message names; None for none or both."""
    long, short = bool(_LONG.search(plain)), bool(_SHORT.search(plain))
    if long == short:
        return None
    return "long" if long else "short"


def _known(number: str, unit: str) -> Timeframe | None:
    name = f"{int(number)}{unit}"
    name = {"60m": "1h", "24h": "1d"}.get(name, name)
    return name if name in _TIMEFRAMES else None  # type: ignore[return-value]
