"""How old the candles of series are, by the one rule of freshness."""

from collections.abc import Callable, Iterable

from core.answers.ages import DataAge
from core.clock.grids import Grid
from core.clock.openings import end_of
from core.clock.times import format_time, now_ms
from core.series import Series
from storage.candles.newest_finished import newest_finished
from storage.stores import Stores

UNKNOWN = DataAge(None, None, stale=True)


def data_ages(
    stores: Stores, series: Iterable[Series], clock: Callable[[], int] = now_ms
) -> dict[Series, DataAge]:
    """Return how old the newest finished candle of each series is.

    Stale is what lacks candles by its market's sessions, but for markets that a connected
    terminal shows to rest (a holiday). May raise `RedisUnavailable`.
    """
    wanted, now = list(series), clock() // 1_000
    grids = [facts.grid for facts in stores.facts.all(wanted)]
    ages = {one: _age(stores, one, grid, now) for one, grid in zip(wanted, grids, strict=True)}
    late = [one for one, age in ages.items() if age.stale and age.as_of]
    for one in stores.resting.among(late, now):
        ages[one] = DataAge(ages[one].as_of, ages[one].age, stale=False)
    return ages


def data_age(stores: Stores, series: Series) -> DataAge:
    """Return how old the newest finished candle of one series is; see `data_ages`."""
    return data_ages(stores, [series])[series]


def _age(stores: Stores, series: Series, grid: Grid, now: int) -> DataAge:
    newest = newest_finished(stores.candles, series)
    if newest is None:
        return UNKNOWN
    closed = end_of(newest, series.resolution, grid)
    stale = stores.freshness.is_late_after(series, newest, now)
    return DataAge(format_time(closed * 1_000), max(0, now - closed), stale)
