"""`tickcast feed` and `tickcast replay` on a real server: all arrives once."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from core.series import Market
from feeds.simulator.running import simulating
from feeds.simulator.server import SimulatorOptions
from tests.exchange_files import made_trades, write_trades
from tests.integration.feeds.live.conftest import LiveServer, wait_until

TRADES = made_trades(2_500)


def command(live: LiveServer, *words: str) -> "subprocess.Popen[str]":
    """Start `tickcast` as a user would."""
    return subprocess.Popen(
        [sys.executable, "-m", "client.cli", *words],
        env={"TICKCAST_URL": live.url, "TICKCAST_API_KEY": live.key, "PATH": ""},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def ended(process: "subprocess.Popen[str]") -> tuple[int, str, str]:
    out, err = process.communicate(timeout=60)
    return process.returncode, out, err


@pytest.mark.parametrize("speed", ["max", "50"])
def test_recorded_trades_arrive_once_however_often_they_are_played(
    live: LiveServer, tmp_path: Path, speed: str
) -> None:
    write_trades(tmp_path, "coinbase", "A-B", TRADES)
    write_trades(tmp_path, "coinbase", "C-D", TRADES[:100])
    with live.worker():
        for _ in range(2):
            words = (str(tmp_path), "--speed", speed, "--symbols", "A-B", "--json")
            code, out, err = ended(command(live, "replay", *words))
            assert (code, err) == (0, "")

    live.assert_holds(Market("coinbase", "A-B"), TRADES)
    assert live.trades(Market("coinbase", "C-D")) == []
    told = json.loads(out)["coinbase"]
    assert (told["messages"], told["acknowledged"], told["refused"]) == (2_500, 2_500, 0)
    if speed == "50":
        assert told["seconds"] >= 0.4


def test_captured_frames_go_in_as_they_are_and_nothing_is_left_unexplained(
    live: LiveServer, tmp_path: Path
) -> None:
    folder = tmp_path / "ws" / "coinbase"
    folder.mkdir(parents=True)
    match = {"type": "match", "side": "buy", "size": "1", "price": "2.5", "product_id": "A-B"}
    frames: list[object] = [
        {"type": "subscriptions", "channels": []},
        *(match | {"trade_id": n, "time": f"2024-03-13T11:00:{n:02}.0Z"} for n in range(9)),
        {"type": "l2update", "product_id": "A-B", "changes": [["buy", "1", "0"]] * 5_000},
        {"type": "ticker", "product_id": "A-B", "price": "2.5", "time": "2024-03-13T11:00:20Z"},
        "no object",
    ]
    lines = [f"1710327600.{at:06}: {json.dumps(frame)}" for at, frame in enumerate(frames)]
    (folder / "feed.ws.1.0").write_text("\n".join(lines))

    with live.worker():
        code, out, err = ended(command(live, "replay", str(tmp_path), "--speed", "max", "--json"))

    assert (code, err) == (0, "")
    told = json.loads(out)["coinbase"]
    # What is no JSON object is no message of a feed and stays out of the way.
    assert (told["messages"], told["large"]) == (len(frames) - 1, 1)
    assert [row.trade_id for row in live.trades(Market("coinbase", "A-B"))] == list(range(9))
    counts = live.stream.quarantine.counts("coinbase")
    assert counts == {"accepted": 10, "ignored": 2, "rejected": 0}


def test_what_the_server_rejects_is_told_with_its_reasons_and_an_exit_code(
    live: LiveServer, tmp_path: Path
) -> None:
    trade = {"type": "trade", "symbol": "A-B", "price": "2.5", "size": "1", "time": 1718409600}
    ahead = trade | {"time": round(time.time()) + 3_600}
    frames: list[object] = [trade, ahead, ahead, {"type": "riddle"}, {"type": "heartbeat"}]
    lines = [
        json.dumps({"t": "recv", "ts": 1718409600.0 + at, "data": json.dumps(frame)})
        for at, frame in enumerate([*frames, "pong"])
    ]
    (tmp_path / "feed.jsonl").write_text("\n".join(lines))

    words = (str(tmp_path), "--platform", "mine", "--speed", "max", "--json")
    code, out, err = ended(command(live, "replay", *words))

    assert code == 1
    told = json.loads(out)["mine"]
    assert (told["accepted"], told["ignored"], told["rejected"]) == (1, 1, 3)
    assert sorted(told["reasons"].values()) == [1, 2]
    assert "3 messages rejected" in err
    assert "60 minutes ahead of this server's clock" in err
    assert "'riddle' is not known" in err


def test_a_capture_of_okx_is_accepted_whole(live: LiveServer, tmp_path: Path) -> None:
    rows = [{"instId": "A-B", "tradeId": str(n), "px": "1.5", "sz": "1", "side": "buy",
             "ts": str(1718409600000 + n)} for n in range(3)]  # fmt: skip
    arg = {"channel": "trades", "instId": "A-B"}
    lines = [
        json.dumps({"t": "recv", "ts": 1.0, "data": json.dumps({"arg": arg, "data": [row]})})
        for row in rows
    ]
    (tmp_path / "okx.jsonl").write_text("\n".join(lines))

    with live.worker():
        words = (str(tmp_path), "--platform", "okx", "--speed", "max", "--json")
        code, out, err = ended(command(live, "replay", *words))

    assert (code, err) == (0, "")
    assert json.loads(out)["okx"]["accepted"] == 3
    assert [row.trade_id for row in live.trades(Market("okx", "A-B"))] == [0, 1, 2]


def test_a_folder_without_recordings_is_wrong_usage(live: LiveServer, tmp_path: Path) -> None:
    code, _, err = ended(command(live, "replay", str(tmp_path)))

    assert code == 2
    assert "trades/PLATFORM/SYMBOL.csv" in " ".join(err.split())


def test_a_feed_ends_by_itself_or_by_ctrl_c_with_everything_acknowledged(
    live: LiveServer, tmp_path: Path
) -> None:
    write_trades(tmp_path, "binance", "AB", made_trades(200, step_ms=5))
    with simulating(SimulatorOptions(tmp_path)) as exchange, live.worker():
        process = command(live, "feed", "binance", "AB", "--exchange-url", exchange, "--json")
        wait_until(lambda: len(live.trades(Market("binance", "AB"))) == 200)
        process.send_signal(signal.SIGINT)
        code, out, err = ended(process)

    assert (code, err) == (0, "")
    told = json.loads(out)
    assert told["markets"]["AB"]["trades"] == 200
    assert told["pushed"] == told["acknowledged"]


def test_a_feed_says_in_one_sentence_why_it_cannot_begin(live: LiveServer, tmp_path: Path) -> None:
    write_trades(tmp_path, "coinbase", "A-B", TRADES)
    with simulating(SimulatorOptions(tmp_path)) as exchange:
        refused = command(live, "feed", "coinbase", "NO-NO", "--exchange-url", exchange)
        unknown = command(live, "feed", "coinbas", "A-B")
        for process, words in ((refused, "NO-NO is not a valid product"), (unknown, "coinbase")):
            code, _, err = ended(process)
            assert code == 1
            assert words in err
            assert "Traceback" not in err
