"""From a model and the newest candles to a forecast as the ledger takes it."""

from typing import TYPE_CHECKING

import msgspec

from core.forecast_target import ForecastTarget
from storage.ledger.ledger_rows import Forecast

if TYPE_CHECKING:
    from ml.models.following import FollowingModel
    from ml.models.forecast_origin import Origin
    from ml.models.protocol import Model


def make_forecast(
    origin: "Origin",
    target: ForecastTarget,
    model: "Model | FollowingModel",
    model_hash: str,
    costs_bps: float,
) -> Forecast | None:
    """Forecast from the last candle of `origin`; None where a gap lies too shortly before it."""
    if not origin.ready:
        return None
    said = origin.forecast(model)
    return Forecast(
        target=target,
        first_opening=origin.openings(1)[0],
        input_end=origin.input_end,
        last_price=origin.last_price,
        model_hash=model_hash,
        data_hash=origin.data_hash,
        costs_bps=costs_bps,
        thin=origin.thin,
        **msgspec.structs.asdict(said),
    )
