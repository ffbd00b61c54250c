"""Numbers as people and programs write them: decimal commas, thousands, signs of money.

Which of comma and point is the decimal mark is judged over a whole file: one
number such as `1,234` does not say it.
"""

import re
from collections.abc import Callable, Iterable

from core.errors import InvalidRequest

ReadNumber = Callable[[str], float | None]

_SPACES = re.compile(r"[\s\u00a0\u202f'\u2019$\u20ac\u00a3]")
_BOTH_COMMA_LAST = re.compile(r"\.\d{3},\d*\Z|,\d{1,2}\Z|,\d{4,}\Z|\A[+-]?0,\d+\Z")
_BOTH_POINT_LAST = re.compile(r",\d{3}\.\d*\Z|\.\d{1,2}\Z|\.\d{4,}\Z|\A[+-]?0\.\d+\Z")
_GROUPED_COMMA = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d*)?\Z")
_GROUPED_POINT = re.compile(r"[+-]?\d{1,3}(\.\d{3})+(,\d*)?\Z")
_MAY_BE_GROUPED = re.compile(r"[1-9]\d{0,2}\.\d{3}\Z", re.ASCII)
_PLAIN = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\Z", re.ASCII)
_WORDS = {"nan", "inf", "+inf", "-inf", "infinity", "-infinity"}
_SCALES = {"k": 1e3, "m": 1e6, "b": 1e9}


def plain(cell: str) -> float | None:
    """Return a number with a decimal point and nothing else, `nan` and `inf` among them."""
    text = cell.strip()
    if _PLAIN.match(text) or text.lower() in _WORDS:
        return float(text)
    return None


def scaled(cell: str, read: ReadNumber) -> float | None:
    """Return a volume, which may end in K, M or B."""
    text = cell.strip()
    scale = _SCALES.get(text[-1:].lower())
    if scale is None:
        return read(text)
    number = read(text[:-1])
    return None if number is None else number * scale


def number_reader(cells: Iterable[str]) -> ReadNumber:
    """Return a reader for the way in which `cells` write numbers.

    Raises `InvalidRequest` where nothing tells a decimal comma from thousands.
    """
    texts = [_SPACES.sub("", cell) for cell in cells if cell]
    commas = [text for text in texts if "," in text]
    comma_is_decimal = any(map(_BOTH_COMMA_LAST.search, commas))
    point_is_decimal = any(map(_BOTH_POINT_LAST.search, texts))
    if comma_is_decimal and point_is_decimal:
        raise InvalidRequest(
            "The numbers are written in two ways, with decimal commas and with decimal points; "
            "write them in one."
        )
    if comma_is_decimal:
        return _decimal_comma
    if commas and not point_is_decimal:
        raise InvalidRequest(
            f"{commas[0][:32]!r} may be a decimal comma or a thousands mark; "
            "write the numbers with a decimal point."
        )
    several_points = any(text.count(".") > 1 for text in texts)
    return _decimal_comma if several_points and not point_is_decimal else _decimal_point


def refuse_grouped(cells: Iterable[str]) -> None:
    """Raise `InvalidRequest` where every point may be one of thousands: `2.100` beside `2.088`."""
    texts = [text for cell in cells if not (text := cell.strip()).isdigit()]
    if texts and all(map(_MAY_BE_GROUPED.match, texts)):
        raise InvalidRequest(
            f"{texts[0][:32]!r} may be a number with three decimals or one of thousands; write it "
            f"as {texts[0][:32]}0 or without the point."
        )


def _decimal_comma(cell: str) -> float | None:
    text = _SPACES.sub("", cell) if "_" not in cell else cell
    if _GROUPED_POINT.match(text):
        text = text.replace(".", "")
    elif "." in text and "," in text:
        return None
    return plain(text.replace(",", "."))


def _decimal_point(cell: str) -> float | None:
    text = _SPACES.sub("", cell) if "_" not in cell else cell
    return plain(text.replace(",", "") if _GROUPED_COMMA.match(text) else text)
