"""A source of candles, read to rows: the one way in for HTTP and the command line."""

from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec

from core.candle_files import find_layout, headers, layouts, moments
from core.candle_files.columns import marks_of, numbers_of
from core.candle_files.documents import to_table
from core.candle_files.numbers import refuse_grouped
from core.candle_files.parsed import (
    COLUMNS,
    NOT_A_NUMBER,
    OPTIONAL,
    UNKNOWN_TRADES,
    ParsedCandles,
    ReadOptions,
    Recognised,
    Row,
    chosen_columns,
)
from core.candle_files.tables import Table, check_number, read_table
from core.candle_files.times import (
    TAKEN_AS_UTC,
    epoch_times,
    joined_times,
    read_times,
    refuse_shared,
)
from core.errors import InvalidRequest

_WIDTH = len(COLUMNS) + 1
Rows = list[list[float]]
_BY_NAME = "named columns"
# How sources write that they have no volume.
_NOTHING = (None, "", "-", "N/A")


class _Chosen(NamedTuple):
    """Which columns of a table are ours, and what it was taken for."""

    table: Table
    places: dict[str, list[int]]
    format: str
    width: int
    zone: str = ""


def read_csv(data: bytes, options: ReadOptions) -> ParsedCandles:
    """Return the rows of a CSV file or body in UTF-8 or UTF-16.

    Raises `MalformedRequest` for what is no text, `InvalidRequest` for a layout
    that is not known, naming its columns, and `TooLarge` beyond `most_rows`.
    """
    return _read(read_table(data, options.most_rows), options)


def read_values(values: Sequence[Any], options: ReadOptions) -> ParsedCandles:
    """Return the rows of a decoded JSON list of arrays or objects; raises like `read_csv`."""
    try:
        rows = msgspec.convert(values, Rows)
    except msgspec.ValidationError:
        rows = []
    return _ours(rows, options) or _read_values(values, options)


def read_rows(rows: Rows, options: ReadOptions) -> ParsedCandles:
    """Return rows of nothing but numbers, which are changed; raises like `read_csv`."""
    return _ours(rows, options) or _read_values(rows, options)


def _read_values(values: Sequence[Any], options: ReadOptions) -> ParsedCandles:
    check_number(len(values), options.most_rows)
    return _read(to_table(values, options.most_rows), options)


def _ours(rows: Rows, options: ReadOptions) -> ParsedCandles | None:
    """Return the rows of an upload in our own layout, by far the most frequent, in one step."""
    check_number(len(rows), options.most_rows)
    layouts.check_format(options.format)
    widths = Counter(map(len, rows))
    if not rows or options.columns or not widths.keys() <= {_WIDTH - 1, _WIDTH}:
        return None
    width = widths.most_common(1)[0][0]
    layout = find_layout.find(rows, width, wanted=options.format, numbers=True)
    if layout.format != layouts.OURS:
        return None
    found = moments.epochs([row[0] for row in rows])
    seconds = [NOT_A_NUMBER if one is None else one for one in found]
    times = epoch_times(seconds, options.zone)
    for row in rows:
        if len(row) < _WIDTH:
            row.append(UNKNOWN_TRADES)
    if times.values is not seconds:  # counted by another clock than UTC
        for row, second in zip(rows, times.values, strict=True):
            row[0] = second
    columns = {name: str(place + 1) for name, place in layout.places.items()}
    return ParsedCandles(
        rows, times.reasons, Recognised(layout.format, columns, times.meaning), times.warnings
    )


def _read(table: Table, options: ReadOptions) -> ParsedCandles:
    layouts.check_format(options.format)
    if not table.rows:
        return ParsedCandles([], {}, Recognised(options.format or _BY_NAME, {}, "none"), [])
    chosen = _by_name(table, options) if table.names else _by_place(table, options)
    cells = {name: _column(chosen.table.rows, at) for name, at in chosen.places.items()}
    if all(cell in _NOTHING for cell in cells.get("volume", [0])):
        del cells["volume"]
    times = read_times(cells.pop("time"), options.zone or chosen.zone, are_dates=_are_dates(chosen))
    if times.meaning == TAKEN_AS_UTC:
        _refuse_offsets(chosen)
    if table.names and times.meaning.startswith("written"):
        refuse_shared(times.values, [cells[name] for name in COLUMNS[1:5]])
    warnings = [*times.warnings, *_missing_volume(chosen, cells), *_turnover(chosen)]
    warnings += _repeated(table)
    flags, confirmed = cells.pop("flags", None), cells.pop("confirm", None)
    if table.stringy and not headers.is_english(table.names or []):
        texts = (cell for column in cells.values() for cell in column)
        refuse_grouped(cell for cell in texts if isinstance(cell, str))
    numbers = numbers_of(cells, stringy=table.stringy)
    bits, bad_flags = marks_of(flags, confirmed)
    reasons = bad_flags | numbers.reasons | times.reasons | _odd_rows(chosen) | dict(table.reasons)
    columns = numbers.columns | {"time": times.values}
    columns.setdefault("trades", [UNKNOWN_TRADES] * len(times.values))
    rows: list[Row] = list(map(list, zip(*(columns[n] for n in (*COLUMNS, "trades")), strict=True)))
    for place in reasons:
        rows[place] = [NOT_A_NUMBER] * _WIDTH
    return ParsedCandles(rows, reasons, _recognised(chosen, times.meaning), warnings, bits)


def _by_name(table: Table, options: ReadOptions) -> _Chosen:
    names = table.names or []
    places = headers.find(names, chosen_columns(options.columns))
    symbol = headers.symbol_place(names)
    symbols = {str(cell) for cell in _column(table.rows, [symbol])} if symbol is not None else set()
    if len(symbols - {"None", ""}) > 1:
        raise InvalidRequest(
            f"The source holds several symbols ({', '.join(sorted(symbols)[:8])}); "
            "send one at a time."
        )
    zone = headers.zone_named(names[places["time"][0]])
    return _Chosen(table, places, options.format or _BY_NAME, len(names), zone)


def _refuse_offsets(chosen: _Chosen) -> None:
    names = chosen.table.names or []
    if (place := headers.offset_place(names)) is not None:
        headers.refuse_offsets(names[place], _column(chosen.table.rows, [place]))


def _by_place(table: Table, options: ReadOptions) -> _Chosen:
    widths = Counter(len(row) for row in table.rows if row)
    if not widths:
        raise find_layout.unknown_rows(table.rows, 0)
    width = widths.most_common(1)[0][0]
    if options.columns:
        names = [str(number + 1) for number in range(width)]
        places = headers.find(names, chosen_columns(options.columns))
        return _Chosen(table, places, options.format or "columns by number", width)
    joined = find_layout.date_and_time(table.rows)
    if joined:
        parts = ([*joined_times([r[0]], [r[1]]), *r[2:]] if len(r) > 1 else r for r in table.rows)
        table, width = table._replace(rows=list(parts)), width - 1
    layout = find_layout.find(
        table.rows, width, wanted=options.format, numbers=not table.stringy, joined=joined
    )
    if len(widths) > 1 and layout.format == layouts.OURS and not joined:
        layout = layout._replace(places=layout.places | {"trades": _WIDTH - 1})
    places = {name: [place] for name, place in layout.places.items()}
    if find_layout.is_histdata(table.rows, options.format, options.zone):
        return _Chosen(table, places, find_layout.HISTDATA, width, find_layout.HISTDATA_ZONE)
    return _Chosen(table, places, layout.format, width)


def _column(rows: Sequence[Sequence[object]], places: Sequence[int | None]) -> list[object]:
    if len(places) == 2:
        return joined_times(_column(rows, places[:1]), _column(rows, places[1:]))
    place = places[0] or 0
    if rows and min(map(len, rows)) > place:
        return [row[place] for row in rows]
    return [row[place] if place < len(row) else None for row in rows]


def _are_dates(chosen: _Chosen) -> bool:
    names = chosen.table.names or []
    place = chosen.places["time"]
    return len(place) == 2 or (bool(names) and headers.is_date(names[place[0]]))


def _missing_volume(chosen: _Chosen, cells: dict[str, list[object]]) -> list[str]:
    """Fill in a volume that the source does not have, and say so."""
    if "volume" in cells:
        return []
    cells["volume"] = [0.0] * len(chosen.table.rows)
    return ["The source has no volume: 0 is stored for every candle."]


def _turnover(chosen: _Chosen) -> list[str]:
    """Warn where the volume is by its name one of the currency that is paid."""
    place, names = chosen.places.get("volume"), chosen.table.names
    if not place or not names or not headers.is_turnover(names[place[0]]):
        return []
    return [f"The volume is taken from {names[place[0]]}, which seems to be what was paid."]


def _repeated(table: Table) -> list[str]:
    if not table.repeated:
        return []
    return [f"{table.repeated} lines were passed over that repeat the header."]


def _odd_rows(chosen: _Chosen) -> dict[int, str]:
    """Return why rows of another width are no candles; a header's may lack cells at the end."""
    named, width = chosen.table.names is not None, chosen.width
    ours = chosen.format == layouts.OURS and not named
    reasons: dict[int, str] = {}
    if set(map(len, chosen.table.rows)) <= {width}:
        return reasons
    for place, row in enumerate(chosen.table.rows):
        if len(row) == width or (ours and len(row) in (_WIDTH - 1, _WIDTH)):
            continue
        if not named:
            reasons[place] = "not 6 or 7 values" if ours else f"not {width} values"
        elif any(cell not in (None, "") for cell in row[width:]):
            reasons[place] = f"{len(row)} values under a header of {width}"
    return reasons


def _recognised(chosen: _Chosen, meaning: str) -> Recognised:
    names: Sequence[str] | None = chosen.table.names
    columns = {
        ours: "+".join(names[at] if names else str(at + 1) for at in places)
        for ours in (*COLUMNS, *OPTIONAL)
        if (places := chosen.places.get(ours))
    }
    used = {at for places in chosen.places.values() for at in places}
    ignored = [name for at, name in enumerate(names or []) if at not in used]
    guessed = names is None and chosen.format != layouts.OURS
    return Recognised(chosen.format, columns, meaning, guessed, ignored)
