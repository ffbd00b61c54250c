"""What is kept of a series beside its candles: its grid and its market's clock."""

from collections.abc import Iterable, Sequence
from typing import Protocol, TypeVar

import msgspec
import redis

from core.clock.grids import PLAIN, Grid, parse_grid
from core.errors import InvalidRequest
from core.forecast_target import ForecastTarget
from core.series import Series
from storage import keys
from storage.redis_connection import redis_errors


class SeriesFacts(msgspec.Struct, frozen=True):
    """When candles open, and the zone by whose clock the market opens, empty if not given."""

    grid: Grid = PLAIN
    zone: str = ""


class OnGrid(Protocol):
    """A struct about candles of a target that open on `grid`."""

    @property
    def grid(self) -> Grid: ...

    @property
    def target(self) -> ForecastTarget: ...


Row = TypeVar("Row", bound=OnGrid)


class SeriesFactsStore:
    """The facts of each series, in a hash; a series without one has the plain grid."""

    def __init__(self, client: "redis.Redis") -> None:
        self._client = client

    def get(self, series: Series) -> SeriesFacts:
        """Return what is kept of a series."""
        return self.all([series])[0]

    def all(self, series: Sequence[Series]) -> list[SeriesFacts]:
        """Return what is kept of each of some series."""
        with redis_errors():
            pipeline = self._client.pipeline(transaction=False)
            for one in series:
                pipeline.hmget(keys.series_facts(one), "grid", "zone")
            return [_facts(*answer) for answer in pipeline.execute()] if series else []

    def on_grids(self, rows: Iterable[Row]) -> list[Row]:
        """Return structs about candles with the grids of their series.

        SQL keeps signals without it: the same series has the same grid for good.
        """
        given = list(rows)
        series = list({row.target.series for row in given})
        grids = {
            one: facts.grid
            for one, facts in zip(series, self.all(series), strict=True)
            if not facts.grid.is_plain
        }
        return [
            msgspec.structs.replace(row, grid=grid)  # type: ignore[type-var]
            if (grid := grids.get(row.target.series)) and grid != row.grid
            else row
            for row in given
        ]

    def settle(self, series: Series, facts: SeriesFacts, *, replace: bool) -> None:
        """Keep the facts of an upload, before its first candle is written.

        Raises `InvalidRequest` where another grid came first, unless it may be replaced.
        """
        name = keys.series_facts(series)
        with redis_errors():
            if replace:
                self._client.hset(name, "grid", str(facts.grid))
            elif not facts.grid.is_plain:
                self._client.hsetnx(name, "grid", str(facts.grid))
            if facts.zone:
                self._client.hset(name, "zone", facts.zone)
        held = self.get(series).grid
        if held != facts.grid:
            raise InvalidRequest(
                f"grid: the series' candles open at {held}, and those sent at {facts.grid}; send "
                "them under another symbol.",
                field="grid",
            )


def _facts(grid: bytes | None, zone: bytes | None) -> SeriesFacts:
    return SeriesFacts(parse_grid(grid.decode()) if grid else PLAIN, zone.decode() if zone else "")
