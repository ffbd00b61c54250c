"""How much to trade for a given risk."""

from decimal import Decimal

from core.trading.instruments import Instrument
from trading.money import converted, worth


def volume_for_risk(
    instrument: Instrument, equity: int, share: Decimal, distance: int, rate: Decimal
) -> int:
    """Return the steps of volume that lose that share of equity at most over a distance (ticks).

    Rounded down, so that it may be 0; `equity` in 1e-8 of the account's currency, of which one
    of the quote currency is worth `rate`.
    """
    # A thousand steps at once, so that rounding one does not show.
    lost = converted(worth(instrument, distance, 1_000), rate)
    return int(equity * share) * 1_000 // lost if lost > 0 and equity > 0 else 0
