"""The two kinds of step that features are made of, in batch and candle by candle.

A step reads named columns and writes named columns. Both forms of a step do the
same arithmetic in the same order, so that a feature computed over a history and
the same feature followed candle by candle are equal to the bit.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import talib
import talib.abstract
import talib.stream
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Columns = dict[str, Floats]

# Its type stubs leave out what is used here.
_library: Any = talib


class Follower(Protocol):
    """One step candle by candle."""

    def update(self, row: dict[str, float]) -> None:
        """Add the step's outputs to `row`, NaN while warming up."""


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

    def follow(self) -> Follower:
        """Return the same step candle by candle."""
        return _FormulaFollower(self)


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

    def follow(self) -> Follower:
        """Return the same step candle by candle."""
        return _TaLibFollower(self)


Step = Formula | TaLib


class _FormulaFollower:
    def __init__(self, step: Formula) -> None:
        self._step = step

    def update(self, row: dict[str, float]) -> None:
        inputs = (np.array([row[name]]) for name in self._step.inputs)
        row[self._step.output] = float(self._step.function(*inputs)[0])


class _TaLibFollower:
    """Gathers candles until TA-Lib's stream can be opened, then keeps only the stream."""

    def __init__(self, step: TaLib) -> None:
        self._step = step
        self._needed = step.lookback + 1
        self._gathered: list[tuple[float, ...]] = []
        self._stream: Any = None

    def update(self, row: dict[str, float]) -> None:
        values = tuple(row[name] for name in self._step.inputs)
        result = self._advance(values)
        result = result if isinstance(result, tuple) else (result,) * len(self._step.outputs)
        if self._step.then:
            result = self._step.then(np.array(result))
        row.update(zip(self._step.outputs, map(float, result), strict=True))

    def _advance(self, values: tuple[float, ...]) -> Any:
        if self._stream is not None:
            return self._stream.update(*values)
        if np.isnan(values).any():
            return np.nan
        self._gathered.append(values)
        if len(self._gathered) < self._needed:
            return np.nan
        return self._open()

    def _open(self) -> Any:
        history = [np.array(column) for column in zip(*self._gathered, strict=True)]
        opener = getattr(_library.stream, self._step.function)
        try:
            self._stream = opener(*history, **self._step.parameters)
        except _library.InsufficientHistory:
            return np.nan
        self._gathered = []
        return self._stream.value
