"""The leak test tells of every registered feature, on stored or on brought candles."""

from typing import Any

import msgspec
import pytest

from core.jobs import asked
from core.requests import LeakTest
from ml.features.registry import FEATURES
from storage.stores import Stores
from tasks.forecasts.leak_test_features import leak_test_features
from tests.integration.tasks.forecasts.desk import SERIES, candles, done

pytestmark = pytest.mark.clock

REQUEST: dict[str, Any] = {
    "platform": "coinbase",
    "symbol": "BTC-USD",
    "resolution": 300,
    "seed": 0,
}


@pytest.mark.parametrize("uploaded", [False, True])
def test_no_feature_of_ours_knows_the_future(stores: Stores, uploaded: bool) -> None:
    if uploaded:
        job = stores.jobs.create("leak", [("leak", "predict")], REQUEST | {"uploaded": True})
        stores.uploads.put(job.id, candles(400))
        tested = asked(job, LeakTest)
        answer = leak_test_features(stores, tested, lambda progress: None, lambda checkpoint: None)
        result = msgspec.structs.asdict(answer)
    else:
        stores.candles.write(SERIES, candles(400))
        result = (
            done(stores, leak_test_features, REQUEST | {"uploaded": False}, LeakTest).result or {}
        )
    assert result["ok"]
    assert result["features"] == dict.fromkeys(FEATURES, "ok")
    assert result["candles"] == 400
