"""What robots read: the newest signal of every slot, its history, and counts by day."""

import csv
import io
from typing import Any

import msgspec
import pytest

from core.clock.times import format_time
from core.series import Market
from core.signals import NO_CANDLE
from storage.ledger.ledger_rows import Missed
from storage.ledger.signal_rows import SealedSignal, SignalOutcome
from storage.stores import Stores
from tests.integration.api.conftest import Api
from tests.integration.api.robots.conftest import EURUSD, GOLD, Seal, closed

pytestmark = pytest.mark.clock
# Of source 002, in its order; then what was added.
SOURCE_FIELDS = [
    "symbol", "timeframe", "signal", "confidence", "prob_buy", "prob_sell", "prob_no", "regime",
    "expected_rr", "ts", "model_v",
]  # fmt: skip


async def get(api: Api, path: str, **params: Any) -> Any:
    """Return the body of a 200."""
    answer = await api("GET", path, params=params)
    assert answer.status_code == 200, answer.text
    return answer.json


async def test_a_scan_has_every_field_of_the_source_in_its_order(
    api: Api, stores: Stores, seal: Seal
) -> None:
    stores.markets.tell(Market("mt5", "EURUSD"), {"digits": 4}, {}, "set")
    row = seal(EURUSD)
    scan = await get(api, "/api/scan")
    (item,) = scan["items"]
    assert list(item)[: len(SOURCE_FIELDS)] == SOURCE_FIELDS
    assert item["signal"] == "BUY"
    assert item["confidence"] == item["prob_buy"] == 0.5512
    assert item["prob_buy"] + item["prob_sell"] + item["prob_no"] == pytest.approx(1, abs=1e-4)
    assert (item["timeframe"], item["model_v"]) == ("M15", "lgbm_EURUSD_M15_vabcdef01")
    assert item["ts"] == format_time(closed(EURUSD) * 1_000)
    assert item["ts_unix"] == closed(EURUSD)
    assert item["created_at"].endswith(":02Z")
    assert (item["pred_id"], item["horizon"], item["platform"]) == (row.seq, 16, "mt5")
    assert item["enter_by_unix"] - item["ts_unix"] == 90
    assert item["exit_by_unix"] - item["ts_unix"] == 16 * 900
    assert (item["tp"], item["sl"], item["ref_price"]) == (1.1022, 1.0989, 1.1)
    assert item["expected_rr"] == pytest.approx((0.002 - 1.3e-4) / (0.001 + 1.3e-4), abs=0.01)
    assert item["spread_max"] == pytest.approx(6e-4 * 1.1, rel=1e-4)
    assert (item["stale"], item["verdict"]) == (False, "skilled")
    assert scan | {"server_time": "", "server_time_unix": 0, "items": []} == {
        "items": [], "plan_tier": "owner", "filtered_by_plan": False, "server_time": "",
        "server_time_unix": 0, "next_close_unix": closed(EURUSD) + 900, "stale_slots": 1,
        "count": 1,
    }  # fmt: skip


async def test_prices_of_unknown_digits_have_no_noise_of_arithmetic(api: Api, seal: Seal) -> None:
    seal(EURUSD, take_profit=1.1022000000000003, range_high=1.11000000000004)
    (item,) = (await get(api, "/api/scan"))["items"]
    assert (item["tp"], item["range_high"]) == (1.1022, 1.11)


async def test_no_trade_keeps_its_chances_and_reason_and_has_no_exits(api: Api, seal: Seal) -> None:
    seal(EURUSD, type="hold", confidence=0.19877, reason="Hold: no skill.")
    (item,) = (await get(api, "/api/scan"))["items"]
    assert (item["signal"], item["tp"], item["sl"]) == ("NO_TRADE", None, None)
    assert item["confidence"] == item["prob_no"] == pytest.approx(0.1988)
    assert item["reason"] == "Hold: no skill."
    assert item["expected_rr"] > 0


async def test_an_old_signal_is_left_out_counted_and_shown_only_if_asked_for(
    api: Api, seal: Seal
) -> None:
    seal(EURUSD, ago=2)
    seal(GOLD)
    scan = await get(api, "/api/scan")
    assert [item["symbol"] for item in scan["items"]] == ["XAUUSD"]
    assert (scan["stale_slots"], scan["count"]) == (1, 1)
    both = (await get(api, "/api/scan", include_stale="true"))["items"]
    assert [(item["symbol"], item["stale"]) for item in both] == [
        ("EURUSD", True), ("XAUUSD", False),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("params", "symbols"),
    [
        ({"symbol": "EURUSD"}, ["EURUSD"]),
        ({"symbol": "eur/usd"}, ["EURUSD"]),
        ({"symbol": ["EURUSD", "XAUUSD"]}, ["EURUSD", "XAUUSD"]),
        ({"timeframe": "H1"}, ["XAUUSD"]),
        ({"timeframe": ["M15", "1h"]}, ["EURUSD", "XAUUSD"]),
        ({"min_confidence": "0.56"}, ["XAUUSD"]),
        ({"min_confidence": "1"}, []),
    ],
)
async def test_a_scan_is_narrowed(
    api: Api, seal: Seal, params: dict[str, Any], symbols: list[str]
) -> None:
    seal(EURUSD)
    seal(GOLD, confidence=0.9)
    assert [item["symbol"] for item in (await get(api, "/api/scan", **params))["items"]] == symbols


async def test_a_symbol_that_was_never_offered_is_not_found_with_the_nearest(
    api: Api, seal: Seal
) -> None:
    seal(GOLD)
    asked: list[tuple[str, dict[str, str]]] = [
        ("/api/scan", {"symbol": "XAUUSX"}),
        ("/api/history/predictions", {"symbol": "XAUUSX"}),
        ("/api/signals/XAUUSX/H1", {}),
    ]
    for path, params in asked:
        answer = await api("GET", path, params=params)
        assert answer.status_code == 404
        assert "Nearest: XAUUSD" in answer.json["detail"]
    named = await api("GET", "/api/signals/xau-usd/H1")
    assert (named.status_code, len(named.json)) == (200, 1)


async def test_unchanged_items_are_a_304_without_a_body(api: Api, seal: Seal) -> None:
    seal(EURUSD, ago=1)
    first = await api("GET", "/api/scan")
    tag = {"If-None-Match": f'"other", {first.headers["ETag"]}'}
    same = await api("GET", "/api/scan", headers=tag)
    assert (same.status_code, same.content) == (304, b"")
    table = await api("GET", "/api/scan", params={"format": "csv"}, headers=tag)
    assert table.status_code == 200
    seal(EURUSD)
    assert (await api("GET", "/api/scan", headers=tag)).status_code == 200


async def test_the_csv_has_the_same_fields_without_quotes(api: Api, seal: Seal) -> None:
    seal(EURUSD, reason='Buy: "so"; it is.')
    answer = await api("GET", "/api/scan", params={"format": "csv"})
    assert answer.headers["Content-Type"].startswith("text/csv")
    assert '"' not in answer.text
    (line,) = csv.DictReader(io.StringIO(answer.text), delimiter=";")
    (item,) = (await get(api, "/api/scan"))["items"]
    assert list(line) == list(item)
    assert (line["signal"], line["stale"], float(line["tp"])) == ("BUY", "false", 1.1022)


async def test_without_slots_a_scan_is_empty(api: Api, stores: Stores) -> None:
    scan = await get(api, "/api/scan")
    assert (scan["items"], scan["count"], scan["stale_slots"]) == ([], 0, 0)
    assert scan["next_close_unix"] > scan["server_time_unix"]


async def test_what_is_not_offered_is_a_404_with_the_nearest(api: Api, seal: Seal) -> None:
    answer = await api("GET", "/api/signals/EURUSB/M15")
    assert answer.status_code == 404
    assert "EURUSD M15" in answer.json["detail"]
    assert (await api("GET", "/api/signals/EURUSD/M17")).status_code == 422


async def test_a_history_is_newest_first_by_pages_with_outcomes(
    api: Api, stores: Stores, seal: Seal
) -> None:
    rows = [seal(EURUSD, ago, type="hold" if ago == 1 else "buy") for ago in (3, 2, 1, 0)]
    stores.sealed.record_outcomes(
        [
            SignalOutcome(rows[0].seq, 0.18, "take_profit", "buy"),
            SignalOutcome(rows[1].seq, -0.12, "stop_loss", "sell", 1_790_000_000_000),
        ]
    )
    path = "/api/signals/EURUSD/M15"
    answer = await api("GET", path, params={"limit": "3"})
    page = answer.json
    assert [one["pred_id"] for one in page] == [4, 3, 2]
    assert [one["signal"] for one in page] == ["BUY", "NO_TRADE", "BUY"]
    lost = page[2]["outcome"]
    assert (lost["result"], lost["exit"], lost["pnl_bps"]) == ("loss", "sl", -12.0)
    assert lost["r"] == pytest.approx(-0.0012 / 0.001, abs=1e-4)
    assert lost["closed_at"] == "2026-09-21T14:13:20Z"
    assert page[0]["outcome"] is None
    assert f"{path}?limit=3&include_no_trade=true&before=2" in answer.headers["Link"]
    rest = await get(api, path, limit="3", before="2")
    assert [one["outcome"]["result"] for one in rest] == ["profit"]
    assert rest[0]["outcome"]["closed_at"] is None  # an earlier version did not keep it
    traded = await get(api, path, include_no_trade="false")
    assert [one["pred_id"] for one in traded] == [4, 2, 1]
    stores.slots.offer([])
    assert len(await get(api, path)) == 4  # a retired slot stays in the record


async def test_an_account_s_signals_are_those_of_all_its_slots_newest_first(
    api: Api, stores: Stores, seal: Seal
) -> None:
    path = "/api/account/signals"
    empty = {"count": 0, "days": 7, "signals": [], "total": 0}
    assert await get(api, path) == empty
    rows = [seal(GOLD, 3), seal(EURUSD, 2), seal(GOLD, 1, type="hold")]
    seal(GOLD, 24 * 8)  # older than the seven days that are usual
    stores.sealed.record_outcomes([SignalOutcome(rows[0].seq, 0.18, "take_profit", "buy")])

    told = await get(api, path)
    assert [one["pred_id"] for one in told["signals"]] == [2, 1]
    assert (told["count"], told["total"], told["days"]) == (2, 2, 7)
    newest, first = told["signals"]
    assert (newest["symbol"], newest["timeframe"], newest["outcome"]) == ("EURUSD", "M15", None)
    assert first["outcome"]["result"] == "profit"
    chances = [newest[name] for name in ("prob_buy", "prob_sell", "prob_no")]
    assert sum(chances) == pytest.approx(1, abs=1e-4)
    every = await get(api, path, include_no_trade="true", days="30", limit="2")
    assert [one["signal"] for one in every["signals"]] == ["BUY", "NO_TRADE"]
    assert every["total"] == 4


async def test_pages_of_an_account_s_signals_meet_without_a_gap(api: Api, seal: Seal) -> None:
    for ago in (5, 4, 3, 2, 1):
        seal(GOLD, ago)
    path, seen = "/api/account/signals?limit=2", []
    while path:
        answer = await api("GET", path)
        seen += [one["pred_id"] for one in answer.json["signals"]]
        assert answer.json["total"] == 5
        path = answer.headers["Link"].partition(">")[0][1:] if "Link" in answer.headers else ""
    assert seen == [5, 4, 3, 2, 1]


@pytest.mark.parametrize(
    "query", ["days=0", "days=91", "limit=0", "limit=501", "before=0", "include_no_trade=yes"]
)
async def test_what_an_account_cannot_ask_of_its_signals_is_a_422(api: Api, query: str) -> None:
    answer = await api("GET", f"/api/account/signals?{query}")
    assert answer.status_code == 422
    assert query.partition("=")[0] in answer.json["detail"]


async def test_counts_agree_with_the_rows(api: Api, stores: Stores, seal: Seal) -> None:
    rows = [seal(GOLD, ago, confidence=0.6) for ago in (2, 1)]
    rows.append(seal(GOLD, 0, type="hold", confidence=0.2))
    stores.sealed.record_outcomes(
        [
            SignalOutcome(rows[0].seq, 0.18, "take_profit", "buy"),
            SignalOutcome(rows[1].seq, -0.12, "stop_loss", "sell"),
        ]
    )
    later = rows[-1].opening + GOLD.resolution
    stores.sealed.append([], [Missed(GOLD, later, later, 1, NO_CANDLE)])
    found = await get(api, "/api/history/predictions", days="2", symbol="XAUUSD", tf_code="H1")
    assert (found["days"], found["count"]) == (2, len(found["rows"]))
    total = {
        name: sum(row[name] for row in found["rows"])
        for name in ("n", "n_buy", "n_sell", "n_no_trade", "n_resolved", "n_hits")
    }
    assert total == {
        "n": 3, "n_buy": 2, "n_sell": 0, "n_no_trade": 1, "n_resolved": 2, "n_hits": 1,
    }  # fmt: skip
    assert [row["date"] for row in found["rows"]] == sorted(
        (row["date"] for row in found["rows"]), reverse=True
    )
    weights = [row["n_resolved"] for row in found["rows"]]
    brier = sum((row["brier"] or 0) * n for row, n in zip(found["rows"], weights, strict=True))
    hit = 0.19877**2 + (1 - 0.55123) ** 2 + 0.25**2
    miss = 0.19877**2 + 0.55123**2 + 0.75**2
    assert brier == pytest.approx(hit + miss, abs=1e-5)
    assert (await get(api, "/api/history/predictions", symbol="EURUSD"))["rows"] == []


async def test_a_reader_may_read_and_nobody_without_a_key(
    api: Api, stores: Stores, seal: Seal
) -> None:
    seal(EURUSD)
    key = stores.keys.create("reader", "a robot")[0]
    for path in ("/api/scan", "/api/signals/EURUSD/M15", "/api/history/predictions"):
        assert (await api("GET", path, headers={"X-API-Key": key})).status_code == 200
        assert (await api.bare("GET", path)).status_code == 401


def test_a_row_of_the_board_is_the_row_of_the_ledger(stores: Stores, seal: Seal) -> None:
    row = seal(EURUSD)
    assert stores.board.newest([EURUSD, GOLD]) == {EURUSD: row}
    assert msgspec.json.decode(msgspec.json.encode(row), type=SealedSignal) == row
