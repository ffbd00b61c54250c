"""Which column of a source is which of ours, by the names in its header."""

import re
from collections.abc import Mapping, Sequence

from core.candle_files.header_names import (
    COLUMN_NAMES,
    DATES,
    NOT_ENGLISH,
    OFFSETS,
    PRICES,
    TIMES,
    TIMES_OF_DAY,
    normal,
)
from core.candle_files.parsed import COLUMNS, OPTIONAL
from core.errors import InvalidRequest

Places = dict[str, list[int]]

_PAID = ("usd", "usdt", "usdc", "busd", "eur", "gbp", "jpy", "currency", "quote")
_SYMBOLS = ("symbol", "ticker", "pair", "<ticker>")
_EMPTY_TIMES = ("", "index", "price", "unnamed: 0")
# What stands in a column of offsets where times are UTC.
_NO_OFFSET = re.compile(r"|NONE|Z|UTC|GMT|(UTC|GMT)?[+-]?0*[.:]?0*")
_BITMEX = {"timestamp", "homenotional", "foreignnotional"}
# HTX: `amount` is what was traded, `vol` what was paid for it.
_HTX = {"id", "amount", "vol", "open", "close", "low", "high", "count"}


def zone_named(name: str) -> str:
    """Return the zone that a time column's name holds, `Time (EET)`; empty if it has none."""
    found = re.search(r"\(([A-Za-z]{3,4}(?:[+-]\d{1,2})?)\)\s*\Z", name)
    if found:
        return found[1].upper()
    first, _, rest = normal(name).partition(" ")
    if rest != "time" or first not in ("gmt", "utc", "est", "eet", "cet"):
        return ""
    return "UTC" if first == "gmt" else first.upper()


def is_header(names: Sequence[str]) -> bool:
    """Say whether cells are the names of columns: two of a candle's prices are among them."""
    plain = {normal(name) for name in names}
    return sum(not plain.isdisjoint(COLUMN_NAMES[price]) for price in PRICES) >= 2


def find(names: Sequence[str], chosen: Mapping[str, Sequence[str]]) -> Places:
    """Return the places of our columns, two where date and time stand apart.

    Trades, flags and volume may be absent. Raises `InvalidRequest` naming the
    columns found and how to map them, for one that is missing or stands twice.
    """
    # Where names are single letters, `t` and `T`, `v` and `V` are different columns.
    small = {name for name in names if len(name) == 1 and name.islower()}
    plain = [name if name.lower() in small else normal(name) for name in names]
    places: Places = {}
    for ours in COLUMNS + OPTIONAL:
        if ours in chosen:
            places[ours] = [_given(names, plain, their, ours) for their in chosen[ours]]
        elif found := _found(ours, plain):
            places[ours] = found
    if "time" not in chosen and set(plain) >= _BITMEX:
        raise InvalidRequest(
            "time: BitMEX stamps its candles with their end. Take one candle's length from the "
            "times, and map them with columns=time=timestamp (--columns).",
            field="columns",
        )
    if missing := [name for name in COLUMNS[:5] if name not in places]:
        raise unknown_layout(f"has no column {', '.join(missing)}", names)
    doubled = [ours for ours in places if plain.count(plain[places[ours][0]]) > 1]
    if doubled and not chosen.keys() & doubled:
        raise unknown_layout(f"has more than one column {names[places[doubled[0]][0]]}", names)
    return places


def is_turnover(name: str) -> bool:
    """Say whether a volume is by its name counted in the currency that is paid."""
    return normal(name).removeprefix("volume").strip(" ()_") in _PAID


def symbol_place(names: Sequence[str]) -> int | None:
    """Return the place of the column that names a symbol."""
    plain = [normal(name) for name in names]
    return next((plain.index(name) for name in _SYMBOLS if name in plain), None)


def is_date(name: str) -> bool:
    """Say whether a column holds by its name dates, whose eight digits are a day."""
    return normal(name) in DATES or normal(name).startswith("date")


def offset_place(names: Sequence[str]) -> int | None:
    """Return the place of a column of offsets from UTC, or of zones."""
    plain = [normal(name) for name in names]
    return next((plain.index(name) for name in OFFSETS if name in plain), None)


def is_english(names: Sequence[str]) -> bool:
    """Say whether no price is named in a language that may write decimal commas."""
    return NOT_ENGLISH.isdisjoint(map(normal, names))


def refuse_offsets(name: str, cells: Sequence[object]) -> None:
    """Raise `InvalidRequest` where offsets beside the times leave open which clock these are by."""
    told = {str(cell).strip().upper() for cell in cells}
    if not all(_NO_OFFSET.fullmatch(text) for text in told):
        raise InvalidRequest(
            f"time: the source has a column {name}, which does not say whether its times are UTC "
            "or a clock ahead of it; say zone=UTC (--zone UTC), or the zone of their clock.",
            field="zone",
        )


def unknown_layout(what: str, names: Sequence[object]) -> InvalidRequest:
    """Return the refusal of a header, naming what was found and how to map it."""
    shown = ", ".join(str(name)[:32] or "(no name)" for name in names[:24])
    return InvalidRequest(
        f"The header {what}; its columns are: {shown}. Map them with columns=time=...,open=...,"
        "high=...,low=...,close=...,volume=... (--columns), or name the format (--format).",
        field="columns",
    )


def _found(ours: str, plain: Sequence[str]) -> list[int]:
    if ours == "time":
        return _times(plain)
    if ours == "volume":
        return _volume(plain)
    wanted = COLUMN_NAMES.get(ours, (ours,))
    return [plain.index(name) for name in wanted if name in plain][:1]


def _times(plain: Sequence[str]) -> list[int]:
    if set(plain) >= _HTX:
        return [plain.index("id")]
    dates = [plain.index(name) for name in DATES if name in plain]
    of_day = [plain.index(name) for name in TIMES_OF_DAY if name in plain]
    if dates and of_day and dates[0] != of_day[0]:
        return [dates[0], of_day[0]]
    named = [plain.index(name) for name in (*TIMES, *TIMES_OF_DAY) if name in plain]
    unnamed = [place for place in (0,) if plain and plain[0] in _EMPTY_TIMES]
    return (named or unnamed)[:1]


def _volume(plain: Sequence[str]) -> list[int]:
    if set(plain) >= _HTX:
        return [plain.index("amount")]
    named = [plain.index(name) for name in COLUMN_NAMES["volume"] if name in plain]
    # The base currency's comes first where each has a column: `Volume BTC,Volume USD`.
    prefixed = [
        place for place, name in enumerate(plain) if name.startswith(("volume ", "volume("))
    ]
    return (named or prefixed)[:1]


def _given(names: Sequence[str], plain: Sequence[str], their: str, ours: str) -> int:
    if their in names:
        return list(names).index(their)
    if normal(their) in plain:
        return plain.index(normal(their))
    if their.isdigit() and 1 <= int(their) <= len(names):
        return int(their) - 1
    raise unknown_layout(f"has no column {their[:32]} for {ours}", names)
