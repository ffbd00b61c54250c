"""How much to trade for a given risk."""

from decimal import Decimal

from core.trading.instruments import Instrument
from trading.money import converted, worth


def volume_for_share(
    instrument: Instrument, equity: int, share: Decimal, distance: int, rate: Decimal
) -> int:
    """Return the steps of volume to which a distance (ticks) is that share of equity at most.

    Of a distance to a stop that is what they lose there, of a price what they are worth. Rounded
    down, so that it may be 0; `equity` in 1e-8 of the account's currency, of which one of the
    quote currency is worth `rate`.
    """
    # A thousand steps at once, so that rounding one does not show.
    value = converted(worth(instrument, distance, 1_000), rate)
    return int(equity * share) * 1_000 // value if value > 0 and equity > 0 else 0
