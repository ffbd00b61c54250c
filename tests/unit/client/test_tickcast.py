import json
from typing import Any

import pandas as pd
import pytest

from client import BadFrame, Conflict, InvalidRequest, Tickcast, paging, uploads

STEP = {
    "time": "2025-01-01T01:00:00Z",
    "horizon": 1,
    "predicted": 1.1,
    "interval": {"0.8": [1.0, 1.2], "0.95": [0.9, 1.3]},
    "baseline": {"last_price": 1.05, "drift": 1.06},
    "skill": {"value": 0.0, "low": -0.1, "high": 0.1, "verdict": "unproven"},
    "model": {"name": "fx", "id": "1"},
    "input": {"last_time": "2025-01-01T00:00:00Z", "gaps": 0, "partial": False},
}
EURUSD = {"platform": "file", "symbol": "EURUSD", "resolution": "1h"}


def _candle(hour: int) -> dict[str, Any]:
    return {"time": f"2025-01-01T{hour:02}:00:00Z", "open": 1, "high": 2, "low": 1,
            "close": 2, "volume": 3, "trades": None, "flags": []}  # fmt: skip


def _frame(rows: int) -> pd.DataFrame:
    times = pd.date_range("2025-01-01T00:00:00Z", periods=rows, freq="h")
    return pd.DataFrame(dict.fromkeys(["open", "high", "low", "close", "volume"], 1.5), times)


def _accepts(server: Any, path: str, *results: dict[str, Any]) -> None:
    """Have a route answer 202, and its task end with these results, one a request."""
    server.answers("POST", path, server.answer({"status": "queued", "task_id": "t1"}, 202))
    ends = [server.task("succeeded", result=result) for result in results]
    server.answers("GET", "/tasks/t1", server.task_answer("queued"))
    server.answers("GET", "/tasks/t1/events", *[server.events(end) for end in ends])


def test_candles_are_read_page_by_page_until_there_are_no_more(
    server: Any, tickcast: Tickcast
) -> None:
    first = {"candles": [_candle(0), _candle(1)], "next_cursor": "c1"}
    last = {"candles": [_candle(2)], "next_cursor": None}
    server.answers("GET", "/candles/coinbase/BTC-USD/1h", server.answer(first), server.answer(last))

    frame = tickcast.candles("coinbase", "BTC/USD", "1h", start=pd.Timestamp("2025-01-01"), limit=9)

    assert frame.index.hour.tolist() == [0, 1, 2]
    assert [asked.query.get("cursor") for asked in server.asked] == [None, "c1"]
    assert {asked.query["start"] for asked in server.asked} == {"2025-01-01T00:00:00Z"}


def test_no_more_candles_are_asked_for_than_the_limit(server: Any, tickcast: Tickcast) -> None:
    page = {"candles": [_candle(0), _candle(1)], "next_cursor": "more"}
    server.answers("GET", "/candles/file/EURUSD/1h", server.answer(page))

    assert len(tickcast.candles(**EURUSD, limit=2)) == 2
    assert [asked.query["limit"] for asked in server.asked] == ["2"]


def test_the_newest_candles_are_read_backwards_and_come_oldest_first(
    server: Any, tickcast: Tickcast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paging, "PAGE", 2)
    late = {"candles": [_candle(4), _candle(5)]}
    early = {"candles": [_candle(3)]}
    server.answers("GET", "/candles/file/EURUSD/1h", server.answer(late), server.answer(early))

    frame = tickcast.candles(**EURUSD, limit=9, newest=True)

    assert frame.index.hour.tolist() == [3, 4, 5]
    assert [asked.query.get("end") for asked in server.asked] == [None, "1735703999"]


def test_names_cannot_leave_their_place_in_the_path(server: Any, tickcast: Tickcast) -> None:
    server.answers("DELETE", "/lstm/models/..%2Ftasks/a%3Fb", server.answer(b"", 204))

    tickcast.delete_model("../tasks", "a?b")

    assert len(server.asked) == 1


def test_an_upload_is_split_and_its_results_are_one(
    server: Any, tickcast: Tickcast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "ROWS_PER_REQUEST", 2)
    bad = {"inserted": 1, "rejected": [{"index": 1, "reason": "high < low"}]}
    _accepts(server, "/ingest/candles/file", {"inserted": 2, "rejected": []}, bad)

    result = tickcast.ingest_candles(_frame(4), **EURUSD, skip_bad_rows=True)

    posts = [asked for asked in server.asked if asked.method == "POST"]
    assert [len(post.body.splitlines()) for post in posts] == [3, 3]
    assert posts[0].query == {"symbol": "EURUSD", "resolution": "1h", "on_error": "skip"}
    assert posts[0].headers["content-type"] == "text/csv"
    assert result == {"inserted": 3, "rejected": [{"index": 3, "reason": "high < low"}]}


def test_a_later_part_that_is_refused_says_that_the_others_are_stored(
    server: Any, tickcast: Tickcast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "ROWS_PER_REQUEST", 2)
    path = "/ingest/candles/file"
    _accepts(server, path, {"inserted": 2})
    server.answers("POST", path, server.error(422, "invalid_request", "candles[1]: high < low."))

    with pytest.raises(InvalidRequest) as caught:
        tickcast.ingest_candles(_frame(4), **EURUSD)

    assert caught.value.detail == (
        "In the part from row 2 on, counted from there: candles[1]: high < low. "
        "The parts before it are stored."
    )


def test_a_frame_that_cannot_be_sent_is_refused_before_anything_is_sent(
    server: Any, tickcast: Tickcast
) -> None:
    with pytest.raises(BadFrame):
        tickcast.ingest_candles(_frame(2).drop(columns="close"), **EURUSD)

    assert server.asked == []


def test_fetching_waits_for_the_result(server: Any, tickcast: Tickcast) -> None:
    _accepts(server, "/ingest/kline/coinbase", {"fetched": 24, "calls": 1})

    task = tickcast.ingest_kline("coinbase", "BTC-USD", "1h", "2025-01-01", 1735776000)

    assert task.result == {"fetched": 24, "calls": 1}
    assert json.loads(server.asked[0].body) == {
        "symbol": "BTC-USD", "resolution": "1h", "start": "2025-01-01", "end": "1735776000",
    }  # fmt: skip


def test_a_training_sends_only_what_it_is_told(server: Any, tickcast: Tickcast) -> None:
    _accepts(server, "/lstm/train", {"verdict": "unproven"})

    task = tickcast.train(
        "fx", "1", symbol="EURUSD", resolution=3600, nsteps=24, seed=0, wait=False
    )

    assert task.state == "queued"
    assert json.loads(server.asked[0].body) == {
        "model_name": "fx", "model_id": "1", "symbol": "EURUSD", "resolution": "3600",
        "seq_len": 60, "nsteps": 24, "seed": 0,
    }  # fmt: skip


def test_a_training_may_fetch_its_candles_first(server: Any, tickcast: Tickcast) -> None:
    _accepts(server, "/lstm/train", {})
    span = (pd.Timestamp("2025-01-01"), "2025-02-01T00:00:00Z")

    tickcast.train("btc", "1", symbol="BTC-USD", resolution="1h", fetch=span, predict=True)

    body = json.loads(server.asked[0].body)
    assert body["fetch"] == {"start": "2025-01-01T00:00:00Z", "end": "2025-02-01T00:00:00Z"}
    assert body["predict"] is True


def test_a_forecast_is_returned_at_once_when_it_is_ready(server: Any, tickcast: Tickcast) -> None:
    server.answers("POST", "/lstm/predict", server.answer(STEP))

    forecast = tickcast.predict("fx", "1")

    assert (forecast.predicted, forecast.interval["0.8"]) == (1.1, (1.0, 1.2))
    assert json.loads(server.asked[0].body) == {"model_name": "fx", "model_id": "1"}


def test_a_forecast_that_takes_long_is_waited_for(server: Any, tickcast: Tickcast) -> None:
    result = {name: STEP[name] for name in ("baseline", "skill", "model", "input")}
    _accepts(server, "/lstm/predictnsteps", result | {"predictions": [STEP]})

    forecast = tickcast.predict_nsteps("fx", "1", nsteps=1)

    assert forecast.predictions[0].horizon == 1


def test_another_number_of_steps_than_trained_is_a_conflict(
    server: Any, tickcast: Tickcast
) -> None:
    refusal = server.error(409, "conflict", "nsteps is 24 in this model, fixed at training.")
    server.answers("POST", "/lstm/predictnsteps", refusal)

    with pytest.raises(Conflict, match="24"):
        tickcast.predict_nsteps("fx", "1", nsteps=3)


def test_watches_are_added_listed_and_removed(server: Any, tickcast: Tickcast) -> None:
    watched = {"platform": "coinbase", "symbol": "BTC-USD", "resolution": 3600}
    server.answers("POST", "/watch", server.answer(watched, 201))
    server.answers("GET", "/watch", server.answer({"watches": [watched]}))
    server.answers("DELETE", "/watch", server.answer(b"", 204))

    tickcast.watch("coinbase", "BTC-USD", "1h")
    tickcast.unwatch("coinbase", "BTC-USD", "1h")

    assert [watch.symbol for watch in tickcast.watches()] == ["BTC-USD"]
    assert server.asked[1].query == {
        "platform": "coinbase", "symbol": "BTC-USD", "resolution": "1h"
    }  # fmt: skip


def test_cancelling_tells_the_state_after_it(server: Any, tickcast: Tickcast) -> None:
    server.answers("DELETE", "/tasks/t1", server.task_answer("running"))
    server.answers("GET", "/tasks/t1", server.task_answer("cancelled"))

    assert tickcast.cancel("t1").state == "cancelled"


def test_tasks_are_listed_with_their_total(server: Any, tickcast: Tickcast) -> None:
    page = {"tasks": [server.task("running")], "total": 31}
    server.answers("GET", "/tasks", server.answer(page))

    found = tickcast.tasks(state="running", limit=1)

    assert (found.total, found.tasks[0].state) == (31, "running")
    assert server.asked[0].query == {"state": "running", "limit": "1"}
