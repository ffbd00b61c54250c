"""The formats that are known, and where each lays its columns if no header names them."""

from typing import NamedTuple

from core.errors import InvalidRequest


class Layout(NamedTuple):
    """Our columns by place (from 0), and the number of columns of a row."""

    format: str
    width: int
    places: dict[str, int]


def _layout(format_: str, *columns: str) -> Layout:
    places = {name: place for place, name in enumerate(columns) if name != "_"}
    return Layout(format_, len(columns), places)


OHLCV = ("time", "open", "high", "low", "close", "volume")
OURS = "tickcast"
LAYOUTS = (
    _layout(OURS, *OHLCV),
    _layout(OURS, *OHLCV, "trades"),
    _layout(OURS, *OHLCV, "trades", "flags"),
    _layout("ohlc", *OHLCV[:5]),
    _layout("binance", *OHLCV, "_", "_", "trades", "_", "_", "_"),
    _layout("kraken", *OHLCV[:5], "_", "volume", "trades"),
    _layout("kraken_ohlcvt", *OHLCV, "trades"),
    _layout("coinbase", "time", "low", "high", "open", "close", "volume"),
    _layout("bybit", *OHLCV, "_"),
    _layout("okx", *OHLCV, "_", "_", "confirm"),
    _layout("okx", *OHLCV[:5], "confirm"),
    _layout("bitfinex", "time", "open", "close", "high", "low", "volume"),
    _layout("kucoin", "time", "open", "close", "high", "low", "volume", "_"),
    _layout("bitget", *OHLCV, "_", "_"),
    _layout("mexc", *OHLCV, "_", "_"),
    _layout("gate", "time", "_", "close", "high", "low", "open", "volume", "_"),
)
# MetaTrader's exports without a header, date and time counted as one column.
METATRADER = {
    6: _layout("mt4", *OHLCV),
    8: _layout("mt5", *OHLCV, "_", "_"),
}
# Formats whose files name their columns, or whose date and time stand apart.
BY_HEADER = ("bitstamp", "polygon", "massive", "mt4", "mt5", "metatrader", "tradingview",
             "dukascopy", "histdata", "cryptodatadownload", "yahoo", "pandas", "kaggle",
             "excel")  # fmt: skip
FORMATS = tuple(dict.fromkeys(layout.format for layout in LAYOUTS)) + BY_HEADER


def check_format(name: str) -> str:
    """Return the name of a format that is known, empty for none given."""
    if name and name not in FORMATS:
        raise InvalidRequest(
            f"format is not one of {', '.join(FORMATS)}.", field="format", choices=FORMATS
        )
    return name


def named(wanted: str, width: int) -> Layout:
    """Return a format's layout of a width; raises `InvalidRequest` where it has none."""
    known = [one for one in LAYOUTS if one.format == wanted]
    fitting = next((one for one in known if one.width == width), None)
    if fitting is None:
        widths = " or ".join(str(one.width) for one in known)
        raise InvalidRequest(
            f"format={wanted} has {widths} columns; the rows have {width}.", field="format"
        )
    return fitting
