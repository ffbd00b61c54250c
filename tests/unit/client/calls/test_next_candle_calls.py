"""What the client makes of the routes of the next candle."""

import math
from typing import Any

import pytest

from client import Tickcast

NAME = {"platform": "file", "symbol": "EURUSD", "interval": "1h"}


def _point(hour: int, error: float | None = 1.0) -> dict[str, Any]:
    prices = {"open": 1, "high": 2, "low": 1, "close": 2, "volume": 3}
    said = {f"{name}_next": 1.5 for name in ("open", "high", "low", "close", "amp")}
    return {
        "real": {"time": f"2025-01-01T{hour:02}:00:00Z", **prices},
        "pred": said,
        "cls": {"dir_next": 1, "prob_up": 0.6, "prob_down": 0.4},
        "err": {"close_abs": error, "close_signed": error, "amp_abs": error},
        "in_sample": hour == 0,
    }


def test_a_series_is_read_to_its_end_as_a_frame(tickcast: Tickcast, server: Any) -> None:
    pages = [
        server.answer({"points": [_point(0), _point(1)], "next_cursor": "c"}),
        server.answer({"points": [_point(2, None)], "next_cursor": None}),
    ]
    server.answers("GET", "/series/cached", *pages)

    frame = tickcast.next_candle_series(start="2025-01-01", **NAME)

    assert frame["in_sample"].tolist() == [True, False, False]
    assert frame["close_abs"].iloc[0] == 1.0
    assert math.isnan(frame["close_abs"].iloc[-1])
    assert str(frame.index[0]) == "2025-01-01 00:00:00+00:00"
    assert server.asked[0].query == NAME | {"start": "2025-01-01", "fallback_days": "90"}
    assert server.asked[1].query["cursor"] == "c"


def test_a_series_that_takes_long_is_waited_for(tickcast: Tickcast, server: Any) -> None:
    late = server.answer({"status": "queued", "task_id": "t1"}, 202)
    ready = server.answer({"points": [_point(0)], "next_cursor": None})
    server.answers("GET", "/series", late, ready)
    ended = server.task("succeeded", result={"href": "/series?task_id=t1"})
    server.answers("GET", "/tasks/t1", server.task_answer("queued"))
    server.answers("GET", "/tasks/t1/events", server.events(ended))

    assert len(tickcast.next_candle_series(computed=True, **NAME)) == 1
    assert server.asked[-1].query == {"task_id": "t1"}


def test_a_training_answers_its_validation(tickcast: Tickcast, server: Any) -> None:
    server.answers("POST", "/train", server.answer({"status": "ok", "mae": 1.0}))

    assert tickcast.train_next_candle(days=30, **NAME)["mae"] == 1.0
    assert server.asked[0].query == NAME | {"days": "30"}


@pytest.mark.parametrize("count", [0, 2])
def test_forecasts_before_the_fact_come_as_a_frame(
    tickcast: Tickcast, server: Any, count: int
) -> None:
    rows = [
        {"time": f"2025-01-01T{n:02}:00:00Z", "pred_close": 2, "real_close": None,
         "err_close": None}
        for n in range(count)
    ]  # fmt: skip
    server.answers("GET", "/futures", server.answer({"points": rows, "next_cursor": None}))

    frame = tickcast.futures(**NAME)

    assert len(frame) == count
    assert frame["real_close"].isna().all()
