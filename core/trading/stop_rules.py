"""What would count as failure of an account that trades by itself, stated before it trades."""

from collections.abc import Mapping, Sequence

import msgspec

from core.trading.decisions import Decision
from core.trading.orders import TradeBody

STATED = "rule"


class StopRule(msgspec.Struct, frozen=True, kw_only=True):
    """When an account stops by itself; what is null is not asked for.

    `max_drawdown` is a share of the highest equity, `min_brier_skill` what one less the ratio of
    Brier scores, of what was said and of prices that go nowhere, must be after `by_trades` trades.
    """

    max_drawdown: float | None = None
    min_brier_skill: float | None = None
    by_trades: int = 50

    def loosens(self, held: "StopRule | None") -> bool:
        """Say whether this rule lets something pass that another one stops."""
        if held is None:
            return False
        falls = held.max_drawdown is not None and (
            self.max_drawdown is None or self.max_drawdown > held.max_drawdown
        )
        skill = held.min_brier_skill is not None and (
            self.min_brier_skill is None
            or self.min_brier_skill < held.min_brier_skill
            or self.by_trades > held.by_trades
        )
        return falls or skill


class StatedRule(msgspec.Struct, frozen=True, kw_only=True):
    """A row of the chain `decisions` that states a rule: what goes before it no longer counts.

    `trades` says how many positions had ended by then; `loosens`, that it lets pass what the one
    before it stopped. `stated_at` is epoch ms.
    """

    rule: StopRule
    by: str
    reason: str = ""
    trades: int = 0
    loosens: bool = False
    stated_at: int = 0


class Evidence(msgspec.Struct, frozen=True):
    """A rule, and what came since it was stated: equity, ended positions, what was decided."""

    stated: StatedRule
    equity: Sequence[int]
    trades: Sequence[TradeBody]
    decisions: Mapping[str, Decision]
