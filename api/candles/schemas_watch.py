"""Shapes of the watch-list."""

from msgspec import UNSET, Struct, UnsetType

from api.http.schemas import Name, Resolution, ResolutionName, Symbol, show_time
from core.answers.ages import DataAge
from core.clock.times import format_time
from core.platforms import FETCHED
from storage.candles.watches import Watch


class WatchRequest(Struct, forbid_unknown_fields=True, kw_only=True):
    """A series to keep fresh; the platform defaults to the settings'."""

    platform: Name | None = None
    symbol: Symbol
    resolution: Resolution


class WatchQuery(Struct, forbid_unknown_fields=True, kw_only=True):
    """The series, where there is no body."""

    platform: Name | UnsetType = UNSET
    symbol: Symbol | UnsetType = UNSET
    resolution: ResolutionName | UnsetType = UNSET


class WatchShown(Struct):
    """A watched series, how its last run went, and how old its candles are.

    `as_of` is the close of the newest finished one, `age` how long ago that was (s), and `stale`
    that newer ones lack by the series' own sessions, whatever the runs say. `fetched`: the
    schedule asks an exchange for it; else somebody brings its candles.
    """

    platform: str
    symbol: str
    resolution: int
    created_at: str
    last_run_at: str | None
    last_success_at: str | None
    last_error: str | None
    fetched: bool
    as_of: str | None
    age: int | None
    stale: bool


class WatchList(Struct):
    """All watched series."""

    watches: list[WatchShown]


def show_watch(watch: Watch, age: DataAge) -> WatchShown:
    """Return a watch as the API shows it."""
    return WatchShown(
        watch.series.platform,
        watch.series.symbol,
        watch.series.resolution,
        format_time(watch.created_at),
        show_time(watch.last_run_at),
        show_time(watch.last_success_at),
        watch.last_error,
        watch.series.platform in FETCHED,
        age.as_of,
        age.age,
        age.stale,
    )
