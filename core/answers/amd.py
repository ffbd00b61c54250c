"""The phase of a market: accumulation, manipulation, distribution, and what that was worth."""

from typing import Literal

from msgspec import Struct

from core.answers.signals import OutlookInput, PhaseName

PhaseSignal = Literal[
    "range_compression",
    "low_volume",
    "high_volume",
    "sweep_high",
    "sweep_low",
    "breakout_up",
    "breakout_down",
    "inside_box",
]


class PhaseCharacteristics(Struct):
    """Width of the newest candles by its median of late, and their volume by its median.

    No volume ratio where none was traded, or nobody tells volumes.
    """

    range_compression: float
    volume_ratio: float | None


class TradingBias(Struct):
    """Where the phase points, and how much of what may be risked: 0 unless proven here."""

    direction: Literal["long", "short", "none"]
    position_size: float


class PhaseBox(Struct):
    """The quiet range that the phase is about."""

    high: float
    low: float


class HypothesisLook(Struct):
    """One question put to the series, `horizon` candles ahead, over `n` candles.

    `effect` is the share of the variance of (ranked) moves that phases explain, or of a
    direction the mean move to the side claimed, in volatilities. `p_value` is against all
    turns of the phases in time, `adjusted` allows for all questions of the series (Holm).
    """

    phase: str
    horizon: int
    n: int
    effect: float
    p_value: float
    adjusted: float
    passed: bool


class BaselineLook(Struct):
    """The same of regimes of volatility alone, which say much of sizes by themselves."""

    horizon: int
    n: int
    effect: float
    p_value: float


class SizeHypothesis(Struct):
    """Whether phases tell how far prices move; `given_volatility`: beyond what volatility says."""

    passed: bool
    looks: list[HypothesisLook]
    given_volatility: list[HypothesisLook]
    volatility_regime: list[BaselineLook]


class DirectionHypothesis(Struct):
    """Whether prices go where sweeps and breakouts point."""

    passed: bool
    looks: list[HypothesisLook]


class PhaseHypothesis(Struct):
    """What phases foretell in this series; of `n` candles, up to `tested_at`.

    `reason` says why nothing could be asked, null where it was.
    """

    size: SizeHypothesis
    direction: DirectionHypothesis
    tested_at: str
    n: int
    level: float
    reason: str | None


class PhaseParameters(Struct):
    """The numbers of the definition, in candles, average true ranges, or shares."""

    lookback: int
    box: int
    compressed: float
    pierce: float
    beyond: float
    sweep_lasts: int
    quiet: float
    busy: float


class PhaseStretch(Struct):
    """A phase from one candle to another, by their openings."""

    phase: PhaseName
    start_time: str
    last_time: str


class AmdData(Struct):
    """The phase of the newest finished candle, what it was told by, and what it was worth.

    `confidence` is a measured frequency: in how many of the `n` earlier episodes of this phase
    in this series its claim came true; 0.5 and `unproven` while these are too few.
    `phases` are those of the newest candles, oldest first. Candles that are not held are made
    of shorter ones, `folded_from`.
    """

    symbol: str
    platform: str
    timeframe: str
    phase: PhaseName
    confidence: float
    n: int
    unproven: bool
    start_time: str
    timestamp: str
    characteristics: PhaseCharacteristics
    signals: list[PhaseSignal]
    strength: float
    trading_bias: TradingBias
    box: PhaseBox | None
    hypothesis: PhaseHypothesis
    parameters: PhaseParameters
    phases: list[PhaseStretch]
    input: OutlookInput
    folded_from: str | None = None
