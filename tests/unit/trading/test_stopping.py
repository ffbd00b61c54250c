"""The stopping rule: certain failure stops early, luck rarely does, and loosening is seen."""

import random
from typing import Any

from core.trading.decisions import Decision
from core.trading.orders import TradeBody
from core.trading.stop_rules import Evidence, StatedRule, StopRule
from trading.stopping import chance_by_luck, standing

SKILL = StopRule(min_brier_skill=0.0, by_trades=10_000)


def evidence(rule: StopRule, said: list[float], came: list[bool], equity: list[int]) -> Evidence:
    """Return trades of which so much was said, and what came, beside a baseline of a third."""
    names = [str(n) for n in range(len(said))]
    other: dict[str, Any] = {
        "signal_id": "s", "signal_seq": 1, "signal_hash": "h", "platform": "p", "symbol": "s",
        "action": "BUY", "confidence": 0.6, "reason": "taken", "reasoning": "", "override": False,
        "valid_until": 0, "config_version": 1, "baseline": 1 / 3,
    }  # fmt: skip
    body: dict[str, Any] = {
        "platform": "p", "symbol": "s", "side": "buy", "volume": 1.0, "opened_at": 1,
        "open_price": 1.0, "close_price": 1.0, "gross": 0.0, "costs": 0.0, "net": 0.0, "r": 0.0,
        "slippage": 0.0,
    }  # fmt: skip
    trades = [
        TradeBody(**body, exit="take_profit" if y else "stop_loss", decision_id=name)
        for name, y in zip(names, came, strict=True)
    ]
    made = {
        name: Decision(id=name, prob_tp_first=p, **other)
        for name, p in zip(names, said, strict=True)
    }
    return Evidence(StatedRule(rule=rule, by="me"), equity, trades, made)


def test_what_is_certain_to_fail_is_stopped_long_before_its_last_trade() -> None:
    # It says 90% and comes one time in three.
    dice = random.Random(1)
    came = [dice.random() < 1 / 3 for _ in range(100)]
    stopped = next(
        n for n in range(100) if standing(evidence(SKILL, [0.9] * n, came[:n], [1])).broken
    )
    assert 5 < stopped < 60


def test_a_chance_that_is_right_is_stopped_at_any_look_at_most_as_often_as_it_says() -> None:
    dice, stopped = random.Random(2), 0
    for _ in range(400):
        gains = []
        for _ in range(150):
            came = float(dice.random() < 1 / 3)
            said = dice.choice([0.2, 0.5])
            # Of equal skill with the baseline: what was said is as far off on average.
            gains.append((1 / 3 - came) ** 2 - (said - came) ** 2 + (said - 1 / 3) ** 2)
        stopped += chance_by_luck(gains, 1.0) <= 0.05
    assert stopped <= 20 + 2 * 4.4


def test_a_skill_that_was_not_reached_by_its_trade_stops_and_one_that_was_does_not() -> None:
    rule = StopRule(min_brier_skill=0.05, by_trades=20)
    came = [n % 3 == 0 for n in range(20)]
    poor = standing(evidence(rule, [0.34] * 20, came, [1]))
    assert "after 20 trades" in poor.broken
    assert not standing(evidence(rule, [0.34] * 19, came[:19], [1])).broken
    good = standing(evidence(rule, [0.9 if y else 0.1 for y in came], came, [1]))
    assert not good.broken
    assert good.skill is not None
    assert good.skill > 0.9


def test_a_fall_from_the_peak_stops_at_the_share_that_was_stated() -> None:
    rule = StopRule(max_drawdown=0.1)
    assert not standing(evidence(rule, [], [], [100, 120, 109])).broken
    assert "10.00%" in standing(evidence(rule, [], [], [100, 120, 108])).broken


def test_a_rule_loosens_another_where_it_lets_pass_what_that_one_stops() -> None:
    held = StopRule(max_drawdown=0.1, min_brier_skill=0.0, by_trades=50)
    assert not held.loosens(None)
    assert not held.loosens(held)
    assert not StopRule(max_drawdown=0.05, min_brier_skill=0.1, by_trades=40).loosens(held)
    for other in (
        StopRule(),
        StopRule(max_drawdown=0.2, min_brier_skill=0.0),
        StopRule(max_drawdown=0.1, min_brier_skill=-0.1),
        StopRule(max_drawdown=0.1, min_brier_skill=0.0, by_trades=51),
    ):
        assert other.loosens(held)
