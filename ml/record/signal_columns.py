"""Sealed signals with what came of them, in columns, and the unit in which that is measured."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, eq=False, slots=True)
class SignalColumns:
    """Sealed signals to buy or to sell, by `made_at`; each of shape (n,).

    `made_at` in epoch ms; `first_opening` and `end` (when a position ends at the latest) in s.
    `side` is 1 or -1, `fee` a share of the price a side, `spread` how far the
    ask lies above candles of bids. `earned` is the simple return after costs as the ledger has
    it, NaN until its outcome is there; `entered` is False where nobody could enter. `closed_at`
    (s) is -1 where the ledger does not say it.
    """

    made_at: Integers
    first_opening: Integers
    end: Integers
    side: Integers
    price: Floats
    take_profit: Floats
    stop_loss: Floats
    fee: Floats
    spread: Floats
    earned: Floats
    entered: Bools
    closed_at: Integers

    def take(self, chosen: NDArray[np.bool_] | NDArray[np.intp]) -> Self:
        """Return those that a mask or positions choose."""
        columns = {field.name: getattr(self, field.name)[chosen] for field in fields(self)}
        return replace(self, **columns)

    @classmethod
    def joined(cls, parts: Sequence[Self]) -> Self:
        """Return those of several, at least one, together by when they were made."""
        columns = {
            field.name: np.concatenate([getattr(part, field.name) for part in parts])
            for field in fields(cls)
        }
        return cls(**columns).take(np.argsort(columns["made_at"], kind="stable"))

    @property
    def risk(self) -> Floats:
        """The unit R: how far the stop is from the price of the signal, as a share of it."""
        return np.asarray(np.abs(self.price - self.stop_loss) / self.price)

    @property
    def known(self) -> Bools:
        """Which were entered and have their outcome."""
        return np.asarray(np.isfinite(self.earned) & self.entered)

    @property
    def r(self) -> Floats:
        """What each earned after costs in units of what it risked: lots cannot flatter it."""
        return np.asarray(self.earned / self.risk)

    @property
    def held(self) -> Floats:
        """What holding long over the same span would have earned, at the same prices and costs."""
        sold = -np.log1p(self.earned) - 4 * self.fee - 2 * np.log1p(self.spread)
        return np.where(self.side > 0, self.earned, np.expm1(sold))

    def entries(self, step: int) -> Integers:
        """Return the first opening (s) of candles `step` long at or after each was made."""
        late = np.maximum(0, self.made_at - self.first_opening * 1_000)
        return np.asarray(self.first_opening + -(-late // (step * 1_000)) * step)
