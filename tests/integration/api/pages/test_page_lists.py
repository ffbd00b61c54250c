"""What the page asks first: which candles there are, and which models."""

from core.clock.times import format_time, now_ms
from storage.stores import Stores
from tasks.forecasts.train_slots import train_slot
from tests.integration.api.conftest import Api
from tests.integration.api.work import HOURLY, START, hold_candles
from tests.integration.tasks.forecasts.desk import EWMA, SERIES, candles, done, training

SLOT = {"platform": "coinbase", "symbol": "BTC-USD", "resolution": "5m"}
ASKED = SLOT | {"horizon": "1", "model": "ewma"}


async def test_every_series_is_listed_with_its_extent(api: Api, stores: Stores) -> None:
    hold_candles(stores, 3)
    closed = START + 3 * 3_600
    before = now_ms() // 1_000
    [listed] = (await api("GET", "/candles")).json["series"]
    assert before - closed <= listed.pop("age") <= now_ms() // 1_000 - closed + 1
    assert [listed] == [
        {
            "platform": HOURLY.platform,
            "symbol": HOURLY.symbol,
            "resolution": HOURLY.resolution,
            "first": format_time(START * 1_000),
            "last": format_time((START + 2 * 3_600) * 1_000),
            "count": 3,
            "traded": False,
            "grid": "00:00 UTC",
            "zone": None,
            "as_of": format_time(closed * 1_000),
            "stale": True,
        }
    ]


async def test_without_candles_or_trainings_the_lists_are_empty(api: Api) -> None:
    assert (await api("GET", "/candles")).json == {"series": []}
    assert (await api("GET", "/slots")).json == {"slots": []}
    assert (await api("GET", "/slots/runs", params=ASKED)).status_code == 404


async def test_a_slot_is_listed_with_its_champion_and_all_trainings(
    api: Api, stores: Stores
) -> None:
    stores.candles.write(SERIES, candles(1_000))
    first, second = (done(stores, train_slot, training(EWMA)).result for _ in range(2))
    assert first
    assert second

    [slot] = (await api("GET", "/slots")).json["slots"]
    runs = (await api("GET", "/slots/runs", params=ASKED)).json["runs"]

    assert slot["champion_id"] == first["run_id"]
    assert slot["walk_forward"]["verdict"] == first["verdict"]
    assert slot["walk_forward"]["n"] == first["n"]
    assert {run["id"]: run["champion"] for run in runs} == {
        first["run_id"]: True,
        second["run_id"]: False,
    }
    assert all(run["details"]["folds"] and run["decision"]["reason"] for run in runs)


async def test_a_champion_is_told_however_many_challengers_came_after_it(
    api: Api, stores: Stores
) -> None:
    stores.candles.write(SERIES, candles(1_000))
    for _ in range(3):
        done(stores, train_slot, training(EWMA))
    runs = (await api("GET", "/slots/runs", params=ASKED | {"limit": "1"})).json["runs"]
    assert [run["champion"] for run in runs] == [False, True]


async def test_the_page_and_its_files_come_without_a_key_and_are_not_sent_twice(api: Api) -> None:
    page = await api.bare("GET", "/app")
    script = await api.bare("GET", "/app/static/app.js")
    library = await api.bare("GET", "/app/static/lightweight-charts.js")
    assert "unsafe" not in page.headers["content-security-policy"]
    assert (script.status_code, library.status_code) == (200, 200)
    assert script.headers["content-type"].startswith("text/javascript")
    again = await api.bare(
        "GET", "/app/static/app.js", headers={"If-None-Match": script.headers["etag"]}
    )
    assert (again.status_code, again.content) == (304, b"")


async def test_no_other_file_is_served_with_the_page(api: Api) -> None:
    for name in ("app.html", "..%2Fapp.py", "missing.js", ".."):
        assert (await api.bare("GET", f"/app/static/{name}")).status_code in (400, 404), name
