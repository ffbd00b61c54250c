"""Live trades over HTTP: accepted when the broker holds them, shown once they are stored."""

import csv
import io
import json
from typing import Any

import pytest

from core.columnar.read_tables import read_table_rows
from storage.live.quarantine import Quarantine
from storage.live.traded_markets import TradedMarkets
from storage.stores import Stores
from storage.trades.writer import TradeWriter
from tests.integration.api.conftest import Api
from tests.integration.storage.trades.test_trade_writer import START, pack
from tests.trade_oracle import RawTrade

TRADE = {"type": "trade", "symbol": "A-B", "price": "1.5", "size": "2", "trade_id": 1}


async def test_a_batch_is_accepted_with_counts_and_reasons(api: Api, stores: Stores) -> None:
    messages = [TRADE, {"type": "subscriptions"}, {"type": "riddle"}, TRADE | {"price": "x"}]

    answer = await api("POST", "/ingest/x", json=messages)

    assert answer.status_code == 202
    assert (answer.json["status"], answer.json["accepted"], answer.json["ignored"]) == (
        "queued",
        1,
        1,
    )
    assert [one["index"] for one in answer.json["rejected"]] == [2, 3]
    assert stores.redis.llen("stream") == 1
    kept = await api("GET", "/quarantine/x")
    assert kept.json["total_rejected"] == 2
    assert json.loads(kept.json["rejected"][0]["message"])["price"] == "x"


async def test_malformed_json_is_a_400_and_queues_nothing(api: Api, stores: Stores) -> None:
    for body in ("", "[1,", "7", "null"):
        answer = await api("POST", "/ingest/x", body=body)
        assert (answer.status_code, answer.json["error"]) == (400, "malformed_request")
    assert stores.redis.llen("stream") == 0


async def test_a_full_queue_is_a_429_with_the_time_to_wait(api: Api, stores: Stores) -> None:
    stores.redis.rpush("stream", *(b"x" for _ in range(200)))

    answer = await api("POST", "/ingest/x", json=TRADE)

    assert (answer.status_code, answer.headers["retry-after"]) == (429, "1")


async def test_trades_are_read_page_by_page_with_their_own_decimals(
    api: Api, stores: Stores
) -> None:
    rows = [RawTrade(n, START + n * 1_500, "0.00001305", f"{n + 1}.5") for n in range(5)]
    await api("POST", "/ingest/x", json=TRADE)
    TradeWriter(stores.redis).write("x", {"A-B": [pack(rows)]})

    first = await api("GET", "/trades/x/A-B?limit=3")
    rest = await api("GET", f"/trades/x/A-B?limit=3&cursor={first.json['next_cursor']}")

    told = first.json["trades"] + rest.json["trades"]
    assert [(t["trade_id"], t["price"], t["size"]) for t in told] == [
        (n, 0.00001305, n + 1.5) for n in range(5)
    ]
    assert told[1]["time"] == "2023-11-14T22:13:20.001500Z"
    assert rest.json["next_cursor"] is None


@pytest.mark.parametrize("form", ["arrow", "parquet", "csv"])
async def test_trades_come_as_a_table_whole_or_in_pages(
    api: Api, stores: Stores, form: str
) -> None:
    rows = [RawTrade(n, START + n * 1_500, "0.00001305", f"{n + 1}.5") for n in range(5)]
    await api("POST", "/ingest/x", json=TRADE)
    TradeWriter(stores.redis).write("x", {"A-B": [pack(rows)]})

    whole = await api("GET", f"/trades/x/A-B?format={form}")
    page = await api("GET", f"/trades/x/A-B?format={form}&limit=3")
    rest = await api(
        "GET", f"/trades/x/A-B?format={form}&limit=3&cursor={page.headers['X-Next-Cursor']}"
    )

    tables = [_rows(answer.content, form) for answer in (whole, page, rest)]
    assert tables[0] == tables[1] + tables[2]
    assert [(float(t["size"]), int(t["trade_id"])) for t in tables[0]] == [
        (n + 1.5, n) for n in range(5)
    ]
    assert tables[0][1]["time"] in ("2023-11-14T22:13:20.001500Z", (START + 1_500) / 1e6)
    assert "X-Next-Cursor" not in rest.headers


def _rows(content: bytes, form: str) -> list[dict[str, Any]]:
    if form == "csv":
        return list(csv.DictReader(io.StringIO(content.decode())))
    return read_table_rows(content, form)


async def test_an_unknown_market_is_a_404_and_a_new_one_is_empty(api: Api) -> None:
    await api("POST", "/ingest/x", json=TRADE | {"symbol": "NEW-ONE"})

    for path in ("trades", "anomalies", "gaps"):
        assert (await api("GET", f"/{path}/x/UNKNOWN")).status_code == 404
        assert (await api("GET", f"/{path}/x/NEW-ONE")).status_code == 200
    assert (await api("GET", "/trades/x/NEW-ONE")).json["trades"] == []


async def test_the_quarantine_keeps_an_excerpt_and_counts_everything(
    api: Api, stores: Stores
) -> None:
    await api("POST", "/ingest/x", json={"type": "riddle", "long": "x" * 5_000})

    (kept,), _ = Quarantine(stores.redis).newest("x", 10)

    assert len(kept.message) == 1_024


async def test_the_address_names_the_symbol_of_messages_that_name_none(
    api: Api, stores: Stores
) -> None:
    nameless = {name: value for name, value in TRADE.items() if name != "symbol"}

    named = await api("POST", "/ingest/x?symbol=E-F", json=nameless)
    unnamed = await api("POST", "/ingest/x", json=nameless)
    wrong = await api("POST", "/ingest/x?symbol=E%20F", json=nameless)

    assert named.json["accepted"] == 1
    assert [str(market) for market in TradedMarkets(stores.redis).all()] == ["x:E-F"]
    assert "symbol= in the address" in unnamed.json["rejected"][0]["reason"]
    assert (wrong.status_code, wrong.json["error"]) == (422, "invalid_request")
