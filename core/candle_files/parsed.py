"""What the parser is told, and what it gives back."""

from typing import NamedTuple

import msgspec

from core.errors import InvalidRequest

COLUMNS = ("time", "open", "high", "low", "close", "volume")
OPTIONAL = ("trades", "flags", "confirm")
UNKNOWN_TRADES = -1.0
NOT_A_NUMBER = float("nan")

Row = list[float]


class ReadOptions(msgspec.Struct, frozen=True):
    """How to read a source; what is left empty is recognised.

    `format` is one of `formats.FORMATS`. `columns` maps our columns to the
    source's, `time=Date+Time,open=First`; `:` does for `=`, and a number counts
    columns from 1. `zone` is the clock of times that are written without one.
    `most_rows` bounds the work.
    """

    format: str = ""
    columns: str = ""
    zone: str = ""
    most_rows: int | None = None


class Recognised(msgspec.Struct, frozen=True):
    """How a source was read: its format, our columns by theirs, and what its times are.

    `guessed` says that nothing in the source named its columns.
    """

    format: str
    columns: dict[str, str]
    times: str
    guessed: bool = False
    ignored: list[str] = []


class ParsedCandles(NamedTuple):
    """Rows `[time (epoch), open, high, low, close, volume, trades]`, and how they were read.

    A row that could not be read is full of NaN and has its reason, by index, in
    `unreadable`. `flags` are `CandleFlag` bits, where the source has them.
    """

    rows: list[Row]
    unreadable: dict[int, str]
    recognised: Recognised
    warnings: list[str]
    flags: list[int] | None = None


def chosen_columns(text: str) -> dict[str, list[str]]:
    """Return the source's columns by ours, several where a `+` joins them.

    Raises `InvalidRequest` naming what is no column of ours.
    """
    chosen: dict[str, list[str]] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        mark = min((m for m in "=:" if m in part), key=part.index, default="=")
        ours, _, theirs = part.partition(mark)
        name = ours.strip().lower()
        if name not in (*COLUMNS, *OPTIONAL) or not theirs.strip():
            raise InvalidRequest(
                f"columns: {part[:64]!r} is no pair such as time=Date; ours are "
                f"{', '.join((*COLUMNS, 'trades'))}.",
                field="columns",
                choices=(*COLUMNS, "trades"),
            )
        chosen[name] = [their.strip() for their in theirs.split("+")]
    return chosen
