"""The scorecard has the shape of the contract and agrees with the single scores."""

import json
import math

import numpy as np
import pytest
from scipy.special import stdtrit  # type: ignore[import-untyped]

from ml.scoring import scores
from ml.scoring.scorecard import Forecasts, chance_of_skill_by_luck, judge, scorecard
from ml.scoring.uncertainty import diebold_mariano

LEVELS = (0.025, 0.1, 0.5, 0.9, 0.975)


def forecasts(count: int = 400, horizons: int = 3, knowledge: float = 0.0) -> Forecasts:
    """Make forecasts of a random walk that know the share `knowledge` of each move."""
    generator = np.random.default_rng(5)
    last = 100 * np.exp(np.cumsum(generator.normal(size=count) * 0.01))
    moves = np.cumsum(generator.normal(size=(count, horizons)) * 0.01, axis=1)
    spread = 0.01 * np.sqrt(np.arange(1, horizons + 1))[:, None] * [-1.96, -1.28, 0, 1.28, 1.96]
    said = last[:, None, None] * np.exp(knowledge * moves[..., None] + spread)
    realised = last[:, None] * np.exp(moves)
    return Forecasts(
        last, realised, said[..., 2], said, np.full(count, 0.8), LEVELS, horizon=horizons
    )


def test_it_has_every_field_of_the_contract() -> None:
    card = scorecard(forecasts())

    assert set(card) >= {
        "n", "mae", "rmse", "mape", "smape", "mase", "skill", "dm", "direction", "pinball",
        "coverage", "winkler", "brier", "log_loss", "ece", "after_costs",
    }  # fmt: skip
    assert set(card["skill"]) == {"value", "low", "high"}
    assert set(card["dm"]) == {"statistic", "p_value", "better_p_value"}
    assert set(card["direction"]) == {"accuracy", "base_rate", "p_value"}
    assert set(card["coverage"]) == set(card["winkler"]) == {"0.8", "0.95"}
    assert set(card["after_costs"]) == {"1x", "2x", "3x"}
    assert set(card["after_costs"]["1x"]) == {"trades", "mean", "low", "high"}
    assert card["n"] == 400


def test_all_horizons_count_alike() -> None:
    table = forecasts(knowledge=0.3)
    came, said = table.realised.ravel(), table.predicted.ravel()

    card = scorecard(table)

    assert card["mae"] == pytest.approx(scores.mae(came, said))
    assert card["rmse"] == pytest.approx(scores.rmse(came, said))
    assert card["smape"] == pytest.approx(scores.smape(came, said))
    assert card["mase"] == pytest.approx(card["mae"] / 0.8)
    singles = [scorecard(table.column(i, i + 1)) for i in range(3)]
    for name in ("mae", "mape", "pinball", "brier", "log_loss"):
        assert card[name] == pytest.approx(np.mean([single[name] for single in singles]))


def test_skill_and_test_take_the_mean_over_horizons_of_each_origin() -> None:
    table = forecasts(knowledge=0.3)
    loss = np.abs(table.realised - table.predicted).mean(axis=1)
    baseline = np.abs(table.realised - table.last[:, None]).mean(axis=1)

    card = scorecard(table)

    assert card["skill"]["value"] == pytest.approx(1 - loss.mean() / baseline.mean())
    assert card["dm"]["statistic"] == pytest.approx(diebold_mariano(loss, baseline, 3)[0])


def test_last_price_itself_has_no_skill() -> None:
    card = scorecard(forecasts(knowledge=0))

    assert card["skill"] == {"value": 0, "low": 0, "high": 0}
    assert card["direction"]["accuracy"] is None
    nothing = {"trades": 0, "mean": 0, "low": 0, "high": 0}
    assert card["after_costs"] == {"1x": nothing, "2x": nothing, "3x": nothing}
    assert judge(card) == "no_skill"


def test_knowledge_of_the_future_is_skill() -> None:
    assert judge(scorecard(forecasts(knowledge=0.5))) == "skilled"


def test_what_trading_earned_has_its_trades_and_its_interval() -> None:
    table = forecasts(horizons=1, knowledge=0.3)
    earned, traded = scores.traded_returns(table.last, table.realised, table.predicted, 0.002)

    found = scorecard(table, fee=0.002)["after_costs"]["1x"]

    student = float(stdtrit(traded.sum() - 1, 0.975))
    half = student * earned.std(ddof=1) / math.sqrt(len(earned))
    assert found["trades"] == traded.sum() > 0
    assert found["mean"] == pytest.approx(earned.mean())
    assert (found["low"], found["high"]) == pytest.approx(
        (earned.mean() - half, earned.mean() + half), rel=1e-3
    )


def test_the_surer_an_interval_must_be_the_wider_it_is() -> None:
    once, often = (scorecard(forecasts(knowledge=0.1), level=level) for level in (0.95, 0.995))

    for name in ("skill", "after_costs"):
        narrow, wide = (card[name].get("1x", card[name]) for card in (once, often))
        assert wide["low"] <= narrow["low"] <= narrow["high"] <= wide["high"]
    assert often["skill"]["low"] < once["skill"]["low"]


def test_the_chance_of_skill_by_luck_is_that_of_the_test_beyond_the_margin() -> None:
    table = forecasts(knowledge=0.3)
    loss = np.abs(table.realised - table.predicted).mean(axis=1)
    baseline = np.abs(table.realised - table.last[:, None]).mean(axis=1)
    statistic, p_value = diebold_mariano(loss, 0.9997 * baseline, 3)

    assert statistic < 0
    assert chance_of_skill_by_luck(table) == pytest.approx(p_value / 2)
    assert chance_of_skill_by_luck(forecasts(knowledge=-0.3)) > 0.99


def test_prices_that_stand_still_leave_skill_undefined_and_the_verdict_open() -> None:
    still = np.full((50, 2), 7.0)
    table = Forecasts(
        still[:, 0], still, still, np.repeat(still[..., None], 5, -1), np.zeros(50), LEVELS, 2
    )

    card = scorecard(table)

    assert card["skill"]["value"] is None
    assert card["mase"] is None
    assert judge(card) == "unproven"
    assert json.loads(json.dumps(card, allow_nan=False)) == card


def test_scores_repeat_to_the_bit() -> None:
    assert scorecard(forecasts(), seed=3) == scorecard(forecasts(), seed=3)
    assert all(
        math.isfinite(value) for value in scorecard(forecasts(knowledge=0.2))["skill"].values()
    )
