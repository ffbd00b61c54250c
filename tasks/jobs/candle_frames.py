"""The candles that work on a series is done on."""

from typing import TYPE_CHECKING

from core.errors import InvalidRequest
from core.series import Series
from storage.candles.candle_columns import Candles
from storage.stores import Stores

if TYPE_CHECKING:
    import pandas as pd


def read_frame(
    stores: Stores, series: Series, start: int | None = None, end: int | None = None
) -> "pd.DataFrame":
    """Return the candles of a series that open from `start` to `end` (s) as a frame.

    Raises `InvalidRequest` if there are none.
    """
    candles = stores.packed.read(series, start, end)
    if not len(candles):
        raise InvalidRequest(f"No candles are held of {series} in this range.")
    return frame_of(stores, series, candles)


def frame_of(stores: Stores, series: Series, candles: Candles) -> "pd.DataFrame":
    """Return candles as a frame that carries its market's clock, where named, and its grid."""
    frame, facts = candles.to_frame(), stores.facts.get(series)
    frame.attrs |= {"zone": facts.zone, "grid": facts.grid}
    return frame
