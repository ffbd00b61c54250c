"""Scores of ledger entries are those of any forecasts, with an interval fit for many looks."""

from dataclasses import replace

import numpy as np
import pytest

from ml.evaluation.live_scores import Entries, score_entries
from ml.scoring.uncertainty import skill_interval

COLUMNS = (
    "last", "realised", "predicted", "low_80", "high_80", "low_95", "high_95", "prob_up",
)  # fmt: skip


def _entries(count: int, seed: int = 0) -> Entries:
    rng = np.random.default_rng(seed)
    path = 100 * np.exp(np.cumsum(rng.normal(0, 1e-3, count + 1)))
    last, realised = path[:-1], path[1:]
    predicted = last * (1 + rng.normal(0, 1e-4, count))
    half = last * 1.2816e-3
    bounds = (predicted - half, predicted + half, predicted - 1.6 * half, predicted + 1.6 * half)
    return Entries(last, realised, predicted, *bounds, np.full(count, 0.52), 1)


def test_points_intervals_and_chances_are_scored() -> None:
    entries = _entries(3_000)
    found = score_entries(entries, repeated=False)
    scores = found["scores"]
    error = np.abs(entries.realised - entries.predicted)
    assert scores["n"] == found["n"] == 3_000
    assert scores["mae"] == pytest.approx(error.mean())
    inside = (entries.low_80 <= entries.realised) & (entries.realised <= entries.high_80)
    assert scores["coverage"]["0.8"] == pytest.approx(inside.mean())
    up = entries.realised > entries.last
    assert scores["brier"] == pytest.approx(np.square(0.52 - up).mean())
    assert found["baseline_scores"]["mae"] == pytest.approx(
        np.abs(entries.realised - entries.last).mean()
    )
    assert found["baseline_scores"]["coverage"] is None


def test_repeated_looks_get_a_wider_interval_than_one() -> None:
    entries = _entries(3_000)
    once = score_entries(entries, repeated=False)["scores"]["skill"]
    often = score_entries(entries, repeated=True)["scores"]["skill"]
    loss, baseline = (np.abs(entries.realised - said) for said in (entries.predicted, entries.last))
    assert (once["low"], once["high"]) == skill_interval(loss, baseline, 1)
    assert often["low"] < once["low"] < once["value"] == often["value"] < often["high"]


@pytest.mark.parametrize("count", [0, 1, 2])
def test_hardly_any_entries_have_scores_of_the_same_shape_and_no_verdict(count: int) -> None:
    whole = score_entries(_entries(500), repeated=True)
    few = score_entries(_entries(count), repeated=True)
    assert few["n"] == count
    assert few["verdict"] == "unproven"
    assert few["scores"].keys() == whole["scores"].keys()
    assert few["scores"]["skill"]["low"] is None


def test_live_p_values_and_returns_are_those_of_many_looks() -> None:
    entries = _entries(3_000)
    once = score_entries(entries, repeated=False)["scores"]
    often = score_entries(entries, repeated=True)["scores"]
    for name in ("p_value", "better_p_value"):
        assert often["dm"][name] >= once["dm"][name]
    assert often["direction"]["p_value"] >= once["direction"]["p_value"]
    for times, one in once["after_costs"].items():
        many = often["after_costs"][times]
        assert (many["trades"], many["mean"]) == (one["trades"], one["mean"])
        assert many["low"] <= one["low"] <= one["high"] <= many["high"]


def test_who_looks_after_every_outcome_of_noise_is_seldom_ever_fooled() -> None:
    """What the scoreboard shows of 40 slots at each of many looks: all claims together."""
    slots, fooled, looks = 40, np.zeros(4), range(200, 1_001, 100)
    for seed in range(slots):
        entries, claims = _entries(1_000, seed), np.zeros(4, bool)
        for count in looks:
            found = score_entries(_first(entries, count), repeated=True)
            scores = found["scores"]
            claims |= [
                found["verdict"] == "skilled",
                scores["dm"]["better_p_value"] <= 0.05,
                scores["direction"]["p_value"] <= 0.05,
                scores["after_costs"]["1x"]["low"] > 0,
            ]
        fooled += claims
    assert (fooled <= slots * 0.05).all()


def _first(entries: Entries, count: int) -> Entries:
    columns = (getattr(entries, name)[:count] for name in COLUMNS)
    return Entries(*columns, entries.horizon, costs_bps=0.5)


def test_what_was_not_said_is_not_scored_and_what_was_is_scored_as_if_it_stood_alone() -> None:
    whole = _entries(600)
    said = np.arange(600) % 3 == 0
    hidden = {name: np.where(said, getattr(whole, name), np.nan) for name in ("low_80", "high_80")}
    nothing = np.full(600, np.nan)
    partly = replace(whole, **hidden, low_95=nothing, high_95=nothing, prob_up=nothing)  # type: ignore[arg-type]
    found = score_entries(partly, repeated=False)["scores"]
    full = score_entries(whole, repeated=False)["scores"]
    inside = (whole.low_80 <= whole.realised) & (whole.realised <= whole.high_80)
    assert found["coverage"] == {"0.8": pytest.approx(inside[said].mean()), "0.95": None}
    assert (found["winkler"]["0.95"], found["pinball"], found["brier"]) == (None, None, None)
    for name in ("n", "mae", "skill", "dm", "mase"):
        assert found[name] == full[name]
    # Without a chance, the direction is that of the point.
    right = np.sign(whole.realised - whole.last) == np.sign(whole.predicted - whole.last)
    assert found["direction"]["accuracy"] == pytest.approx(right.mean())
