"""Shapes of candles, quotes and names of markets, as charts ask for them."""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from api.candles.schemas_candles import PAGE_LIMIT
from api.http.schemas import Name, Resolution, ResolutionName, Symbol, Time, TimeText
from core.answers.candles import Gaps

Named = Annotated[
    Symbol, Meta(description="A name of the market: `XAUUSD`, `BTCUSD`, `BTC-USD`, `BTC/USD`.")
]
Flag = Literal["true", "false"]


class OhlcvQuery(Struct, forbid_unknown_fields=True, kw_only=True):
    """Which candles: without `start` the newest `limit`, else from there; `end` is excluded."""

    symbol: Named
    timeframe: ResolutionName
    start: TimeText | UnsetType = UNSET
    end: TimeText | UnsetType = UNSET
    limit: Annotated[int, Meta(ge=1, le=PAGE_LIMIT)] = 1_000
    platform: Name | UnsetType = UNSET
    order: Annotated[
        Literal["asc", "desc"], Meta(description="Whether the oldest or the newest is first.")
    ] = "asc"
    cursor: Annotated[str, Meta(max_length=64, description="From the page before.")] | UnsetType = (
        UNSET
    )
    include_partial: Annotated[Flag, Meta(description="Whether the unfinished one is told.")] = (
        "false"
    )


class Bar(Struct):
    """A candle, stamped with its opening."""

    timestamp: str
    open: float
    high: float
    low: float
    close: float
    volume: float
    flags: list[str]


class Bars(Struct):
    """Candles of a market; `folded_from` is the length of those that they are made of.

    `last_candle` is the opening of the newest that there is. The next page lies after these,
    or before them where the newest were asked for.
    """

    bars: list[Bar]
    symbol: str
    timeframe: str
    count: int
    platform: str
    next_cursor: str | None
    folded_from: str | None
    last_candle: str | None


class PlatformQuery(Struct, forbid_unknown_fields=True, kw_only=True):
    """Where several platforms have the market, which of them."""

    platform: Name | UnsetType = UNSET


class Snapshot(Struct):
    """The newest price. A `modelled` quote is the price and the market's usual spread.

    The day's change is against the last price before 00:00 UTC, in percent of it; null where
    none is held. A price is stale once it is older than a minute while the market is open.
    """

    symbol: str
    bid: float
    ask: float
    last_price: float
    timestamp: str
    daily_change: float | None
    daily_change_pct: float | None
    platform: str
    quote: Literal["live", "modelled"]
    age_s: float
    stale: bool
    closed: bool


class SymbolShown(Struct):
    """A market: its name, the symbol as the platform writes it, and what is held of it."""

    symbol: str
    platform: str
    raw: str
    held: bool
    timeframes: list[str]
    first: str | None
    last: str | None
    quotes: bool


class Symbols(Struct):
    """Names of the markets of which something is held, or that the settings name."""

    symbols: list[str]
    details: list[SymbolShown]


class SyncRequest(Struct, forbid_unknown_fields=True, kw_only=True):
    """Candles to fetch; `end_date` is now and the timeframe the default one if not given."""

    start_date: Time
    end_date: Time | None = None
    timeframe: Resolution | None = None
    platform: Name | None = None


class Synced(Struct):
    """Candles that are stored now: rows that are new or were revised."""

    status: Literal["completed"]
    rows_synced: int
    fetched: int
    gaps: Gaps
    task_id: str
    platform: str
    timeframe: str


class SyncFailed(Struct):
    """A provider that failed, and what was stored before it did; trying again goes on there."""

    status: Literal["failed"]
    rows_synced: int
    fetched: int
    task_id: str
    error: str
    detail: str
    timestamp: str
    request_id: str
