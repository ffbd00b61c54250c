"""Shapes of the routes that bring candles in and give them out."""

from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from api.http.schemas import Resolution, ResolutionName, Symbol, TaskQueued, Time, TimeText
from core.answers.candles import RejectedCandle

ROWS_LIMIT = 100_000
PAGE_LIMIT = 10_000


class KlineRequest(Struct, forbid_unknown_fields=True, kw_only=True):
    """Candles to fetch from an exchange; `end` defaults to now."""

    symbol: Symbol
    start: Time
    end: Time | None = None
    resolution: Resolution


class CandlesRequest(Struct, forbid_unknown_fields=True, kw_only=True):
    """Candles that you hold."""

    symbol: Symbol
    resolution: Resolution
    candles: Annotated[
        list[Any],
        Meta(
            description="Rows `[time, open, high, low, close, volume]`, a trade count may follow; "
            "or objects with these names. At most 100,000.",
            extra_json_schema={"minItems": 1, "maxItems": ROWS_LIMIT},
        ),
    ]


class CandlesIngestQuery(Struct, forbid_unknown_fields=True, kw_only=True):
    """`symbol` and `resolution` are needed with NDJSON and CSV only."""

    symbol: Symbol | UnsetType = UNSET
    resolution: ResolutionName | UnsetType = UNSET
    on_error: Annotated[
        Literal["refuse", "skip"],
        Meta(description="What one bad row does: the whole request is refused, or it is left out."),
    ] = "refuse"


class CandlesQueued(TaskQueued):
    """Candles that are being stored."""

    accepted: int
    duplicates: int
    rejected: list[RejectedCandle]


class CandlesQuery(Struct, forbid_unknown_fields=True, kw_only=True):
    """Which candles to give out, by the time they open; both ends are included."""

    start: TimeText | UnsetType = UNSET
    end: TimeText | UnsetType = UNSET
    limit: Annotated[int, Meta(ge=1, le=PAGE_LIMIT)] = 1_000
    cursor: Annotated[str, Meta(max_length=64, description="From the page before.")] | UnsetType = (
        UNSET
    )
    format: (
        Annotated[
            Literal["json", "csv"], Meta(description="Else what `Accept` prefers, else json.")
        ]
        | UnsetType
    ) = UNSET
    newest: Annotated[
        bool, Meta(description="The last `limit` candles of the range instead of the first.")
    ] = False


class Candle(Struct):
    """A candle, stamped with its opening; `trades` is null where the count is not known."""

    time: str
    open: float
    high: float
    low: float
    close: float
    volume: float
    trades: int | None
    flags: list[str]


class CandlePage(Struct):
    """Candles, oldest first; `next_cursor` is null at the end."""

    platform: str
    symbol: str
    resolution: int
    candles: list[Candle]
    next_cursor: str | None
