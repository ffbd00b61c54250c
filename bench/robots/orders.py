"""Paper orders over HTTP: from acceptance to the fill by the next quote, and how many a second.

The server adds no latency of its own, and its limits are raised; the market is quoted a hundred
times a second beside it.
"""

import itertools
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from bench.measure import cpu_seconds, percentile, show
from bench.running_tickcast import RunningTickcast
from core.clock.times import now_ms
from core.series import Market
from storage.redis_connection import connect
from storage.stores import Stores, open_stores
from storage.trades.tickers import Ticker, TickerStore

GOLD = Market("bench", "XAUUSD")
ORDERS, CALLERS, SECONDS, QUOTED_S = 300, 16, 10.0, 0.01
P50_MS, P99_MS, A_SECOND = 30.0, 150.0, 200.0
_TRADE, _ORDERS = "/api/mt4/trade", "/api/v1/auto-trade/orders"
_LOOK_S = 0.002
_WIDE = {
    "order_latency_ms": "0",
    "risk_notional": "1000", "risk_gross": "1000", "risk_symbol": "1000",
    "risk_daily_trades": "1000000", "risk_minute_orders": "1000000",
    "paper_balance": "100000000",
}  # fmt: skip


def run() -> None:
    """Print what orders took, one after another, and how many callers at once can place."""
    with (
        tempfile.TemporaryDirectory(prefix="tickcast-bench-") as folder,
        RunningTickcast(Path(folder) / "data", 0, **_WIDE) as tickcast,
    ):
        stores = open_stores(tickcast.settings)
        stores.markets.tell(GOLD, {"tick_size": 0.01}, {"spread_bps": 2.0}, "set")
        with _quoted(tickcast):
            caller = httpx.Client(base_url=tickcast.url, headers={"X-API-Key": tickcast.key})
            with caller:
                accepted, filled = _one_by_one(caller)
            recorded = _recorded(stores)
            before = _cpu(tickcast)
            placed, took = _at_once(tickcast)
            used = {name: seconds - before[name] for name, seconds in _cpu(tickcast).items()}
        stores.close()
    rate = placed / took
    show(
        f"Paper orders over HTTP, {ORDERS} one after another, then {CALLERS} callers at once",
        {
            "answered": _times(accepted),
            "answer to fill": _times(filled, P50_MS, P99_MS),
            "recorded, acceptance to fill": _times(recorded),
            "a second": f"{rate:,.0f} (goal {A_SECOND:g}: {_met(rate >= A_SECOND)})",
            "CPU of an order": ", ".join(
                f"{name} {1e3 * seconds / placed:.1f} ms" for name, seconds in used.items()
            ),
        },
    )


@contextmanager
def _quoted(tickcast: RunningTickcast) -> Iterator[None]:
    """Quote the market meanwhile."""
    over = threading.Event()

    def quote() -> None:
        with connect(tickcast.settings.redis_address) as client:
            tickers = TickerStore(client)
            for n in itertools.count():
                bid = 2_350 + n % 7 / 100
                quoted = Ticker(GOLD.symbol, now_ms(), bid=bid, ask=bid + 0.5)
                tickers.write(GOLD.platform, [quoted])
                if over.wait(QUOTED_S):
                    return

    thread = threading.Thread(target=quote)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _order(n: int, name: str) -> dict[str, Any]:
    side, stop = (("BUY", 2_300), ("SELL", 2_400))[n % 2]
    told = {"symbol": GOLD.symbol, "platform": GOLD.platform, "volume": 0.01}
    return {**told, "action": side, "stop_loss": stop, "client_order_id": f"{name}-{n}"}


def _one_by_one(caller: httpx.Client) -> tuple[list[float], list[float]]:
    """Return how long (ms) orders took to be answered, and from then to be seen as filled."""
    accepted, filled = [], []
    for n in range(ORDERS):
        begun = time.perf_counter()
        caller.post(_TRADE, json=_order(n, "one")).raise_for_status()
        answered = time.perf_counter()
        while True:
            asked = {"client_order_id": f"one-{n}"}
            (order,) = caller.get(_ORDERS, params=asked).raise_for_status().json()["orders"]
            if order["state"] == "filled":
                break
            time.sleep(_LOOK_S)
        accepted.append(1e3 * (answered - begun))
        filled.append(1e3 * (time.perf_counter() - answered))
    return accepted, filled


def _recorded(stores: Stores) -> list[float]:
    """Return how long (ms) after an order's acceptance its fill was committed."""
    rows = list(stores.trading.chain(0))
    accepted = {row.order_id: row.recorded_at for row in rows if row.kind == "accepted"}
    fills = [row for row in rows if row.kind == "filled"]
    return [float(row.recorded_at - accepted[row.order_id]) for row in fills]


def _at_once(tickcast: RunningTickcast) -> tuple[int, float]:
    """Return how many orders several callers placed, and in how many seconds."""
    begun, ends = time.monotonic(), time.monotonic() + SECONDS

    def place(caller_number: int) -> int:
        headers = {"X-API-Key": tickcast.key}
        with httpx.Client(base_url=tickcast.url, headers=headers, timeout=30) as caller:
            for n in itertools.count():
                if time.monotonic() >= ends:
                    return n
                caller.post(_TRADE, json=_order(n, f"at-once-{caller_number}")).raise_for_status()
        return 0

    with ThreadPoolExecutor(CALLERS) as pool:
        placed = sum(pool.map(place, range(CALLERS)))
    return placed, time.monotonic() - begun


def _cpu(tickcast: RunningTickcast) -> dict[str, float]:
    """Return the CPU seconds that api, trader and Redis have used."""
    names = {"api": "gunicorn", "trader": "operate.trader", "Redis": "redis-server"}
    return {
        name: sum(map(cpu_seconds, tickcast.processes(containing)))
        for name, containing in names.items()
    }


def _times(taken: list[float], p50: float | None = None, p99: float | None = None) -> str:
    middle, late = percentile(taken, 0.5), percentile(taken, 0.99)
    if p50 is None or p99 is None:
        return f"p50 {middle:.1f} ms, p99 {late:.1f} ms"
    return (
        f"p50 {middle:.1f} ms (goal < {p50:g}: {_met(middle < p50)}), "
        f"p99 {late:.1f} ms (goal < {p99:g}: {_met(late < p99)})"
    )


def _met(holds: bool) -> str:
    return "met" if holds else "MISSED"
