"""Decimal numbers as whole numbers of a power of ten, so that they add exactly."""

from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

# Two decimals of at most 15 digits never share a float, so that a float proves which it was.
_SURE = 1e15
_SURE_LENGTH = 16  # 15 digits and the point
_SCALES = (2, 8)
MOST_DIGITS = 18
_LIMIT = 10**MOST_DIGITS


class Scaled(NamedTuple):
    """`units` / 10**`scale` are the values; where `good` is False the value was unusable."""

    units: NDArray[np.int64]
    scale: int
    good: NDArray[np.bool_]


def scale_values(values: list[Any]) -> Scaled:
    """Return texts or numbers as exact whole units of one power of ten.

    Not good are those that are no number, not finite, not above zero, or need
    more than 18 digits together with the others.
    """
    floats = _floats(values)
    if floats is not None:
        good = np.isfinite(floats) & (floats > 0)
        checked = np.where(good, floats, 0.0)
        for scale in _SCALES:
            with np.errstate(over="ignore"):
                units = np.rint(checked * 10.0**scale)
            if units.max(initial=0) < _SURE and np.array_equal(units / 10.0**scale, checked):
                return Scaled(units.astype(np.int64), scale, good)
    return _scale_slowly(values)


def to_floats(units: NDArray[np.int64], scale: int) -> NDArray[np.float64]:
    """Return the correctly rounded floats of whole units."""
    if units.max(initial=0) < 2**53:
        return units / 10.0**scale
    return np.array([int(unit) / 10**scale for unit in units], dtype=np.float64)


def _floats(values: list[Any]) -> NDArray[np.float64] | None:
    kinds = set(map(type, values))
    if kinds == {str}:
        texts = np.array(values)
        if texts.dtype.itemsize > 4 * _SURE_LENGTH:
            return None
        try:
            return texts.astype(np.float64)
        except ValueError:
            return None
    return np.array(values, dtype=np.float64) if kinds <= {int, float} and _fit(values) else None


def _fit(values: list[Any]) -> bool:
    return all(abs(value) < _LIMIT for value in values)


def _scale_slowly(values: list[Any]) -> Scaled:
    decimals = [_decimal(value) for value in values]
    scale = max((_places(value) for value in decimals if value is not None), default=0)
    units = np.zeros(len(values), dtype=np.int64)
    good = np.zeros(len(values), dtype=np.bool_)
    for index, value in enumerate(decimals):
        if value is not None and value < Decimal(_LIMIT).scaleb(-scale):
            units[index] = int(value.scaleb(scale))
            good[index] = True
    return Scaled(units, scale, good)


def _decimal(value: Any) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        number = Decimal(str(value)).normalize()
    except InvalidOperation:
        return None
    if not number.is_finite() or not 0 < number < _LIMIT or _places(number) > MOST_DIGITS:
        return None
    return number if len(number.as_tuple().digits) <= MOST_DIGITS else None


def _places(number: Decimal) -> int:
    exponent = number.as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0
