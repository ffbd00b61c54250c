"""What grows in an hour under live trades: `python -m tests.campaign.soak [MINUTES]`.

A server of its own is sent trades of some markets, and what else leaves traces: messages
that are rejected, uploads, readers. Prints the growth an hour of disk, rows, keys and
memory, from the moment on that everything has been used once.
"""

import itertools
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import MetaData, func, select

from bench.measure import machine
from bench.running_tickcast import RunningTickcast
from storage.database import open_database, reading
from storage.redis_connection import connect

MARKETS = 20
TRADES_A_BODY, BODIES_A_SECOND = 10, 20
UPLOAD_EVERY_S, LOOK_EVERY_S = 10, 15
# So much of the run is left out: caches fill, models load.
WARM_UP = 0.2

Sizes = dict[str, float]


def main(minutes: float) -> None:
    """Run for `minutes` and print the growth."""
    with (
        tempfile.TemporaryDirectory() as folder,
        RunningTickcast(Path(folder) / "data", journal_retention_hours="1") as server,
        httpx.Client(base_url=server.url, headers={"X-API-Key": server.key}, timeout=30) as client,
    ):
        print(f"{machine()}\n{minutes:g} minutes, {_rate():,} trades/s in {MARKETS} markets.")
        looks = list(_looks(server, client, 60 * minutes))
    _show(looks)


def _rate() -> int:
    return TRADES_A_BODY * BODIES_A_SECOND


def _looks(
    server: RunningTickcast, client: httpx.Client, seconds: float
) -> Iterator[tuple[float, Sizes]]:
    """Send for so long; yield every while the time (s) and what there is."""
    began = time.monotonic()
    looked = uploaded = float("-inf")
    for number in itertools.count():
        now = time.monotonic() - began
        if now - looked >= LOOK_EVERY_S:
            looked = now
            yield now, _sizes(server)
        if now > seconds:
            return
        _send_trades(client, number)
        if now - uploaded >= UPLOAD_EVERY_S:
            uploaded = now
            _send_others(client, number)
        time.sleep(max(0.0, (number + 1) / BODIES_A_SECOND - (time.monotonic() - began)))


def _send_trades(client: httpx.Client, number: int) -> None:
    market = number % MARKETS
    first = number // MARKETS * TRADES_A_BODY
    body = [
        {
            "type": "trade",
            "symbol": f"M{market}-USD",
            "price": f"{100 + (first + n) % 97 / 100}",
            "size": "1.5",
            "trade_id": first + n + 1,
        }
        for n in range(TRADES_A_BODY)
    ]
    _post(client, "/ingest/soak", body)


def _send_others(client: httpx.Client, number: int) -> None:
    _post(client, "/ingest/soak", {"type": "trade", "symbol": "BAD", "price": "-1"})
    candles = [[60 * (number + n), 1, 2, 1, 2, 3] for n in range(50)]
    body = {"symbol": "UP-USD", "resolution": 60, "candles": candles}
    _post(client, "/ingest/candles/soak", body)
    for path in ("/candles", "/tasks", "/trades/soak/M0-USD", "/metrics/prometheus"):
        client.get(path).raise_for_status()


def _post(client: httpx.Client, path: str, body: object) -> None:
    """Send, and again where the server is too busy for it, as a client should."""
    while (answer := client.post(path, json=body)).status_code in (429, 503):
        time.sleep(float(answer.headers.get("Retry-After", 1)))
    answer.raise_for_status()


def _sizes(server: RunningTickcast) -> Sizes:
    return {**_disk(server.data_dir), **_redis(server), **_rows(server), **_memory(server)}


def _disk(folder: Path) -> Sizes:
    found: Sizes = {}
    for path in folder.rglob("*"):
        with suppress(OSError):
            if path.is_file():
                part = path.relative_to(folder).parts[0]
                name = f"disk {part}, MB"
                found[name] = found.get(name, 0) + path.stat().st_size / 1e6
    return found


def _redis(server: RunningTickcast) -> Sizes:
    with connect(server.settings.redis_address) as client:
        told: Any = client.info("memory")
        return {"redis memory, MB": told["used_memory"] / 1e6, "redis keys": client.dbsize()}


def _rows(server: RunningTickcast) -> Sizes:
    engine = open_database(server.settings.database_address)
    tables = MetaData()
    tables.reflect(engine)
    with reading(engine) as connection:
        found = {
            f"rows of {table.name}": connection.scalar(select(func.count()).select_from(table)) or 0
            for table in tables.sorted_tables
        }
    engine.dispose()
    return {name: float(count) for name, count in found.items()}


def _memory(server: RunningTickcast) -> Sizes:
    found: Sizes = {}
    for pid, command in server.processes().items():
        name = next((one for one in _PROCESSES if _PROCESSES[one] in command), "other")
        with suppress(OSError, StopIteration):
            lines = Path(f"/proc/{pid}/status").read_text().splitlines()
            kilobytes = int(next(one for one in lines if one.startswith("VmRSS")).split()[1])
            key = f"memory {name}, MB"
            found[key] = found.get(key, 0) + kilobytes / 1e3
    return found


_PROCESSES = {
    "redis": "redis-server",
    "api": "gunicorn",
    "beat": "celery.beat",
    "stream": "stream@",
    "worker": "worker@",
    "fetcher": "fetcher@",
    "trainer": "trainer@",
    "supervisor": "operate.run",
}


def _show(looks: list[tuple[float, Sizes]]) -> None:
    """Print of everything that there is more of at the end how much that is an hour."""
    end, last = looks[-1]
    start, first = next(look for look in looks if look[0] >= WARM_UP * end)
    hours = (end - start) / 3_600
    print(
        f"\n| what | after {start:.0f} s | after {end:.0f} s | growth an hour |\n|---|---|---|---|"
    )
    for name in sorted(last):
        before, after = first.get(name, 0.0), last[name]
        if after or before:
            print(f"| {name} | {before:,.1f} | {after:,.1f} | {(after - before) / hours:+,.1f} |")


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 60)
