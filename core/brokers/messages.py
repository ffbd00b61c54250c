"""What a terminal of a broker pushes, and what it is answered."""

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from core.clock.resolutions import HOUR, MINUTE

# Candles of these lengths are taken from terminals; longer ones are made of them here. Those of
# minutes are asked for where a terminal pushes some, the others of every market.
NEEDED = (5 * MINUTE, HOUR)
PUSHED = (MINUTE, *NEEDED)
BUILT = {
    MINUTE: (),
    5 * MINUTE: (15 * MINUTE, 30 * MINUTE),
    HOUR: (4 * HOUR, 24 * HOUR),
}

MOST_BARS, MOST_SERIES, MOST_QUOTES = 5_000, 500, 2_000
BODY_LIMIT = 2 << 20

Name = Annotated[str, Meta(min_length=1, max_length=64)]
Text = Annotated[str, Meta(max_length=128)]
Second = Annotated[int, Meta(ge=0, le=4_102_444_800)]


class Terminal(msgspec.Struct):
    """Which terminal it is, and of whom; whether it is `connected` to its broker now."""

    server: Text = ""
    company: Text = ""
    build: int = 0
    demo: bool = False
    connected: bool | None = None


class TerminalClock(msgspec.Struct):
    """What the broker's server and the terminal's computer show (s, as epoch numbers)."""

    server: Second
    gmt: Second | None = None


class PushedSeries(msgspec.Struct):
    """Closed candles of one market, by the server's clock.

    A row is `[time, open, high, low, close, tick_volume, spread]`: seconds, prices, ticks, and
    the spread in points.
    """

    symbol: Name
    tf: Name
    digits: Annotated[int, Meta(ge=0, le=18)] | None = None
    point: Annotated[float, Meta(gt=0, le=1e6)] | None = None
    bars: Annotated[list[Any], Meta(max_length=MOST_BARS)] = []


class FeedMessage(msgspec.Struct):
    """Candles and quotes of a terminal; a quote is `[symbol, time_ms, bid, ask]`."""

    clock: TerminalClock
    v: int = 1
    terminal: Terminal = msgspec.field(default_factory=Terminal)
    series: Annotated[list[PushedSeries], Meta(max_length=MOST_SERIES)] = []
    quotes: Annotated[list[Any], Meta(max_length=MOST_QUOTES)] = []


class Wanted(msgspec.Struct):
    """Candles that the server lacks: `count` slots from `from` on, by the server's clock (s)."""

    symbol: str
    tf: str
    start: int = msgspec.field(name="from")
    count: int


class FeedAnswer(msgspec.Struct):
    """What became of a message, and what to send next.

    `accepted` candles are held now, of which `revised` held other values before; `rejected`
    names others by their place among all candles of the message (the first 100 of
    `rejected_total`). `grid` is when the broker's days begin.
    """

    ok: bool
    utc_offset_s: int
    zone: str
    grid: str
    accepted: int
    revised: int
    rejected: list[tuple[int, str]]
    rejected_total: int
    want: list[Wanted]
    poll_s: int
    warnings: list[str] = []
