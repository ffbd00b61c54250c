"""No training label knows anything of a test."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ml.data.walkforward import Fold, Spans, fixed_split, hold_out, purge, walk_forward


@st.composite
def spans(draw: st.DrawFn) -> Spans:
    """Labels of random lengths at random, possibly equal, times."""
    steps = draw(st.lists(st.integers(0, 5), min_size=12, max_size=60))
    lengths = draw(st.lists(st.integers(0, 12), min_size=len(steps), max_size=len(steps)))
    start = np.cumsum(steps).astype(np.int64)
    return Spans(start, start + np.array(lengths))


def split_or_skip(labels: Spans, folds: int, embargo: int, window: int | None) -> list[Fold]:
    try:
        return walk_forward(labels, folds=folds, embargo=embargo, window=window)
    except ValueError:
        assume(False)
        raise


@given(spans(), st.integers(1, 4), st.integers(0, 6), st.none() | st.integers(1, 20))
def test_no_training_label_reaches_into_a_test(
    labels: Spans, folds: int, embargo: int, window: int | None
) -> None:
    for fold in split_or_skip(labels, folds, embargo, window):
        for train in fold.train:
            for test in fold.test:
                assert labels.end[train] + embargo <= labels.start[test]


@given(spans(), st.integers(1, 4), st.integers(0, 6))
def test_an_expanding_fold_leaves_out_only_what_it_must(
    labels: Spans, folds: int, embargo: int
) -> None:
    for fold in split_or_skip(labels, folds, embargo, None):
        first = int(fold.test[0])
        allowed = [r for r in range(first) if labels.end[r] + embargo <= labels.start[first]]
        assert fold.train.tolist() == allowed


@given(spans(), st.integers(1, 4))
def test_tests_follow_one_another_to_the_end(labels: Spans, folds: int) -> None:
    tests = [fold.test for fold in split_or_skip(labels, folds, 0, None)]

    joined = np.concatenate(tests).tolist()

    assert joined == list(range(len(labels) // 2, len(labels)))
    assert max(map(len, tests)) - min(map(len, tests)) <= 1


@given(spans(), st.integers(1, 4), st.integers(1, 10))
def test_a_rolling_fold_keeps_the_newest_rows_only(labels: Spans, folds: int, window: int) -> None:
    expanding = split_or_skip(labels, folds, 0, None)
    rolling = split_or_skip(labels, folds, 0, window)

    for long, short in zip(expanding, rolling, strict=True):
        assert short.train.tolist() == long.train[-window:].tolist()


def test_too_few_rows_for_the_folds_are_refused() -> None:
    labels = Spans(np.arange(4), np.arange(4) + 1)

    with pytest.raises(ValueError, match="too few"):
        walk_forward(labels, folds=3)


def test_a_fold_that_keeps_too_little_to_learn_from_is_refused() -> None:
    labels = Spans(np.arange(40), np.arange(40) + 15)

    with pytest.raises(ValueError, match="keeps 6 rows of the 7"):
        walk_forward(labels, folds=2, min_train=7)


@given(spans(), st.integers(1, 6), st.integers(0, 4))
def test_a_held_out_tail_is_purged_like_a_test(labels: Spans, count: int, embargo: int) -> None:
    rows = np.arange(len(labels))

    fold = hold_out(labels, rows, count, embargo)

    assert fold.test.tolist() == rows[-count:].tolist()
    assert all(labels.end[row] + embargo <= labels.start[fold.test[0]] for row in fold.train)


def test_a_label_known_at_the_very_instant_stays() -> None:
    labels = Spans(np.array([0, 1, 2]), np.array([5, 6, 7]))

    assert purge(labels, np.arange(3), before=6).tolist() == [0, 1]


@given(spans(), st.integers(6, 11), st.integers(0, 6))
def test_a_fixed_split_tests_all_that_starts_later_and_learns_what_was_known(
    labels: Spans, first: int, embargo: int
) -> None:
    test_from = int(labels.start[first])
    try:
        fold = fixed_split(labels, test_from, embargo)
    except ValueError:
        assume(False)
        raise

    for row in range(len(labels)):
        assert (row in fold.test) == (labels.start[row] >= test_from)
        assert (row in fold.train) == (labels.end[row] + embargo <= test_from)


def test_a_fixed_split_that_leaves_nothing_to_learn_is_refused() -> None:
    labels = Spans(np.arange(10), np.arange(10) + 3)

    with pytest.raises(ValueError, match="leaves 0"):
        fixed_split(labels, 2)
