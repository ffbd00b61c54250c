"""What a position that is still open would bring now, in the money of its account."""

from core.brokers.symbols import is_pair_of_currencies, pair_of

# What a lot of currencies is where nobody told.
LOT_OF_CURRENCIES = 100_000.0
_METALS = ("XAU", "XAG", "XPT", "XPD")


def contract_size(symbol: str, told: float | None) -> float | None:
    """Return how much a lot of a market is, None where that is not known."""
    if told is not None:
        return told
    if is_pair_of_currencies(symbol) and not symbol.startswith(_METALS):
        return LOT_OF_CURRENCIES
    return None


def open_pnl(
    symbol: str, move: float, price: float, lots: float, size: float, currency: str
) -> float | None:
    """Return what `lots` of `size` each earned by a move of the price, in an account's currency.

    None where that is neither of the pair's: no third rate is looked for.
    """
    pair = pair_of(symbol)
    if pair is None or not price:
        return None
    earned = move * lots * size
    if currency == pair[3:]:
        return earned
    return earned / price if currency == pair[:3] else None
