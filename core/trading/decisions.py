"""Decisions to trade: what an account wants decided, and what was decided of a sealed signal."""

from decimal import Decimal
from typing import Literal

import msgspec

from core.risk_reward import USUAL
from core.trading.orders import PlaceOrder

Action = Literal["BUY", "SELL", "HOLD"]
# What became of a decision: `none` asks for no order.
DecisionState = Literal["none", "pending", "confirmed", "rejected", "sent"]
MADE, CONFIRMED, REJECTED = "made", "confirmed", "rejected"


class TradingConfig(msgspec.Struct, frozen=True, kw_only=True):
    """What an account wants traded without being asked; `markets` are those that symbols name."""

    enabled: bool = False
    symbols: tuple[str, ...] = ()
    markets: tuple[tuple[str, str], ...] = ()
    max_risk_per_trade: float = 0.02
    max_daily_trades: int = 5
    min_confidence: float = 0.6
    paper_trading: bool = True
    require_confirmation: bool = False
    timeframe: str = "15m"
    rr_config: str = USUAL.name
    require_skill: bool = True


class Offer(msgspec.Struct, frozen=True, kw_only=True):
    """A sealed signal as it is decided of: prices of its better side, chances calibrated.

    `confidence` is the chance of the side where either comes, `valid_until` (epoch ms) until when
    it may be entered.
    """

    signal_id: str
    seq: int
    hash: str
    platform: str
    symbol: str
    acts: bool
    side: Literal["buy", "sell"] | None
    confidence: float
    stop_loss: Decimal | None
    take_profit: Decimal | None
    verdict: str | None
    reason: str
    valid_until: int
    prob_tp_first: float | None
    baseline: float | None

    @property
    def decision_id(self) -> str:
        """Return the id of what is decided of it, which is its order's, too."""
        return f"dec-{self.signal_id}"


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """What was decided of a signal, and why; `order` is what it asks for.

    `override` says that skill was not asked for. `config_version` is of what the account wanted.
    `random_side` is what the shadow account `ignore_model` orders as `order` is placed.
    """

    id: str
    signal_id: str
    signal_seq: int
    signal_hash: str
    platform: str
    symbol: str
    action: Action
    confidence: float
    reason: str
    reasoning: str
    override: bool
    valid_until: int
    prob_tp_first: float | None
    baseline: float | None
    config_version: int
    needs_confirmation: bool = False
    order: PlaceOrder | None = None
    random_side: PlaceOrder | None = None


class Answered(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody said of a decision that waited."""

    decision_id: str
    by: str
