"""Sealed signals are scored so that looking often, or a misled prior, proves nothing."""

from dataclasses import fields, replace

import numpy as np
import pytest

from core.signals import BUY, HOLD, SELL
from ml.evaluation.live_signals import SealedColumns, score_sealed
from ml.scoring.confidence import mean_sequence
from ml.scoring.signal_outcome import STOP_LOSS, TAKE_PROFIT


def _sealed(
    seed: int, count: int, *, prior_buy: float = 0.4, knowledge: float = 0.0
) -> SealedColumns:
    """Return signals that know a share of which barrier comes first, a fifth of them holds."""
    rng = np.random.default_rng(seed)
    came = rng.choice([HOLD, BUY, SELL], count, p=[0.2, 0.4, 0.4])
    tilt = 0.3 * knowledge * ((came == BUY).astype(float) - (came == SELL))
    buy = np.clip(0.4 + tilt + 0.05 * rng.standard_normal(count), 0.05, 0.75)
    same = np.full(count, 0.2)
    price = np.full(count, 100.0)
    return SealedColumns(
        probability_hold=same,
        probability_buy=buy,
        probability_sell=0.8 - buy,
        prior_hold=same,
        prior_buy=np.full(count, prior_buy),
        prior_sell=np.full(count, 0.8 - prior_buy),
        probability_tp=np.full(count, 0.4),
        probability_sl=np.full(count, 0.4),
        take_profit=price * 1.01,
        stop_loss=price / 1.01,
        current_price=price,
        pnl_percent=rng.normal(0, 1, count),
        type=np.where(buy > 0.4, BUY, HOLD),
        label=came,
        exit=rng.choice([TAKE_PROFIT, STOP_LOSS], count),
        horizon=1,
    )


def _first(rows: SealedColumns, count: int) -> SealedColumns:
    names = [field.name for field in fields(rows) if field.name != "horizon"]
    return replace(rows, **{name: getattr(rows, name)[:count] for name in names})


def test_knowledge_of_direction_is_skill() -> None:
    found = score_sealed(_sealed(0, 2_000, knowledge=0.5))
    assert found["verdict"] == "skilled"
    assert found["scores"]["direction"]["baseline"] in ("class_prior", "even_odds")


def test_a_prior_that_a_rising_stretch_taught_makes_nobody_skilled() -> None:
    found = score_sealed(_sealed(1, 2_000, prior_buy=0.65))
    assert found["scores"]["direction"]["baseline"] == "even_odds"
    assert found["verdict"] != "skilled"


@pytest.mark.parametrize("prior_buy", [0.4, 0.55])
def test_of_signals_on_noise_few_are_ever_called_skilled_or_paying(prior_buy: float) -> None:
    series, skilled, paying = 40, 0, 0
    for seed in range(series):
        whole = _sealed(seed, 1_500, prior_buy=prior_buy)
        looks = [score_sealed(_first(whole, count)) for count in range(300, 1_501, 200)]
        skilled += any(found["verdict"] == "skilled" for found in looks)
        earned = [found["scores"]["positions"]["low_percent"] for found in looks]
        paying += any(low is not None and low > 0 for low in earned)
    assert skilled <= 2
    assert paying <= 2


def test_what_positions_earned_has_the_interval_of_many_looks() -> None:
    rows = _sealed(2, 1_000)
    taken = rows.pnl_percent[rows.type != HOLD]
    low, high = mean_sequence(taken, 1)
    found = score_sealed(rows)["scores"]["positions"]
    assert found["n"] == len(taken)
    assert (found["low_percent"], found["high_percent"]) == (low[-1], high[-1])
    few = score_sealed(_sealed(3, 50))["scores"]["positions"]
    assert (few["low_percent"], few["high_percent"]) == (None, None)


@pytest.mark.filterwarnings("error")
def test_where_all_signals_hold_nothing_is_said_of_positions() -> None:
    rows = replace(_sealed(4, 300), type=np.full(300, HOLD))
    assert score_sealed(rows)["scores"]["positions"] == {
        "n": 0, "profits": 0, "mean_percent": None, "low_percent": None, "high_percent": None,
    }  # fmt: skip
