"""The series that a question of `/api/v1` means; there, what is unknown is an invalid value."""

import difflib

from api.markets.symbol_resolver import SymbolResolver
from core.errors import InvalidRequest, NotFound
from core.series import Series


def named_series(
    symbols: SymbolResolver, symbol: str, platform: str | None, resolution: int
) -> Series:
    """Return the series that a name means; raises `InvalidRequest` naming those that there are."""
    try:
        return symbols.series(symbol, platform, resolution)
    except NotFound:
        raise no_candles_of(symbol, resolution, symbols) from None


def no_candles_of(symbol: str, resolution: int, symbols: SymbolResolver) -> InvalidRequest:
    """Return the refusal of a symbol without candles, with those that have some."""
    names = symbols.names(resolution)
    alike = sorted({name for one in names.markets for name in (one.symbol, names.name_of(one))})
    near = difflib.get_close_matches(symbol, alike, n=20, cutoff=0.0)
    return InvalidRequest(
        f"symbol: no candles of {resolution} s are held of {symbol[:64]}.",
        field="symbol",
        choices=near,
    )
