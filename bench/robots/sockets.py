"""Two hundred readers of `WS /ws/stream` at a hundred events a second: delays, drops, order."""

import asyncio
import base64
import json
import os
import re
import struct
import tempfile
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from bench.measure import cpu_seconds, percentile, show
from bench.running_tickcast import RunningTickcast
from core.clock.times import now_ms
from core.series import Market
from storage import keys
from storage.access.access_keys import OWNER
from storage.live.traded_markets import TradedMarkets
from storage.stores import open_stores
from storage.trades.live import LiveKind, message
from storage.trades.tickers import Ticker

READERS, RATE, SECONDS = 200, 100, 20.0
READERS_A_KEY = 20
MARKET = Market("bench", "BENCH-USD")
_NUMBER = re.compile(rb'"price":([\d.e+]+),"bid":([\d.e+]+)')
_SUBSCRIBE = {"action": "subscribe", "channels": ["ticker"], "platform": MARKET.platform,
              "symbols": [MARKET.symbol]}  # fmt: skip


class Reader(asyncio.Protocol):
    """One socket; of each quote it keeps its number and how many ms it was under way.

    Written on the wire's own level: a library's reader takes longer than the server's writer,
    and both share this machine.
    """

    def __init__(self, key: str) -> None:
        self.numbers: list[int] = []
        self.delays: list[float] = []
        self.subscribed = asyncio.Event()
        self.ended = False
        self._key = key
        self._held = b""
        self._open = self._leaving = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for a WebSocket."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        token = base64.b64encode(os.urandom(16)).decode()
        lines = ("GET /ws/stream HTTP/1.1", "Host: 127.0.0.1", "Connection: Upgrade",
                 "Upgrade: websocket", "Sec-WebSocket-Version: 13",
                 f"Sec-WebSocket-Key: {token}", f"X-API-Key: {self._key}")  # fmt: skip
        transport.write(("\r\n".join(lines) + "\r\n\r\n").encode())

    def data_received(self, data: bytes) -> None:
        """Take frames as they come."""
        now = time.perf_counter()
        self._held += data
        if not self._open:
            head, end, rest = self._held.partition(b"\r\n\r\n")
            if not end:
                return
            assert b" 101 " in head.split(b"\r\n")[0], head
            self._open, self._held = True, rest
            self._send(json.dumps(_SUBSCRIBE).encode())
        for kind, text in self._frames():
            self._take(kind, text, now)

    def connection_lost(self, error: Exception | None) -> None:
        """Note that it was closed."""
        self.ended = not self._leaving

    def close(self) -> None:
        """Leave."""
        self._leaving = True
        self._transport.close()

    def _take(self, kind: int, text: bytes, now: float) -> None:
        if kind == 9:
            self._send(text, kind=10)
        elif found := _NUMBER.search(text):
            self.numbers.append(round(float(found[1])))
            self.delays.append(1_000 * (now - float(found[2])))
        elif b'"subscribed"' in text:
            self.subscribed.set()

    def _frames(self) -> Iterator[tuple[int, bytes]]:
        held, at = self._held, 0
        while len(held) - at >= 2:
            size, begin = held[at + 1], at + 2
            if size >= 126:
                wide = 2 if size == 126 else 8
                if len(held) < begin + wide:
                    break
                size = int.from_bytes(held[begin : begin + wide], "big")
                begin += wide
            if len(held) < begin + size:
                break
            yield held[at] & 15, held[begin : begin + size]
            at = begin + size
        self._held = held[at:]

    def _send(self, text: bytes, kind: int = 1) -> None:
        size = bytes([128 | len(text)]) if len(text) < 126 else struct.pack(">BH", 254, len(text))
        self._transport.write(bytes([128 | kind]) + size + bytes(4) + text)


def run() -> None:
    """Print the delays from publication to reader, and what was lost or out of order."""
    with (
        tempfile.TemporaryDirectory(prefix="tickcast-bench-") as folder,
        RunningTickcast(Path(folder) / "data") as tickcast,
    ):
        stores = open_stores(tickcast.settings)
        TradedMarkets(stores.redis).note([MARKET])
        made = [stores.keys.create(OWNER, f"r{n}")[0] for n in range(READERS // READERS_A_KEY)]
        before, own = _cpu(tickcast), time.process_time()
        readers, sent = asyncio.run(_measure(tickcast.port, made, stores.redis))
        used, own = _cpu(tickcast) - before, time.process_time() - own
        stores.close()
    delays = [delay for reader in readers for delay in reader.delays]
    wanted = list(range(1, sent + 1))
    whole = sum(reader.numbers == wanted for reader in readers)
    show(
        f"{READERS} readers at {RATE} events a second for {SECONDS:g} s",
        {
            "p50": f"{percentile(delays, 0.5):.1f} ms",
            "p99": f"{percentile(delays, 0.99):.1f} ms",
            "most": f"{max(delays):.1f} ms",
            "told": f"{len(delays):,} of {READERS * sent:,}, sockets closed "
            f"{sum(reader.ended for reader in readers)}",
            "without a drop": f"{whole} of {READERS}, each in order",
            "CPU": f"{used / SECONDS:.2f} cores of the api, {own / SECONDS:.2f} of the readers",
        },
    )


async def _measure(port: int, made: list[str], redis: Any) -> tuple[list[Reader], int]:
    loop = asyncio.get_running_loop()
    readers = []
    for number in range(READERS):
        make = partial(Reader, made[number // READERS_A_KEY])
        _, reader = await loop.create_connection(make, "127.0.0.1", port)
        readers.append(reader)
    for reader in readers:
        await asyncio.wait_for(reader.subscribed.wait(), 30)
    # Each api process opens its own subscription with its first reader.
    await asyncio.sleep(1)
    count = int(RATE * SECONDS)
    live, begun = keys.live(*MARKET), time.perf_counter()
    for number in range(1, count + 1):
        await asyncio.sleep(max(0.0, begun + number / RATE - time.perf_counter()))
        quote = Ticker(MARKET.symbol, now_ms(), float(number), time.perf_counter())
        redis.publish(live, message(LiveKind.TICKER, quote))
    await asyncio.sleep(2)
    for reader in readers:
        reader.close()
    return readers, count


def _cpu(tickcast: RunningTickcast) -> float:
    """Return the CPU seconds that the api's processes have used."""
    return sum(map(cpu_seconds, tickcast.processes("gunicorn")))
