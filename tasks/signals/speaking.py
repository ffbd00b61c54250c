"""What speaks for a target of source 001, and what it says of the newest candle."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import msgspec

from core.forecast_target import ForecastTarget
from core.signals import nothing_trained
from storage.models.runs import RunRecord
from storage.stores import Stores
from tasks.jobs.following import following
from tasks.jobs.loaded_models import models

if TYPE_CHECKING:
    from ml.models.forecast_origin import Origin

Forecast = TypeVar("Forecast")
Champions = Mapping[ForecastTarget, str | None]


class Speaking(msgspec.Struct, Generic[Forecast], frozen=True):
    """A champion: the record of its training, and its model ready to forecast."""

    run: RunRecord
    model: Any

    def forecast(self, stores: Stores, origin: "Origin") -> Forecast:
        """Return what the model says from the newest candle, which must be ready."""
        # NumPy comes in with this import.
        import numpy as np

        newest = np.array([len(origin.history.times) - 1])
        series = self.run.target.series
        with following(stores, series, self.run, self.model, origin) as live:
            forecast: Forecast = live.predict(origin.history, newest)
        return forecast


def speaking(
    stores: Stores, target: ForecastTarget, champions: Champions | None = None
) -> Speaking[Any]:
    """Return the champion of a target; raises `ModelUnavailable` if nothing is trained.

    Whoever asks for many tells the `champions` that there are, by their targets.
    """
    if champions is None:
        champion_id = stores.registry.champion_id(target)
    else:
        champion_id = champions.get(target)
    if champion_id is None:
        raise nothing_trained(target)
    return Speaking(*models.champion(stores, models.run(stores, champion_id)))
