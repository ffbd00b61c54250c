"""Ranges and signals of other candles than five minutes; without a timeframe all is as before."""

from typing import Any

import pytest

from core.models import least_candles
from core.series import Series
from storage.stores import Stores
from tests.integration.api.conftest import Api
from tests.integration.api.work import hold_candles

QUARTERS = Series("file", "EURUSD", 900)
ASKED: dict[str, Any] = {"symbol": "EURUSD", "platform": "file"}


@pytest.fixture(autouse=True)
def held(stores: Stores) -> None:
    hold_candles(stores, least_candles("barrier_signals", 16) + 1, QUARTERS)


async def test_other_candles_are_trained_with_their_own_horizons_and_exits(
    api: Api, stores: Stores
) -> None:
    body = ASKED | {"timeframe": "M15", "horizons": [16], "rr_config": "rr_1_1"}
    answer = await api("POST", "/api/v1/models/train", json=body)
    assert answer.status_code == 202, answer.text
    (job,) = stores.jobs.list()[0]
    found = {name: job.request[name] for name in ("resolution", "horizons", "rr_config")}
    assert found == {"resolution": 900, "horizons": [16], "rr_config": "rr_1_1"}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"timeframe": "M15", "horizon": 97}, "horizon"),
        ({"timeframe": "M17", "horizon": 16}, "timeframe"),
        ({"horizon": 16}, "horizon"),
        ({"horizon": 6}, "symbol"),  # there are no candles of five minutes
    ],
)
async def test_a_question_names_what_is_wrong_with_it(
    api: Api, body: dict[str, Any], field: str
) -> None:
    for path in ("predictions", "signals"):
        answer = await api("POST", f"/api/v1/{path}", json=ASKED | body)
        assert (answer.status_code, answer.json["error"]["details"]["field"]) == (400, field)


async def test_a_series_without_a_model_is_a_503_that_says_what_to_do(api: Api) -> None:
    body = ASKED | {"timeframe": "15m", "horizon": 16, "rr_config": "rr_3_1"}
    answer = await api("POST", "/api/v1/signals", json=body)
    assert answer.status_code == 503
    assert "POST /api/v1/models/train" in answer.json["error"]["message"]


async def test_a_training_of_other_candles_has_the_horizons_of_their_signals_and_ranges(
    api: Api, stores: Stores
) -> None:
    answer = await api("POST", "/api/v1/models/train", json=ASKED | {"timeframe": "M15"})
    assert answer.status_code == 202, answer.text
    (job,) = stores.jobs.list()[0]
    assert (job.request["horizons"], job.request["range_horizons"]) == ([16], [1, 4, 16])
