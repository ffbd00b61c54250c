import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import pytest

from client import Conflict, InvalidRequest, NotFound, Tickcast, Unauthorized, horizon_frame
from client.transport import Transport
from client.waiting import checked, wait_for
from core.jobs import JobState

HOUR_OF_2024 = pd.Timestamp("2024-01-01T00:00:00Z")


@pytest.fixture
def tickcast(stack: Any) -> Iterator[Tickcast]:
    with Tickcast(stack.url, stack.key, progress=False) as client:
        yield client


@pytest.fixture
def transport(stack: Any) -> Transport:
    return Transport(stack.url, stack.key)


def walk(rows: int, freq: str = "h", seed: int = 1) -> pd.DataFrame:
    """Candles of a random walk."""
    drawn = np.random.default_rng(seed)
    close = 100 * np.exp(np.cumsum(drawn.normal(0, 0.003, rows)))
    opening = np.concatenate([[100.0], close[:-1]])
    high, low = np.maximum(opening, close) * 1.001, np.minimum(opening, close) * 0.999
    columns = {"open": opening, "high": high, "low": low, "close": close,
               "volume": drawn.uniform(1, 9, rows)}  # fmt: skip
    return pd.DataFrame(columns, pd.date_range(HOUR_OF_2024, periods=rows, freq=freq))


def test_a_frame_comes_back_equal_to_the_bit(tickcast: Tickcast) -> None:
    frame, series = walk(500), {"platform": "file", "symbol": "ROUND", "resolution": "1h"}

    stored = tickcast.ingest_candles(frame, **series)
    back = tickcast.candles(**series)

    assert (stored["inserted"], stored["revised"], stored["rejected"]) == (500, 0, [])
    assert (back.index == frame.index).all()
    assert (back[frame.columns].to_numpy() == frame.to_numpy()).all()


def test_sending_again_changes_nothing_and_a_change_is_a_revision(tickcast: Tickcast) -> None:
    frame, series = walk(100), {"platform": "file", "symbol": "AGAIN", "resolution": "1h"}
    tickcast.ingest_candles(frame, **series)
    changed = frame.assign(volume=frame["volume"].where(frame.index != frame.index[7], 5.5))

    same = tickcast.ingest_candles(frame, **series)
    revised = tickcast.ingest_candles(changed, **series)

    assert (same["inserted"], same["revised"]) == (0, 0)
    assert (revised["inserted"], revised["revised"]) == (0, 1)
    assert tickcast.candles(**series)["flags"].iloc[7] == "revised"


def test_a_bad_row_is_named_or_left_out_and_listed(tickcast: Tickcast) -> None:
    frame, series = walk(50), {"platform": "file", "symbol": "BAD", "resolution": "1h"}
    frame.loc[frame.index[3], "close"] = np.nan
    frame.loc[frame.index[9], "low"] = np.inf

    with pytest.raises(InvalidRequest, match=r"candles\[3\]"):
        tickcast.ingest_candles(frame, **series)
    stored = tickcast.ingest_candles(frame, **series, skip_bad_rows=True)

    assert [row["index"] for row in stored["rejected"]] == [3, 9]
    assert len(tickcast.candles(**series)) == 48


def test_more_rows_than_one_request_takes_are_stored_and_read_back(tickcast: Tickcast) -> None:
    frame = walk(101_000, freq="min")
    series = {"platform": "file", "symbol": "LONG", "resolution": "1m"}

    stored = tickcast.ingest_candles(frame, **series)
    back, tail = tickcast.candles(**series), tickcast.candles(**series, limit=10_500, newest=True)

    assert stored["inserted"] == 101_000
    assert (back["close"].to_numpy() == frame["close"].to_numpy()).all()
    assert tail.equals(back.tail(10_500))


def test_candles_are_fetched_from_an_exchange_that_fails_now_and_then(tickcast: Tickcast) -> None:
    span = ("2022-02-01T00:00:00Z", "2022-02-20T23:00:00Z")

    task = tickcast.ingest_kline("coinbase", "BTC/USD", "1h", *span)

    held = tickcast.candles("coinbase", "BTC/USD", "1h", *span)
    assert task.result is not None
    assert len(held) == task.result["fetched"] == 20 * 24


def test_a_training_is_followed_and_its_model_forecasts(
    tickcast: Tickcast, transport: Transport
) -> None:
    series = {"platform": "file", "symbol": "LEARN", "resolution": "1h"}
    frame, seen = walk(1_000), []
    tickcast.ingest_candles(frame, **series)

    task = tickcast.train(
        "walk", "1", **series, seq_len=16, nsteps=3, units=8, epochs=2, folds=2, seed=1, wait=False
    )
    ended = checked(wait_for(transport, task.task_id, show=seen.append))
    one, path = tickcast.predict("walk", "1"), tickcast.predict_nsteps("walk", "1")

    assert len({state.progress for state in seen}) > 2
    assert horizon_frame(ended.result or {}).index.tolist() == [1, 2, 3]
    assert one.last_price == frame["close"].iloc[-1]
    assert one.predicted == path.predictions[0].predicted
    assert (path.frame["low_95"] < path.frame["predicted"]).all()
    assert path.frame.index[0] == frame.index[-1] + pd.Timedelta("1h")
    with pytest.raises(Conflict, match="3"):
        tickcast.predict_nsteps("walk", "1", nsteps=4)
    with pytest.raises(Conflict):
        tickcast.train("walk", "1", **series)
    assert tickcast.model("walk", "1")["nsteps"] == 3
    tickcast.delete_model("walk", "1")
    with pytest.raises(NotFound):
        tickcast.predict("walk", "1")


def test_a_task_can_be_cancelled(tickcast: Tickcast, transport: Transport) -> None:
    series = {"platform": "file", "symbol": "STOP", "resolution": "1h"}
    tickcast.ingest_candles(walk(3_000), **series)
    task = tickcast.train("stop", "1", **series, nsteps=4, epochs=200, wait=False)

    tickcast.cancel(task.task_id)

    ended = wait_for(transport, task.task_id, timeout_s=60)
    assert ended.state is JobState.CANCELLED
    assert [model["name"] for model in tickcast.models() if model["name"] == "stop"] == []


def test_a_series_can_be_watched(tickcast: Tickcast) -> None:
    before = [str(watch.symbol) for watch in tickcast.watches()]  # of others on this server
    tickcast.watch("coinbase", "BTC/USD", "1h")

    assert [str(watch.symbol) for watch in tickcast.watches()] == sorted([*before, "BTC-USD"])

    tickcast.unwatch("coinbase", "BTC-USD", "1h")
    assert [str(watch.symbol) for watch in tickcast.watches()] == before


def test_a_wrong_key_is_refused(stack: Any) -> None:
    with Tickcast(stack.url, "not-a-key") as stranger, pytest.raises(Unauthorized):
        stranger.tasks()


def test_the_command_finds_the_key_of_this_machines_server(stack: Any) -> None:
    words = ["--url", stack.url, "--data-dir", str(stack.data_dir), "status", "--json"]

    ran = subprocess.run(
        [sys.executable, "-m", "operate.cli", *words], capture_output=True, text=True, timeout=60
    )

    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout)["status"] == "healthy"
