"""What jobs and calls are asked: one struct for the api, the queue and the work itself.

A job's row holds it as JSON. The tasks of one job read the same row, each as its own
struct, so that fields of the others are passed over.
"""

from msgspec import UNSET, Struct, UnsetType, field
from msgspec.structs import asdict

from core.answers.candles import RejectedCandle
from core.candle_files.parsed import Recognised
from core.clock.grids import PLAIN
from core.forecast_target import ForecastTarget, target_of_series
from core.jobs import Json
from core.risk_reward import USUAL
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
    """Candles that wait beside the queue; what was left out of them goes into the answer.

    They were checked by `grid`, which was `grid_given` or is the series' own, and
    `zone` is the market's clock; both are kept with the series.
    """

    duplicates: int = 0
    rejected: list[RejectedCandle] = field(default_factory=list)
    grid: str = str(PLAIN)
    grid_given: bool = False
    zone: str = ""
    recognised: Recognised | None = None
    warnings: list[str] = field(default_factory=list)


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


class TargetRequest(SeriesRequest, frozen=True, kw_only=True):
    """Work on one target, on candles that open from `start` to `end` (s): all where None."""

    horizon: int
    model: str
    start: int | None = None
    end: int | None = None
    seed: int = 0
    options: Json = field(default_factory=dict)

    @property
    def target(self) -> ForecastTarget:
        """Return the target, checked again: it comes from a row."""
        return target_of_series(self.series, self.horizon, self.model, kind=None)


class Evaluate(TargetRequest, frozen=True, kw_only=True):
    """A walk-forward of a model that is not kept."""

    folds: int


class ReplayWalk(TargetRequest, frozen=True, kw_only=True):
    """A walk through the past: targets that open from `start` to `end` (s).

    `retrain_every` counts the candles between two fits.
    """

    retrain_every: int | None = None


class Train(Evaluate, frozen=True, kw_only=True):
    """A challenger for a target, and when (s, 0 for never) the next one comes by itself."""

    retrain_every: int
    expires_after: int
    reason: str


class ForecastSeries(SeriesRequest, frozen=True, kw_only=True):
    """What a model says of closes so many candles after the newest one.

    Where it is the first task of a job that trains, what is not trained yet is trained so.
    """

    horizons: list[int]
    model: str
    folds: int
    seed: int = 0
    retrain_every: int = 0
    expires_after: int = 0

    @property
    def targets(self) -> list[ForecastTarget]:
        """Return the target of each horizon, checked again: they come from a row."""
        return [target_of_series(self.series, one, self.model) for one in self.horizons]

    def training(self, target: ForecastTarget) -> Train:
        """Return what a target is trained by."""
        return Train(
            **asdict(self.series),
            horizon=target.horizon,
            model=self.model,
            seed=self.seed,
            folds=self.folds,
            retrain_every=self.retrain_every,
            expires_after=self.expires_after,
            reason="requested",
        )


class TrainNextCandle(Train, frozen=True, kw_only=True):
    """A model of the next candle, on the newest `days` of candles.

    The series follows, and a walk-forward of `model` for the ledger; `watch`: its
    series is watched from then on.
    """

    days: int
    watch: bool = False


class TrainSignals(SeriesRequest, frozen=True, kw_only=True):
    """Ranges and signals of a series, for each of `horizons`; positions end as `rr_config` says.

    Of `range_horizons` ranges only.
    """

    horizons: list[int]
    folds: int
    seed: int
    reason: str
    rr_config: str = USUAL.name
    range_horizons: list[int] = field(default_factory=list)


class PathRequest(SeriesRequest, frozen=True, kw_only=True):
    """The range, or the signal, of the `horizon` candles after the newest one.

    `rr_config` says where positions of the signal end.
    """

    horizon: int
    rr_config: str = USUAL.name


class AmdRequest(SeriesRequest, frozen=True, kw_only=True):
    """The phase of the newest candle, compared with the `lookback` before it."""

    lookback: int


class RebuildSeries(SeriesRequest, frozen=True, kw_only=True):
    """The series of the next candle, of the newest `days`."""

    days: int


class ComputeSeries(SeriesRequest, frozen=True, kw_only=True):
    """A part of that series, `start` to `end` (s), at most `limit` points, for one caller."""

    start: int
    end: int
    limit: int


class CheckRegimes(SeriesRequest, frozen=True, kw_only=True):
    """Whether regimes foretell what comes within `horizon` candles."""

    horizon: int
    seed: int = 0


class NamedModel(SeriesRequest, frozen=True, kw_only=True):
    """An LSTM by its name, and the series that it learns or forecasts."""

    model_name: str
    model_id: str


class PredictLstm(NamedModel, frozen=True, kw_only=True):
    """A forecast of all steps that it was trained for; `nsteps` must be these, if given."""

    nsteps: int | None = None


class TrainLstm(NamedModel, frozen=True, kw_only=True):
    """A training; options that are left out have the network's own defaults."""

    seq_len: int
    nsteps: int = 1
    epochs: int | UnsetType = UNSET
    units: int | UnsetType = UNSET
    quantiles: list[float] | UnsetType = UNSET
    normalization: str | UnsetType = UNSET
    seed: int | UnsetType = UNSET
    folds: int | UnsetType = UNSET
    overwrite: bool = False
    predict: bool = False
    fetch: Span | None = None
