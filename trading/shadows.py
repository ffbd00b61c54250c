"""What would have been without the model: accounts that trade beside one that trades by itself.

`always_flat` does nothing. `coin_flip` takes each signal that can be entered by a coin, and the
side by another, whatever the signal says. `ignore_model` trades as the account does, by a coin's
side. All have the signal's exits (mirrored for the other side), the account's limits and the same
engine; coins are hashes of sealed signals, so that anybody can throw them again and nobody could
choose them.
"""

import hashlib
import statistics
from collections.abc import Mapping
from math import sqrt
from typing import NamedTuple

from core.multiple_testing import ERRORS_OF_95
from core.trading.decisions import Offer, TradingConfig
from core.trading.orders import PlaceOrder, Side
from trading.decide import Known, sized_order
from trading.results import LEAST_TRADES, mean_interval

# What speaks against every entry at the moment, whoever takes it.
_NOBODY_ENTERS = frozenset({"halted", "late", "no_exits", "no_instrument", "no_price", "passed"})


def coin(signal_hash: str, name: str) -> bool:
    """Return how the coin of a purpose falls for a sealed signal."""
    return hashlib.sha256(f"{name}:{signal_hash}".encode()).digest()[0] % 2 == 0


def coin_flip_order(
    offer: Offer, config: TradingConfig, reason: str, known: Known
) -> PlaceOrder | None:
    """Return what `coin_flip` orders of a signal; `reason` is what was decided of it."""
    if reason in _NOBODY_ENTERS or not coin(offer.hash, "coin_flip enters"):
        return None
    return _ordered(offer, config, known, "coin_flip side")


def random_side_order(offer: Offer, config: TradingConfig, known: Known) -> PlaceOrder | None:
    """Return what `ignore_model` orders of a signal that its account takes."""
    return _ordered(offer, config, known, "ignore_model side")


def _ordered(offer: Offer, config: TradingConfig, known: Known, name: str) -> PlaceOrder | None:
    if known.account.trades_on(known.now) >= config.max_daily_trades:
        return None
    side: Side = "buy" if coin(offer.hash, name) else "sell"
    found = sized_order(offer, config, known, side)
    return None if isinstance(found, str) else found


class Difference(NamedTuple):
    """By how much (R a trade) an account did better; None and why where that is not known."""

    r: float | None
    interval: list[float] | None
    n: int
    paired: bool
    reason: str | None = None


def difference(mine: Mapping[str, float], other: Mapping[str, float]) -> Difference:
    """Compare results in R by decision: of the same decisions where enough have both.

    The interval has 95%, of trades that do not depend on each other; from 30 trades on.
    """
    both = [mine[name] - other[name] for name in mine if name in other]
    if len(both) >= LEAST_TRADES:
        return Difference(statistics.fmean(both), mean_interval(both), len(both), True)
    if not mine or not other:
        return Difference(None, None, 0, False, "no trade has ended on one side")
    apart = statistics.fmean(mine.values()) - statistics.fmean(other.values())
    fewest = min(len(mine), len(other))
    if fewest < LEAST_TRADES:
        return Difference(apart, None, fewest, False, f"fewer than {LEAST_TRADES} trades")
    error = sqrt(sum(statistics.variance(one.values()) / len(one) for one in (mine, other)))
    half = ERRORS_OF_95 * error
    return Difference(apart, [apart - half, apart + half], fewest, False)
