"""From chances to a signal: given only where a walk-forward speaks for it, with its reason."""

import math
from collections.abc import Mapping
from typing import Any, Self

import msgspec
import numpy as np

from core.markets import DEFAULT_COSTS_BPS
from core.signals import BUY, HOLD, SELL, SignalWords
from ml.models.protocol import LEAST_LEAD, SignalForecast
from ml.scoring.scorecard import fee_of
from ml.scoring.uncertainty import Verdict

# How much dearer than in the walk-forward a market may have become before its evidence is
# read at twice the costs.
_DEARER = 1.1


_NOT_TRIED = {"trades": 0, "mean": None, "low": None}


class Evidence(msgspec.Struct, frozen=True):
    """What a walk-forward showed: skill in direction, and earnings of acting after costs.

    `low` and `high` bound the skill, `earned_low` the mean earned a forecast, with 95%
    confidence.
    """

    n: int
    verdict: str
    skill: float
    low: float
    high: float
    trades: int
    earned: float
    earned_low: float

    @classmethod
    def of(cls, n: int, scores: Mapping[str, Any], verdict: str, dearer: float = 1.0) -> Self:
        """Read the scores of the walk-forward; a value that is not known proves nothing.

        `dearer` is what a round trip costs now, in multiples of what it cost there:
        earnings are read at the next higher costs that were tried, and beyond
        three times prove nothing.
        """
        skill = scores["direction"]["skill"]
        times = max(1, math.ceil(dearer / _DEARER)) if math.isfinite(dearer) else 4
        acted = scores["after_costs"].get(f"{times}x", _NOT_TRIED)
        numbers = (skill["value"], skill["low"], skill["high"])
        value, low, high = (np.nan if x is None else float(x) for x in numbers)
        earned, least = (np.nan if acted[k] is None else float(acted[k]) for k in ("mean", "low"))
        return cls(n, verdict, value, low, high, int(acted["trades"]), earned, least)

    @property
    def proven(self) -> bool:
        """Whether direction is foreseen better than by the class prior."""
        return self.verdict == Verdict.SKILLED.value

    @property
    def pays(self) -> bool:
        """Whether acting on it earned more than its costs."""
        return self.earned_low > 0


class Chances(msgspec.Struct, frozen=True):
    """One forecast: chances of the signal's classes, and of the exits on either side.

    `expected` are log-returns after costs, `take_profit` and `stop_loss` distances.
    """

    hold: float
    buy: float
    sell: float
    long: tuple[float, float, float]
    short: tuple[float, float, float]
    expected_long: float
    expected_short: float
    take_profit: float
    stop_loss: float
    last: float
    costs_bps: float = DEFAULT_COSTS_BPS

    @classmethod
    def of(cls, forecast: SignalForecast, costs_bps: float = DEFAULT_COSTS_BPS) -> Self:
        """Return the last forecast of several, at such costs of a round trip."""
        fee = fee_of(costs_bps)
        hold, buy, sell = (float(x) for x in forecast.signal[-1])
        return cls(
            hold=hold,
            buy=buy,
            sell=sell,
            long=_three(forecast.long[-1]),
            short=_three(forecast.short[-1]),
            expected_long=float(forecast.expected_return(1, fee)[-1]),
            expected_short=float(forecast.expected_return(-1, fee)[-1]),
            take_profit=float(forecast.take_profit[-1]),
            stop_loss=float(forecast.stop_loss[-1]),
            last=float(forecast.last[-1]),
            costs_bps=costs_bps,
        )

    @property
    def side(self) -> str:
        """Return the side that earns more on average."""
        return BUY if self.expected_long >= self.expected_short else SELL

    @property
    def expected(self) -> float:
        """Return what that side earns on average after costs, in log-returns."""
        return max(self.expected_long, self.expected_short)

    @property
    def expected_in_costs(self) -> float:
        """Return that in multiples of the costs; of a market without any, infinity or 0."""
        costs = self.costs_bps / 10_000
        if not costs:
            return math.inf if self.expected > 0 else 0.0
        return self.expected / costs

    @property
    def exits(self) -> tuple[float, float, float]:
        """Return that side's chances of neither exit, profit and stop."""
        return self.long if self.side == BUY else self.short

    @property
    def profit_first(self) -> float:
        """Return that side's chance of profit where profit or stop is met."""
        _, profit, stop = self.exits
        return profit / (profit + stop)

    @property
    def driftless(self) -> float:
        """Return the same chance for a price that goes nowhere: the nearer exit is likelier.

        That of a Brownian motion between two barriers, stop / (stop + profit).
        Source: Karatzas and Shreve, Brownian Motion and Stochastic Calculus, 2.8.
        """
        return self.stop_loss / (self.stop_loss + self.take_profit)

    @property
    def lead(self) -> float:
        """Return the chance of that side where buy or sell comes."""
        mine = self.buy if self.side == BUY else self.sell
        return mine / (self.buy + self.sell)


class Decision(msgspec.Struct, frozen=True):
    """A signal in words: `type`, why, and how strong and good it is."""

    type: str
    reason: str
    confidence: float
    strength: str
    quality: str


def decide(
    chances: Chances, evidence: Evidence, words: SignalWords, objection: str = ""
) -> Decision:
    """Return buy or sell where all speaks for it, else hold with the first thing against it.

    `objection` is what the caller has against any signal, an old candle say.
    """
    against = objection or _against(chances, evidence)
    if against:
        reason = f"Hold: {against}"
        return Decision(HOLD, reason, chances.hold, "weak", "low")
    confidence = chances.buy if chances.side == BUY else chances.sell
    return Decision(
        type=chances.side,
        reason=_for(chances, evidence),
        confidence=confidence,
        strength=_word(chances.lead, words.moderate, words.strong, "weak", "moderate", "strong"),
        quality=_word(chances.expected_in_costs, words.medium, words.high, "low", "medium", "high"),
    )


def _against(chances: Chances, evidence: Evidence) -> str:
    if not evidence.proven:
        return f"no skill in direction is proven; {_skill(evidence)}. {_value(chances)}."
    if not evidence.pays:
        earned = f"{evidence.earned:.4%} (at least {evidence.earned_low:.4%})"
        return (
            f"direction is foreseen, but acting on it did not earn its costs: {earned} a forecast "
            f"over {evidence.trades} trades of the walk-forward; {_skill(evidence)}."
        )
    if not chances.expected > 0:
        return f"{_value(chances)}; {_skill(evidence)}."
    other = SELL if chances.side == BUY else BUY
    if chances.lead <= 0.5:
        return f"{other} is likelier than {chances.side}, which would earn more. {_value(chances)}."
    if chances.lead < LEAST_LEAD:
        return (
            f"{chances.side} is hardly likelier than {other}: {chances.lead:.1%} where either "
            f"comes, and less than {LEAST_LEAD:.0%} lie within the error of such a chance."
        )
    return ""


def _for(chances: Chances, evidence: Evidence) -> str:
    _, profit, stop = chances.exits
    return (
        f"{chances.side.capitalize()}: {_value(chances)}, with a chance of {profit:.0%} for the "
        f"take profit and {stop:.0%} for the stop loss; {_skill(evidence)}; acting so earned "
        f"{evidence.earned:.4%} a forecast after costs (at least {evidence.earned_low:.4%} with "
        f"95% confidence) over {evidence.trades} trades of the walk-forward, which is a backtest."
    )


def _skill(evidence: Evidence) -> str:
    return (
        f"the skill in direction (Brier, against class prior or even odds) is "
        f"{evidence.skill:.4f}, 95% from {evidence.low:.4f} to {evidence.high:.4f}, over "
        f"{evidence.n} walk-forward forecasts"
    )


def _value(chances: Chances) -> str:
    return (
        f"the expected value of {chances.side} after costs ({chances.costs_bps:g} basis points "
        f"a round trip) is "
        f"{chances.expected:+.3%}"
    )


def _word(value: float, medium: float, high: float, *words: str) -> str:
    return words[int(value >= medium) + int(value >= high)]


def _three(row: "np.ndarray[Any, Any]") -> tuple[float, float, float]:
    neither, profit, stop = (float(x) for x in row)
    return neither, profit, stop
