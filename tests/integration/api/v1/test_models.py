"""Trained models are listed, described and deleted."""

import pytest

from storage.stores import Stores
from tests.integration.api.conftest import Api
from tests.integration.api.work import hold_model


async def test_models_are_listed_described_and_deleted(api: Api, stores: Stores) -> None:
    assert (await api("GET", "/lstm/models")).json == {"models": []}
    hold_model(stores)
    [brief] = (await api("GET", "/lstm/models")).json["models"]
    assert (
        brief.items()
        >= {
            "name": "trend",
            "id": "v1",
            "platform": "coinbase",
            "symbol": "BTC-USD",
            "resolution": 3_600,
            "nsteps": 3,
            "verdict": "no_skill",
        }.items()
    )
    full = (await api("GET", "/lstm/models/trend/v1")).json
    assert full.items() >= brief.items()
    assert full["metadata"]["rows_needed"] == 20
    assert full["scores"] == {"mae": 1.0, "mase": None}
    assert list(full["digests"]) == ["model.json"]
    assert (await api("DELETE", "/lstm/models/trend/v1")).status_code == 204
    for method in ("GET", "DELETE"):
        assert (await api(method, "/lstm/models/trend/v1")).status_code == 404


@pytest.mark.parametrize("name", ["..", "%2e%2e", "%2F", "a%00", "a%2Fb", "%0d%0aX", "a b"])
async def test_a_models_name_is_no_way_out_of_its_folder(api: Api, name: str) -> None:
    for method in ("GET", "DELETE"):
        answer = await api(method, f"/lstm/models/{name}/v1")
        assert answer.status_code in (404, 422)
