"""Shapes of what trading robots read."""

from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from core.clock.resolutions import RESOLUTION_PATTERN
from core.names import SYMBOL_PATTERN

Word = Literal["BUY", "SELL", "NO_TRADE"]
Chance = Annotated[float, Meta(ge=0, le=1)]
_SymbolText = Annotated[str, Meta(pattern=SYMBOL_PATTERN)]
Timeframe = Annotated[str, Meta(extra_json_schema={"pattern": RESOLUTION_PATTERN})]
Flag = Literal["true", "false"]


class ScanQuery(Struct, forbid_unknown_fields=True, kw_only=True):
    """Which slots, and in which form; a parameter that may be repeated names several."""

    min_confidence: Chance = 0.0
    symbol: _SymbolText | list[_SymbolText] | UnsetType = UNSET
    timeframe: Timeframe | list[Timeframe] | UnsetType = UNSET
    include_stale: Flag = "false"
    format: Literal["json", "csv"] = "json"


class ScanItem(Struct):
    """The newest signal of a slot; times that robots need are also told in seconds.

    `confidence` is the calibrated chance of the word that is shown. `expected_rr` is what the
    better side gains at its take profit by what it loses at its stop, after costs. A
    position may be entered until `enter_by` and ends at `exit_by`; `spread_max` is the
    spread, in price, from which on nothing is expected to be earned. The whole path stays
    in `range_low`..`range_high` in nine of ten cases.
    """

    symbol: str
    timeframe: str
    signal: Word
    confidence: float
    prob_buy: float
    prob_sell: float
    prob_no: float
    regime: str
    expected_rr: float
    ts: str
    model_v: str
    pred_id: int
    ts_unix: int
    created_at: str
    enter_by: str
    enter_by_unix: int
    exit_by: str
    exit_by_unix: int
    ref_price: float
    tp: float | None
    sl: float | None
    spread_max: float
    range_low: float | None
    range_high: float | None
    horizon: int
    platform: str
    stale: bool
    reason: str
    verdict: str


class Scan(Struct):
    """One item a slot; slots whose newest signal is old are left out and counted."""

    items: list[ScanItem]
    plan_tier: str
    filtered_by_plan: bool
    server_time: str
    server_time_unix: int
    next_close_unix: int
    stale_slots: int
    count: int


class SlotHistoryQuery(Struct, forbid_unknown_fields=True, kw_only=True):
    """Which part of a slot's history: `limit` signals before the one with `pred_id` `before`."""

    limit: Annotated[int, Meta(ge=1, le=1_000)] = 200
    before: Annotated[int, Meta(ge=1, le=2**63 - 1)] | UnsetType = UNSET
    include_no_trade: Flag = "true"


class SignalOutcomeShown(Struct):
    """What became of a position: `r` in multiples of what it risked, both after costs.

    `closed_at` is the end of the finest candle in which it closed; null for an early exit whose
    time an earlier version did not keep.
    """

    result: Literal["profit", "loss", "not_entered"]
    exit: Literal["tp", "sl", "time", "not_entered"]
    r: float
    pnl_bps: float
    closed_at: str | None


class SlotSignal(Struct):
    """A signal of a slot's history; of NO_TRADE the outcome is what its side would have had."""

    ts: str
    signal: Word
    confidence: float
    regime: str
    expected_rr: float
    pred_id: int
    created_at: str
    outcome: SignalOutcomeShown | None
    model_v: str


class AccountSignalsQuery(Struct, forbid_unknown_fields=True, kw_only=True):
    """Signals of so many days back: `limit` of them before the one with `pred_id` `before`."""

    days: Annotated[int, Meta(ge=1, le=90)] = 7
    limit: Annotated[int, Meta(ge=1, le=500)] = 50
    before: Annotated[int, Meta(ge=1, le=2**63 - 1)] = 2**63 - 1
    include_no_trade: Flag = "false"


class AccountSignal(Struct):
    """A signal that an account may see; of NO_TRADE the outcome is what its side would have had."""

    symbol: str
    timeframe: str
    signal: Word
    confidence: float
    prob_buy: float
    prob_sell: float
    prob_no: float
    regime: str
    expected_rr: float
    ts: str
    created_at: str
    model_v: str
    pred_id: int
    outcome: SignalOutcomeShown | None


class AccountSignals(Struct):
    """Signals, the newest first; `count` is of this list, `total` of all within `days`."""

    count: int
    days: int
    signals: list[AccountSignal]
    total: int


class CountsQuery(Struct, forbid_unknown_fields=True, kw_only=True):
    """Which slots, over how many days back, and how many rows at most."""

    symbol: _SymbolText | UnsetType = UNSET
    tf_code: Timeframe | UnsetType = UNSET
    days: Annotated[int, Meta(ge=1, le=365)] = 7
    limit: Annotated[int, Meta(ge=1, le=5_000)] = 500


class CountRow(Struct):
    """A day (UTC) of a slot.

    `n_missed` are closes for which no signal was made in time. A resolved signal is a hit
    if what it said came: buy's barrier first, sell's, or neither. `brier` is summed over
    the three, beside that of the class priors.
    """

    date: str
    symbol: str
    tf_code: str
    n: int
    n_buy: int
    n_sell: int
    n_no_trade: int
    n_missed: int
    n_resolved: int
    n_hits: int
    hit_rate: float | None
    mean_confidence: float | None
    brier: float | None
    brier_prior: float | None


class Counts(Struct):
    """Days of slots, the newest first."""

    days: int
    count: int
    rows: list[CountRow]


def several(value: Any) -> list[str] | None:
    """Return the values of a parameter that may be repeated, None if it was not given."""
    if value is UNSET:
        return None
    return [value] if isinstance(value, str) else list(value)
