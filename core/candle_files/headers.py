"""Which column of a source is which of ours, by the names in its header."""

import re
from collections.abc import Mapping, Sequence

from core.candle_files.parsed import COLUMNS, OPTIONAL
from core.errors import InvalidRequest

Places = dict[str, list[int]]

_TIMES = ("unix", "unix timestamp", "window start", "open time", "opentime", "time open",
          "timeopen", "start time", "start at",
          "starttime", "kline start time", "timestamp", "datetime", "date time", "gmt time",
          "local time", *(f"{zone} time" for zone in ("utc", "est", "eet", "cet")), "time", "date",
          "start", "begin", "t", "ts", "ticks", "bar time")  # fmt: skip
_DATES = ("date", "dtyyyymmdd")
_PRICES = {
    "open": ("open", "o", "open price", "first", "1. open"),
    "high": ("high", "h", "high price", "max", "2. high"),
    "low": ("low", "l", "low price", "min", "3. low"),
    "close": ("close", "c", "close price", "close/last", "4. close", "last", "price"),
}
_TICK_VOLUMES = ("tickvol", "tick volume", "tickvolume")
_VOLUMES = (*_TICK_VOLUMES, "volume", "v", "vol", "vol.", "base volume", "basevolume",
            "5. volume")  # fmt: skip
_PAID = ("usd", "usdt", "usdc", "busd", "eur", "gbp", "jpy", "currency", "quote")
_TRADES = ("trades", "trade count", "tradecount", "number of trades", "count", "n", "trades count",
           "num trades", "transactions")  # fmt: skip
_SYMBOLS = ("symbol", "ticker", "pair", "<ticker>")
_EMPTY_TIMES = ("", "index", "price", "unnamed: 0")
_BITMEX = {"timestamp", "homenotional", "foreignnotional"}
# HTX: `amount` is what was traded, `vol` what was paid for it.
_HTX = {"id", "amount", "vol", "open", "close", "low", "high", "count"}


def normal(name: object) -> str:
    """Return a column's name as it is compared: lower case, single spaces, no brackets."""
    text = re.sub(r"[_\s]+", " ", str(name).strip().strip("<>\"'*").lower()).strip()
    return re.sub(r"\s*\((utc|gmt|[a-z]{2,4}[+-]?\d*)\)\Z", "", text)


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
    return sum(not plain.isdisjoint(known) for known in _PRICES.values()) >= 2


def find(names: Sequence[str], chosen: Mapping[str, Sequence[str]]) -> Places:
    """Return the places of our columns, two where date and time stand apart.

    Trades, flags and volume may be absent. Raises `InvalidRequest` naming the
    columns found and how to map them, for one that is missing or stands twice.
    """
    plain = [normal(name) for name in names]
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
    if ours in OPTIONAL:
        wanted: Sequence[str] = _TRADES if ours == "trades" else (ours,)
    else:
        wanted = _PRICES[ours]
    return [plain.index(name) for name in wanted if name in plain][:1]


def _times(plain: Sequence[str]) -> list[int]:
    if set(plain) >= _HTX:
        return [plain.index("id")]
    dates = [plain.index(name) for name in _DATES if name in plain]
    if dates and "time" in plain:
        return [dates[0], plain.index("time")]
    named = [plain.index(name) for name in _TIMES if name in plain]
    unnamed = [place for place in (0,) if plain and plain[0] in _EMPTY_TIMES]
    return (named or unnamed)[:1]


def _volume(plain: Sequence[str]) -> list[int]:
    if set(plain) >= _HTX:
        return [plain.index("amount")]
    named = [plain.index(name) for name in _VOLUMES if name in plain]
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
