"""The ledger is read in pages, verified, and summed up by slot."""

from typing import Any

from sqlalchemy import update

from core.clock.times import format_time, parse_time
from core.columnar.read_tables import read_table_rows
from core.forecast_target import ForecastTarget
from core.ledger import FORECASTS, HASHED, LIVE, row_hash
from storage.database import writing
from storage.ledger import append_only
from storage.ledger.ledger_rows import LATE
from storage.ledger.ledger_tables import ledger
from storage.ledger.signal_rows import SignalOutcome
from storage.stores import Stores
from tests.integration.api.conftest import Api
from tests.made_forecasts import SLOT, first_opening, forecast, forecasts
from tests.made_runs import enter_run
from tests.made_signals import several, unsealed

FIELDS = (
    "seq ledger made_at platform symbol resolution horizon model opening predicted "
    "intervals prob_up baseline realised error baseline_error model_hash data_hash prev_hash hash"
).split()
SCORES: dict[str, Any] = {"n": 3, "scores": {"mae": 1.5}, "baseline_scores": {"mae": 1.0}}


async def test_an_empty_ledger_has_no_rows_and_is_whole(api: Api) -> None:
    assert (await api("GET", "/ledger")).json == {"rows": [], "next_cursor": None}
    found = (await api("GET", "/ledger/verify")).json
    assert (found["ok"], found["rows"], found["first_bad"], found["reason"]) == (
        True,
        0,
        None,
        None,
    )
    assert (await api("GET", "/scoreboard")).json == {"ledger": "live", "rows": []}


async def test_a_row_shows_what_was_said_and_what_came(api: Api, stores: Stores) -> None:
    stores.ledger.append(forecasts(2))
    stores.ledger.record_outcomes(LIVE, {1: 101.5})
    done, waiting = (await api("GET", "/ledger")).json["rows"]
    assert list(done)[: len(FIELDS)] == FIELDS
    assert done["intervals"] == {"0.8": [99.0, 102.0], "0.95": [98.0, 103.0]}
    assert done["baseline"] == {"last_price": 100.0}
    assert (done["realised"], done["error"], done["baseline_error"]) == (101.5, 1.5, 1.5)
    assert (waiting["realised"], waiting["error"], waiting["baseline_error"]) == (None,) * 3
    assert done["opening"] == format_time(first_opening(candles_ago=-1) * 1_000)


async def test_anybody_can_check_the_hashes_of_the_rows_shown(api: Api, stores: Stores) -> None:
    stores.ledger.append(forecasts(3))
    for row in (await api("GET", "/ledger")).json["rows"]:
        plain = row | {
            "made_at": parse_time(row["made_at"], "made_at"),
            "low_80": row["intervals"]["0.8"][0],
            "high_80": row["intervals"]["0.8"][1],
            "low_95": row["intervals"]["0.95"][0],
            "high_95": row["intervals"]["0.95"][1],
            "last_price": row["baseline"]["last_price"],
        }
        for name in ("opening", "first_opening", "input_end"):
            plain[name] = parse_time(row[name], name) // 1_000
        assert set(HASHED[FORECASTS]) <= plain.keys()
        assert row_hash(FORECASTS, row["prev_hash"], plain) == row["hash"]


async def test_rows_come_in_pages_by_slot_and_time(api: Api, stores: Stores) -> None:
    made = forecasts(5)
    stores.ledger.append([*made, forecast(ForecastTarget("kraken", "XBTUSD", 60, 2, "ewma"))])
    query = {"platform": "coinbase", "symbol": "BTC/USD", "resolution": "5m", "horizon": "1",
             "model": "boosting", "limit": "3"}  # fmt: skip
    page = (await api("GET", "/ledger", params=query)).json
    assert [row["seq"] for row in page["rows"]] == [1, 2, 3]
    rest = (await api("GET", "/ledger", params=query | {"cursor": page["next_cursor"]})).json
    assert ([row["seq"] for row in rest["rows"]], rest["next_cursor"]) == ([4, 5], None)
    span = {"start": str(made[1].opening), "end": format_time(made[2].opening * 1_000)}
    found = (await api("GET", "/ledger", params=span | {"model": "boosting"})).json["rows"]
    assert [row["seq"] for row in found] == [2, 3]


async def test_the_ledger_comes_as_a_table_with_all_that_its_hashes_cover(
    api: Api, stores: Stores
) -> None:
    stores.ledger.append(forecasts(3))
    answer = await api("GET", "/ledger?format=arrow")
    rows = read_table_rows(answer.content, "arrow")
    for row, shown in zip(rows, (await api("GET", "/ledger")).json["rows"], strict=True):
        plain = row | {"made_at": round(row["made_at"] * 1_000)}
        assert row_hash(FORECASTS, row["prev_hash"], plain) == row["hash"] == shown["hash"]
    page = await api("GET", "/ledger?format=parquet&limit=2")
    assert read_table_rows(page.content, "parquet") == rows[:2]
    rest = await api("GET", f"/ledger?format=csv&cursor={page.headers['X-Next-Cursor']}")
    assert rest.text.splitlines()[1].startswith("3,")


async def test_a_ledger_that_does_not_exist_is_not_found(api: Api) -> None:
    for path in ("/ledger", "/ledger/verify", "/scoreboard"):
        assert (await api("GET", path, params={"ledger": "replay-0"})).status_code == 404
    for wrong in ({"limit": "10001"}, {"horizon": "0"}, {"cursor": "x"}, {"model": "oracle"}):
        assert (await api("GET", "/ledger", params=wrong)).status_code == 422


async def test_tampering_shows_wherever_it_was(api: Api, stores: Stores) -> None:
    stores.ledger.append(forecasts(3))
    stores.ledger.create_replay("replay-1", "job", {})
    stores.ledger.append_replayed("replay-1", [forecast(candles_ago=n) for n in (9, 8)])
    with writing(stores.engine) as connection:
        append_only.lift(connection)
        change = update(ledger).where(ledger.c.ledger == "replay-1", ledger.c.seq == 2)
        connection.execute(change.values(predicted=1.0))
        append_only.enforce(connection)
    whole = (await api("GET", "/ledger/verify")).json
    assert (whole["ok"], whole["first_bad"], whole["rows"]) == (False, 2, 3)
    assert "replay-1" in whole["reason"]
    assert [one["ok"] for one in whole["ledgers"]] == [True, False]
    live = (await api("GET", "/ledger/verify", params={"ledger": "live"})).json
    assert (live["ok"], live["rows"]) == (True, 3)


async def test_the_scoreboard_has_a_row_for_each_slot(api: Api, stores: Stores) -> None:
    enter_run(stores.registry)
    other = ForecastTarget("kraken", "XBTUSD", 60, 2, "ewma")
    stores.boards.put(LIVE, other, SCORES | {"verdict": "unproven"})
    first, second = (await api("GET", "/scoreboard")).json["rows"]
    assert (first["model"], first["n"], first["missed"]) == (SLOT.model, 0, 0)
    assert (first["champion"], first["expired"]) == ("run-1", False)
    assert (second["n"], second["scores"]["mae"], second["verdict"]) == (3, 1.5, "unproven")
    query = {"symbol": "XBTUSD", "resolution": "1m"}
    only = (await api("GET", "/scoreboard", params=query)).json["rows"]
    assert [row["platform"] for row in only] == ["kraken"]


async def test_the_ledger_needs_a_key(api: Api) -> None:
    for path in ("/ledger", "/ledger/verify", "/scoreboard"):
        assert (await api.bare("GET", path)).status_code == 401


async def test_the_chain_of_signals_is_told_and_verified_apart(api: Api, stores: Stores) -> None:
    stores.ledger.append(forecasts(1))
    stores.sealed.append([*several(3), unsealed("late", candles_ago=3)])
    stores.sealed.record_outcomes([SignalOutcome(1, 1.9, "take_profit", "buy", 1_700_000_300_000)])
    page = (await api("GET", "/ledger", query_string="chain=signals&limit=2")).json
    assert page["rows"] == []
    assert [(row["seq"], row["pnl_percent"], row["exit"]) for row in page["signals"]] == [
        (1, 1.9, "take_profit"), (2, None, None),
    ]  # fmt: skip
    assert [row["closed_at"] for row in page["signals"]] == ["2023-11-14T22:18:20Z", None]
    assert page["missed"] == {LATE: 1}
    table = await api("GET", "/ledger", query_string="chain=signals&format=arrow")
    assert [row["exit"] for row in read_table_rows(table.content, "arrow")] == [
        "take_profit", None, None,
    ]  # fmt: skip
    query = f"chain=signals&cursor={page['next_cursor']}"
    rest = (await api("GET", "/ledger", query_string=query)).json
    assert [row["seq"] for row in rest["signals"]] == [3]
    assert (await api("GET", "/ledger")).json.keys() == {"rows", "next_cursor"}
    found = (await api("GET", "/ledger/verify", query_string="chain=signals")).json
    assert (found["ok"], found["ledger"], found["rows"], found["events"]) == (
        True, "signals", 3, 2,
    )  # fmt: skip
    assert found["head"] == rest["signals"][0]["hash"]
