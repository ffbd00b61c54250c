"""Live data for readers: trades, candles as they form, quotes, books, anomalies, signals."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Annotated, Literal

import msgspec
from falcon import WebSocketDisconnected
from falcon.asgi import Request, WebSocket
from msgspec import Meta

from api.http.threads import in_thread
from api.live.broadcast import CHANNELS, Broadcast
from api.live.commands import receive_command
from api.live.first_frames import FirstFrames, book_frame
from api.live.plan_view import PlanView
from api.live.subscriber import ENCODE, Subscriber
from api.markets.symbol_resolver import SymbolResolver
from api.robots.offered import OfferedSlots
from core.clock.resolutions import parse_resolution, timeframe_code
from core.clock.times import format_time, now_ms
from core.errors import NotFound, RequestError, TickcastError, Unavailable
from core.forecast_target import ForecastTarget
from core.series import Market

POLICY_VIOLATION = 1008
MARKETS_LIMIT, RESOLUTIONS_LIMIT = 200, 64
_USUAL_RESOLUTION = "1m"
# Who asks for these is told the newest price first.
_PRICED = frozenset({"ticker", "candles"})

Frame = dict[str, object]
Channel = Literal["trades", "candles", "ticker", "anomalies", "signals", "orderbook"]


def _candles() -> list[Channel]:
    return ["candles"]


class StreamCommand(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What a reader may say; `resolutions`, or `timeframes`, narrows candles, 1 m if none is given.

    For a subscriber they narrow signals, too, and symbols and resolutions that are not given
    are all of the plan.
    """

    action: Literal["subscribe", "unsubscribe", "ping"]
    channels: list[Channel] = msgspec.field(default_factory=_candles)
    symbols: Annotated[list[str], Meta(max_length=MARKETS_LIMIT)] = []
    platform: str | None = None
    resolutions: Annotated[list[int | str], Meta(max_length=RESOLUTIONS_LIMIT)] = []
    timeframes: Annotated[list[int | str], Meta(max_length=RESOLUTIONS_LIMIT)] = []


class StreamResource:
    """`WS /ws/stream`"""

    def __init__(
        self,
        broadcast: Broadcast,
        symbols: SymbolResolver,
        first: FirstFrames,
        offered: OfferedSlots,
        usual: str,
    ) -> None:
        self._broadcast = broadcast
        self._first = first
        self._symbols = symbols
        self._offered = offered
        self._usual = usual

    async def on_websocket(self, req: Request, ws: WebSocket) -> None:
        """Serve subscriptions until the reader leaves; one that is too slow is told so and left.

        A subscriber hears of the slots that its plan shows, and is told of each that it does not.
        """
        of_plan = req.context.account is not None
        plan = PlanView(self._offered, lambda: req.context.account) if of_plan else None
        subscriber = Subscriber(plan=plan)
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
            async for answer in self._answers(ws, subscriber):
                told = {**answer, "timestamp": format_time(now_ms())}
                subscriber.tell(ENCODE(told))

    async def _answers(self, ws: WebSocket, subscriber: Subscriber) -> AsyncIterator[Frame]:
        try:
            command = msgspec.json.decode(await receive_command(ws), type=StreamCommand)
            if command.action == "ping":
                yield {"type": "pong"}
                return
            markets: Mapping[Market, str]
            if subscriber.plan is not None:
                markets, answers = await self._obey_of_plan(command, subscriber, subscriber.plan)
            else:
                markets, answers = await in_thread(self._markets, command)
                if markets:
                    self._broadcast.call(markets)
                    answers.append(self._obey(command, list(markets), subscriber))
            for answer in answers:
                yield answer
            if command.action == "subscribe":
                async for frame in self._first_frames(markets, command.channels):
                    yield frame
        except msgspec.MsgspecError as error:
            yield {"type": "error", "error": "malformed_request", "detail": str(error)}
        except (RequestError, Unavailable) as error:
            yield _error(error)

    async def _first_frames(
        self, markets: Mapping[Market, str], channels: Sequence[Channel]
    ) -> AsyncIterator[Frame]:
        for market, name in markets.items() if not _PRICED.isdisjoint(channels) else ():
            if found := await in_thread(self._first.price, market, name):
                yield found
        for market, name in markets.items() if "orderbook" in channels else ():
            try:
                kept = await in_thread(self._first.kept_book, market)
            except NotFound as error:
                yield {**_error(error), "channel": "orderbook", "symbol": name}
            else:
                yield book_frame(name, market, kept, self._broadcast.books)

    def _obey(self, command: StreamCommand, markets: list[Market], subscriber: Subscriber) -> Frame:
        kinds = [CHANNELS[name] for name in command.channels]
        if command.action == "subscribe":
            chosen = _lengths(command) or {parse_resolution(_USUAL_RESOLUTION)}
            subscriber.resolutions = (subscriber.resolutions or frozenset()) | chosen
            self._broadcast.subscribe(subscriber, markets, kinds)
        else:
            self._broadcast.unsubscribe(subscriber, markets, kinds)
        return _answer(command, markets)

    async def _obey_of_plan(
        self, command: StreamCommand, subscriber: Subscriber, plan: PlanView
    ) -> tuple[dict[Market, str], list[Frame]]:
        kinds = [CHANNELS[name] for name in command.channels]
        if command.action == "unsubscribe":
            dropped = plan.markets(command.symbols, command.platform)
            self._broadcast.unsubscribe(subscriber, dropped, kinds)
            plan.drop(dropped, kinds)
            return {}, [_answer(command, dropped)]
        plan.check(kinds)
        slots, refused = await in_thread(
            plan.slots, command.symbols, _lengths(command), command.platform
        )
        errors: list[Frame] = [{**_error(error), "symbol": name[:64]} for name, error in refused]
        if errors and not slots:
            return {}, errors
        markets = list(dict.fromkeys(Market(slot.platform, slot.symbol) for slot in slots))
        self._broadcast.subscribe(subscriber, markets, kinds)
        plan.add(slots, kinds)
        answer = _answer(command, markets) | {"slots": [_shown(slot) for slot in slots]}
        return {market: market.symbol for market in markets}, [*errors, answer]

    def _markets(self, command: StreamCommand) -> tuple[dict[Market, str], list[Frame]]:
        """Return the markets that are meant by name, and an error for each other symbol."""
        markets, unknown = {}, []
        for name in command.symbols or [self._usual]:
            try:
                market = self._symbols.market(name, command.platform)
                markets[market] = self._symbols.names().name_of(market)
            except RequestError as error:
                unknown.append({**_error(error), "symbol": name[:64]})
        return markets, unknown


def _lengths(command: StreamCommand) -> frozenset[int]:
    told = [*command.resolutions, *command.timeframes]
    return frozenset(parse_resolution(one, "resolutions") for one in told)


def _answer(command: StreamCommand, markets: list[Market]) -> Frame:
    return {
        "type": f"{command.action}d",
        "channels": list(command.channels),
        "symbols": [market.symbol for market in markets],
    }


def _shown(slot: ForecastTarget) -> dict[str, str]:
    return {"symbol": slot.symbol, "timeframe": timeframe_code(slot.resolution)}


def _error(error: TickcastError) -> Frame:
    return {"type": "error", "error": error.type, "detail": error.detail}
