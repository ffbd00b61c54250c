"""Whoever asks is told what a trained model says of any series, with what it is worth."""

from typing import Any

from core.requests import ForecastSeries
from storage.stores import Stores
from tasks.forecasts.forecast_series import forecast_series, train_horizons
from tests.integration.tasks.forecasts.desk import SERIES, candles, done

ASKED: dict[str, Any] = {
    "platform": SERIES.platform,
    "symbol": SERIES.symbol,
    "resolution": SERIES.resolution,
    "horizons": [1, 6],
    "model": "ewma",
    "folds": 2,
}


def test_what_was_never_trained_is_trained_and_then_forecast(stores: Stores) -> None:
    held = candles(1_000)
    stores.candles.write(SERIES, held)
    assert done(stores, forecast_series, ASKED, ForecastSeries).error.type == "conflict"  # type: ignore[union-attr]
    trained = done(stores, train_horizons, ASKED, ForecastSeries)
    assert trained.result == {"trained": [1, 6]}
    assert done(stores, train_horizons, ASKED, ForecastSeries).result == {"trained": []}

    made: Any = done(stores, forecast_series, ASKED, ForecastSeries).result
    near, far = made["forecasts"]
    last = float(held.close[-1])
    for one in (near, far):
        (low_80, high_80), (low_95, high_95) = one["interval"]["0.8"], one["interval"]["0.95"]
        assert low_95 < low_80 < one["predicted"] < high_80 < high_95
        assert 0 < one["prob_up"] < 1
        assert one["baseline"]["last_price"] == last
        assert one["baseline"]["low"] < last < one["baseline"]["high"]
    assert near["interval"]["0.8"][1] < far["interval"]["0.8"][1]
    assert [one["horizon"] for one in (near, far)] == [1, 6]
    assert (made["verdict"], made["stale"], made["closed"]) == ("no_skill", False, False)
    assert stores.ledger_reader.page("live", {}, 0, 2**40, 10).rows == []


def test_a_training_that_was_not_promoted_speaks_all_the_same(stores: Stores) -> None:
    stores.candles.write(SERIES, candles(1_500))  # noise: nothing to be promoted for
    asked = ASKED | {"horizons": [1], "model": "boosting"}
    done(stores, train_horizons, asked, ForecastSeries)
    made: Any = done(stores, forecast_series, asked, ForecastSeries).result
    assert made["forecasts"][0]["spoken_by"]["champion"] is False
    assert made["verdict"] != "skilled"
