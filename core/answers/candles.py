"""Answers of work on candles. Gaps run from the first missing opening to the next one held."""

from msgspec import Struct, field

from core.candle_files.parsed import Recognised
from core.clock.grids import PLAIN

Gaps = list[list[str]]


class KlineResult(Struct):
    """What fetching brought. Gaps run from the first missing opening to the next one held."""

    fetched: int
    inserted: int
    revised: int
    duplicates: int
    rejected: int
    calls: int
    gaps: Gaps
    first: str | None
    last: str | None


class RejectedCandle(Struct):
    """A row that was left out, counted from 0, and why."""

    index: int
    reason: str


class CandlesStored(Struct):
    """What storing them changed."""

    received: int
    inserted: int
    revised: int
    unchanged: int
    finished: int
    first: str | None
    last: str | None
    duplicates: int
    rejected: list[RejectedCandle]
    grid: str = str(PLAIN)
    recognised: Recognised | None = None
    warnings: list[str] = field(default_factory=list)


class LatestCandles(Struct):
    """What fetching the newest candles brought."""

    status: str
    fetched: int
    inserted: int
    revised: int
    calls: int
    last_candle: str | None


class Ingested(LatestCandles):
    """New candles, and ledger rows that were written or scored because of them."""

    futures_updated: int


class Backfilled(Struct):
    """What filling gaps brought; `gaps` are those that the exchange has nothing for."""

    status: str
    fetched: int
    inserted: int
    revised: int
    calls: int
    days: int
    gaps_found: int
    gaps: Gaps
    last_candle: str | None


class LeakTested(Struct):
    """Of each feature `ok`, or the opening of the first candle at which it changed."""

    ok: bool
    features: dict[str, str]
    candles: int
    first: str
    last: str
