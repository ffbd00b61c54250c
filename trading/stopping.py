"""The rule under which an account stops by itself, stated before its first trade.

Chances are held against what came by the Brier score. With `p` the chance that was sealed, `b`
that of a price that goes nowhere, `y` what came and `m` the least skill, each trade gives
`(1 - m) (b - y)^2 - (p - y)^2`, whose mean is below 0 exactly where the skill is below `m`.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

from core.trading.stop_rules import Evidence
from trading.results import Judged, drawdowns, judged

# The chance that an account whose skill is what it must be is ever stopped for it.
ALPHA = 0.05
_BETS = 20


class Standing(NamedTuple):
    """How an account stands to its rule; `broken` says why it stops, "" while it need not.

    `p_value` is the chance of as much evidence at any look if the skill is what it must be.
    """

    trades: int
    drawdown: float
    skill: float | None
    p_value: float
    broken: str = ""


def standing(evidence: Evidence) -> Standing:
    """Hold an account against its rule.

    The skill is looked at after every trade, so the evidence holds at all looks together; from
    `by_trades` on it must also be what was measured.
    """
    rule, trades = evidence.stated.rule, judged(evidence.trades, evidence.decisions)
    fallen = max(drawdowns(evidence.equity), default=0.0)
    skill, p_value, n = _skill(trades), 1.0, len(trades)
    broken = ""
    if (least := rule.min_brier_skill) is not None:
        p_value = chance_by_luck([_gain(one, least) for one in trades], 1 + abs(least))
        if p_value <= ALPHA:
            broken = f"a Brier skill below {least:g} is shown after {n} trades (p {p_value:.3f})"
        elif n >= rule.by_trades and skill is not None and skill < least:
            broken = f"a Brier skill of {skill:.3f} after {n} trades; {least:g} is the least"
    if rule.max_drawdown is not None and fallen >= rule.max_drawdown:
        broken = f"fell {fallen:.2%} from its peak; {rule.max_drawdown:.2%} is the most"
    return Standing(n, fallen, skill, p_value, broken)


def chance_by_luck(gains: Sequence[float], most: float) -> float:
    """Return a p-value that holds at all looks together of: the mean is not below 0.

    Whoever bets shares of his wealth on losses gains in the long run only if the mean is below 0;
    the inverse of the greatest wealth that bets of different sizes had on average is the p-value
    (Waudby-Smith and Ramdas, Estimating means of bounded random variables by betting, 2024).
    No gain may be greater than `most`.
    """
    bets = [n / (_BETS + 1) / most for n in range(1, _BETS + 1)]
    wealth, greatest = [1.0] * _BETS, 1.0
    for gain in gains:
        wealth = [have * (1 - bet * gain) for have, bet in zip(wealth, bets, strict=True)]
        greatest = max(greatest, math.fsum(wealth) / _BETS)
    return 1 / greatest


def _gain(one: Judged, least: float) -> float:
    came = float(one.came)
    return (1 - least) * (one.baseline - came) ** 2 - (one.said - came) ** 2


def _skill(trades: Sequence[Judged]) -> float | None:
    without = math.fsum((one.baseline - float(one.came)) ** 2 for one in trades)
    if not without:
        return None
    return 1 - math.fsum((one.said - float(one.came)) ** 2 for one in trades) / without
