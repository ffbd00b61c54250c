"""Where targets of a series lie: among the candles to come, or among those of the past."""

from typing import NamedTuple

import msgspec
import numpy as np

from core.clock.grids import Grid
from core.clock.openings import end_of
from core.clock.times import format_time
from core.errors import InvalidRequest
from core.forecast_target import HORIZON_LIMITS
from core.series import Series
from storage.candles.candle_columns import Candles

# How far ahead a target may open, in candles.
FARTHEST = 2 * HORIZON_LIMITS[1]


class Origin(NamedTuple):
    """When a forecast's first target opens, until when its inputs reach (s), and the last price."""

    first_opening: int
    input_end: int
    last_price: float


class LiveTargets(msgspec.Struct, frozen=True):
    """Targets after the newest finished candle, which opened at `last` (s)."""

    series: Series
    grid: Grid
    last: int
    close: float
    ahead: list[int]

    def find(self, opening: int, horizon: int) -> Origin:
        """Return the origin of a forecast; raises `InvalidRequest` where no candle opens then."""
        if opening > self.last and opening not in self.ahead:
            raise InvalidRequest(self._refusal(opening))
        place = self.ahead.index(opening) - horizon + 1 if opening > self.last else -1
        if place < 0:
            # Its first target has closed: any opening up to the newest candle's says as much.
            first = min(self.last, opening)
            return Origin(first, first, self.close)
        first = self.ahead[place]
        return Origin(
            first, min(end_of(self.last, self.series.resolution, self.grid), first), self.close
        )

    def _refusal(self, opening: int) -> str:
        if opening > self.ahead[-1]:
            return f"opening: at most {FARTHEST} candles ahead of the newest one are taken"
        near = min(self.ahead, key=lambda one: abs(one - opening))
        return f"opening: the market is closed then; the nearest is {format_time(near * 1_000)}"


class PastTargets:
    """Targets among candles that are held."""

    def __init__(self, series: Series, known: Candles) -> None:
        self._step = series.resolution
        self._known = known

    def find(self, opening: int, horizon: int) -> Origin:
        """Return the origin of a forecast; raises `InvalidRequest` where there is none."""
        times = self._known.time
        at = int(np.searchsorted(times, opening))
        if at == len(times) or times[at] != opening:
            raise InvalidRequest(
                "opening: no finished candle is held that opens then; the future is forecast "
                "in the live ledger"
            )
        if at < horizon:
            raise InvalidRequest("horizon: fewer candles are held before opening")
        first, last = int(times[at - horizon + 1]), int(times[at - horizon])
        return Origin(first, min(last + self._step, first), float(self._known.close[at - horizon]))
