"""The record of sealed signals: what is asked of it, and what is kept of it.

`_r` is in units of R, what a signal risked: the distance of its stop from its price as a share
of that price. `_bps` is in basis points of the price. Both are after the market's costs.
"""

import hashlib

import msgspec
from msgspec import Struct

# The kinds of records that are kept.
PERFORMANCE, CALIBRATION = "performance", "calibration"
# Nobody's account can be read off figures of so many subscribers and positions, or of more.
LEAST_SUBSCRIBERS, LEAST_POSITIONS = 5, 20
# Live calibration is told of so many outcomes, of models that spoke within so many days.
LEAST_OUTCOMES, CALIBRATED_DAYS = 200, 365
COSTS = (
    "Each signal's own costs as they were sealed with it: commission and slippage both ways, and "
    "where candles are of bids the spread."
)

SlotName = tuple[str, int]


class RecordScope(Struct, frozen=True, kw_only=True):
    """Which signals: those of so many days, of some slots (symbol, seconds) or of all."""

    days: int
    slots: list[SlotName] | None = None

    def holds(self, symbol: str, resolution: int) -> bool:
        """Say whether a slot is meant."""
        return self.slots is None or (symbol, resolution) in self.slots

    @property
    def digest(self) -> str:
        """Return what names the scope: the same for the same slots in any order."""
        told = [self.days, self.slots and sorted(self.slots)]
        return hashlib.sha256(msgspec.json.encode(told)).hexdigest()[:32]


class SignalFigures(Struct, kw_only=True):
    """Sealed, in-time signals: `n` of all words, of those to buy or sell the rest.

    Of `n_directional` `n_resolved` were entered and have ended, `n_not_entered` opened beyond
    an exit, `n_open` have no outcome yet. `win_rate` has Wilson's interval, `profit_factor`
    (from 10 losses on) that of a block bootstrap, `expectancy_r` that of its long-run variance,
    `sharpe_daily` (from 60 days on) Lo's. `max_drawdown_r` and `worst_open_r` are marked at
    every close of candles of five minutes, open positions included; `open_r` is what these
    stand at now. `random_entry_percentile` of 1,000 sets of random entries did worse.
    `versus_prior` is the share of the class prior's Brier score that the sealed chances of all
    words, NO_TRADE's too, saved; its interval (from 10 days on) is that of a block bootstrap.
    `p_value`, of no gain, and `verdict` hold however often somebody looks; `p_value_holm` over
    all slots and models of the window.
    """

    n: int
    n_directional: int
    n_missed: int
    coverage: float | None
    n_resolved: int
    win_rate: float | None = None
    win_rate_low: float | None = None
    win_rate_high: float | None = None
    profit_factor: float | None = None
    profit_factor_low: float | None = None
    profit_factor_high: float | None = None
    expectancy_r: float | None = None
    expectancy_r_low: float | None = None
    expectancy_r_high: float | None = None
    expectancy_bps: float | None = None
    max_drawdown_r: float = 0.0
    open_r: float = 0.0
    worst_open_r: float = 0.0
    sharpe_daily: float | None = None
    sharpe_low: float | None = None
    sharpe_high: float | None = None
    versus_hold_bps: float | None = None
    random_entry_percentile: float | None = None
    p_value: float = 1.0
    p_value_holm: float = 1.0
    verdict: str = "unproven"
    n_not_entered: int = 0
    n_open: int = 0
    versus_prior: float | None = None
    versus_prior_low: float | None = None
    versus_prior_high: float | None = None


class ExecutionFigures(Struct, kw_only=True):
    """What subscribers' terminals made of the signals, of all of them together.

    `copied_pct` of the signals that terminals could follow while they were there were;
    `skipped` says why the others were not. `gap_r` is realised less sealed R, the mean.
    """

    n: int
    subscribers: int
    pf: float | None
    win_rate: float | None
    expectancy_r: float | None
    slippage_bps_p50: float | None
    slippage_bps_p90: float | None
    delay_s_p50: float | None
    delay_s_p90: float | None
    copied_pct: float | None
    skipped: dict[str, int]
    gap_r: float | None


class RecordRow(Struct, kw_only=True):
    """A slot and one model that spoke for it; without a hash its candles were only missed."""

    platform: str
    symbol: str
    resolution: int
    horizon: int
    model_hash: str
    retired: bool
    signals: SignalFigures
    executions: ExecutionFigures | None = None


class RecordHead(Struct):
    """Where the chains of signals and of their outcomes end: keep a copy to check them by."""

    count: int
    hash: str
    events: int
    events_hash: str


class Performance(Struct, kw_only=True):
    """The record of a scope as of an instant (epoch ms)."""

    as_of: int
    head: RecordHead
    signals: SignalFigures
    executions: ExecutionFigures | None
    rows: list[RecordRow]


class CalibrationBin(Struct):
    """Chances that are alike: the mean one, and how often it came, with what luck allows for."""

    n: int
    mean_probability: float
    frequency: float
    low: float
    high: float


class ClassCalibration(Struct, kw_only=True):
    """How chances compare with what came; null is what is not known.

    `ece` is the mean gap between stated chance and frequency; `brier` is summed over both
    classes, `brier_prior` that of the prior, `skill` the share of it that is saved.
    """

    n: int
    ece: float | None = None
    ece_low: float | None = None
    ece_high: float | None = None
    brier: float | None = None
    brier_prior: float | None = None
    skill: float | None = None
    skill_low: float | None = None
    skill_high: float | None = None
    bins: list[CalibrationBin] = []


class Calibration(ClassCalibration, kw_only=True):
    """Calibration of direction, buy against sell, and in `classes` of each of buy, sell, no."""

    classes: dict[str, ClassCalibration] = {}


class ModelCalibration(Struct, kw_only=True):
    """A model that speaks or spoke for a slot; `n_live` of its signals have their outcome.

    `live` is null below 200 of these, `drift` says whether its error has grown meanwhile.
    """

    platform: str
    symbol: str
    resolution: int
    horizon: int
    model_hash: str
    n_live: int
    live: Calibration | None
    walk_forward: Calibration | None
    drift: bool


class Calibrations(Struct, kw_only=True):
    """Those of all models as of an instant (epoch ms)."""

    as_of: int
    models: list[ModelCalibration]


class LiveCalibration(Struct, kw_only=True):
    """What is kept of a model so long as no more of its signals have their outcome."""

    n: int
    live: Calibration
    drift: bool
