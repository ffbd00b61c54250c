"""The two kinds of step that features are made of: each reads and writes named columns."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import talib
import talib.abstract
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Columns = dict[str, Floats]

# Its type stubs leave out what is used here.
_library: Any = talib


@dataclass(frozen=True)
class Formula:
    """Arithmetic within one candle: a function of arrays, element by element."""

    output: str
    function: Callable[..., Floats]
    inputs: tuple[str, ...]

    @property
    def outputs(self) -> tuple[str, ...]:
        """Return the one column written."""
        return (self.output,)

    @property
    def lookback(self) -> int:
        """Return 0: nothing before the candle itself is read."""
        return 0

    def batch(self, columns: Columns) -> tuple[Floats, ...]:
        """Return the output over whole columns."""
        return (self.function(*(columns[name] for name in self.inputs)),)


@dataclass(frozen=True)
class TaLib:
    """One function of TA-Lib; leading NaN of its inputs are passed over.

    `then` is arithmetic within one candle on the (single) output.
    """

    outputs: tuple[str, ...]
    function: str
    inputs: tuple[str, ...]
    parameters: Mapping[str, float] = field(default_factory=dict)
    then: Callable[[Floats], Floats] | None = None

    @property
    def lookback(self) -> int:
        """Return how many values before the first output TA-Lib consumes."""
        return int(_library.abstract.Function(self.function, **self.parameters).lookback)

    def batch(self, columns: Columns) -> tuple[Floats, ...]:
        """Return the outputs over whole columns."""
        result = getattr(_library, self.function)(
            *(columns[name] for name in self.inputs), **self.parameters
        )
        if isinstance(result, tuple):
            return result
        return (self.then(result) if self.then else result,)


Step = Formula | TaLib
