"""Shapes of the routes that bring candles in and give them out."""

from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from api.http.schemas import Resolution, ResolutionName, Symbol, TaskQueued, Time, TimeText
from api.http.tables import PAGED, Form
from core.answers.candles import RejectedCandle
from core.candle_files.layouts import FORMATS
from core.candle_files.parsed import Recognised

ROWS_LIMIT = 100_000
PAGE_LIMIT, PAGE = 10_000, 1_000


class KlineRequest(Struct, forbid_unknown_fields=True, kw_only=True):
    """Candles to fetch from an exchange; `end` defaults to now."""

    symbol: Symbol
    start: Time
    end: Time | None = None
    resolution: Resolution


_FORMAT = Meta(
    description="What wrote the candles, where nothing in them says so: "
    + ", ".join(FORMATS) + ".",
)  # fmt: skip
_COLUMNS = Meta(
    max_length=1_000,
    description="Our columns by the source's: `time:Date+Time,open:First`; a number counts "
    "columns from 1.",
)
_ZONE = Meta(
    max_length=64,
    description="Clock of times that are written without an offset, and of the market: "
    "`America/New_York`, `UTC+2`, or `NY+7` for the usual broker clock. Kept with the series.",
)
_GRID = Meta(
    max_length=80,
    description="Time of day at which candles open, such as `17:00@America/New_York`; learnt from "
    "the first upload if it is not given. Kept with the series.",
)


class CandlesRequest(Struct, forbid_unknown_fields=True, kw_only=True):
    """Candles that you hold. A page of `GET /candles` may be sent as it is."""

    symbol: Symbol
    resolution: Resolution
    format: Annotated[str, _FORMAT] = ""
    columns: Annotated[str, _COLUMNS] = ""
    zone: Annotated[str, _ZONE] = ""
    grid: Annotated[str, _GRID] = ""
    platform: Annotated[str, Meta(description="Of a page; the path's counts.")] = ""
    next_cursor: Annotated[str | None, Meta(description="Of a page.")] = None
    candles: Annotated[
        list[Any],
        Meta(
            description="Rows `[time, open, high, low, close, volume]`, a trade count may follow; "
            "or objects with these names. At most 100,000.",
            extra_json_schema={"minItems": 1, "maxItems": ROWS_LIMIT},
        ),
    ]


class CandlesIngestQuery(Struct, forbid_unknown_fields=True, kw_only=True):
    """`symbol` and `resolution` are needed unless a JSON body has them."""

    symbol: Symbol | UnsetType = UNSET
    resolution: ResolutionName | UnsetType = UNSET
    on_error: Annotated[
        Literal["refuse", "skip"],
        Meta(description="What one bad row does: the whole request is refused, or it is left out."),
    ] = "refuse"
    format: Annotated[str, _FORMAT] = ""
    columns: Annotated[str, _COLUMNS] = ""
    zone: Annotated[str, _ZONE] = ""
    grid: Annotated[str, _GRID] = ""


class CandlesQueued(TaskQueued):
    """Candles that are being stored."""

    accepted: int
    duplicates: int
    rejected: list[RejectedCandle]
    grid: str
    recognised: Recognised
    warnings: list[str]


class CandlesQuery(Struct, forbid_unknown_fields=True, kw_only=True):
    """Which candles to give out, by the time they open; both ends are included."""

    start: TimeText | UnsetType = UNSET
    end: TimeText | UnsetType = UNSET
    limit: Annotated[int, Meta(ge=1, le=PAGE_LIMIT, description=PAGED)] | UnsetType = UNSET
    cursor: Annotated[str, Meta(max_length=64, description="From the page before.")] | UnsetType = (
        UNSET
    )
    format: Form | UnsetType = UNSET
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
