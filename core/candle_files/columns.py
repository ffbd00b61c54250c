"""Columns of prices, volumes, counts and marks, cell by cell to numbers."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from core.candle_files.numbers import ReadNumber, number_reader, plain, scaled
from core.candle_files.parsed import NOT_A_NUMBER, UNKNOWN_TRADES
from core.series import CandleFlag

Cells = Sequence[object]


class Numbers(NamedTuple):
    """Columns by name, NaN where a cell is no number, and by row the first that is none."""

    columns: dict[str, list[float]]
    reasons: dict[int, str]


def numbers_of(cells: Mapping[str, Cells], *, stringy: bool) -> Numbers:
    """Return the columns as numbers; `stringy` allows text, in whatever style the file writes."""
    if stringy and (fast := _plain_text(cells)) is not None:
        return Numbers(fast, {})
    style = _style(cells) if stringy else plain
    columns: dict[str, list[float]] = {}
    reasons: dict[int, str] = {}
    for name, column in cells.items():
        if (numbers := _already_numbers(column)) is not None:
            columns[name] = numbers
            continue
        read = _volume_reader(style) if name == "volume" else style
        found = [_number(cell, read, name, stringy=stringy) for cell in column]
        columns[name] = [NOT_A_NUMBER if one is None else one for one in found]
        for row, one in enumerate(found):
            if one is None:
                reasons.setdefault(row, f"{name} is not a number")
    return Numbers(columns, reasons)


def flag_bits(cell: object) -> int | None:
    """Return the bits of marks by name, in a list or with spaces between; None for others."""
    words = cell if isinstance(cell, list) else str(cell or "").replace(",", " ").split()
    bits = 0
    for word in words:
        flag = CandleFlag.__members__.get(str(word).upper())
        if flag is None:
            return None
        bits |= flag
    return bits


def marks_of(
    flags: Sequence[object] | None, confirmed: Sequence[object] | None
) -> tuple[list[int] | None, dict[int, str]]:
    """Return the bits of marks, by name or by OKX's of a finished candle, and what is none."""
    if flags is None:
        unfinished = int(CandleFlag.PARTIAL)
        if confirmed is None:
            return None, {}
        return [unfinished if str(cell) == "0" else 0 for cell in confirmed], {}
    bits = [flag_bits(cell) for cell in flags]
    reasons = {place: "flags names no mark of a candle" for place, one in enumerate(bits)
               if one is None}  # fmt: skip
    return [one or 0 for one in bits], reasons


def _plain_text(cells: Mapping[str, Cells]) -> dict[str, list[float]] | None:
    """Return all columns at once where every cell is a plain number: most files by far."""
    columns = {}
    for name, column in cells.items():
        try:
            columns[name] = list(map(float, column))  # type: ignore[arg-type]
        except (TypeError, ValueError):
            return None
        # Python takes 1_000 and full-width digits for numbers; nobody else does.
        text = "".join(cell for cell in column if isinstance(cell, str))
        if "_" in text or not text.isascii():
            return None
    return columns


def _already_numbers(column: Cells) -> list[float] | None:
    if not set(map(type, column)) <= {int, float}:
        return None
    try:
        return list(map(float, column))  # type: ignore[arg-type]
    except OverflowError:
        return None


def _style(cells: Mapping[str, Cells]) -> ReadNumber:
    texts = [
        cell
        for name, column in cells.items()
        if name != "trades"
        for cell in column
        if isinstance(cell, str)
    ]
    if not any("," in text or text.count(".") > 1 or not text.isascii() for text in texts):
        odd = any(text and plain(text) is None for text in texts)
        return number_reader(texts) if odd else plain
    return number_reader(texts)


def _volume_reader(read: ReadNumber) -> ReadNumber:
    return lambda cell: scaled(cell, read)


def _number(cell: object, read: ReadNumber, name: str, *, stringy: bool) -> float | None:
    if name == "trades" and cell in (None, ""):
        return UNKNOWN_TRADES
    if isinstance(cell, str):
        return read(cell) if stringy else None
    if isinstance(cell, bool) or not isinstance(cell, int | float):
        return None
    try:
        return float(cell)
    except OverflowError:
        return None
