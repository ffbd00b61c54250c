"""One reader of live data: what it asked for, and what waits for it."""

import asyncio

import msgspec

from api.live.plan_view import Heard, PlanView
from core.clock.times import format_time, now_ms
from core.errors import TickcastError
from core.series import Market
from storage.trades.live import LiveKind

# Numbers of books are exact, and stay so.
ENCODE = msgspec.json.Encoder(decimal_format="number").encode


class Subscriber:
    """One reader: what it asked for, and what waits for it; `slow` once that is too much.

    With a `plan` it hears what that shows, without one whatever it asks for.
    """

    def __init__(self, most: int = 1_000, plan: PlanView | None = None) -> None:
        self.plan = plan
        self.waiting: asyncio.Queue[bytes] = asyncio.Queue(most)
        self.resolutions: frozenset[int] | None = None
        self.slow = asyncio.Event()
        self.wanted: set[tuple[Market, LiveKind]] = set()

    def tell(self, message: bytes) -> None:
        """Put a message in line; one that finds the line full marks the reader as slow."""
        try:
            self.waiting.put_nowait(message)
        except asyncio.QueueFull:
            self.slow.set()

    def refuse(self, error: TickcastError) -> None:
        """Tell why something that was asked for is not told."""
        told = {"type": "error", "error": error.type, "detail": error.detail}
        self.tell(ENCODE(told | {"timestamp": format_time(now_ms())}))

    def hears(self, market: Market, kind: LiveKind, resolution: int) -> bool:
        """Say whether it is to be told of a candle or a signal of this length."""
        if self.plan is not None:
            return self.plan.shows(Heard(market, kind, resolution), self.refuse)
        return (
            kind is not LiveKind.CANDLES
            or self.resolutions is None
            or resolution in self.resolutions
        )
