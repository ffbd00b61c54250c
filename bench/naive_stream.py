"""The design that comes to mind first, for comparison only: one Celery chain a trade."""

from typing import Any

import redis
from celery import Celery, chain  # type: ignore[import-untyped]

from core.settings import read_settings

settings = read_settings()
app = Celery("naive", broker=settings.broker_address)
app.conf.update(task_ignore_result=True, task_default_queue="naive", task_acks_late=True)
_clients: list[Any] = []


def _client() -> Any:
    if not _clients:
        _clients.append(redis.Redis.from_url(settings.redis_address))
    return _clients[0]


@app.task(name="naive.process")  # type: ignore[untyped-decorator]
def process(symbol: str, time_ms: int, price: float, size: float) -> None:
    """Add one trade to its series and read, change and write its candle."""
    client = _client()
    minute = time_ms // 60_000 * 60_000
    policy = ("ON_DUPLICATE", "LAST")
    client.execute_command("TS.ADD", f"naive:{symbol}:price", time_ms, price, *policy)
    client.execute_command("TS.ADD", f"naive:{symbol}:size", time_ms, size, *policy)
    name = f"naive:{symbol}:{minute}"
    low, high = client.hmget(name, "low", "high")
    values = {
        "low": min(price, float(low or price)),
        "high": max(price, float(high or price)),
        "close": price,
    }
    client.hset(name, mapping=values)
    client.hincrbyfloat(name, "volume", size)
    client.incr("naive:stored")


@app.task(name="naive.detect")  # type: ignore[untyped-decorator]
def detect(symbol: str, time_ms: int, price: float, size: float) -> None:
    """Compare the trade with the one before."""
    before = _client().getset(f"naive:{symbol}:last", price)
    if before and abs(price / float(before) - 1) > 0.01:
        _client().incr("naive:anomalies")


def send(symbol: str, time_ms: int, price: float, size: float) -> None:
    """Queue one trade's chain."""
    trade = (symbol, time_ms, price, size)
    chain(process.si(*trade), detect.si(*trade), app=app).apply_async()
