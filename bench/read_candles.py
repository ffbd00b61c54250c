"""90,000 points to numpy against bare hiredis, and `GET /candles` against that."""

import socket
from collections.abc import Callable
from typing import Any

import hiredis
import httpx
import numpy as np

from bench.candles import random_candles, series
from bench.live import live_tickcast
from bench.measure import interleaved, seconds_of, show, versus
from bench.running_tickcast import RunningTickcast
from core.series import Series
from core.settings import Settings
from storage import keys
from storage.candles.candle_store import CandleStore
from storage.redis_connection import connect

CANDLES = 15_000
GOAL = 1.3
CURSOR = "X-Next-Cursor"


def run() -> None:
    """Print the medians."""
    asked = series("READ")
    with live_tickcast() as tickcast, connect(tickcast.settings.redis_address) as client:
        store = CandleStore(client)
        store.write(asked, random_candles(CANDLES))
        contenders = {
            "ours": seconds_of(lambda: store.read(asked)),
            "bare": _bare(tickcast.settings, asked),
            "json": _get(tickcast, asked, "json"),
            "csv": _get(tickcast, asked, "csv"),
        }
        medians = interleaved(contenders)
    points = CANDLES * len(keys.CANDLE_FIELDS)
    show(
        f"Read {points:,} points ({CANDLES:,} candles) to numpy",
        {
            "CandleStore.read": f"{medians['ours'] * 1e3:.1f} ms",
            "bare hiredis, same keys": f"{medians['bare'] * 1e3:.1f} ms",
            "ours in terms of bare": versus(medians["ours"] / medians["bare"], GOAL),
            "GET /candles, JSON, 2 pages": f"{medians['json'] * 1e3:.1f} ms",
            "in terms of bare": versus(medians["json"] / medians["bare"]),
            "GET /candles, CSV, 2 pages": f"{medians['csv'] * 1e3:.1f} ms",
            "in terms of bare ": versus(medians["csv"] / medians["bare"]),
        },
    )


def _get(tickcast: RunningTickcast, asked: Series, form: str) -> Callable[[], float]:
    path = f"/candles/{asked.platform}/{asked.symbol}/{asked.resolution}"
    client = httpx.Client(base_url=tickcast.url, headers={"X-API-Key": tickcast.key}, timeout=60)

    def read() -> None:
        cursor: str | None = ""
        while cursor is not None:
            asked_for = {"format": form, "limit": "10000"} | ({"cursor": cursor} if cursor else {})
            answer = client.get(path, params=asked_for).raise_for_status()
            from_body = form == "json"
            cursor = answer.json()["next_cursor"] if from_body else answer.headers.get(CURSOR)

    return seconds_of(read)


def _bare(settings: Settings, asked: Series) -> Callable[[], float]:
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(str(settings.redis_socket))
    names = [keys.candle(asked, field) for field in keys.CANDLE_FIELDS]
    commands: Any = [("TS.RANGE", name, "-", "+") for name in names]
    request = b"".join(hiredis.pack_command(command) for command in commands)
    reader = hiredis.Reader()

    def read() -> list[object]:
        connection.sendall(request)
        replies: list[object] = []
        while len(replies) < len(names):
            if (reply := reader.gets()) is not False:
                replies.append(_columns(reply))
            else:
                reader.feed(connection.recv(1 << 20))
        return replies

    return seconds_of(read)


def _columns(reply: list[tuple[int, bytes]]) -> tuple[object, object]:
    times = np.array([sample[0] for sample in reply], np.int64)
    return times, np.array([float(sample[1]) for sample in reply], np.float64)
