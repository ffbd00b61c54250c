"""Sockets: who may open them, what is acknowledged, and what readers are told."""

import asyncio
import json
from typing import Any

import pytest
from falcon import WebSocketDisconnected
from falcon.testing import ASGIConductor

from api.app import Application, create_app
from core.series import Market
from core.settings import Settings
from storage import keys
from storage.live.traded_markets import TradedMarkets
from storage.stores import Stores
from storage.trades.stream_stores import open_stream_stores
from tasks.celery_app import make_celery
from tasks.enqueue import Enqueue
from tasks.trades.enqueue_stream import EnqueueStream

TRADE = {"type": "trade", "symbol": "A-B", "price": "1.5", "size": "2", "trade_id": 1}


def text(content: object) -> str:
    return json.dumps(content)


async def receive(ws: Any) -> Any:
    return json.loads(await asyncio.wait_for(ws.receive_text(), 5))


def queued(stores: Stores) -> int:
    return int(stores.redis.llen("stream"))


async def test_every_frame_is_acknowledged_with_platform_time_and_number(
    app: Application, key: str, stores: Stores
) -> None:
    async with (
        ASGIConductor(app) as conductor,
        conductor.simulate_ws("/ingest/x", headers={"X-API-Key": key}) as ws,
    ):
        await ws.send_text(text(TRADE))
        await ws.send_text(text([TRADE | {"trade_id": 2}, TRADE | {"trade_id": 3}]))
        await ws.send_text(text({"type": "heartbeat"}))
        answers = [await receive(ws) for _ in range(3)]

    assert [(a["platform"], a["seq"], a["accepted"]) for a in answers] == [
        ("x", 1, 1),
        ("x", 2, 2),
        ("x", 3, 0),
    ]
    assert all(a["timestamp"].endswith("Z") for a in answers)
    assert queued(stores) >= 1


async def test_acknowledgements_may_be_one_a_flush(app: Application, key: str) -> None:
    async with (
        ASGIConductor(app) as conductor,
        conductor.simulate_ws(
            "/ingest/x", query_string="ack=batch", headers={"X-API-Key": key}
        ) as ws,
    ):
        for number in range(50):
            await ws.send_text(text(TRADE | {"trade_id": number}))
        accepted, last = 0, 0
        while last < 50:
            answer = await receive(ws)
            accepted, last = accepted + answer["accepted"], answer["seq"]

    assert accepted == 50


async def test_malformed_json_is_answered_and_the_socket_stays(app: Application, key: str) -> None:
    async with (
        ASGIConductor(app) as conductor,
        conductor.simulate_ws("/ingest/x", headers={"X-API-Key": key}) as ws,
    ):
        await ws.send_text("{nonsense")
        await ws.send_text(text(TRADE))
        first, second = await receive(ws), await receive(ws)

    assert (first["error"], first["seq"]) == ("malformed_request", 1)
    assert (second["accepted"], second["seq"]) == (1, 2)


async def test_a_flush_is_acknowledged_once_with_what_became_of_its_messages(
    app: Application, key: str
) -> None:
    async with (
        ASGIConductor(app) as conductor,
        conductor.simulate_ws(
            "/ingest/x", query_string="ack=batch", headers={"X-API-Key": key}
        ) as ws,
    ):
        for number in range(40):
            await ws.send_text(text([TRADE | {"trade_id": number}, {"type": "heartbeat"}]))
        await ws.send_text(text([{"type": "riddle"}, TRADE | {"price": "none"}]))
        answers = [await receive(ws)]
        while answers[-1]["seq"] < 41:
            answers.append(await receive(ws))

    # 41 frames come within a few flushes of 20 ms, whatever the machine's speed.
    assert len(answers) < 41
    assert sum(answer["accepted"] for answer in answers) == 40
    assert sum(answer["ignored"] for answer in answers) == 40
    assert sum(answer["rejected"] for answer in answers) == 2
    reasons = {reason for answer in answers for reason in answer["reasons"]}
    assert len(reasons) == 2


@pytest.mark.parametrize(
    "crafted",
    ['{"type":"riddle"},{"a":', '{"x":"', '"}', "]", "[", '{"type":"heartbeat"},', "{broken"],
)
async def test_a_hostile_socket_swallows_none_of_anothers_trades(
    app: Application, key: str, stores: Stores, crafted: str
) -> None:
    headers = {"X-API-Key": key}
    async with (
        ASGIConductor(app) as conductor,
        conductor.simulate_ws("/ingest/x", headers=headers) as hostile,
        conductor.simulate_ws("/ingest/x", headers=headers) as honest,
    ):
        for number in range(20):
            await hostile.send_text(crafted)
            await honest.send_text(text(TRADE | {"trade_id": number}))
            await hostile.send_text(crafted)
        answers = [await receive(honest) for _ in range(20)]
        refused = [await receive(hostile) for _ in range(40)]

    assert [answer["accepted"] for answer in answers] == [1] * 20
    assert {answer["error"] for answer in refused} == {"malformed_request"}


async def test_a_binary_frame_is_answered_by_closing_once_the_rest_is_delivered(
    app: Application, key: str
) -> None:
    async with (
        ASGIConductor(app) as conductor,
        conductor.simulate_ws("/ingest/x", headers={"X-API-Key": key}) as ws,
    ):
        await ws.send_text(text(TRADE))
        await ws.send_data(b"\x00\x01")
        answer = await receive(ws)
        with pytest.raises(WebSocketDisconnected):
            await asyncio.wait_for(ws.receive_text(), 5)
        assert (answer["accepted"], ws.close_code) == (1, 1003)


@pytest.mark.parametrize("path", ["/ws/stream", "/ws/signals"])
async def test_a_reader_is_told_that_commands_are_text_and_may_go_on(
    app: Application, key: str, path: str
) -> None:
    async with (
        ASGIConductor(app) as conductor,
        conductor.simulate_ws(path, headers={"X-API-Key": key}) as ws,
    ):
        await ws.send_data(b"\x00\x01")
        refused = await receive(ws)
        await ws.send_text(text({"action": "ping"}))
        assert (refused["type"], refused["error"]) == ("error", "malformed_request")
        assert "text" in refused["detail"]
        assert (await receive(ws))["type"] == "pong"


async def test_a_key_may_come_in_the_first_message(app: Application, key: str) -> None:
    async with ASGIConductor(app) as conductor, conductor.simulate_ws("/ingest/x") as ws:
        await ws.send_text(text({"type": "auth", "api_key": key}))
        assert (await receive(ws))["type"] == "authenticated"
        await ws.send_text(text(TRADE))
        assert (await receive(ws))["accepted"] == 1


@pytest.mark.parametrize(
    "first", ['{"type": "auth", "api_key": "tck_wrong"}', text(TRADE), "nonsense"]
)
async def test_nothing_is_taken_before_a_valid_key(
    app: Application, stores: Stores, first: str
) -> None:
    before = queued(stores)
    async with ASGIConductor(app) as conductor, conductor.simulate_ws("/ingest/x") as ws:
        await ws.send_text(first)
        with pytest.raises(WebSocketDisconnected):
            await ws.receive_text()
        assert ws.close_code == 4_401
    assert queued(stores) == before


async def test_a_page_of_another_host_may_not_open_a_socket(app: Application, key: str) -> None:
    headers = {"X-API-Key": key, "Origin": "https://evil.example"}
    async with ASGIConductor(app) as conductor:
        with pytest.raises(WebSocketDisconnected):
            async with conductor.simulate_ws("/ingest/x", headers=headers):
                pass


async def test_a_socket_closes_within_a_second_of_its_keys_revocation(
    app: Application, stores: Stores
) -> None:
    plain, made = stores.keys.create("owner", "test")
    async with (
        ASGIConductor(app) as conductor,
        conductor.simulate_ws("/ws/stream", headers={"X-API-Key": plain}) as ws,
    ):
        stores.keys.revoke(made.id)
        with pytest.raises(WebSocketDisconnected):
            await asyncio.wait_for(ws.receive_text(), 2)
        assert ws.close_code == 4_401


@pytest.mark.parametrize(
    ("path", "auth"), [("/ws/stream", "on"), ("/ingest/coinbase", "on"), ("/ws/stream", "off")]
)
async def test_a_socket_ends_when_its_time_is_over(
    stores: Stores, enqueue: Enqueue, settings: Settings, key: str, path: str, auth: str
) -> None:
    own = settings.model_copy(update={"socket_hours": 1 / 3_600, "auth": auth})
    headers = {"X-API-Key": key} if auth == "on" else {}
    stream = open_stream_stores(own, stores.redis)
    sender = EnqueueStream(make_celery(own.broker_address), stream.intake)
    app = create_app(stores, stream, enqueue, sender, own)
    async with (
        ASGIConductor(app) as conductor,
        conductor.simulate_ws(path, headers=headers) as ws,
    ):
        with pytest.raises(WebSocketDisconnected):
            await asyncio.wait_for(ws.receive_text(), 20)
        assert ws.close_code == 1_001


async def test_a_reader_is_told_trades_and_candles_as_they_are_stored(
    app: Application, key: str, stores: Stores
) -> None:
    from storage.trades.writer import TradeWriter
    from tests.integration.storage.trades.test_trade_writer import START, pack
    from tests.trade_oracle import RawTrade

    TradedMarkets(stores.redis).note([Market("x", "A-B")])
    async with (
        ASGIConductor(app) as conductor,
        conductor.simulate_ws("/ws/stream", headers={"X-API-Key": key}) as ws,
    ):
        wanted = {"platform": "x", "symbols": ["A-B"], "channels": ["trades", "candles"]}
        await ws.send_text(text({"action": "subscribe", **wanted}))
        assert (await receive(ws))["type"] == "subscribed"
        await asyncio.sleep(0.3)
        batch = pack([RawTrade(1, START, "1.5", "2")])
        await asyncio.to_thread(TradeWriter(stores.redis).write, "x", {"A-B": [batch]})
        trades, candle = await receive(ws), await receive(ws)

    assert (trades["channel"], trades["trades"][0]["price"]) == ("trades", 1.5)
    assert (candle["channel"], candle["resolution"]) == ("candles", 60)
    assert candle["candle"]["flags"] == ["partial", "from_trades"]


async def test_a_reader_is_told_the_newest_price_first_and_what_follows_in_the_source_s_words(
    app: Application, key: str, stores: Stores
) -> None:
    from storage.trades.tickers import Ticker, TickerStore

    tickers = TickerStore(stores.redis)
    tickers.write("coinbase", [Ticker("BTC-USD", 1_700_000_000_000, 100.5, 100.0, 101.0)])
    TradedMarkets(stores.redis).note([Market("coinbase", "BTC-USD")])
    async with (
        ASGIConductor(app) as conductor,
        conductor.simulate_ws("/ws/stream", headers={"X-API-Key": key}) as ws,
    ):
        wanted = {"channels": ["ticker", "candles"], "symbols": ["BTCUSD"], "timeframes": ["5m"]}
        await ws.send_text(text({"action": "subscribe", **wanted}))
        said, first = await receive(ws), await receive(ws)
        candle = {"time": "2023-11-14T22:15:00Z", "open": 1.0, "high": 2.0, "low": 0.5,
                  "close": 1.5, "volume": 3.0, "flags": ["partial"], "resolution": 300}  # fmt: skip
        live = keys.live("coinbase", "BTC-USD")
        while not stores.redis.publish(live, b"C[]"):
            await asyncio.sleep(0.02)
        await asyncio.to_thread(
            tickers.write, "coinbase", [Ticker("BTC-USD", 1_700_000_001_000, bid=1.0, ask=2.0)]
        )
        stores.redis.publish(live, b"C" + json.dumps([candle]).encode())
        ticker, told = await receive(ws), await receive(ws)

    assert said["type"] == "subscribed"
    assert (first["type"], first["snapshot"], first["data"]) == ("ticker", True, {
        "symbol": "BTCUSD", "price": 100.5, "timestamp": "2023-11-14T22:13:20Z",
        "bid": 100.0, "ask": 101.0,
    })  # fmt: skip
    assert (ticker["type"], ticker["channel"], ticker["data"]) == ("ticker", "ticker", {
        "symbol": "BTCUSD", "price": 1.5, "timestamp": "2023-11-14T22:13:21Z",
        "bid": 1.0, "ask": 2.0,
    })  # fmt: skip
    assert (told["type"], told["resolution"], told["data"]) == ("candle", 300, {
        "symbol": "BTCUSD", "timeframe": "5m", "closed": False,
        "ohlcv": {"timestamp": "2023-11-14T22:15:00Z", "open": 1.0, "high": 2.0, "low": 0.5,
                  "close": 1.5, "volume": 3.0},
    })  # fmt: skip


async def test_a_reader_of_books_is_told_the_newest_each_change_and_when_it_goes_stale(
    app: Application, key: str, stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.live.book_watch.STALE_MS", 1_500)
    TradedMarkets(stores.redis).note(Market("kraken", name) for name in ("XBTUSD", "ETHUSD"))
    TradedMarkets(stores.redis).note([Market("coinbase", "ETH-USD")])
    book = {"type": "orderbook", "symbol": "BTC-USD", "bids": [["100.10", "0.00000001"]],
            "asks": [["100.2", "3"]], "time": 1_700_000_000_000, "sequence": 5,
            "state": "live"}  # fmt: skip
    headers = {"X-API-Key": key}
    async with ASGIConductor(app) as conductor:
        for platform, symbol in (("coinbase", "BTC-USD"), ("kraken", "XBTUSD")):
            pushed = json.dumps(book | {"symbol": symbol})
            said = await conductor.post(f"/ingest/{platform}", body=pushed, headers=headers)
            assert (said.status_code, said.json["accepted"]) == (202, 1)
        async with conductor.simulate_ws("/ws/stream", headers=headers) as ws:
            wanted = {"action": "subscribe", "channels": ["orderbook"]}
            symbols = ["BTCUSD", "ETH-USD", "XBTUSD", "ETHUSD"]
            await ws.send_text(text(wanted | {"symbols": symbols[:2]}))
            subscribed, first, waiting = [await receive(ws) for _ in range(3)]
            await ws.send_text(text(wanted | {"symbols": symbols[2:], "platform": "kraken"}))
            _, pushed_by_others, unsupported = [await receive(ws) for _ in range(3)]
            while not stores.redis.pubsub_numpat():
                await asyncio.sleep(0.02)
            changed = json.dumps(book | {"bids": [], "sequence": 6, "state": "resyncing"})
            await conductor.post("/ingest/coinbase", body=changed, headers=headers)
            after = await receive(ws)
            stale = sorted([await receive(ws), await receive(ws)], key=lambda one: one["symbol"])

    assert subscribed["channels"] == ["orderbook"]
    assert (first["type"], first["channel"], first["snapshot"]) == ("orderbook", "orderbook", True)
    assert (first["platform"], first["symbol"]) == ("coinbase", "BTC-USD")
    assert first["data"] == {
        "symbol": "BTCUSD", "bids": [[100.1, 1e-8]], "asks": [[100.2, 3]],
        "timestamp": "2023-11-14T22:13:20Z", "sequence": 5, "state": "live", "stale": False,
    }  # fmt: skip
    assert (waiting["data"]["state"], waiting["data"]["bids"]) == ("waiting", [])
    assert pushed_by_others["data"]["asks"] == [[100.2, 3]]
    assert (unsupported["type"], unsupported["symbol"]) == ("error", "ETHUSD")
    assert "binance, binanceus, coinbase, coinbaseexchange" in unsupported["detail"]
    assert "snapshot" not in after
    assert (after["data"]["state"], after["data"]["stale"]) == ("resyncing", True)
    assert [one["data"]["state"] for one in stale] == ["stale", "stale"]
    assert [one["data"]["sequence"] for one in stale] == [6, 5]


async def test_a_reader_that_does_not_read_is_dropped_with_a_reason() -> None:
    from api.live.subscriber import Subscriber

    subscriber = Subscriber(most=3)
    for _ in range(4):
        subscriber.tell(b"x")

    assert subscriber.slow.is_set()
    assert subscriber.waiting.qsize() == 3


async def test_each_symbol_that_is_unknown_is_told_beside_those_that_are_heard(
    app: Application, key: str, stores: Stores
) -> None:
    TradedMarkets(stores.redis).note([Market("binance", "BTCUSDT"), Market("mt5", "EURUSD")])
    async with (
        ASGIConductor(app) as conductor,
        conductor.simulate_ws("/ws/stream", headers={"X-API-Key": key}) as ws,
    ):
        wanted = {"action": "subscribe", "symbols": ["BTCUSDX", "eur/usd", "BTCUSDT"]}
        await ws.send_text(text(wanted))
        said = [await receive(ws) for _ in range(2)]
        await ws.send_text(text(wanted | {"symbols": ["BTCUSDX"]}))
        alone = await receive(ws)
        await ws.send_text(text({"action": "ping"}))
        after = await receive(ws)

    assert (said[0]["type"], said[0]["error"], said[0]["symbol"]) == (
        "error", "not_found", "BTCUSDX",
    )  # fmt: skip
    assert "BTCUSDT" in said[0]["detail"]
    assert (said[1]["type"], said[1]["symbols"]) == ("subscribed", ["EURUSD", "BTCUSDT"])
    assert (alone["type"], after["type"]) == ("error", "pong")


async def test_a_socket_holds_no_more_subscriptions_than_it_may(
    app: Application, key: str, stores: Stores
) -> None:
    names = [f"S{part}-{number}" for part in range(12) for number in range(100)]
    TradedMarkets(stores.redis).note(Market("coinbase", name) for name in names)
    async with (
        ASGIConductor(app) as conductor,
        conductor.simulate_ws("/ws/stream", headers={"X-API-Key": key}) as ws,
    ):
        said = []
        for part in range(12):
            symbols = [f"S{part}-{number}" for number in range(100)]
            await ws.send_text(
                text({"action": "subscribe", "symbols": symbols, "channels": ["trades"]})
            )
            said.append(await receive(ws))
    assert [answer["type"] for answer in said] == ["subscribed"] * 10 + ["error"] * 2
    assert said[-1]["error"] == "too_many_requests"
