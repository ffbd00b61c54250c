"""The collector loses and doubles nothing, whatever breaks on either side."""

import asyncio
from pathlib import Path

import pytest

from core.errors import ExchangeRefused, Forbidden
from core.series import Market
from feeds.live.collector import Collector, FeedOptions
from feeds.simulator.running import simulating
from feeds.simulator.server import SimulatorOptions
from tests.exchange_files import made_trades, write_trades
from tests.integration.feeds.live.conftest import LiveServer, Relay, until

MARKETS = {"coinbase": ("A-B", "C-D"), "binance": ("AB", "CD")}
TRADES = made_trades(1_500, step_ms=2)


def exchange_files(folder: Path) -> None:
    for platform, symbols in MARKETS.items():
        for symbol in symbols:
            write_trades(folder, platform, symbol, TRADES)


def options(live: LiveServer, platform: str, exchange: str) -> FeedOptions:
    return FeedOptions(platform, MARKETS[platform], live.url, live.key, exchange)


def has_begun(collector: Collector) -> bool:
    """Say whether a trade of each market was heard: before, nobody can know what is missing."""
    return all(ids.newest is not None for ids in collector._sequences.values())


def has_all(collector: Collector) -> bool:
    newest = TRADES[-1].trade_id
    return all(ids.newest == newest and not ids.missing for ids in collector._sequences.values())


@pytest.mark.parametrize("platform", MARKETS)
async def test_every_trade_is_stored_once_though_both_connections_break_and_messages_get_lost(
    live: LiveServer, tmp_path: Path, platform: str
) -> None:
    exchange_files(tmp_path)
    # With this seed the first trade of each market is told.
    faults = SimulatorOptions(tmp_path, fault="drop@0.05,gap@0.05,500@0.05", seed=8)
    stop = asyncio.Event()
    with simulating(faults) as exchange, live.worker():
        relay = Relay(exchange)
        async with relay.open() as address:
            collector = Collector(options(live, platform, address))
            running = asyncio.ensure_future(collector.run(stop))
            await until(lambda: running.done() or has_begun(collector))
            for action in (relay.cut, live.stop, live.start, relay.cut):
                await asyncio.sleep(0.7)
                if action == relay.cut:
                    relay.cut()
                else:
                    await asyncio.to_thread(action)
            await until(lambda: running.done() or has_all(collector))
            stop.set()
            await running

    figures = collector.figures
    for symbol in MARKETS[platform]:
        live.assert_holds(Market(platform, symbol), TRADES)
    assert figures.total("fetched") > 20
    assert (figures.total("left"), figures.refused) == (0, 0)
    assert relay.cuts >= 2
    assert figures.exchange_reconnects >= 2
    assert figures.server_reconnects > 0
    assert live.stream.quarantine.counts(platform)["rejected"] == 0


async def test_a_symbol_that_the_exchange_does_not_have_ends_the_feed_with_its_words(
    live: LiveServer, tmp_path: Path
) -> None:
    exchange_files(tmp_path)
    with simulating(SimulatorOptions(tmp_path)) as exchange:
        collector = Collector(FeedOptions("coinbase", ["NO-NO"], live.url, live.key, exchange))

        with pytest.raises(ExchangeRefused, match="NO-NO is not a valid product"):
            await asyncio.wait_for(collector.run(asyncio.Event()), 10)


async def test_a_wrong_key_ends_the_feed(live: LiveServer, tmp_path: Path) -> None:
    exchange_files(tmp_path)
    with simulating(SimulatorOptions(tmp_path)) as exchange:
        collector = Collector(FeedOptions("coinbase", ["A-B"], live.url, "tck_wrong", exchange))

        with pytest.raises(Forbidden):
            await asyncio.wait_for(collector.run(asyncio.Event()), 10)


async def test_while_the_server_is_away_little_is_kept_and_nothing_lost(
    live: LiveServer, tmp_path: Path
) -> None:
    exchange_files(tmp_path)
    stop = asyncio.Event()
    with simulating(SimulatorOptions(tmp_path)) as exchange:
        live.stop()
        collector = Collector(options(live, "coinbase", exchange))
        collector._push._window._most_messages = 500
        running = asyncio.ensure_future(collector.run(stop))
        await asyncio.sleep(2)
        assert collector.figures.waiting <= 502
        await asyncio.to_thread(live.start)
        with live.worker():
            await until(lambda: running.done() or has_all(collector))
            stop.set()
            await running

    for symbol in MARKETS["coinbase"]:
        live.assert_holds(Market("coinbase", symbol), TRADES)
