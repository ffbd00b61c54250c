"""One forecaster over many markets: pooled skill has an oracle, and moments count, not markets."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml.evaluation.pooled_record import Pool, pooled_scores
from ml.scoring.confidence import skill_sequence


def pool(moments: int, markets: int, seed: int = 0, share: float = 0.0) -> Pool:
    """Return forecasts that foresee a share of each move, of markets of very unlike prices."""
    drawn = np.random.default_rng(seed)
    last = np.repeat(10.0 ** drawn.uniform(-3, 5, markets)[None], moments, axis=0)
    # Half of each move is common to all markets of a moment.
    move = last * 1e-3 * (drawn.standard_normal((moments, 1)) + drawn.standard_normal(last.shape))
    opening = np.repeat(60 * np.arange(moments, dtype=np.int64)[:, None], markets, axis=1)
    flat = last.ravel()
    predicted = last + share * move + last * 1e-4 * drawn.standard_normal(last.shape)
    nothing = np.full(flat.size, np.nan)
    return Pool(1, opening.ravel(), flat, (last + move).ravel(), predicted.ravel(),
                *(nothing,) * 4, nothing)  # fmt: skip


@given(st.integers(1, 30), st.integers(1, 8), st.floats(-1, 1), st.integers(0, 99))
def test_skill_is_that_of_errors_in_shares_of_the_price(
    moments: int, markets: int, share: float, seed: int
) -> None:
    some = pool(moments, markets, seed, share)
    ours = sum(
        abs(r - p) / q for r, p, q in zip(some.realised, some.predicted, some.last, strict=True)
    )
    theirs = sum(abs(r - q) / q for r, q in zip(some.realised, some.last, strict=True))
    found = pooled_scores(some)
    assert found["skill"]["value"] == pytest.approx(1 - ours / theirs, abs=1e-9)  # type: ignore[index]
    assert (found["n"], found["closes"]) == (moments * markets, moments)


def test_the_interval_sees_a_moment_once_however_many_markets_it_has() -> None:
    one, many = pool(400, 1, 1, 0.3), pool(400, 1, 1, 0.3)
    # Each market ten times: the same luck, told ten times over, proves no more.
    copied = replace(
        many,
        **{name: np.tile(getattr(many, name), 10) for name in
           ("opening", "last", "realised", "predicted", "low_80", "high_80", "low_95", "high_95",
            "prob_up")},
    )  # fmt: skip
    assert pooled_scores(copied)["skill"] == pytest.approx(pooled_scores(one)["skill"])


def test_few_moments_prove_nothing_and_many_of_a_real_advantage_do() -> None:
    assert pooled_scores(pool(10, 200, share=0.3))["verdict"] == "unproven"
    assert pooled_scores(pool(2_000, 3, share=0.3))["verdict"] == "skilled"
    assert pooled_scores(pool(2_000, 3, share=0.0))["verdict"] != "skilled"


def test_the_interval_is_the_sequence_of_sums_by_moment_whatever_the_order_of_rows() -> None:
    some = pool(300, 4, 2, 0.1)
    order = np.random.default_rng(0).permutation(len(some.last))
    names = ("opening", "last", "realised", "predicted", "low_80", "high_80", "low_95", "high_95",
             "prob_up")  # fmt: skip
    mixed = replace(some, **{name: getattr(some, name)[order] for name in names})
    loss = (np.abs(some.realised - some.predicted) / some.last).reshape(300, 4).sum(axis=1)
    plain = (np.abs(some.realised - some.last) / some.last).reshape(300, 4).sum(axis=1)
    low, high = skill_sequence(loss, plain, 1)
    skill = pooled_scores(mixed)["skill"]
    assert (skill["low"], skill["high"]) == pytest.approx((low[-1], high[-1]))  # type: ignore[index]


def test_coverage_and_calibration_are_of_what_was_said() -> None:
    some = pool(100, 2)
    low, high, chance = (np.full(200, np.nan) for _ in range(3))
    low[:50], high[:50] = some.realised[:50] - 1, some.realised[:50] + 1
    low[50:100], high[50:100] = some.realised[50:100] + 1, some.realised[50:100] + 2
    chance[:20] = 0.5
    found = pooled_scores(replace(some, low_80=low, high_80=high, prob_up=chance))
    assert found["coverage"] == {"0.8": 0.5, "0.95": None}
    assert found["calibration"]["n"] == 20  # type: ignore[index]
    assert pooled_scores(some)["calibration"] is None
