"""Books from an exchange to readers: what is told as live is what the exchange's book was."""

import asyncio
import json
import time
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import connect

from core.books.levels import TOP
from feeds.live.collector import Collector, FeedOptions
from feeds.live.server_push import ServerPush
from feeds.simulator.running import simulating
from feeds.simulator.server import SimulatorOptions
from feeds.simulator.simulated_book import Levels, SimulatedBook
from tests.exchange_files import made_trades, write_trades
from tests.integration.feeds.live.conftest import LiveServer, until

MARKETS = {"coinbase": "A-B", "binance": "AB"}
# Of Coinbase nothing is asked over REST: there `late` strikes nobody.
FAULTS = "gap@0.06,repeat@0.06,crossed@0.06,late@0.3"

Told = tuple[tuple[tuple[float, float], ...], ...]


def best(levels: Levels) -> tuple[tuple[float, float], ...]:
    return tuple((float(Decimal(price)), float(Decimal(size))) for price, size in levels[:TOP])


@pytest.mark.parametrize("platform", MARKETS)
async def test_every_live_book_is_one_that_the_exchange_had_though_messages_are_lost_or_false(
    live: LiveServer, tmp_path: Path, platform: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    had: list[Told] = [((), ())]

    class Watched(SimulatedBook):
        def _step(self, middle: int, time: int) -> None:
            super()._step(middle, time)
            whole = self.whole()
            had.append((best(whole.bids), best(whole.asks)))

    pushed: list[float] = []

    def noted(push: ServerPush, name: str, message: bytes) -> None:
        pushed.append(time.monotonic())
        push_newest(push, name, message)

    push_newest = ServerPush.push_newest
    monkeypatch.setattr(ServerPush, "push_newest", noted)
    monkeypatch.setattr("feeds.simulator.simulated_book.SimulatedBook", Watched)
    monkeypatch.setattr("feeds.binance.books.BinanceBooks.rate_limit_ms", 0.0)
    write_trades(tmp_path, platform, MARKETS[platform], made_trades(3_000, step_ms=20))
    faults = SimulatorOptions(tmp_path, fault=FAULTS, seed=3)
    stop, told = asyncio.Event(), list[dict[str, Any]]()
    with simulating(faults) as exchange, live.worker():
        options = FeedOptions(platform, [MARKETS[platform]], live.url, live.key, exchange)
        collector = Collector(options)
        running = asyncio.ensure_future(collector.run(stop))
        reading = asyncio.ensure_future(read_books(live, platform, told))
        figures = collector.figures.books
        await until(lambda: figures.anew >= 3 and states(told).count("live") >= 12)
        stop.set()
        await running
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)

    # At most four times a second.
    assert all(later - earlier >= 0.25 for earlier, later in pairwise(pushed))
    lives = [one for one in told if one["state"] == "live"]
    for one in lives:
        assert (as_levels(one["bids"]), as_levels(one["asks"])) in had
        assert one["stale"] is False
    assert len({str(one["bids"]) for one in lives}) > 3
    assert "resyncing" in states(told)
    # Where it had to begin anew, the next live book is a later one.
    places = [had.index((as_levels(one["bids"]), as_levels(one["asks"]))) for one in lives]
    assert places == sorted(places)
    assert live.stream.quarantine.counts(platform)["rejected"] == 0


def states(told: list[dict[str, Any]]) -> list[str]:
    return [one["state"] for one in told]


def as_levels(rows: list[list[float]]) -> tuple[tuple[float, float], ...]:
    return tuple((price, size) for price, size in rows)


async def read_books(live: LiveServer, platform: str, told: list[dict[str, Any]]) -> None:
    wanted = {"action": "subscribe", "channels": ["orderbook"], "platform": platform,
              "symbols": [MARKETS[platform]]}  # fmt: skip
    address = live.url.replace("http", "ws") + "/ws/stream"
    async with connect(address, additional_headers={"X-API-Key": live.key}) as socket:
        while True:
            # The market is known once something of it was pushed.
            await socket.send(json.dumps(wanted))
            if json.loads(await socket.recv())["type"] == "subscribed":
                break
            await asyncio.sleep(0.1)
        while True:
            told.append(json.loads(await socket.recv())["data"])
