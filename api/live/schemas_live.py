"""Shapes of the routes for live trades and quotes."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from api.candles.schemas_candles import PAGE_LIMIT
from api.http.tables import PAGED, Form
from core.books.levels import TOP, BookState


class IngestQuery(Struct):
    """What holds for all messages of a request."""

    symbol: (
        Annotated[
            str,
            Meta(
                max_length=64,
                description="Symbol of trades and quotes that name none, as Gemini's version 1.",
            ),
        ]
        | None
    ) = None


class RejectedMessage(Struct):
    """A message that cannot be used, counted from 0, and why."""

    index: int
    reason: str


class LiveAccepted(Struct):
    """What the broker now holds; trades, quotes and books are counted, not messages.

    `rejected` lists the first 1,000 of `total_rejected` messages. `ignored_for` says why
    messages were ignored that look like trades.
    """

    status: str
    accepted: int
    ignored: int
    rejected: list[RejectedMessage]
    total_rejected: int
    ignored_for: dict[str, int]


class RangeQuery(Struct, forbid_unknown_fields=True, kw_only=True):
    """A span of time, both ends included, told in pages."""

    start: Annotated[str, Meta(description="ISO 8601, epoch seconds or ms.")] | None = None
    end: str | None = None
    limit: Annotated[int, Meta(ge=1, le=PAGE_LIMIT)] = 1_000
    cursor: Annotated[str, Meta(max_length=96)] | None = None


class TradesQuery(RangeQuery, forbid_unknown_fields=True, kw_only=True):
    """Which trades to tell, and in which form."""

    limit: Annotated[int, Meta(ge=1, le=PAGE_LIMIT, description=PAGED)] | None = None  # type: ignore[assignment]
    format: Form | None = None


class TradeShown(Struct, omit_defaults=True, gc=False):
    """One trade; the side is the taker's, and `last_trade_id` is told for aggregates only."""

    trade_id: int | None
    time: str
    price: float
    size: float
    side: str | None
    last_trade_id: int | None = None


class TradesPage(Struct):
    """Trades in the order in which they happened; `next_cursor` is null at the end."""

    platform: str
    symbol: str
    trades: list[TradeShown]
    next_cursor: str | None


class AnomaliesQuery(RangeQuery, forbid_unknown_fields=True, kw_only=True):
    """Which anomalies to tell."""

    min_score: Annotated[float, Meta(ge=0)] = 0.0


class AnomalyShown(Struct):
    """A trade or quote that is probably wrong, and why."""

    time: str
    trade_id: int | None
    price: float | None
    size: float | None
    score: float
    reason: str


class AnomaliesPage(Struct):
    """Anomalies, oldest first."""

    platform: str
    symbol: str
    anomalies: list[AnomalyShown]
    next_cursor: str | None


class QuarantineQuery(Struct, forbid_unknown_fields=True, kw_only=True):
    """Which rejected messages to tell."""

    limit: Annotated[int, Meta(ge=1, le=1_000)] = 100
    cursor: Annotated[str, Meta(max_length=96)] | None = None


class QuarantinedShown(Struct):
    """A rejected message: when, why, and its beginning."""

    time: str
    reason: str
    message: str


class QuarantinePage(Struct):
    """The newest 10,000 rejected messages, newest first, and counts of all messages ever."""

    platform: str
    accepted: int
    ignored: int
    total_rejected: int
    rejected: list[QuarantinedShown]
    next_cursor: str | None


class GapShown(Struct):
    """Trades known to be missing between two times, or a span without any; and what came of it.

    `reason` says why a gap is still open.
    """

    id: int
    first_id: int | None
    last_id: int | None
    missing: int
    from_time: str | None
    to_time: str | None
    state: str
    recovered: int
    found_at: str
    closed_at: str | None
    reason: str | None


class GapsPage(Struct):
    """The gap ledger of a market, oldest first."""

    platform: str
    symbol: str
    gaps: list[GapShown]
    next_cursor: str | None


class OrderBookData(Struct):
    """The best 20 levels of each side, `[price, size]`, best first, exact in quote and base units.

    `timestamp` and `sequence` are the exchange's, of the last change in it; a sequence is compared
    within one market and one connection. `stale` unless `state` is `live`: the levels are then
    the last that were right, or none (`waiting`).
    """

    symbol: str
    bids: Annotated[list[tuple[float, float]], Meta(max_length=TOP)]
    asks: Annotated[list[tuple[float, float]], Meta(max_length=TOP)]
    timestamp: str
    sequence: int
    state: BookState
    stale: bool


class OrderBookFrame(Struct):
    """A market's book, at most four times a second; `snapshot` when subscribing."""

    channel: Literal["orderbook"]
    type: Literal["orderbook"]
    platform: str
    symbol: str
    data: OrderBookData
    snapshot: bool | None = None
