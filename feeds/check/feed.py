"""Listen to an exchange's feed for a while: does it speak, and do we know its words?"""

import asyncio
from collections import Counter
from dataclasses import dataclass, field

import msgspec

from core.errors import ExchangeRefused, TooLarge
from core.messages import Channels, Recognised
from feeds.check.report import Finding, judged
from feeds.connector import Connector, Heard
from feeds.live.exchange_listener import ExchangeListener
from feeds.live.figures import FeedFigures
from feeds.live.sequence import Missing, Sequence
from feeds.messages import recognise

PROBE, KINDS_PROBE = "live feed", "kinds of messages"
_UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, TooLarge)


@dataclass(slots=True)
class Listened:
    """What came while listening; `unknown` and `unusable` count messages by their reason.

    `unusable` are trades and quotes that a server would reject, `refusal` is why the exchange
    did not let us listen.
    """

    seconds: float = 0.0
    frames: int = 0
    trades: int = 0
    newest: int | None = None
    left_out: list[Missing] = field(default_factory=list)
    unknown: Counter[str] = field(default_factory=Counter)
    unusable: Counter[str] = field(default_factory=Counter)
    reconnects: int = 0
    said: str = ""
    refusal: str | None = None


async def listen(
    venue: Connector, symbol: str, seconds: float, exchange_url: str | None
) -> Listened:
    """Listen for so long and return what came; an exchange that is away is tried again."""
    noted, ids, figures = Listened(seconds), Sequence(), FeedFigures()
    channels: Channels = {}

    async def note(frame: bytes, heard: Heard) -> None:
        noted.frames += 1
        sort_frame(noted, frame, heard, channels)
        for trade in heard.trades:
            if trade.symbol == symbol:
                noted.trades += 1
                ids.heard(trade.first_id, trade.last_id, 0.0)
        for of, newest in heard.newest:
            if of == symbol:
                ids.exists(newest, 0.0)

    listener = ExchangeListener(
        venue, [symbol], note, lambda: None, figures, exchange_url=exchange_url
    )
    try:
        async with asyncio.timeout(seconds):
            await listener.run()
    except TimeoutError:
        pass
    except ExchangeRefused as error:
        noted.refusal = error.detail
    noted.newest, noted.left_out = ids.newest, ids.missing
    noted.reconnects, noted.said = figures.exchange_reconnects, figures.exchange_said
    return noted


def sort_frame(noted: Listened, frame: bytes, heard: Heard, channels: Channels) -> None:
    """Count what a server would reject of a frame, by whether it is one that we would send on."""
    found = Recognised()
    try:
        recognise(frame, found, channels)
    except _UNREADABLE as error:
        noted.unknown[f"no message at all: {error}"] += 1
    told = noted.unusable if heard.keep else noted.unknown
    for one in found.rejected:
        told[one.reason] += 1


def judge_feed(noted: Listened) -> Finding:
    """Judge whether the feed spoke."""
    if noted.refusal is not None:
        return judged(PROBE, [noted.refusal.rstrip(".")], [], "")
    if not noted.frames:
        why = f": {noted.said}" if noted.said else ""
        return judged(PROBE, [f"nothing came in {noted.seconds:g} s{why}"], [], "")
    warnings = []
    if noted.reconnects:
        said = f"; it was last lost because: {noted.said}" if noted.said else ""
        warnings.append(f"the connection was made anew {noted.reconnects} times{said}")
    if not noted.trades:
        warnings.append(f"no trade came in {noted.seconds:g} s: the market is quiet")
    fine = (
        f"{noted.frames:,} messages came in {noted.seconds:g} s, {noted.trades:,} of them trades."
    )
    return judged(PROBE, [], warnings, fine)


def judge_kinds(noted: Listened) -> Finding:
    """Judge whether all that came is known to us."""
    failures = [f"{count:,} x {why}" for why, count in noted.unusable.most_common(3)]
    warnings = [f"{count:,} x {why}" for why, count in noted.unknown.most_common(3)]
    return judged(KINDS_PROBE, failures, warnings, "Every message that came is of a known kind.")
