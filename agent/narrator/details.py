"""What a message says besides its intent: lengths of candles, how many, exits, a side."""

import re
from typing import Literal, get_args

from agent.tools.values import RrConfig, Timeframe

_TIMEFRAMES: frozenset[str] = frozenset(get_args(Timeframe))
_NUMBERS = {
    word: number
    for number, words in {
        1: "a an one un una um uma",
        2: "two dos dois duas couple",
        3: "three tres",
        4: "four cuatro quatro",
        5: "five cinco",
        6: "six seis",
        7: "seven siete sete",
        8: "eight ocho oito",
        9: "nine nueve nove",
        10: "ten diez dez",
        12: "twelve doce doze dozen docena duzia",
        15: "fifteen quince quinze",
        20: "twenty veinte vinte",
        24: "veinticuatro",
        30: "thirty treinta trinta",
        60: "sixty sesenta sessenta",
    }.items()
    for word in words.split()
}
_NUMBER = rf"(\d{{1,3}}|{'|'.join(sorted(_NUMBERS, key=len, reverse=True))})"
_LENGTH = re.compile(
    rf"\b(?:(\d{{1,3}})[\s-]*|({'|'.join(_NUMBERS)})[\s-]+)"
    r"(m|min|mins|minutes?|minutos?|h|hs|hr|hrs|hours?|horas?|d|days?|dias?)\b"
)
# What is said for a part of an hour, before the hour itself is looked for.
_PARTS = (
    ("30m", re.compile(r"\b(?:half (?:an? )?hour|media hora|meia hora)")),
    ("15m", re.compile(r"\b(?:quarter (?:of an? )?hour|cuarto de hora|quarto de hora)")),
)
_CODE = re.compile(r"\b([mhd])(\d{1,3})\b")
_ADVERBS = (
    (
        "1h",
        re.compile(
            r"\bhourly|\bpor hora|\bhorari[ao]|\b(?:next|coming|following) hour|\bproxima hora"
            r"|\bsiguiente hora|\bthe hour (?:chart|candle|bar)|\b(?:this|per) hour"
        ),
    ),
    (
        "1d",
        re.compile(
            r"\bdaily (?!loss|change|limit)|\bdaily\W*\Z|\bdiari[ao]|\b(?:next|coming|whole) day"
            r"|\btomorrow|\bmanana\b|\bamanha\b|\bproximo dia|\bdia siguiente"
        ),
    ),
)
_EXITS = re.compile(
    r"\brr[\s_:]*(\d{1,2})[\s_:/-]+(\d{1,2})\b"
    r"|\b(\d{1,2})\s*:\s*([1-9])(?![\d:])|\b(\d{1,2}) (?:to|a) (1)\b"
)
_NEWEST = (
    r"(?:most recent|last|latest|newest|recent|past|previous|ultim[ao]s?|recentes|recientes|"
    r"mais recentes|mas recientes)"
)
_ROWS = r"(?:signals|senales|sinais|decisions|decisiones|decisoes|calls|rows|filas|linhas)"
_LAST = re.compile(
    rf"\b{_NEWEST}\s+{_NUMBER}\b(?! (?:m|min|h|hours?|horas?|days?|dias?)\w*\b)"
    rf"|\b{_NUMBER}\s+(?:{_NEWEST}|{_ROWS})\b|\b(\d{{1,2}})\W*\Z"
)
_MANY = re.compile(r"\b(?:decisions|decisiones|decisoes)\b")
_LONG = re.compile(r"\b(?:buy|long|compr|larg)")
_SHORT = re.compile(r"\b(?:sell|short|vend|cort)")
_MOST_ROWS, _USUAL_ROWS = 20, 5


def timeframe_in(plain: str) -> Timeframe | None:
    """Return the length of candles that a message names, if it is one that there is."""
    for name, pattern in _PARTS:
        if pattern.search(plain):
            return _known(name[:-1], name[-1])
    for digits, word, unit in _LENGTH.findall(plain):
        if (found := _known(str(_number(digits or word)), unit[0])) is not None:
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
    if found is None:
        return usual
    said = next(number for number in found.groups() if number)
    return min(max(_number(said), 1), _MOST_ROWS)


def decisions_in(plain: str) -> int:
    """Return how many decisions a message asks for: the last one, unless it says more."""
    return rows_in(plain, _USUAL_ROWS if _MANY.search(plain) else 1)


def side_in(plain: str) -> Literal["long", "short"] | None:
    """Return the side that a message names; None for none or both."""
    long, short = bool(_LONG.search(plain)), bool(_SHORT.search(plain))
    if long == short:
        return None
    return "long" if long else "short"


def _number(said: str) -> int:
    return _NUMBERS[said] if said in _NUMBERS else int(said)


def _known(number: str, unit: str) -> Timeframe | None:
    name = f"{int(number)}{unit}"
    name = {"60m": "1h", "24h": "1d"}.get(name, name)
    return name if name in _TIMEFRAMES else None  # type: ignore[return-value]
