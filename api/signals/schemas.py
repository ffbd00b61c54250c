"""Shapes of signals, ranges and phases as dashboards read them."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from api.forecasts.schemas import RrConfig
from api.http.schemas import Name, Resolution, ResolutionName, Symbol
from core.answers.signals import OutlookInput, OutlookModel, PhaseName, RangeSkill, SignalSkill
from core.risk_reward import USUAL
from core.signals import LONGEST_HORIZON

USUAL_TIMEFRAME = "15m"
MOST_SYMBOLS = 50
LOOKBACK_LIMITS = (50, 1_000)

Direction = Literal["long", "short", "none"]
_Horizon = Annotated[int, Meta(ge=1, le=LONGEST_HORIZON)]


class ActiveQuery(Struct, forbid_unknown_fields=True, kw_only=True):
    """Which markets, by comma; without any, those that are watched or offered.

    `include=all` shows signals that abstain, too.
    """

    symbols: Annotated[str, Meta(max_length=4_000)] = ""
    timeframe: ResolutionName = USUAL_TIMEFRAME
    rr_config: RrConfig = USUAL.name
    include: Literal["tradeable", "all"] = "tradeable"
    platform: Name | None = None


class GenerateQuery(Struct, forbid_unknown_fields=True, kw_only=True):
    """Where positions end."""

    rr_config: RrConfig = USUAL.name


class GenerateRequest(Struct, forbid_unknown_fields=True, kw_only=True):
    """Which market, and the length of its candles."""

    symbol: Symbol
    timeframe: Resolution = USUAL_TIMEFRAME
    platform: Name | None = None


class RangeRequest(Struct, forbid_unknown_fields=True, kw_only=True):
    """Which market, and how many candles ahead: those of 1, 4 and 16 that are trained."""

    symbol: Symbol
    timeframe: Resolution = USUAL_TIMEFRAME
    platform: Name | None = None
    horizons: Annotated[list[_Horizon], Meta(min_length=1, max_length=16)] | None = None


class AmdQuery(Struct, forbid_unknown_fields=True, kw_only=True):
    """The length of the candles, and how many of them the newest is compared with."""

    timeframe: ResolutionName = USUAL_TIMEFRAME
    lookback_periods: Annotated[int, Meta(ge=LOOKBACK_LIMITS[0], le=LOOKBACK_LIMITS[1])] = 100
    platform: Name | None = None


class RangeShown(Struct):
    """How far prices go to either side within `horizon`; confidences are measured shares.

    Of `n` walk-forward paths so many stayed within `delta_high` above, and `delta_low` below.
    """

    horizon: str
    delta_high: float
    delta_low: float
    confidence_high: float
    confidence_low: float
    n: int


class RangePrediction(RangeShown):
    """The same with all that is forecast: medians, and the range of nine paths of ten."""

    horizon_candles: int
    current_price: float
    median_high: float
    median_low: float
    interval: dict[str, tuple[float, float]]
    coverage: dict[str, float]
    skill: RangeSkill
    baseline: str
    timestamp: str
    expires_at: str
    model: OutlookModel
    input: OutlookInput


RangePredictions = Annotated[list[RangePrediction], Meta(title="RangePredictions")]


class OutcomeProbabilities(Struct):
    """Calibrated chances of how a position on the better side ends; they sum to 1."""

    take_profit: float
    stop_loss: float
    neither: float


class SignalCosts(Struct):
    """What going in and out costs, in basis points of the price."""

    round_trip_bps: float


class SignalLedger(Struct):
    """The row of the ledger that this signal was sealed as."""

    chain: Literal["signals"]
    seq: int
    hash: str


class SignalResponse(Struct):
    """A signal with its evidence.

    Prices are those of the better side, also where `direction` is none: then nothing is
    advised, and `reason` says what is missing. `prob_tp_first` is the chance that the take
    profit comes first where either exit is met, beside that of a price that goes nowhere;
    `confidence_score` that of the side where either side comes. Both are calibrated.
    `expected_value_r` is after costs, in multiples of what is risked.
    """

    signal_id: str
    symbol: str
    direction: Direction
    entry_price: float
    stop_loss: float
    take_profit: float
    risk_reward_ratio: float
    prob_tp_first: float
    confidence_score: float
    amd_phase: PhaseName
    volatility_regime: Literal["low", "medium", "high", "unknown"]
    range_prediction: RangeShown | None
    timestamp: str
    valid_until: str
    id: str
    platform: str
    timeframe: str
    rr_config: str
    tradeable: bool
    reason: str
    prob_tp_first_baseline: float
    outcome_probabilities: OutcomeProbabilities
    horizon_candles: int
    exit_by: str
    expected_value_r: float
    skill: SignalSkill
    costs: SignalCosts
    model: OutlookModel
    input: OutlookInput
    ledger: SignalLedger | None


class Abstained(Struct):
    """A market of which no position is advised, and why."""

    symbol: str
    reason: str


class SymbolFault(Struct):
    """A market of which nothing can be said, and why."""

    symbol: str
    error: str
    detail: str


class ActiveAnswer(Struct):
    """The signals of the candles that closed last; one market's fault hides no other."""

    signals: list[SignalResponse]
    generated_at: str
    symbols_processed: list[str]
    errors: list[SymbolFault]
    abstained: list[Abstained]
