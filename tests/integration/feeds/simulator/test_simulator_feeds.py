"""The simulator's WebSocket feeds, heard by a plain client."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from feeds.coinbase.simulator import feed as coinbase
from feeds.simulator.running import simulating
from feeds.simulator.server import SimulatorOptions
from tests.exchange_candles import START, walk, write_candles, write_trades

TRADES = 1_200
FIRST_ID = 1_000
SPARES_THE_HANDSHAKE = 10


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("exchange")
    for platform, symbol in (("coinbase", "BTC-USD"), ("binance", "BTCUSDT")):
        write_trades(folder, platform, symbol, TRADES)
        write_candles(folder, platform, symbol, 60, walk(300, 60))
    return folder


@contextmanager
def market(data: Path, **options: Any) -> Iterator[str]:
    """Run a server whose twelve seconds of trades take a fraction of one."""
    with simulating(SimulatorOptions(data, **({"speed": 100.0} | options))) as url:
        yield url.replace("http", "ws")


@asynccontextmanager
async def client(url: str, *commands: dict[str, Any]) -> AsyncIterator[ClientConnection]:
    # A client that has heard enough leaves a queue unread: closing must not wait for it.
    async with connect(url, close_timeout=0.2, max_queue=None) as socket:
        for command in commands:
            await socket.send(json.dumps(command))
        yield socket


async def hear(socket: ClientConnection, count: int, **fields: object) -> list[dict[str, Any]]:
    """Return the next `count` messages that have these fields."""
    heard: list[dict[str, Any]] = []
    async with asyncio.timeout(20):
        while len(heard) < count:
            message = json.loads(await socket.recv())
            if all(message.get(name) == value for name, value in fields.items()):
                heard.append(message)
    return heard


def subscribe(*channels: str, products: tuple[str, ...] = ("BTC-USD",)) -> dict[str, Any]:
    return {"type": "subscribe", "product_ids": list(products), "channels": list(channels)}


async def test_a_subscriber_of_matches_hears_every_trade_once_in_order(data: Path) -> None:
    with market(data) as url:
        async with client(url, subscribe("matches")) as socket:
            standing = json.loads(await socket.recv())
            matches = await hear(socket, TRADES, type="match")

    assert standing == {
        "type": "subscriptions",
        "channels": [{"name": "matches", "product_ids": ["BTC-USD"]}],
    }
    assert [m["trade_id"] for m in matches] == list(range(FIRST_ID, FIRST_ID + TRADES))
    sequences = [m["sequence"] for m in matches]
    assert sequences == sorted(set(sequences))


async def test_who_joins_late_hears_the_last_match_and_then_what_comes(data: Path) -> None:
    with market(data, speed=10.0) as url:
        async with client(url, subscribe("matches")) as first:
            await hear(first, 100, type="match")
            async with client(url, subscribe("matches")) as second:
                last = (await hear(second, 1))[0]
                following = await hear(second, 100, type="match")

    assert last["type"] == "last_match"
    assert last["trade_id"] >= FIRST_ID + 99
    start = last["trade_id"] + 1
    assert [m["trade_id"] for m in following] == list(range(start, start + 100))


async def test_rest_knows_no_trade_that_the_feed_has_not_played(data: Path) -> None:
    with market(data, speed=10.0) as url:
        http = url.replace("ws", "http") + "/products/BTC-USD/trades?limit=1"
        before = httpx.get(http).json()[0]["trade_id"]
        async with client(url, subscribe("matches")) as socket:
            heard = await hear(socket, 50, type="match")
            during = httpx.get(http).json()[0]["trade_id"]

    assert before == FIRST_ID + TRADES - 1
    assert heard[-1]["trade_id"] <= during < before


async def test_tickers_and_heartbeats_come_with_the_trades(data: Path) -> None:
    with market(data) as url:
        async with client(url, subscribe("ticker", "heartbeat", "status")) as socket:
            tickers = await hear(socket, TRADES, type="ticker")
            beat = (await hear(socket, 1, type="heartbeat"))[0]
        async with client(url, subscribe("status", "ticker_batch", "ticker")) as socket:
            at_once = (await hear(socket, 1, type="ticker"))[0]
            status = (await hear(socket, 1, type="status"))[0]

    assert [t["trade_id"] for t in tickers] == list(range(FIRST_ID, FIRST_ID + TRADES))
    assert all(float(t["low_24h"]) <= float(t["price"]) <= float(t["high_24h"]) for t in tickers)
    assert beat["last_trade_id"] == at_once["trade_id"] == FIRST_ID + TRADES - 1
    assert [product["id"] for product in status["products"]] == ["BTC-USD"]


@pytest.mark.parametrize(
    ("sent", "message", "reason"),
    [
        ("{", "Malformed JSON", None),
        ("[1]", "Type has to be", None),
        (json.dumps({"type": "shout"}), "Type has to be", None),
        (json.dumps(subscribe("matches", products=("NO-USD",))), "Failed to subscribe", "NO-USD"),
        (json.dumps(subscribe("gossip")), "Failed to subscribe", "gossip"),
        (json.dumps(subscribe("level2")), "Failed to subscribe", "authentication"),
        (json.dumps(subscribe("matches", products=())), "Failed to subscribe", "products"),
        (json.dumps({"type": "subscribe"}), "Failed to subscribe", "channels"),
    ],
)
async def test_a_command_that_coinbase_refuses_gets_an_error_and_the_socket_stays(
    data: Path, sent: str, message: str, reason: str | None
) -> None:
    with market(data) as url:
        async with client(url) as socket:
            await socket.send(sent)
            error = json.loads(await socket.recv())
            await socket.send(json.dumps(subscribe("heartbeat")))
            standing = json.loads(await socket.recv())

    assert error["type"] == "error"
    assert message in error["message"]
    assert reason is None or reason in error["reason"]
    assert standing["type"] == "subscriptions"


async def test_unsubscribing_ends_a_channel(data: Path) -> None:
    gone = {"type": "unsubscribe", "channels": ["matches"]}
    with market(data, speed=1.0) as url:
        async with client(url, subscribe("matches", "heartbeat"), gone) as socket:
            standing = (await hear(socket, 2, type="subscriptions"))[1]
            later = await hear(socket, 2)

    assert [channel["name"] for channel in standing["channels"]] == ["heartbeat"]
    assert {message["type"] for message in later} == {"heartbeat"}


async def test_a_client_that_subscribes_to_nothing_is_sent_away(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(coinbase, "IDLE_LIMIT_S", 0.2)
    with market(data) as url:
        async with client(url) as socket:
            with pytest.raises(ConnectionClosed):
                await asyncio.wait_for(socket.recv(), 5)


async def test_dropped_messages_leave_holes_that_rest_can_fill(data: Path) -> None:
    with market(data, fault="gap@0.1", seed=2) as url:
        async with client(url, subscribe("matches", "heartbeat")) as socket:
            heard = await hear(socket, 900, type="match")
        ids = {m["trade_id"] for m in heard}
        missed = set(range(FIRST_ID, heard[-1]["trade_id"])) - ids
        http = url.replace("ws", "http") + "/products/BTC-USD/trades"
        found = {trade["trade_id"] for trade in httpx.get(http, params={"limit": 1_000}).json()}
        found |= {
            trade["trade_id"] for trade in httpx.get(http, params={"after": min(found)}).json()
        }

    assert len(ids) == 900
    assert 40 < len(missed) < 200
    assert missed <= found


async def test_a_dropped_feed_ends_without_a_close(data: Path) -> None:
    with market(data, fault="drop@0.5", seed=SPARES_THE_HANDSHAKE) as url:
        async with client(url, subscribe("heartbeat")) as socket:
            with pytest.raises(ConnectionClosed) as lost:
                await hear(socket, 100, type="heartbeat")

    assert lost.value.rcvd is None


async def test_binance_streams_carry_every_trade_and_aggregate(data: Path) -> None:
    names = "btcusdt@trade/btcusdt@aggTrade/btcusdt@bookTicker"
    trades: list[int] = []
    aggregated: list[int] = []
    books = 0
    with market(data) as url:
        async with client(f"{url}/stream?streams={names}") as socket:
            while len(trades) < TRADES or len(aggregated) < TRADES or books < TRADES:
                message = (await hear(socket, 1))[0]
                event = message["data"]
                if event.get("e") == "trade":
                    trades.append(event["t"])
                elif event.get("e") == "aggTrade":
                    aggregated += range(event["f"], event["l"] + 1)
                else:
                    assert message["stream"] == "btcusdt@bookTicker"
                    books += 1

    assert trades == aggregated == list(range(FIRST_ID, FIRST_ID + TRADES))


async def test_binance_methods_subscribe_list_and_unsubscribe(data: Path) -> None:
    with market(data) as url:
        async with client(f"{url}/ws/btcusdt@ticker") as socket:
            day = (await hear(socket, 1, e="24hrTicker"))[0]
            answers = []
            for number, method, params in [
                (1, "SUBSCRIBE", ["btcusdt@trade", "nobody@trade", "btcusdt@depth"]),
                (2, "UNSUBSCRIBE", ["btcusdt@ticker"]),
                (3, "LIST_SUBSCRIPTIONS", []),
                (4, "SET_PROPERTY", ["combined", True]),
                (5, "GET_PROPERTY", ["combined"]),
                (6, "SHOUT", []),
                (7, "SUBSCRIBE", [1]),
            ]:
                command = {"method": method, "params": params, "id": number}
                await socket.send(json.dumps(command))
                answers += await hear(socket, 1, id=number)
            await socket.send("oops")
            async with asyncio.timeout(5):
                while "error" not in (last := json.loads(await socket.recv())):
                    pass

    assert day["s"] == "BTCUSDT"
    assert answers[0] == {"result": None, "id": 1}
    assert answers[2]["result"] == ["btcusdt@trade", "nobody@trade", "btcusdt@depth"]
    assert answers[4]["result"] is True
    assert [answer["error"]["code"] for answer in answers[5:]] == [2, 2]
    assert last["error"]["code"] == 3


async def test_klines_grow_and_close_on_a_shifted_market(data: Path) -> None:
    with market(data, shift_to_now=True, speed=60.0) as url:
        async with client(f"{url}/ws/btcusdt@kline_1m") as socket:
            closed: list[dict[str, Any]] = []
            while len(closed) < 3:
                event = (await hear(socket, 1, e="kline"))[0]
                closed += [event["k"]] if event["k"]["x"] else []
        listed = httpx.get(
            url.replace("ws", "http") + "/api/v3/klines",
            params={"symbol": "BTCUSDT", "interval": "1m", "startTime": closed[0]["t"], "limit": 3},
        ).json()

    assert [k["t"] - closed[0]["t"] for k in closed] == [0, 60_000, 120_000]
    assert closed[0]["t"] / 1_000 == pytest.approx(time.time(), abs=600)
    assert [[k["t"], k["o"], k["h"], k["l"], k["c"], k["v"]] for k in closed] == [
        row[:6] for row in listed
    ]


async def test_klines_play_a_file_from_its_start(data: Path) -> None:
    with market(data, speed=6_000.0) as url:
        async with client(f"{url}/ws/btcusdt@kline_1m") as socket:
            closed = [event["k"] for event in await hear(socket, 100, e="kline")]

    times = sorted({k["t"] for k in closed if k["x"]})
    assert times[0] == START * 1_000
    assert times == list(range(times[0], times[-1] + 1, 60_000))


async def test_trades_go_on_past_the_file_on_a_shifted_market(data: Path) -> None:
    with market(data, shift_to_now=True, speed=50.0) as url:
        async with client(url, subscribe("matches")) as socket:
            heard = await hear(socket, 2 * TRADES, type="match")

    ids = [match["trade_id"] for match in heard]
    assert ids == list(range(ids[0], ids[0] + 2 * TRADES))
    assert ids[0] >= FIRST_ID + TRADES
    stamps = [match["time"] for match in heard]
    assert stamps == sorted(stamps)
