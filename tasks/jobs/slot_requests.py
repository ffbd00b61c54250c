"""What jobs about targets are asked for, as read from their requests."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from core.errors import InvalidRequest
from core.forecast_target import ForecastTarget, make_target
from storage.stores import Stores

if TYPE_CHECKING:
    import pandas as pd


def requested_target(request: Mapping[str, Any]) -> ForecastTarget:
    """Return the target of a request with its five fields."""
    return make_target(*(request[field] for field in ForecastTarget.__struct_fields__))


def read_frame(
    stores: Stores, target: ForecastTarget, start: int | None = None, end: int | None = None
) -> "pd.DataFrame":
    """Return the candles of a target's series that open from `start` to `end` (s) as a frame.

    Raises `InvalidRequest` if there are none.
    """
    candles = stores.candles.read(target.series, start, end)
    if not len(candles):
        raise InvalidRequest(f"No candles are held of {target.series} in this range.")
    return candles.to_frame()


def target_fields(target: ForecastTarget) -> dict[str, Any]:
    """Return a target as results show it."""
    return {field: getattr(target, field) for field in ForecastTarget.__struct_fields__}
