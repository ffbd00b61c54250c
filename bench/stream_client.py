"""Pushes trades into a live server and measures what becomes of them."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from websockets.sync.client import connect as open_socket

from bench.measure import cpu_seconds
from bench.running_tickcast import RunningTickcast
from bench.trade_messages import bodies, messages
from storage.journal.columns import Trades
from storage.redis_connection import connect

TRADES, BODY = 60_000, 1_000
PATIENCE_S = 600
SENDERS = 3


class Stream:
    """A live server and what is pushed into it."""

    def __init__(self, tickcast: RunningTickcast) -> None:
        self.tickcast = tickcast
        self.redis: Any = connect(tickcast.settings.redis_address)
        self._made = 0

    def post_rate(self, seed: int, symbols: int = 1, late: float = 0.0) -> float:
        """Return trades a second from the first POST until the candles count all."""
        name = self._name()
        parts = bodies(messages(TRADES, symbols, late, seed, name=name), BODY)
        begun = time.perf_counter()
        self.store(parts, name, symbols, TRADES)
        return TRADES / (time.perf_counter() - begun)

    def store(self, parts: list[bytes], name: str, symbols: int, count: int) -> None:
        """Post bodies and return once the candles of `name`'s markets count all their trades."""
        shared = iter(parts)
        _in_threads([lambda: self._post(shared)] * SENDERS)
        self._wait(name, symbols, count)

    def socket_rate(self, seed: int, size: int, count: int) -> float:
        """Return trades a second over two sockets with one acknowledgement a flush."""
        name = self._name()
        parts = bodies(messages(count, 2, 0.0, seed, name=name), size)
        begun = time.perf_counter()
        _in_threads([partial(self._push, parts[half::2]) for half in (0, 1)])
        self._wait(name, 2, count)
        return count / (time.perf_counter() - begun)

    def latencies(self, rate: float, seconds: float) -> list[float]:
        """Return ms from a 202 to the trades' publication, at a steady rate."""
        name = self._name()
        count = int(rate * seconds) // BODY
        parts = bodies(messages(count * BODY, 1, 0.0, 1, name=name), BODY)
        told: list[tuple[int, float]] = []
        listener = threading.Thread(target=self._listen, args=(f"{name}0-USD", count * BODY, told))
        listener.start()
        time.sleep(0.2)
        accepted, connection = [], self._connection()
        begun = time.perf_counter()
        for number, part in enumerate(parts):
            time.sleep(max(0.0, begun + number * BODY / rate - time.perf_counter()))
            _call(connection, self.tickcast.key, part)
            accepted.append(time.perf_counter())
        listener.join(60)
        # Batches that waited are stored, and told, together: what counts is when an id was told.
        ends = [(number + 1) * BODY for number in range(len(accepted))]
        moments = [next(at for last, at in told if last >= end) for end in ends]
        return [max(0.0, 1_000 * (b - a)) for a, b in zip(accepted, moments, strict=True)]

    def cpu_seconds(self) -> dict[str, float]:
        """Return CPU seconds used so far by api, stream worker and Redis."""
        parts = {"api": "gunicorn", "stream": "stream_main", "redis": "redis-server"}
        return {
            part: sum(cpu_seconds(pid) for pid in self.tickcast.processes(word))
            for part, word in parts.items()
        }

    def memory_mib(self) -> float:
        """Return the largest resident memory that any process had."""
        return max(_peak_mib(pid) for pid in self.tickcast.processes())

    def _name(self) -> str:
        self._made += 1
        return f"R{self._made}X"

    def _connection(self) -> HTTPConnection:
        return HTTPConnection("127.0.0.1", self.tickcast.port, timeout=60)

    def _post(self, parts: Iterator[bytes]) -> None:
        connection = self._connection()
        for part in parts:
            _call(connection, self.tickcast.key, part)

    def _push(self, parts: list[bytes]) -> None:
        address = self.tickcast.url.replace("http", "ws") + "/ingest/coinbase?ack=batch"
        headers = {"X-API-Key": self.tickcast.key}
        with open_socket(address, additional_headers=headers, compression=None) as socket:
            reader = threading.Thread(target=_read_until, args=(socket, len(parts)))
            reader.start()
            for part in parts:
                socket.send(part.decode())
            reader.join(120)

    def _listen(self, symbol: str, last_id: int, told: list[tuple[int, float]]) -> None:
        channel = self.redis.pubsub(ignore_subscribe_messages=True)
        channel.subscribe(f"live:coinbase:{symbol}")
        deadline = time.perf_counter() + 60
        while time.perf_counter() < deadline and not (told and told[-1][0] >= last_id):
            message = channel.get_message(timeout=1)
            if message and message["data"][:1] == b"T":
                last = int(Trades.from_bytes(message["data"][1:]).last_id.max())
                told.append((last, time.perf_counter()))
        channel.close()

    def _wait(self, name: str, symbols: int, count: int) -> None:
        deadline = time.perf_counter() + PATIENCE_S
        while time.perf_counter() < deadline:
            if sum(self._count(f"{name}{number}-USD") for number in range(symbols)) >= count:
                return
            time.sleep(0.01)
        raise RuntimeError("trades were not stored in time")

    def _count(self, symbol: str) -> int:
        key = f"ts:coinbase:{symbol}:86400:trades"
        if not self.redis.exists(key):
            return 0
        return sum(int(float(v)) for _, v in self.redis.execute_command("TS.RANGE", key, "-", "+"))


def _in_threads(works: list[Callable[[], None]]) -> None:
    threads = [threading.Thread(target=work) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _call(connection: HTTPConnection, key: str, body: bytes) -> None:
    headers = {"X-API-Key": key, "Content-Type": "application/json"}
    while True:
        connection.request("POST", "/ingest/coinbase", body, headers)
        answer = connection.getresponse()
        answer.read()
        if answer.status == 202:
            return
        if answer.status != 429:
            raise RuntimeError(f"status {answer.status}")
        time.sleep(0.05)


def _read_until(socket: Any, last: int) -> None:
    for text in socket:
        if json.loads(text)["seq"] >= last:
            return


def _peak_mib(process_id: int) -> float:
    try:
        lines = Path(f"/proc/{process_id}/status").read_text().splitlines()
    except OSError:
        return 0.0
    return sum(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1_024
