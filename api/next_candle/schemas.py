"""Shapes of the routes of the next candle."""

from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from api.http.schemas import Name, ResolutionName, Symbol, TimeText
from core.answers.next_candle import CloseErrors
from core.next_candle import DAYS_LIMITS, DEFAULT_DAYS, POINTS_LIMIT, SeriesPoint

Days = Annotated[
    int,
    Meta(ge=DAYS_LIMITS[0], le=DAYS_LIMITS[1], description="Back from the newest candle held."),
]
Cursor = Annotated[str, Meta(max_length=64, description="From the page before.")]
FUTURES_LIMIT = 30_000


class SeriesQuery(Struct, forbid_unknown_fields=True, kw_only=True):
    """Which series; what is missing comes from the settings."""

    platform: Name | UnsetType = UNSET
    symbol: Symbol | UnsetType = UNSET
    interval: ResolutionName | UnsetType = UNSET


class DaysQuery(SeriesQuery, forbid_unknown_fields=True, kw_only=True):
    """A series, and how much of it."""

    days: Days = DEFAULT_DAYS


class BackfillQuery(SeriesQuery, forbid_unknown_fields=True, kw_only=True):
    """What to fill, and how gently; the settings say what is not given."""

    days: Days | UnsetType = UNSET
    sleep_ms: (
        Annotated[int, Meta(ge=0, le=60_000, description="Pause between two calls.")] | UnsetType
    ) = UNSET
    limit: Annotated[int, Meta(ge=1, le=1_000, description="Candles of one call at most.")] = 1_000


class PointsQuery(SeriesQuery, forbid_unknown_fields=True, kw_only=True):
    """Which points, by the opening of their candle; both ends are included.

    Without `start`, the last `fallback_days` before `end`, or before the newest candle.
    """

    start: TimeText | UnsetType = UNSET
    end: TimeText | UnsetType = UNSET
    fallback_days: Annotated[int, Meta(ge=1, le=3_650)] = DEFAULT_DAYS
    limit: Annotated[int, Meta(ge=1, le=POINTS_LIMIT)] = POINTS_LIMIT
    cursor: Cursor | UnsetType = UNSET
    format: (
        Annotated[
            Literal["json", "csv"], Meta(description="Else what `Accept` prefers, else json.")
        ]
        | UnsetType
    ) = UNSET


class ComputedQuery(PointsQuery, forbid_unknown_fields=True, kw_only=True):
    """The same, or the answer that a task has computed."""

    task_id: Annotated[str, Meta(max_length=64)] | UnsetType = UNSET


class FuturesQuery(SeriesQuery, forbid_unknown_fields=True, kw_only=True):
    """Which forecasts, by the opening of the candle that they are about."""

    start: TimeText | UnsetType = UNSET
    end: TimeText | UnsetType = UNSET
    limit: Annotated[int, Meta(ge=1, le=FUTURES_LIMIT)] = FUTURES_LIMIT
    cursor: Cursor | UnsetType = UNSET


class Metrics(Struct, omit_defaults=True):
    """The newest training's validation; the status alone, `empty`, before any.

    From `validation_start` on (the opening of a candle) nothing had been learnt.
    """

    status: Literal["ok", "empty"]
    mae: float | None = None
    mape: float | None = None
    smape: float | None = None
    samples: int | None = None
    split_train: int | None = None
    split_total: int | None = None
    started_at: str | None = None
    finished_at: str | None = None
    validation_start: str | None = None
    baseline: CloseErrors | None = None
    skill: dict[str, float | None] | None = None
    verdict: str | None = None
    direction: dict[str, float | None] | None = None
    targets: dict[str, Any] | None = None
    last_candle: str | None = None
    platform: str | None = None
    symbol: str | None = None
    resolution: int | None = None
    days: int | None = None
    library: str | None = None
    message: str | None = None
    run_id: str | None = None
    task_id: str | None = None


class SeriesPage(Struct):
    """Candles with what was said of the next one; points with `in_sample` are no forecasts.

    The model has learnt nothing from `validation_start` on. `last_candle` is the
    newest that is held: it tells how old all this is.
    """

    platform: str
    symbol: str
    resolution: int
    last_candle: str | None
    trained_at: str | None
    validation_start: str | None
    run_id: str | None
    message: str | None
    next_cursor: str | None
    points: list[SeriesPoint]


class FuturesPoint(Struct):
    """A forecast that was made before its candle opened or right after, and what came.

    `err_close` is `pred_close` less `real_close`; both are null while the candle is open.
    """

    time: str
    pred_close: float
    real_close: float | None
    err_close: float | None
    made_at: str
    prob_up: float
    interval: dict[str, list[float]]
    last_price: float
    seq: int


class FuturesPage(Struct):
    """Rows of the live ledger, oldest first."""

    platform: str
    symbol: str
    resolution: int
    model: str
    points: list[FuturesPoint]
    next_cursor: str | None
