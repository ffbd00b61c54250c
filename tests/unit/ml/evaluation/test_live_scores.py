"""Scores of ledger entries are those of any forecasts, with an interval fit for many looks."""

import numpy as np
import pytest

from ml.evaluation.live_scores import Entries, score_entries
from ml.scoring.uncertainty import skill_interval


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
