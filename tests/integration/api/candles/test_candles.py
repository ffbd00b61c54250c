"""Candles go out page by page."""

import csv
import io

import pytest

from core.clock.times import format_time, parse_time
from core.columnar.read_tables import read_table_rows
from core.columnar.tables import ARROW, MEDIA_TYPES
from core.series import Series
from storage.stores import Stores
from tests.integration.api.conftest import Api
from tests.integration.api.work import HOURLY, START, hold_candles, hold_partial

PATH = "/candles/coinbase/BTC-USD/1h"


def _time(index: int) -> str:
    return format_time((START + index * 3_600) * 1_000)


async def test_a_page_holds_the_series_and_its_candles_oldest_first(
    api: Api, stores: Stores
) -> None:
    hold_partial(stores, 3)
    answer = await api("GET", PATH)
    assert answer.status_code == 200
    candles = answer.json["candles"]
    assert {k: v for k, v in answer.json.items() if k != "candles"} == {
        "platform": "coinbase",
        "symbol": "BTC-USD",
        "resolution": 3_600,
        "next_cursor": None,
    }
    assert candles[1] == {
        "time": _time(1),
        "open": 101.0,
        "high": 102.0,
        "low": 100.0,
        "close": 101.0,
        "volume": 2.5,
        "trades": 5,
        "flags": [],
    }
    assert candles[0]["trades"] is None
    assert [candle["flags"] for candle in candles] == [[], [], ["partial"]]


@pytest.mark.parametrize("resolution", ["3600", "1h", "1H", "H1", "60m", "M60"])
async def test_a_resolution_has_many_names(api: Api, stores: Stores, resolution: str) -> None:
    hold_candles(stores, 2)
    answer = await api("GET", f"/candles/coinbase/BTC-USD/{resolution}")
    assert len(answer.json["candles"]) == 2


async def test_a_symbol_may_have_a_slash(api: Api, stores: Stores) -> None:
    hold_candles(stores, 2)
    answer = await api("GET", "/candles/coinbase/BTC%2FUSD/1h")
    assert answer.json["symbol"] == "BTC-USD"
    assert len(answer.json["candles"]) == 2


@pytest.mark.parametrize("limit", [1, 3, 7, 10, 11, 100])
async def test_pages_follow_one_another_without_gap_or_overlap(
    api: Api, stores: Stores, limit: int
) -> None:
    hold_candles(stores, 10)
    seen, cursor, pages = [], "", 0
    while cursor is not None:
        page = await api("GET", f"{PATH}?limit={limit}&cursor={cursor}&end={_time(8)}")
        seen += [candle["time"] for candle in page.json["candles"]]
        cursor = page.json["next_cursor"]
        pages += 1
    assert seen == [_time(index) for index in range(9)]
    assert pages == -(-9 // limit)


@pytest.mark.parametrize(
    ("query", "first", "last"),
    [
        (f"start={_time(2)}", 2, 9),
        (f"end={_time(2)}", 0, 2),
        (f"start={START + 3_600}&end={(START + 2 * 3_600) * 1_000}", 1, 2),
        (f"start={(START + 3_600) * 1_000 + 1}", 2, 9),
        (f"start={_time(4)}&end={_time(4)}", 4, 4),
        ("end=2099-01-01", 0, 9),
        ("newest=true&limit=3", 7, 9),
        (f"newest=true&limit=2&end={_time(5)}", 4, 5),
        ("newest=false&limit=3", 0, 2),
    ],
)
async def test_both_ends_of_a_range_are_included(
    api: Api, stores: Stores, query: str, first: int, last: int
) -> None:
    hold_candles(stores, 10)
    answer = await api("GET", f"{PATH}?{query}")
    found = [candle["time"] for candle in answer.json["candles"]]
    assert found == [_time(index) for index in range(first, last + 1)]


async def test_a_range_without_candles_is_empty_and_no_error(api: Api, stores: Stores) -> None:
    hold_candles(stores, 3)
    answer = await api("GET", f"{PATH}?start=2030-01-01")
    assert (answer.status_code, answer.json["candles"]) == (200, [])


async def test_a_series_that_is_not_held_is_a_404_naming_the_nearest(
    api: Api, stores: Stores
) -> None:
    empty = await api("GET", PATH)
    assert empty.status_code == 404
    assert "None are held at all" in empty.json["detail"]
    hold_candles(stores, 3)
    near = await api("GET", "/candles/coinbase/BTC-USB/1h")
    assert near.status_code == 404
    assert "coinbase:BTC-USD:3600" in near.json["detail"]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"),
        ("limit=10001", "limit"),
        ("limit=ten", "limit"),
        ("start=soon", "start"),
        (f"start={_time(2)}&end={_time(1)}", "start"),
        ("end=1e400", "end"),
        ("cursor=abc", "cursor"),
        ("format=xml", "format"),
        ("newest=perhaps", "newest"),
        ("page=2", "page"),
    ],
)
async def test_a_bad_query_names_its_parameter(
    api: Api, stores: Stores, query: str, field: str
) -> None:
    hold_candles(stores, 3)
    answer = await api("GET", f"{PATH}?{query}")
    assert answer.status_code == 422
    assert answer.json["detail"].startswith(field)


@pytest.mark.parametrize("way", ["query", "header"])
async def test_csv_says_the_same(api: Api, stores: Stores, way: str) -> None:
    hold_partial(stores, 4)
    headers = {"Accept": "text/csv"} if way == "header" else {}
    query = "?limit=3" + ("&format=csv" if way == "query" else "")
    table = await api("GET", PATH + query, headers=headers)
    page = await api("GET", f"{PATH}?limit=3")
    assert table.headers["Content-Type"].startswith("text/csv")
    assert table.headers["X-Next-Cursor"] == page.json["next_cursor"]
    rows = list(csv.DictReader(io.StringIO(table.text)))
    for row, candle in zip(rows, page.json["candles"], strict=True):
        assert row["time"] == candle["time"]
        assert float(row["close"]) == candle["close"]
        assert row["trades"] == ("" if candle["trades"] is None else str(candle["trades"]))
    rest = await api("GET", f"{PATH}?format=csv&cursor={page.json['next_cursor']}")
    assert "X-Next-Cursor" not in rest.headers
    assert rest.text.splitlines()[1].endswith(",partial")


async def test_csv_that_went_out_may_come_in_again(api: Api, stores: Stores) -> None:
    hold_candles(stores, 5)
    table = await api("GET", f"{PATH}?format=csv")
    answer = await api(
        "POST",
        "/ingest/candles/copy?symbol=BTC-USD&resolution=1h",
        headers={"Content-Type": "text/csv"},
        body=table.text,
    )
    assert answer.status_code == 202
    sent, held = stores.uploads.get(answer.json["task_id"]), stores.candles.read(HOURLY)
    for name in ("time", "open", "high", "low", "close", "volume", "trades"):
        assert getattr(sent, name).tolist() == getattr(held, name).tolist()


async def test_10000_candles_fit_a_page(api: Api, stores: Stores) -> None:
    hold_candles(stores, 10_001, Series("coinbase", "BTC-USD", 60))
    answer = await api("GET", "/candles/coinbase/BTC-USD/1m?limit=10000")
    assert len(answer.json["candles"]) == 10_000
    assert answer.json["next_cursor"]


@pytest.mark.parametrize("form", ["arrow", "parquet", "csv"])
async def test_tables_hold_all_rows_of_the_range(api: Api, stores: Stores, form: str) -> None:
    hold_partial(stores, 1_200)
    answer = await api("GET", f"{PATH}?format={form}")
    page = await api("GET", f"{PATH}?limit=10000")
    assert "X-Next-Cursor" not in answer.headers
    if form == "csv":
        shown = list(csv.DictReader(io.StringIO(answer.text)))
        assert [row["time"] for row in shown] == [one["time"] for one in page.json["candles"]]
        return
    assert answer.headers["Content-Type"] == MEDIA_TYPES[form]
    rows = read_table_rows(answer.content, form)
    assert len(rows) == 1_200
    for row, candle in zip(rows, page.json["candles"], strict=True):
        opening = parse_time(candle["time"], "time") // 1_000
        flags = ",".join(candle["flags"])
        assert row == candle | {"time": opening, "flags": flags}


async def test_a_page_of_arrow_has_its_cursor_in_a_header(api: Api, stores: Stores) -> None:
    hold_candles(stores, 5)
    first = await api("GET", f"{PATH}?limit=3", headers={"Accept": MEDIA_TYPES[ARROW]})
    cursor = first.headers["X-Next-Cursor"]
    rest = await api("GET", f"{PATH}?limit=3&format=arrow&cursor={cursor}")
    assert "X-Next-Cursor" not in rest.headers
    both = [*read_table_rows(first.content, ARROW), *read_table_rows(rest.content, ARROW)]
    assert [row["close"] for row in both] == stores.candles.read(HOURLY).close.tolist()


@pytest.mark.parametrize("form", ["arrow", "parquet"])
async def test_an_empty_range_is_a_table_without_rows(api: Api, stores: Stores, form: str) -> None:
    hold_candles(stores, 3)
    answer = await api("GET", f"{PATH}?format={form}&start=2001-01-01&end=2001-01-02")
    assert answer.status_code == 200
    assert read_table_rows(answer.content, form) == []
    missing = await api("GET", f"/candles/coinbase/NOT-HELD/1h?format={form}")
    assert missing.status_code == 404


@pytest.mark.parametrize("form", ["arrow", "parquet"])
async def test_a_table_that_went_out_may_come_in_again(api: Api, stores: Stores, form: str) -> None:
    hold_partial(stores, 5)
    table = await api("GET", f"{PATH}?format={form}")
    answer = await api(
        "POST",
        "/ingest/candles/copy?symbol=BTC-USD&resolution=1h",
        headers={"Content-Type": MEDIA_TYPES[form]},
        body=table.content,
    )
    assert answer.status_code == 202
    sent, held = stores.uploads.get(answer.json["task_id"]), stores.candles.read(HOURLY)
    for name in ("time", "open", "high", "low", "close", "volume", "trades"):
        assert getattr(sent, name).tolist() == getattr(held, name).tolist()


async def test_a_body_that_is_no_table_is_refused(api: Api) -> None:
    answer = await api(
        "POST",
        "/ingest/candles/copy?symbol=BTC-USD&resolution=1h",
        headers={"Content-Type": MEDIA_TYPES["parquet"]},
        body=b"PAR1 and nothing more PAR1",
    )
    assert answer.status_code == 400
    assert "not Parquet" in answer.json["detail"]
