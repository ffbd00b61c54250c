"""Decimal numbers as whole numbers of a power of ten, so that they add exactly."""

import re
from decimal import Context, Decimal
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

# Two decimals of at most 15 digits never share a float, so that a float proves which it was.
_SURE = 1e15 - 1
_SURE_LENGTH = 16  # 15 digits and the point
_SCALES = (2, 8)
MOST_DIGITS = 18
_LIMIT = 10**MOST_DIGITS
# No number that we can hold is longer: zeros before and after the 18 digits included.
_LONGEST_TEXT = 64
_EXACT = Context(prec=2 * _LONGEST_TEXT)
# Python would also take "1_000", full-width digits, "nan" and spaces.
_PLAIN = re.compile(r"[0-9.]*")
_NUMBER = re.compile(r"\+?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?")


class Scaled(NamedTuple):
    """`units` / 10**`scale` are the values; where `good` is False the value was unusable.

    Where `apart` is True it is usable, but not at the scale of the others.
    """

    units: NDArray[np.int64]
    scale: int
    good: NDArray[np.bool_]
    apart: NDArray[np.bool_]


def scale_values(values: list[Any]) -> Scaled:
    """Return texts or numbers as exact whole units of one power of ten.

    Not good are those that are no number, not finite, not above zero, or need
    more than 18 digits. The value with the most decimals sets the scale; those
    that do not fit into 18 digits beside it are `apart`, to be scaled anew.
    """
    floats = _floats(values)
    if floats is not None:
        good = (floats > 0) & (floats < np.inf)
        checked = floats if good.all() else np.where(good, floats, 0.0)
        largest = float(checked.max(initial=0))
        for scale in _SCALES:
            power = 10.0**scale
            if largest * power > _SURE:
                break
            units = np.rint(checked * power)
            if (units / power == checked).all():
                return Scaled(units.astype(np.int64), scale, good, np.zeros(len(good), np.bool_))
    return _scale_slowly(values)


def to_floats(units: NDArray[np.int64], scale: int) -> NDArray[np.float64]:
    """Return the correctly rounded floats of whole units."""
    if units.max(initial=0) < 2**53 and scale <= 22:
        return units / 10.0**scale
    return np.array([int(unit) / 10**scale for unit in units], dtype=np.float64)


def exact_decimal(value: Any) -> Decimal | None:
    """Return the exact number of a text or a number from 0; None where it is none."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    if isinstance(value, int):
        # A text of more digits than Python turns into a number would raise.
        return Decimal(value) if 0 <= value < 10**_LONGEST_TEXT else None
    text = value if isinstance(value, str) else repr(value)
    if len(text) > _LONGEST_TEXT or not _NUMBER.fullmatch(text):
        return None
    return Decimal(text)


def _floats(values: list[Any]) -> NDArray[np.float64] | None:
    kinds = set(map(type, values))
    if kinds == {str}:
        if max(map(len, values)) > _SURE_LENGTH or not _PLAIN.fullmatch("".join(values)):
            return None
        try:
            # Python reads a text several times faster than numpy does.
            return np.fromiter(map(float, values), np.float64, len(values))
        except ValueError:
            return None
    return np.array(values, dtype=np.float64) if kinds <= {int, float} and _fit(values) else None


def _fit(values: list[Any]) -> bool:
    return all(abs(value) < _LIMIT for value in values)


def _scale_slowly(values: list[Any]) -> Scaled:
    decimals = [_decimal(value) for value in values]
    scale = max((_places(value) for value in decimals if value is not None), default=0)
    limit = Decimal(_LIMIT).scaleb(-scale)
    units = np.zeros(len(values), dtype=np.int64)
    good, apart = np.zeros((2, len(values)), dtype=np.bool_)
    for index, value in enumerate(decimals):
        if value is not None:
            good[index], apart[index] = value < limit, value >= limit
            units[index] = int(value.scaleb(scale, _EXACT)) if value < limit else 0
    return Scaled(units, scale, good, apart)


def _decimal(value: Any) -> Decimal | None:
    """Return a usable number without zeros at its end, None where it is none."""
    number = exact_decimal(value)
    if number is None or not 0 < number < _LIMIT:
        return None
    number = number.normalize(_EXACT)
    digits = len(number.as_tuple().digits)
    return number if digits <= MOST_DIGITS and _places(number) <= MOST_DIGITS else None


def _places(number: Decimal) -> int:
    exponent = number.as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0
