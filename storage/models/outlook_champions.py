"""Which training of ranges or signals speaks for a series."""

from core.errors import ModelUnavailable, NotFound
from core.forecast_target import target_of_series
from core.series import Series
from storage.models.registry import Registry


def champion_id(registry: Registry, series: Series, horizon: int, kind: str) -> str:
    """Return the id of the training; raises `ModelUnavailable` if nothing is trained yet."""
    try:
        found = registry.target(target_of_series(series, horizon, kind, None)).champion_id
    except NotFound:
        found = None
    if found is None:
        raise ModelUnavailable(
            f"No model is trained yet for {series.symbol} on {series.platform}, {horizon} candles "
            "ahead. POST /api/v1/models/train trains it, which takes minutes; series on the "
            "watch-list are trained by themselves."
        )
    return found
