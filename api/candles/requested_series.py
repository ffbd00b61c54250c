"""The series that a request means: names checked, symbols as the platform writes them."""

import difflib
from collections.abc import Callable

from core.errors import NotFound
from core.names import check_name
from core.platforms import check_platform, check_platform_resolution, raw_symbol
from core.series import Market, Series, make_series
from storage.candles.candle_store import CandleStore


def stored_series(platform: str, symbol: str, resolution: int | str) -> Series:
    """Return a series that may be held, of whatever source; raises `InvalidRequest`."""
    return make_series(platform, raw_symbol(platform, symbol), resolution)


def stored_market(platform: str, symbol: str) -> Market:
    """Return a market that may be held, of whatever source; raises `InvalidRequest`."""
    symbol = raw_symbol(platform, symbol)
    return Market(check_name(platform, "platform"), check_name(symbol, "symbol"))


def fetchable_series(platform: str, symbol: str, resolution: int | str) -> Series:
    """Return a series that can be fetched.

    Raises `NotFound` with the nearest names for an unknown platform, and
    `InvalidRequest` for a symbol or resolution that cannot be.
    """
    series = stored_series(check_platform(platform), symbol, resolution)
    check_platform_resolution(platform, series.resolution)
    return series


def no_candles(
    series: Series, store: CandleStore, may_see: Callable[[Series], bool] = lambda one: True
) -> NotFound:
    """Return the error that there are no candles of a series.

    It names the nearest that are held, of those that the caller may see.
    """
    held = [str(known) for known in store.all_series() if may_see(known)]
    near = difflib.get_close_matches(str(series), held, n=3, cutoff=0.3)
    hint = f" Nearest held: {', '.join(near)}." if near else " None are held at all." * (not held)
    return NotFound(f"No candles are held of {series} (platform:symbol:resolution).{hint}")
