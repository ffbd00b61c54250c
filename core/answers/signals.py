"""Answers about the path ahead: how high and how low prices go, and whether to buy or sell."""

from typing import Literal

from msgspec import Struct

Percent = float
Price = float
SignalType = Literal["buy", "sell", "hold"]
PhaseName = Literal["accumulation", "manipulation", "distribution", "none"]


class RangeSkill(Struct):
    """Share of the baseline's loss that is saved, its 95% interval, and what that allows to say."""

    value: float | None
    low: float | None
    high: float | None
    verdict: str
    baseline: str


class SignalSkill(RangeSkill):
    """Skill in direction: Brier score of buy against sell, over `n` walk-forward forecasts."""

    n: int


class OutlookModel(Struct):
    """The training behind an answer; hashes are SHA-256."""

    name: str
    id: str
    trained_at: str
    data_hash: str
    model_hash: str


class OutlookInput(Struct):
    """The candles behind an answer, and the holes among them.

    `newest`: none has closed since. `stale`: one has, and should have come by now.
    `thin`: volume, range and trades of the newest are a fraction of what is usual, as in
    snapshots of candles that had not ended. Answers kept by earlier versions do not say.
    """

    last_time: str
    candles: int
    gaps: list[list[str]]
    newest: bool
    stale: bool
    thin: bool = False


class Confidence(Struct):
    """Mean absolute error of the medians in percent of the price, over `n` past forecasts."""

    mae: Percent
    model_version: str
    n: int


class RangeAhead(Struct):
    """How far prices go to either side within `horizon` candles, in about three of four cases.

    Confidences are measured: the share of `n` walk-forward paths whose high (low) stayed so near.
    """

    horizon: int
    delta_high: Price
    delta_low: Price
    confidence_high: float
    confidence_low: float
    n: int


class PredictionData(Struct):
    """How high and how low prices go within the horizon: medians, and the 90% range.

    The whole path stays in `interval` in nine of ten cases; `coverage` says how often
    it did in the walk-forward, `skill` how much better than a range of EWMA volatility.
    """

    symbol: str
    platform: str
    resolution: int
    horizon: int
    horizon_label: str
    timestamp: str
    made_at: str
    current_price: Price
    predicted_high: Price
    predicted_low: Price
    delta_high_percent: Percent
    delta_low_percent: Percent
    range_percent: Percent
    interval: dict[str, tuple[Price, Price]]
    coverage: dict[str, float]
    confidence: Confidence
    skill: RangeSkill
    expires_at: str
    model: OutlookModel
    input: OutlookInput
    # Models of earlier versions have not measured it.
    ahead: RangeAhead | None = None


class Probabilities(Struct):
    """Calibrated chances, which sum to 1."""

    hold: float
    buy: float
    sell: float


class Signal(Struct):
    """The signal; `confidence` is the chance of its type."""

    type: SignalType
    confidence: float
    strength: Literal["weak", "moderate", "strong"]
    probabilities: Probabilities


class PriceRange(Struct):
    """The range of the path ahead, as predictions have it."""

    current: Price
    predicted_high: Price
    predicted_low: Price
    interval: dict[str, tuple[Price, Price]]


class TpSl(Struct):
    """Whether a position on the better `side` meets its take profit or its stop loss first.

    `prob_tp_first` is the chance of the take profit where either is met, and
    `prob_tp_first_baseline` that of a price without drift: stop / (stop + profit).
    """

    side: Literal["buy", "sell"]
    prediction: Literal["take_profit", "stop_loss"]
    probability_tp: float
    probability_sl: float
    suggested_tp_percent: Percent
    suggested_sl_percent: Percent
    prob_tp_first: float | None = None
    prob_tp_first_baseline: float | None = None


class EntryZone(Struct):
    """Prices between which the expected value stays positive."""

    min: Price
    max: Price


class Recommendation(Struct):
    """What to do and why; a hold has no prices."""

    action: Literal["BUY", "SELL", "HOLD"]
    entry_zone: EntryZone | None
    take_profit: Price | None
    stop_loss: Price | None
    risk_reward: str | None
    quality: Literal["low", "medium", "high"]
    reason: str


class AfterCosts(Struct):
    """What acting earned in the walk-forward: a mean log-return a forecast, with its bounds."""

    trades: int
    mean: float | None
    low: float | None
    high: float | None


class Seal(Struct):
    """The row of the ledger's chain `signals` about the same candles, made by the schedule."""

    seq: int
    made_at: str
    type: SignalType
    hash: str


class SignalLevels(Struct):
    """Prices of a position on the better side, also of a hold, with the digits of the market."""

    entry: Price
    take_profit: Price
    stop_loss: Price


class SignalData(Struct):
    """A signal with its evidence; the expected value is that of the better side, after costs.

    `rr_config` says where positions end, both regimes and the phase what kind of market it
    is. A position may be entered until `valid_until`, when the next candle closes. Answers
    kept by earlier versions lack the last fields.
    """

    id: str
    symbol: str
    platform: str
    resolution: int
    horizon: int
    timestamp: str
    made_at: str
    expires_at: str
    signal: Signal
    price_range: PriceRange | None
    tpsl: TpSl | None
    recommendation: Recommendation
    skill: SignalSkill
    expected_value_percent: Percent
    costs_percent: Percent
    after_costs: dict[str, AfterCosts]
    model: OutlookModel
    input: OutlookInput
    sealed: Seal | None = None
    rr_config: str = "rr_2_1"
    regime: str = "unknown"
    volatility_regime: str = "unknown"
    amd_phase: PhaseName = "none"
    range_ahead: RangeAhead | None = None
    levels: SignalLevels | None = None
    valid_until: str | None = None
