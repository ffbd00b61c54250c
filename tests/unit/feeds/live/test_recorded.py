"""Recordings are found and read in the order of their times, whatever wrote them."""

import gzip
import json
from pathlib import Path

import pytest
import zstandard

from core.errors import MalformedRequest
from feeds.live.recorded import find_recordings, read_recordings

HEADER = "trade_id,time,price,size,side\n"


def put(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    data = text.encode()
    if path.suffix == ".gz":
        data = gzip.compress(data)
    elif path.suffix == ".zst":
        data = zstandard.compress(data)
    path.write_bytes(data)
    return path


def test_trade_files_of_a_platform_come_together_by_time(tmp_path: Path) -> None:
    put(tmp_path / "trades/coinbase/A-B.csv", HEADER + "1,1000,2,3,buy\n2,3000,2.5,3,sell\n")
    put(tmp_path / "trades/coinbase/C-D.csv.gz", HEADER + "7,2000,9,1,buy\n")
    put(tmp_path / "trades/binance/AB.csv", HEADER + "1,1,1,1,buy\n")

    found = find_recordings(tmp_path)
    assert {platform: len(files) for platform, files in found.items()} == {
        "binance": 1,
        "coinbase": 2,
    }
    messages = [json.loads(one.message) for one in read_recordings(found["coinbase"])]

    assert [(m["symbol"], m["trade_id"], m["time"]) for m in messages] == [
        ("A-B", 1, 1_000),
        ("C-D", 7, 2_000),
        ("A-B", 2, 3_000),
    ]
    assert messages[2] == {
        "type": "trade",
        "symbol": "A-B",
        "trade_id": 2,
        "time": 3_000,
        "price": "2.5",
        "size": "3",
        "side": "sell",
    }
    narrowed = list(read_recordings(found["coinbase"], ["C-D"]))
    assert [one.time for one in narrowed] == [2.0]


def test_captures_of_every_known_form_yield_what_was_received(tmp_path: Path) -> None:
    heard = '{"type": "match"}'
    put(
        tmp_path / "ws/x/A.ws.1.0",
        'wss://feed <-> 1\nwss://feed <- 1618677817.0: {"type": "subscribe"}\n'
        f"configuration: {{}}\n1618677818.5: {heard}\n",
    )
    put(tmp_path / "ws/x/b.txt.gz", f"1618677819000000000 {heard}\n")
    lines = [
        {"t": "header", "ts": 1},
        {"t": "send", "ts": 1_618_677_817.5, "data": "{}"},
        {"t": "recv", "ts": 1_618_677_818.0, "data": heard},
    ]
    put(
        tmp_path / "ws/x/C.jsonl.zst",
        "\n".join(json.dumps(one, separators=(",", ":")) for one in lines),
    )

    found = list(read_recordings(find_recordings(tmp_path)["x"]))

    assert [(one.time, one.message.decode()) for one in found] == [
        (1_618_677_818.0, heard),
        (1_618_677_818.5, heard),
        (1_618_677_819.0, heard),
    ]


def test_captures_are_found_by_their_folders_name_or_taken_for_the_platform_named(
    tmp_path: Path,
) -> None:
    file = put(tmp_path / "coinbase/a.jsonl", "")

    assert find_recordings(tmp_path) == {"coinbase": [file]}
    assert find_recordings(tmp_path, "binance") == {}
    assert find_recordings(tmp_path / "coinbase", "x") == {"x": [file]}
    assert find_recordings(file, "x") == {"x": [file]}


@pytest.mark.parametrize("row", ["x,1,1,1,buy\n", "1,,1,1,buy\n", "1\n"])
def test_a_line_that_is_no_trade_is_named(tmp_path: Path, row: str) -> None:
    file = put(tmp_path / "trades/x/A-B.csv", HEADER + "1,1,1,1,buy\n" + row)

    with pytest.raises(MalformedRequest, match="line 3"):
        list(read_recordings([file]))
