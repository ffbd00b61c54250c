"""Live data for readers: trades, candles as they form, quotes, anomalies, sealed signals."""

import asyncio
from typing import Annotated, Literal

import msgspec
from falcon import WebSocketDisconnected
from falcon.asgi import Request, WebSocket
from msgspec import Meta

from api.candles.requested_series import stored_market
from api.live.broadcast import CHANNELS, Broadcast, Subscriber
from core.clock.resolutions import parse_resolution
from core.clock.times import format_time, now_ms
from core.errors import RequestError
from core.series import Market

POLICY_VIOLATION = 1008
MARKETS_LIMIT = 200

Channel = Literal["trades", "candles", "ticker", "anomalies", "signals"]


def _candles() -> list[Channel]:
    return ["candles"]


def _minute() -> list[int | str]:
    return ["1m"]


class StreamCommand(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What a reader may say; `resolutions` narrows candles, 1 m if none is given."""

    action: Literal["subscribe", "unsubscribe", "ping"]
    channels: list[Channel] = msgspec.field(default_factory=_candles)
    symbols: Annotated[list[str], Meta(max_length=MARKETS_LIMIT)] = []
    platform: str | None = None
    resolutions: list[int | str] = msgspec.field(default_factory=_minute)


class StreamResource:
    """`WS /ws/stream`"""

    def __init__(self, broadcast: Broadcast, default_platform: str, default_symbol: str) -> None:
        self._broadcast = broadcast
        self._platform = default_platform
        self._symbol = default_symbol

    async def on_websocket(self, req: Request, ws: WebSocket) -> None:
        """Serve subscriptions until the reader leaves; one that is too slow is told so and left."""
        subscriber = Subscriber()
        tasks = [
            asyncio.create_task(self._read(ws, subscriber)),
            asyncio.create_task(self._write(ws, subscriber)),
            asyncio.create_task(subscriber.slow.wait()),
        ]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            if subscriber.slow.is_set():
                await ws.close(POLICY_VIOLATION, "slow_reader")
        except WebSocketDisconnected:
            pass
        finally:
            self._broadcast.unsubscribe(subscriber)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _write(self, ws: WebSocket, subscriber: Subscriber) -> None:
        while True:
            await ws.send_text((await subscriber.waiting.get()).decode())

    async def _read(self, ws: WebSocket, subscriber: Subscriber) -> None:
        while True:
            text = await ws.receive_text()
            try:
                answer = self._obey(msgspec.json.decode(text, type=StreamCommand), subscriber)
            except msgspec.MsgspecError as error:
                answer = {"type": "error", "error": "malformed_request", "detail": str(error)}
            except RequestError as error:
                answer = {"type": "error", "error": error.type, "detail": error.detail}
            subscriber.tell(msgspec.json.encode({**answer, "timestamp": format_time(now_ms())}))

    def _obey(self, command: StreamCommand, subscriber: Subscriber) -> dict[str, object]:
        if command.action == "ping":
            return {"type": "pong"}
        markets = self._markets(command)
        kinds = [CHANNELS[name] for name in command.channels]
        if command.action == "subscribe":
            chosen = frozenset(parse_resolution(one, "resolutions") for one in command.resolutions)
            subscriber.resolutions = (subscriber.resolutions or frozenset()) | chosen
            self._broadcast.subscribe(subscriber, markets, kinds)
        else:
            self._broadcast.unsubscribe(subscriber, markets, kinds)
        return {
            "type": f"{command.action}d",
            "channels": list(command.channels),
            "symbols": [market.symbol for market in markets],
        }

    def _markets(self, command: StreamCommand) -> list[Market]:
        platform = command.platform or self._platform
        return [stored_market(platform, name) for name in command.symbols or [self._symbol]]
