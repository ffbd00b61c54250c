"""Signals as they are sealed, their ends, and changes of phases, for readers that miss none."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress

import msgspec
from falcon import WebSocketDisconnected
from falcon.asgi import Request, WebSocket

from api.http.threads import in_database_thread, in_thread
from api.http.validation import convert_query
from api.live.commands import receive_command
from api.markets.symbol_resolver import SymbolResolver
from api.robots.offered import OfferedSlots
from api.signals.feed import Frame, SignalFeed
from api.signals.frames import Wanted
from api.signals.schemas_socket import (
    ErrorFrame,
    PongFrame,
    SignalsCommand,
    SignalsQuery,
    SubscribedFrame,
)
from core.clock.resolutions import parse_resolution, resolution_name
from core.clock.times import format_time, now_ms
from core.errors import (
    MalformedRequest,
    NotFound,
    NotInPlan,
    RequestError,
    TickcastError,
    Unavailable,
)
from core.forecast_target import ForecastTarget
from core.risk_reward import parse_rr_config
from core.robots.accounts import Account
from core.series import Market, Series

# A reader that says nothing for so long means to hear all of it from now on.
_SILENCE_SECONDS = 0.5


class Reader:
    """Where a reader stands: the number of the last event that it was told, None before any."""

    def __init__(
        self, ws: WebSocket, account: Callable[[], Account | None], since: int | None
    ) -> None:
        self.ws = ws
        # Whose it is, as it is known now: a plan may change while the socket is open.
        self.account = account
        self.since = since
        self.wanted = Wanted()
        # Set once it has said what it wants, and where it asks to go on from `goal`.
        self.spoke, self.moved = asyncio.Event(), asyncio.Event()
        self.goal: int | None = None

    def move(self) -> None:
        """Go on from where it asked to, if it did; nobody may be telling it events."""
        self.moved.clear()
        if self.goal is not None:
            self.since, self.goal = self.goal, None

    async def send(self, frame: msgspec.Struct) -> None:
        """Send what is no event."""
        await self.ws.send_text(msgspec.json.encode(frame).decode())


class SignalSocket:
    """`WS /ws/signals`"""

    def __init__(self, feed: SignalFeed, symbols: SymbolResolver, offered: OfferedSlots) -> None:
        self._feed = feed
        self._symbols = symbols
        self._offered = offered

    async def on_websocket(self, req: Request, ws: WebSocket) -> None:
        """Tell what happens until the reader leaves; a slow one is told later, and all of it."""
        since = convert_query(req.params, SignalsQuery).since
        reader = Reader(ws, lambda: req.context.account, since)
        listening = asyncio.create_task(self._listen(reader))
        with self._feed.listening():
            try:
                while not listening.done():
                    reader.move()
                    await self._tell_until(reader, listening)
            except WebSocketDisconnected:
                pass
            finally:
                listening.cancel()
                await asyncio.gather(listening, return_exceptions=True)

    async def _tell_until(self, reader: Reader, listening: "asyncio.Task[None]") -> None:
        """Tell events until the reader moves or leaves; raises what telling raised."""
        telling = asyncio.create_task(self._tell(reader))
        moved = asyncio.create_task(reader.moved.wait())
        try:
            await asyncio.wait({telling, moved, listening}, return_when=asyncio.FIRST_COMPLETED)
            if telling.done():
                telling.result()
        finally:
            for task in (telling, moved):
                task.cancel()
            await asyncio.gather(telling, moved, return_exceptions=True)

    async def _listen(self, reader: Reader) -> None:
        with suppress(WebSocketDisconnected):
            while True:
                try:
                    answers = await self._answers(await receive_command(reader.ws), reader)
                except MalformedRequest as error:
                    answers = [_fault(error, format_time(now_ms()))]
                for answer in answers:
                    await reader.send(answer)

    async def _answers(self, text: str, reader: Reader) -> Sequence[msgspec.Struct]:
        now = format_time(now_ms())
        try:
            command = msgspec.json.decode(text, type=SignalsCommand)
            if command.action == "ping":
                return [PongFrame("pong", now)]
            wanted, unknown = await in_thread(self._wanted, command, reader.account())
        except msgspec.MsgspecError as error:
            return [ErrorFrame("error", "malformed_request", str(error), now)]
        except (RequestError, Unavailable) as error:
            return [_fault(error, now)]
        faults = [_fault(error, now) for error in unknown]
        if command.symbols and not wanted.markets:
            return faults
        reader.wanted = wanted
        if command.since is not None:
            reader.goal = command.since
            reader.moved.set()
        reader.spoke.set()
        since = reader.since if reader.goal is None else reader.goal
        return [*faults, _understood(command, wanted, since, now)]

    def _wanted(
        self, command: SignalsCommand, account: Account | None
    ) -> tuple[Wanted, list[TickcastError]]:
        """Return what is asked for, and an error for each slot that the account cannot hear."""
        markets: set[Market] = set()
        unknown: list[TickcastError] = []
        for name in command.symbols:
            try:
                market = self._symbols.market(name, command.platform, account)
            except RequestError as error:
                unknown.append(error)
                continue
            refused = self._refused(account, market, command.timeframes)
            unknown += refused
            if len(refused) < max(1, len(command.timeframes)):
                markets.add(market)
        lengths = {parse_resolution(name, "timeframes") for name in command.timeframes}
        exits = {parse_rr_config(name).name for name in command.rr_configs}
        return Wanted(frozenset(markets), frozenset(lengths), frozenset(exits)), unknown

    def _refused(
        self, account: Account | None, market: Market, timeframes: Sequence[str]
    ) -> list[RequestError]:
        """Return why a plan shows none of a market, or which of the timeframes it does not show."""
        asked: Sequence[str | None] = timeframes or [None]
        refused: list[RequestError] = []
        for timeframe in asked if account else ():
            try:
                self._offered.chosen(account, market.symbol, timeframe)
            except (NotInPlan, NotFound) as error:
                refused.append(error)
        return refused

    async def _tell(self, reader: Reader) -> None:
        if reader.since is None:
            with suppress(TimeoutError):
                await asyncio.wait_for(reader.spoke.wait(), _SILENCE_SECONDS)
            if reader.moved.is_set():
                return
        if reader.since is not None:
            reader.since = await self._kept_since(reader, reader.since)
        if reader.since is None:
            frames, newest = await self._feed.active()
            await self._send(reader, frames)
            reader.since = newest
        while True:
            frames = await self._feed.after(reader.since)
            await self._send(reader, frames)
            reader.since = frames[-1].event.seq

    async def _kept_since(self, reader: Reader, since: int) -> int | None:
        """Return from which number the reader goes on, having told it what it cannot get.

        None: what it names was never said, here or by the records that were restored.
        """
        forgotten, newest = await self._feed.bounds()
        if since > newest:
            detail = f"since: {newest} is the newest; what may be entered now follows."
            await reader.send(ErrorFrame("error", "unknown_seq", detail, format_time(now_ms())))
            return None
        if since < forgotten:
            detail = f"since: what happened up to {forgotten} is no longer kept."
            await reader.send(ErrorFrame("error", "forgotten", detail, format_time(now_ms())))
        return max(since, forgotten)

    async def _send(self, reader: Reader, frames: Sequence[Frame]) -> None:
        visible = await self._visible(reader.account())
        for frame in frames:
            event = frame.event
            seen = visible is None or (event.target or event.series) in visible
            if seen and reader.wanted.includes(event):
                await reader.ws.send_text(frame.text)

    async def _visible(self, account: Account | None) -> set[ForecastTarget | Series] | None:
        """Return the targets, and their series, that an account may see; None if it sees all."""
        if account is None:
            return None
        targets = await in_database_thread(self._offered.ever, account)
        return {*targets, *(target.series for target in targets)}


def _understood(
    command: SignalsCommand, wanted: Wanted, since: int | None, now: str
) -> SubscribedFrame:
    lengths = [resolution_name(length) for length in sorted(wanted.resolutions)]
    exits = sorted(wanted.rr_configs)
    return SubscribedFrame("subscribed", command.symbols, lengths, exits, since, now)


def _fault(error: TickcastError, now: str) -> ErrorFrame:
    return ErrorFrame("error", error.type, error.detail, now)
