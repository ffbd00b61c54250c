"""When the candles of a symbol's trades open: by the grids of its series."""

from collections.abc import Iterable
from functools import lru_cache
from typing import Any, NamedTuple

from core.clock.grids import PLAIN, Grid, parse_grid
from core.clock.openings import end_of, opening_at, openings
from core.clock.resolutions import DAY, HOUR, MINUTE
from core.series import Series
from storage import keys

LIVE_RESOLUTIONS = (MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR, DAY)


class CandleGrids(NamedTuple):
    """The grids (as text, by resolution in s) of those live series that have not the plain one."""

    moved: tuple[tuple[int, str], ...] = ()

    def opening(self, second: int, resolution: int) -> int:
        """Return when the candle opens to which an instant belongs (s)."""
        grid = self._of(resolution)
        if grid is PLAIN:
            return second // resolution * resolution
        return _opening(second // 60 * 60, resolution, grid)

    def end(self, opening: int, resolution: int) -> int:
        """Return when the candle ends that opens then (s)."""
        grid = self._of(resolution)
        return opening + resolution if grid is PLAIN else end_of(opening, resolution, grid)

    def openings(self, start: int, end: int, resolution: int) -> list[int]:
        """Return when candles open in `start..end` (s, `end` excluded)."""
        found: list[int] = openings(start, end, resolution, self._of(resolution)).tolist()
        return found

    def _of(self, resolution: int) -> Grid:
        for one, grid in self.moved:
            if one == resolution:
                return _grid(grid)
        return PLAIN


PLAIN_GRIDS = CandleGrids()


def grid_keys(platform: str, symbol: str) -> list[str]:
    """Return the keys that hold a symbol's grids: there are none where all are plain."""
    return [keys.series_facts(Series(platform, symbol, r)) for r in LIVE_RESOLUTIONS]


def read_grids(client: Any, platform: str, symbols: Iterable[str]) -> dict[str, CandleGrids]:
    """Return the grids of symbols."""
    names = list(symbols)
    pipe = client.pipeline(transaction=False)
    for symbol in names:
        for name in grid_keys(platform, symbol):
            pipe.hget(name, "grid")
    replies = iter(pipe.execute())
    return {symbol: _grids([next(replies) for _ in LIVE_RESOLUTIONS]) for symbol in names}


def _grids(texts: list[bytes | None]) -> CandleGrids:
    told = ((r, text.decode()) for r, text in zip(LIVE_RESOLUTIONS, texts, strict=True) if text)
    return CandleGrids(tuple(one for one in told if not _grid(one[1]).is_plain))


@lru_cache(256)
def _grid(text: str) -> Grid:
    return parse_grid(text)


# A worker asks again and again for the same few candles. Clocks move at whole minutes.
@lru_cache(16_384)
def _opening(minute: int, resolution: int, grid: Grid) -> int:
    return opening_at(minute, resolution, grid)
