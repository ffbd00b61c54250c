"""A body of every source known is stored with its right values, over HTTP and from a file."""

import json
from typing import Any

import msgspec
import pytest

from core.jobs import asked
from core.requests import StoreCandles
from storage.stores import Stores
from tasks.candles.store_candles import store_candles
from tests.candle_sources import EXACT, FIRST, SOURCES, TIMES, Source
from tests.integration.api.conftest import Api

KINDS = {"json": "application/json", "ndjson": "application/x-ndjson", "csv": "text/csv"}
PATH = "/ingest/candles/file"
SERIES = {"symbol": "S", "resolution": "1h"}


async def _stored(api: Api, stores: Stores, body: bytes, kind: str, **query: str) -> Any:
    answer = await api(
        "POST", PATH, params=SERIES | query, headers={"Content-Type": kind}, body=body
    )
    assert answer.status_code == 202, answer.json
    job = asked(stores.jobs.get(answer.json["task_id"]), StoreCandles)
    result = store_candles(stores, job, lambda _: None, lambda _: None)
    return answer.json | {"result": msgspec.to_builtins(result)}


async def _held(api: Api, symbol: str = "S") -> list[list[Any]]:
    page = (await api("GET", f"/candles/file/{symbol}/1h")).json["candles"]
    names = ("time", "open", "high", "low", "close", "volume", "trades")
    return [[candle[name] for name in names] for candle in page]


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.name)
async def test_a_body_of_a_source_is_stored_with_its_right_values(
    api: Api, stores: Stores, source: Source
) -> None:
    kind = KINDS[source.name.rpartition(".")[2]]
    await _stored(api, stores, source.content, kind, **source.options)
    times = [f"2024-06-15T0{hour}:00:00Z" for hour in range(4)]
    assert await _held(api) == [
        [time, *row[1:], count if count >= 0 else None]
        for time, row, count in zip(times, source.rows, source.trades, strict=True)
    ]


async def test_the_answer_says_what_was_recognised(api: Api, stores: Stores) -> None:
    body = b"time,open,high,low,close,extra\n" + b"".join(
        f"{row[0]},{','.join(map(str, row[1:5]))},x\n".encode() for row in EXACT
    )
    answer = await _stored(api, stores, body, "text/csv")
    assert answer["recognised"]["columns"]["close"] == "close"
    assert answer["recognised"]["ignored"] == ["extra"]
    assert answer["warnings"] == ["The source has no volume: 0 is stored for every candle."]
    assert answer["result"]["warnings"] == answer["warnings"]


async def test_a_local_hour_that_stands_twice_is_told_apart_by_its_zone(
    api: Api, stores: Stores
) -> None:
    hours = ("00", "01", "01", "02")
    body = b"time,open,high,low,close,volume\n" + b"".join(
        f"2024-11-03 {hour}:00:00,{','.join(map(str, row[1:]))}\n".encode()
        for hour, row in zip(hours, EXACT, strict=True)
    )
    unsaid = await _stored(api, stores, body, "text/csv", symbol="UNSAID")
    assert "A whole hour appears twice" in unsaid["warnings"][0]
    await _stored(api, stores, body, "text/csv", zone="America/New_York")
    assert [row[0] for row in await _held(api)] == [
        f"2024-11-03T0{hour}:00:00Z" for hour in (4, 5, 6, 7)
    ]


async def test_rows_of_another_length_are_refused(api: Api) -> None:
    rows = [[*row] for row in EXACT]
    for resolution, said in (("5m", "every 3600 s"), ("1d", "every 3600 s")):
        body = {"symbol": "S", "resolution": resolution, "candles": rows}
        answer = await api("POST", f"{PATH}?on_error=skip", json=body)
        assert (answer.status_code, said in answer.json["detail"]) == (422, True)


async def test_a_grid_is_learnt_kept_shown_and_obeyed(api: Api, stores: Stores) -> None:
    half = [[time + 1_800, *row[1:]] for time, row in zip(TIMES, EXACT, strict=True)]
    first = await _stored(api, stores, json.dumps(half[:2]).encode(), "application/json")
    assert first["grid"] == "00:30 UTC"
    await _stored(api, stores, json.dumps(half[3:]).encode(), "application/json")
    [shown] = (await api("GET", "/candles")).json["series"]
    assert (shown["grid"], shown["zone"]) == ("00:30 UTC", None)
    whole = await api("POST", PATH, params=SERIES, json=[EXACT[0]])
    assert whole.status_code == 422
    assert "none of the series' grid, 1h from 00:30 UTC on" in whole.json["detail"]
    [series] = stores.candles.all_series()
    assert stores.candles.gaps(series, FIRST, FIRST + 14_400) == [(FIRST + 9_000, FIRST + 12_600)]


async def test_days_that_begin_at_17_in_new_york_move_with_its_clock(
    api: Api, stores: Stores
) -> None:
    # 2024-11-01 and -02 begin at 21:00 UTC, from the 3rd on at 22:00.
    times = ["2024-11-01T21:00:00Z", "2024-11-02T21:00:00Z", "2024-11-03T22:00:00Z"]
    body = json.dumps([[time, *row[1:]] for time, row in zip(times, EXACT, strict=False)]).encode()
    days = {"resolution": "1d"}
    learnt = await _stored(api, stores, body, "application/json", **days)
    assert learnt["grid"] == "17:00 America/New_York"
    given = await _stored(
        api, stores, body, "application/json", symbol="G", grid="17:00@America/New_York", **days
    )
    assert (given["grid"], given["rejected"]) == ("17:00 America/New_York", [])
    [series, _] = stores.candles.all_series()
    assert stores.candles.gaps(series, 1_730_494_800, 1_730_494_800 + 4 * 86_400) == [
        (1_730_757_600, 1_730_844_000)
    ]


@pytest.mark.parametrize(
    ("symbol", "spelt"), [("BTC/USDT:USDT", "BTC.x2F.USDT.x3A.USDT"), ("^GSPC", "0.x5E.GSPC"),
                          ("EURUSD=X", "EURUSD.x3D.X"), ("GC=F", "GC.x3D.F")]
)  # fmt: skip
async def test_symbols_of_others_making_are_kept_in_a_spelling_that_can_be_read_back(
    api: Api, stores: Stores, symbol: str, spelt: str
) -> None:
    await _stored(api, stores, json.dumps(EXACT).encode(), "application/json", symbol=symbol)
    [series] = stores.candles.all_series()
    assert series.symbol == spelt
    encoded = symbol.replace("/", "%2F").replace("^", "%5E").replace(":", "%3A")
    assert len(await _held(api, encoded)) == len(await _held(api, spelt)) == 4


async def test_rows_of_another_order_are_refused_even_where_bad_rows_are_left_out(
    api: Api,
) -> None:
    swapped = [[row[0], row[5], *row[1:5]] for row in EXACT]
    body = {"symbol": "S", "resolution": "1h", "candles": swapped}
    answer = await api("POST", f"{PATH}?on_error=skip", json=body)
    assert answer.status_code == 422
    assert "the columns seem to be others" in answer.json["detail"]


async def test_the_text_around_rows_of_numbers_is_read_as_strictly_as_ever(api: Api) -> None:
    rows = json.dumps(EXACT)
    for body in (
        f'{{"symbol": "S", "symbol": "T", "resolution": "1h", "candles": {rows}}}',
        f'{{"symbol": "S", "resolution": "1h", "candles": {rows}, "candles": {rows}}}',
        f'{{"symbol": {rows}, "resolution": "1h", "candles": {rows}}}',
        f'{{"symbol": "S", "resolution": "1h", "candles": {rows}, "other": 1}}',
    ):
        answer = await api(
            "POST", PATH, headers={"Content-Type": "application/json"}, body=body.encode()
        )
        assert answer.status_code in (400, 422), body[:80]
