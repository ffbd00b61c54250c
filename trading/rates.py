"""What one currency is worth in another: by a pair, its inverse, or once across the dollar."""

from collections.abc import Callable
from decimal import Decimal

from core.trading.accounts import Rate
from trading.money import EXACT

# A rate of a price that is older is not believed.
OLDEST_MS = 3_600_000
# Coins that are taken to be worth a dollar, which docs/trading.md says.
_DOLLARS = frozenset({"USDT", "USDC"})
_DIGITS = 12

# Returns the middle of a pair's newest price by its letters, `EURUSD`, None where none is held.
Pair = Callable[[str], Rate | None]


def find_rate(currency: str, into: str, now: int, pair: Pair) -> Rate | None:
    """Return what one of a currency is worth in another at `now` (ms); None where nobody knows."""
    if currency == into or (currency in _DOLLARS and into == "USD"):
        return Rate(Decimal(1), now)
    direct = _either(currency, into, now, pair)
    if direct is not None or "USD" in (currency, into):
        return direct
    first, second = _either(currency, "USD", now, pair), _either("USD", into, now, pair)
    if first is None or second is None:
        return None
    value = EXACT.multiply(first.value, second.value)
    return Rate(round(value, _DIGITS), min(first.at, second.at))


def _either(currency: str, into: str, now: int, pair: Pair) -> Rate | None:
    for letters, inverse in ((currency + into, False), (into + currency, True)):
        found = pair(letters)
        if found is not None and found.value > 0 and now - found.at <= OLDEST_MS:
            value = EXACT.divide(Decimal(1), found.value) if inverse else found.value
            return Rate(round(value, _DIGITS), found.at)
    return None
