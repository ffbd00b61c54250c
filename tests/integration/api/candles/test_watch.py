"""The watch-list."""

from typing import Any

import pytest

from core.clock.times import format_time
from core.series import Series
from storage.stores import Stores
from tests.integration.api.conftest import Api
from tests.integration.api.work import START, hold_candles

SERIES = {"platform": "coinbase", "symbol": "BTC-USD", "resolution": 3_600}


async def test_a_series_is_watched_once(api: Api, stores: Stores) -> None:
    assert (await api("GET", "/watch")).json == {"watches": []}
    first = await api("POST", "/watch", json={"symbol": "BTC/USD", "resolution": "H1"})
    again = await api("POST", "/watch", json=SERIES)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json == again.json
    assert first.json.items() >= {**SERIES, "last_run_at": None, "last_error": None}.items()
    stores.watches.record(Series("coinbase", "BTC-USD", 3_600), "away")
    [shown] = (await api("GET", "/watch")).json["watches"]
    assert shown["last_error"] == "away"
    assert shown["last_run_at"].endswith("Z")
    assert shown["last_success_at"] is None


@pytest.mark.parametrize("way", ["query", "body"])
async def test_a_series_may_be_named_in_the_query_or_the_body_to_end_its_watch(
    api: Api, way: str
) -> None:
    await api("POST", "/watch", json=SERIES)
    named: dict[str, Any] = {"json": SERIES}
    if way == "query":
        named = {"query_string": "platform=coinbase&symbol=BTC%2FUSD&resolution=1h"}
    assert (await api("DELETE", "/watch", **named)).status_code == 204
    assert (await api("DELETE", "/watch", **named)).status_code == 404
    assert (await api("GET", "/watch")).json == {"watches": []}


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({**SERIES, "platform": "coinbse"}, 404),
        ({**SERIES, "platform": "file"}, 404),
        ({**SERIES, "resolution": "3m"}, 422),
        ({**SERIES, "symbol": "a b"}, 422),
        ({**SERIES, "every": 5}, 422),
        ({"platform": "coinbase"}, 422),
    ],
)
async def test_what_cannot_be_fetched_cannot_be_watched(
    api: Api, body: dict[str, Any], status: int
) -> None:
    assert (await api("POST", "/watch", json=body)).status_code == status
    assert (await api("DELETE", "/watch", json=body)).status_code == status
    assert (await api("GET", "/watch")).json == {"watches": []}


async def test_ending_a_watch_needs_a_name(api: Api) -> None:
    answer = await api("DELETE", "/watch")
    assert answer.status_code == 422
    assert "symbol and resolution are required" in answer.json["detail"]


async def test_a_series_that_is_brought_may_be_watched_once_it_is_held(
    api: Api, stores: Stores
) -> None:
    brought = {"platform": "file", "symbol": "EURUSD", "resolution": 3_600}
    hold_candles(stores, 10, Series("file", "EURUSD", 3_600))

    added = await api("POST", "/watch", json=brought)
    assert added.status_code == 201
    # Nothing fetches it, and what is held is of long ago: a run that went well makes it no fresher.
    stores.watches.record(Series("file", "EURUSD", 3_600), None)
    [shown] = (await api("GET", "/watch")).json["watches"]
    for told in (added.json, shown):
        assert (told["fetched"], told["stale"]) == (False, True)
        assert told["as_of"] == format_time((START + 10 * 3_600) * 1_000)
        assert told["age"] > 86_400
    [held] = (await api("GET", "/candles")).json["series"]
    assert (held["as_of"], held["stale"]) == (told["as_of"], True)
    assert (await api("DELETE", "/watch", json=brought)).status_code == 204
