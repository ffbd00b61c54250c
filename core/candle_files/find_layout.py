"""Which layout rows without a header have: by their number of columns, and what these hold.

A layout is taken only where the rows bear it out; a row that is wider than every
layout known is never cut to size.
"""

import math
import re
from collections.abc import Callable, Sequence

from core.candle_files.layouts import (
    BY_HEADER,
    FORMATS,
    LAYOUTS,
    METATRADER,
    OHLCV,
    OURS,
    Layout,
    named,
)
from core.candle_files.moments import epoch, is_day, read_moment
from core.candle_files.numbers import plain
from core.clock.recognise import recognise_clock
from core.errors import InvalidRequest

# Rows that are looked at, evenly spaced over a source.
SAMPLE = 200
# So many different rows must bear out a layout that is not ours.
ROWS_TO_BE_SURE = 3
HISTDATA, HISTDATA_ZONE = "histdata", "UTC-5"
_HISTDATA = re.compile(r"\d{8} \d{6}\Z", re.ASCII)
_DATE = re.compile(r"\d{1,4}[./-]\d{1,2}[./-]\d{1,4}\Z", re.ASCII)
_TIME_OF_DAY = re.compile(r"\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?\Z|\d{4}\Z|\d{6}\Z", re.ASCII)
EARLIEST_S = 1e8  # 1973

Cells = Sequence[object]


def find(
    rows: Sequence[Cells], width: int, *, wanted: str = "", numbers: bool, joined: bool = False
) -> Layout:
    """Return the layout of rows `width` wide.

    `numbers` says that cells are JSON numbers, as our own rows are; `joined` that
    date and time stood apart. Raises `InvalidRequest` naming the width and what may be done.
    """
    if wanted and wanted not in BY_HEADER:
        return named(wanted, width)
    if joined and width in METATRADER:
        return METATRADER[width]
    sample = [row for row in rows[:: max(1, len(rows) // SAMPLE)] if len(row) == width]
    found = _of_width(sample, width, numbers)
    if found is None:
        raise unknown_rows(rows, width)
    return next(one for one in LAYOUTS if one.format == found and one.width == width)


def unknown_rows(rows: Sequence[Cells], width: int) -> InvalidRequest:
    """Return the refusal of rows without a header whose layout is not known."""
    first = ", ".join(
        str(cell)[:24] for cell in next((r for r in rows if len(r) == width), [])[:16]
    )
    return InvalidRequest(
        f"The rows have {width} columns and no header, and no known layout fits: {first}. Map them "
        "by number with columns=time=1,open=2,high=3,low=4,close=5,volume=6 (--columns), or name "
        f"the format (format=, --format): {', '.join(FORMATS)}.",
        field="columns",
    )


def date_and_time(rows: Sequence[Cells]) -> bool:
    """Say whether the first two columns are a date and a time of day."""
    sample = [row for row in rows[:SAMPLE] if len(row) > 2]
    return bool(sample) and all(
        isinstance(row[0], str)
        and isinstance(row[1], str)
        and (_DATE.match(row[0].strip()) or is_day(row[0]))
        and _TIME_OF_DAY.match(row[1].strip())
        for row in sample
    )


def is_histdata(rows: Sequence[Cells], wanted: str, zone: str) -> bool:
    """Say whether rows are HistData's, whose times are New York's without daylight saving.

    `20240614 190000` is written by NinjaTrader too, by other clocks: where neither a
    format nor a zone is given, the market's weekly opening tells them apart. Raises
    `InvalidRequest` where it does not.
    """
    if wanted or zone:
        return wanted == HISTDATA and not zone
    if not any(_HISTDATA.match(str(row[0]).strip()) for row in rows[:1] if row):
        return False
    moments = (read_moment(str(row[0]), day_first=True) for row in rows if row)
    clocks = recognise_clock([moment.wall for moment in moments if moment]).clocks
    if HISTDATA_ZONE in clocks:
        return True
    likely = f"; by its openings this is zone={clocks[0]}" if clocks else ""
    raise InvalidRequest(
        "time: 20240614 190000 is how HistData writes times (New York without daylight saving) and "
        f"NinjaTrader by other clocks; say format=histdata, or zone=UTC or another zone{likely}.",
        field="format",
    )


def _of_width(sample: Sequence[Cells], width: int, numbers: bool) -> str | None:
    if width == len(OHLCV) - 1:
        return "ohlc" if all(_is_time(row[0]) for row in sample) else None
    if width == len(OHLCV):
        _refuse_confirmed(sample)
        return _ordered(sample, ("coinbase", "bitfinex"), width)
    if width == len(OHLCV) + 1:
        return _seven(sample, numbers)
    checks = [name for name, wide, holds in _CHECKS if wide == width and holds(sample)]
    # Marks as words, or nothing, stand in no other layout.
    return checks[0] if len(checks) == 1 or checks[:1] == [OURS] else None


def _ordered(sample: Sequence[Cells], others: Sequence[str], width: int) -> str:
    """Return ours, or the one of `others` whose order of prices all rows bear out.

    Raises `InvalidRequest` where both may be meant: an open may lie outside low..high.
    """
    ours = _prices(sample, named(OURS, width))
    if all(map(_in_order, ours)) or len({tuple(row[1:5]) for row in sample}) < ROWS_TO_BE_SURE:
        return OURS
    fitting = [n for n in others if all(map(_in_order, _prices(sample, named(n, width))))]
    if not fitting:
        return OURS
    if len(fitting) > 1 or all(low <= close <= high for _, high, low, close in ours):
        names = " or ".join(f"format={name}" for name in (OURS, *fitting))
        raise InvalidRequest(
            f"The rows may be {OHLCV[1:5]} or those of {', '.join(fitting)}; say {names}.",
            field="format",
            choices=(OURS, *fitting),
        )
    return fitting[0]


def _refuse_confirmed(sample: Sequence[Cells]) -> None:
    """Raise `InvalidRequest` where the last of six texts may be OKX's mark of a finished candle."""
    rows = {tuple(row[1:5]) for row in sample if row[5] in ("0", "1")}
    if len(rows) >= ROWS_TO_BE_SURE and len(rows) == len(sample):
        raise InvalidRequest(
            "The sixth value may be a volume or OKX's mark of a finished candle; say "
            "format=tickcast or format=okx.",
            field="format",
            choices=(OURS, "okx"),
        )


def _seven(sample: Sequence[Cells], numbers: bool) -> str:
    """Tell a count of trades from a turnover: volume times a price within low..high."""
    order = _ordered(sample, ("kucoin",), 7)
    if order != OURS or not _is_turnover(sample, 6):
        return order
    if not numbers or not all(_value(row[6]).is_integer() for row in sample):
        return "bybit"
    if len({tuple(row[1:7]) for row in sample}) < ROWS_TO_BE_SURE:
        return OURS
    raise InvalidRequest(
        "The seventh value may be a count of trades or a turnover; say format=tickcast or "
        "format=bybit.",
        field="format",
        choices=(OURS, "bybit"),
    )


def _is_ours_with_flags(sample: Sequence[Cells]) -> bool:
    return all(re.fullmatch(r"[a-z_ ]*", str(row[7])) for row in sample) and not _is_gate(sample)


def _is_kraken(sample: Sequence[Cells]) -> bool:
    within = all(
        low <= _value(row[5]) <= high or _value(row[7]) == 0
        for row, (_, high, low, _) in zip(sample, _prices(sample, LAYOUTS[0]), strict=True)
    )
    return within and _hold(sample) and all(_value(row[7]).is_integer() for row in sample)


def _is_gate(sample: Sequence[Cells]) -> bool:
    return all(str(row[7]).lower() in ("true", "false") for row in sample)


def _is_closed_later(sample: Sequence[Cells]) -> bool:
    return _hold(sample) and all((epoch(row[6]) or 0) > (epoch(row[0]) or 0) > 0 for row in sample)


def _is_okx(sample: Sequence[Cells]) -> bool:
    return _hold(sample) and all(str(row[8]) in ("0", "1") for row in sample)


def _is_bitget(sample: Sequence[Cells]) -> bool:
    turnover = _is_turnover(sample, 6) or _is_turnover(sample, 7)
    return _hold(sample) and turnover and not _is_closed_later(sample)


_CHECKS: tuple[tuple[str, int, Callable[[Sequence[Cells]], bool]], ...] = (
    (OURS, 8, _is_ours_with_flags),
    ("kraken", 8, _is_kraken),
    ("gate", 8, _is_gate),
    ("mexc", 8, _is_closed_later),
    ("bitget", 8, _is_bitget),
    ("okx", 9, _is_okx),
    ("binance", 12, _is_closed_later),
)


def _hold(sample: Sequence[Cells]) -> bool:
    """Say whether at least four of five rows have open and close within low..high."""
    return bool(sample) and sum(map(_in_order, _prices(sample, LAYOUTS[0]))) * 5 >= 4 * len(sample)


def _is_turnover(sample: Sequence[Cells], place: int) -> bool:
    traded = [row for row in sample if _value(row[5]) > 0]
    for row, (_, high, low, _) in zip(traded, _prices(traded, LAYOUTS[0]), strict=True):
        volume, turnover = _value(row[5]), _value(row[place])
        slack = 1 + 1e-3 * turnover  # a turnover may be rounded to whole numbers
        if not low * volume - slack <= turnover <= high * volume + slack:
            return False
    return bool(traded)


def _prices(sample: Sequence[Cells], layout: Layout) -> list[tuple[float, float, float, float]]:
    opening, high, low, close = (layout.places[name] for name in OHLCV[1:5])
    return [
        (_value(row[opening]), _value(row[high]), _value(row[low]), _value(row[close]))
        for row in sample
    ]


def _in_order(prices: tuple[float, float, float, float]) -> bool:
    opening, high, low, close = prices
    return low <= opening <= high and low <= close <= high


def _is_time(cell: object) -> bool:
    """Say whether a cell is a time of the last decades, not a price."""
    seconds = epoch(cell)
    return seconds > EARLIEST_S if seconds is not None else isinstance(cell, str)


def _value(cell: object) -> float:
    if isinstance(cell, str):
        cell = plain(cell.replace(",", "."))
    return math.nan if cell is None or not isinstance(cell, int | float) else float(cell)
