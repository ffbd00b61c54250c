"""What jobs and calls are asked: one struct for the api, the queue and the work itself.

A job's row holds it as JSON. The tasks of one job read the same row, each as its own
struct, so that fields of the others are passed over.
"""

from msgspec import Struct, field

from core.answers.candles import RejectedCandle
from core.series import Series, make_series


class SeriesRequest(Struct, frozen=True, kw_only=True):
    """Work on one series."""

    platform: str
    symbol: str
    resolution: int

    @property
    def series(self) -> Series:
        """Return the series, its names checked again: they come from a row."""
        return make_series(self.platform, self.symbol, self.resolution)


class Span(Struct, frozen=True):
    """From `start` to `end`, both epoch milliseconds."""

    start: int
    end: int


class FetchCandles(SeriesRequest, frozen=True, kw_only=True, omit_defaults=True):
    """Candles to fetch: those that open from `start` to `end` (epoch ms).

    Where fetching is the first task of a training, they are those of `fetch`.
    """

    start: int = 0
    end: int = 0
    fetch: Span | None = None

    @property
    def span(self) -> Span:
        """Return what is asked for."""
        return self.fetch or Span(self.start, self.end)


class StoreCandles(SeriesRequest, frozen=True, kw_only=True):
    """Candles that wait beside the queue; what was left out of them goes into the answer."""

    duplicates: int = 0
    rejected: list[RejectedCandle] = field(default_factory=list)


class BackfillCandles(SeriesRequest, frozen=True, kw_only=True):
    """Gaps to fill among candles that open from `start` to before `end` (s).

    At most `limit` candles a call, and `sleep_ms` between two calls; `days` is what
    the caller asked for.
    """

    days: int
    start: int
    end: int
    sleep_ms: int
    limit: int


class LeakTest(SeriesRequest, frozen=True, kw_only=True):
    """Whether a feature knows the future, on stored candles or on `uploaded` ones."""

    seed: int
    uploaded: bool = False
