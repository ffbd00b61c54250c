"""A signal as answers show it: its word, its exits, and what to do."""

from typing import TYPE_CHECKING

from core.answers.signals import EntryZone, Probabilities, SignalLevels
from core.jobs import Json
from core.signals import BUY, HOLD
from tasks.signals.predict_range import price_from

if TYPE_CHECKING:
    from ml.models.signal_decision import Chances, Decision


def exit_prices(chances: "Chances") -> tuple[float, float]:
    """Return the prices of the take profit and of the stop loss on the better side."""
    sign = 1 if chances.side == BUY else -1
    profit = price_from(chances.last, sign * chances.take_profit)
    return profit, price_from(chances.last, -sign * chances.stop_loss)


def show_decision(chances: "Chances", decision: "Decision") -> Json:
    """Return the word, how strong it is, and all chances."""
    probabilities = Probabilities(chances.hold, chances.buy, chances.sell)
    return {
        "type": decision.type,
        "confidence": decision.confidence,
        "strength": decision.strength,
        "probabilities": probabilities,
    }


def show_exits(chances: "Chances") -> Json:
    """Return both exits of the better side, and how likely each is."""
    _, profit, stop = chances.exits
    return {
        "side": chances.side,
        "prediction": "take_profit" if profit > stop else "stop_loss",
        "probability_tp": profit,
        "probability_sl": stop,
        "suggested_tp_percent": 100 * (price_from(1.0, chances.take_profit) - 1),
        "suggested_sl_percent": 100 * (1 - price_from(1.0, -chances.stop_loss)),
        "prob_tp_first": chances.profit_first,
        "prob_tp_first_baseline": chances.driftless,
    }


def show_levels(chances: "Chances", digits: int | None) -> SignalLevels:
    """Return the prices of a position on the better side, rounded to the market's digits.

    Digits that would put two of them on one price are not the market's: all are left as they are.
    """
    exact = (chances.last, *exit_prices(chances))
    rounded = exact if digits is None else tuple(round(price, digits) for price in exact)
    return SignalLevels(*(rounded if len(set(rounded)) == len(exact) else exact))


def recommend(chances: "Chances", decision: "Decision") -> Json:
    """Return what to do at which prices, and why; a hold has no prices."""
    advice: Json = {
        "action": decision.type.upper(),
        "entry_zone": None,
        "take_profit": None,
        "stop_loss": None,
        "risk_reward": None,
        "quality": decision.quality,
        "reason": decision.reason,
    }
    if decision.type == HOLD:
        return advice
    profit, stop = exit_prices(chances)
    ratio = round(chances.take_profit / chances.stop_loss, 2)
    return advice | {
        "entry_zone": _entry_zone(chances),
        "take_profit": profit,
        "stop_loss": stop,
        "risk_reward": f"1:{ratio:g}",
    }


def _entry_zone(chances: "Chances") -> EntryZone:
    """Return where to enter: up to the price at which the expected value is gone.

    On the other side it ends halfway to the stop loss.
    """
    sign = 1 if chances.side == BUY else -1
    worst = price_from(chances.last, sign * chances.expected)
    best = price_from(chances.last, -sign * chances.stop_loss / 2)
    return EntryZone(min(worst, best), max(worst, best))
