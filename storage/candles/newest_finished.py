"""Which candles of a series are finished, and which of those is the newest."""

from core.clock.grids import Grid
from core.clock.openings import closed_at
from core.series import CandleFlag, Series
from storage.candles.candle_columns import Candles
from storage.candles.candle_store import CandleStore


def finished(candles: Candles) -> Candles:
    """Return the candles that had ended when they were stored."""
    return candles.take((candles.flags & int(CandleFlag.PARTIAL)) == 0)


def newest_finished(store: CandleStore, series: Series) -> int | None:
    """Return the opening (s UTC) of the newest finished candle, None if there is none."""
    # Only the last candle of a series can be unfinished: the one before it is not.
    done = finished(store.read(series, limit=2, newest=True)).time
    return int(done[-1]) if len(done) else None


def newest_closed(store: CandleStore, series: Series, grid: Grid, now: int) -> int | None:
    """Return the newest finished candle (opening, s) if no later one has closed by `now` (s)."""
    newest = newest_finished(store, series)
    last = closed_at(now, series.resolution, grid)
    return newest if newest is not None and newest >= last else None


def newest_is_unfinished(store: CandleStore, series: Series) -> bool:
    """Say whether the last candle held has not ended; False where none is held."""
    newest = store.read(series, limit=1, newest=True)
    return len(newest) > len(finished(newest))
