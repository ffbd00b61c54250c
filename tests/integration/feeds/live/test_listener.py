"""The listener against feeds that fall silent, complain or close."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
from websockets.asyncio.server import ServerConnection, serve

from core.errors import ExchangeRefused
from core.retry import RetryPolicy
from feeds.coinbase.connector import CoinbaseConnector
from feeds.connector import Heard
from feeds.live.exchange_listener import ExchangeListener
from feeds.live.figures import FeedFigures
from tests.integration.feeds.live.conftest import until

MATCH = {"type": "match", "trade_id": 7, "product_id": "A-B", "time": "2024-03-13T11:00:17Z"}
ERROR = {"type": "error", "message": "Failed to subscribe", "reason": "maintenance"}
Script = list[list[object]]


class QuickVenue(CoinbaseConnector):
    """Coinbase, given up after a fifth of a second of silence."""

    silence_s = 0.2


@asynccontextmanager
async def feed(script: Script) -> AsyncIterator[tuple[str, Callable[[], int]]]:
    """Say to each connection what is its turn, then nothing; yields address and count."""
    connections = 0

    async def say(socket: ServerConnection) -> None:
        nonlocal connections
        frames = script[min(connections, len(script) - 1)]
        connections += 1
        assert json.loads(await socket.recv())["type"] == "subscribe"
        for frame in frames:
            await socket.send(json.dumps(frame))
        await socket.wait_closed()

    async with serve(say, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}", lambda: connections


def listener(address: str, heard: list[Heard], figures: FeedFigures) -> ExchangeListener:
    async def note(frame: bytes, told: Heard) -> None:
        heard.append(told)

    return ExchangeListener(
        QuickVenue(),
        ["A-B"],
        note,
        lambda: heard.append(Heard(refusal="reconnected")),
        figures,
        exchange_url=address,
        policy=RetryPolicy(first_s=0.01, longest_s=0.02),
    )


async def test_a_silent_connection_is_given_up_and_made_anew() -> None:
    heard: list[Heard] = []
    figures = FeedFigures()
    async with feed([[MATCH], []]) as (address, connections):
        running = asyncio.ensure_future(listener(address, heard, figures).run())
        await until(lambda: connections() >= 3)
        running.cancel()

    assert figures.exchange_reconnects >= 2
    assert figures.exchange_said in ("", "silent for 0 s")
    assert heard[0].trades
    assert Heard(refusal="reconnected") in heard


async def test_a_refusal_ends_it_only_if_nothing_was_ever_heard() -> None:
    heard: list[Heard] = []
    figures = FeedFigures()
    async with feed([[ERROR]]) as (address, _):
        with pytest.raises(ExchangeRefused, match="maintenance"):
            await asyncio.wait_for(listener(address, heard, figures).run(), 5)
    assert not figures.exchange_connected
    async with feed([[MATCH], [ERROR], [ERROR], [MATCH]]) as (address, connections):
        running = asyncio.ensure_future(listener(address, heard, FeedFigures()).run())
        await until(lambda: connections() >= 4)
        assert not running.done()
        running.cancel()


async def test_an_exchange_that_is_away_is_tried_again() -> None:
    figures = FeedFigures()
    running = asyncio.ensure_future(listener("http://127.0.0.1:9", [], figures).run())
    await until(lambda: figures.exchange_reconnects >= 3)
    running.cancel()

    assert figures.exchange_said
    assert not figures.exchange_connected
