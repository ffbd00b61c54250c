"""Shapes of what an account wants traded by itself, and of what was decided for it."""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from api.forecasts.schemas import RrConfig
from api.http.schemas import Name, Resolution, Symbol
from api.signals.schemas import SignalResponse

Share = Annotated[float, Meta(gt=0, le=0.05)]
Result = Literal[
    "pending", "profit", "loss", "cancelled", "not_entered", "refused", "none"
]  # fmt: skip


class StopRuleAsked(Struct, forbid_unknown_fields=True, kw_only=True):
    """When the account stops by itself; what is absent is not asked for.

    `max_drawdown` is a share of the highest equity since. `min_brier_skill` is what must be shown
    after `by_trades` trades; if less is certain before, it stops then.
    """

    max_drawdown: Annotated[float, Meta(gt=0, le=1)] | None = None
    min_brier_skill: Annotated[float, Meta(ge=-1, lt=1)] | None = None
    by_trades: Annotated[int, Meta(ge=1, le=100_000)] = 50


class StopRuleShown(Struct, kw_only=True):
    """A rule that was stated: a row of the chain `decisions`, after so many ended trades."""

    max_drawdown: float | None
    min_brier_skill: float | None
    by_trades: int
    stated_at: str
    stated_by: str
    trades: int
    loosens: bool
    reason: str


class ConfigRequest(Struct, forbid_unknown_fields=True, kw_only=True):
    """What changes of what the account wants; fields that are absent keep their value.

    `symbols` are the markets whose signals are decided of, of candles of `timeframe` and with the
    exits of `rr_config`. `require_skill: false` takes signals without shown skill, on paper only,
    and every row that follows says so. `stop_rule` is stated anew; what loosens it after trades
    have ended needs a `stop_reason`.
    """

    enabled: bool | UnsetType = UNSET
    symbols: Annotated[list[Symbol], Meta(max_length=50)] | UnsetType = UNSET
    max_risk_per_trade: Share | UnsetType = UNSET
    max_daily_trades: Annotated[int, Meta(ge=1, le=50)] | UnsetType = UNSET
    min_confidence: Annotated[float, Meta(ge=0.5, le=1)] | UnsetType = UNSET
    paper_trading: bool | UnsetType = UNSET
    require_confirmation: bool | UnsetType = UNSET
    timeframe: Resolution | UnsetType = UNSET
    rr_config: RrConfig | UnsetType = UNSET
    require_skill: bool | UnsetType = UNSET
    stop_rule: StopRuleAsked | UnsetType = UNSET
    stop_reason: Annotated[str, Meta(max_length=200)] = ""


class ConfigShown(Struct, kw_only=True):
    """What an account wants; `markets` are those that its symbols mean (`platform:symbol`).

    `version` counts the changes; 0 is an account that never said anything. `stop_rules` are all
    that were stated, the newest first: that one holds.
    """

    enabled: bool
    symbols: list[str]
    markets: list[str]
    max_risk_per_trade: float
    max_daily_trades: int
    min_confidence: float
    paper_trading: bool
    require_confirmation: bool
    timeframe: str
    rr_config: str
    require_skill: bool
    stop_rule: StopRuleShown | None
    stop_rules: list[StopRuleShown]
    version: int
    changed_at: str | None
    changed_by: str | None


class ConfigAnswer(Struct):
    """What an account wants from now on."""

    status: Literal["configured"]
    config: ConfigShown


class DecisionsQuery(Struct, forbid_unknown_fields=True, kw_only=True):
    """Which decisions, the newest first."""

    limit: Annotated[int, Meta(ge=1, le=500)] = 50
    symbol: Name | UnsetType = UNSET
    cursor: Annotated[str, Meta(max_length=64)] = ""


class SignalOfDecision(Struct):
    """The sealed signal that was decided of: its row of the chain `signals`."""

    id: str
    seq: int
    hash: str


class DecisionShown(Struct, kw_only=True):
    """What was decided of a sealed signal, why, and what it came to.

    `state` is `pending` while it waits to be confirmed until `valid_until`. `result` is `none` of
    a `HOLD`, `pending` until the position has ended, `not_entered` where no price came in time.
    `ml_signal` is null where what the signal said is not kept any more. `hash` is of the row of the
    chain `decisions`.
    """

    id: str
    symbol: str
    platform: str
    action: Literal["BUY", "SELL", "HOLD"]
    confidence: float
    reason: str
    reasoning: str
    signal: SignalOfDecision
    ml_signal: SignalResponse | None
    state: Literal["none", "pending", "confirmed", "rejected", "sent"]
    executed: bool
    result: Result
    timestamp: str
    valid_until: str
    order_id: str | None
    refused_by: str | None
    override: bool
    config_version: int
    seq: int
    hash: str


class DecisionsAnswer(Struct):
    """Decisions, the newest first."""

    decisions: list[DecisionShown]
    next_cursor: str | None
