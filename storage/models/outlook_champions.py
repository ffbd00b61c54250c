"""Which training of ranges or signals speaks for a series."""

from core.errors import ModelUnavailable, NotFound
from core.series import Series
from core.signals import outlook_slot
from storage.models.registry import Registry


def champion_id(registry: Registry, series: Series, horizon: int, kind: str) -> str:
    """Return the id of the training; raises `ModelUnavailable` if nothing is trained yet."""
    try:
        found = registry.slot(outlook_slot(series, horizon, kind)).champion_id
    except NotFound:
        found = None
    if found is None:
        raise ModelUnavailable(
            f"No model is trained yet for {series.symbol} on {series.platform}, {horizon} candles "
            "ahead. POST /api/v1/models/train trains it, which takes minutes; series on the "
            "watch-list are trained by themselves."
        )
    return found
