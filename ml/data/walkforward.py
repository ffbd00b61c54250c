"""Splits of labels in time: purged, embargoed, expanding or rolling; never shuffled.

A label belongs to a row and spans `(start, end]`: known about the row is what
was known at `start`, and the label itself is known at `end`. Two rows are kept
apart when the later one's start is not before the earlier one's end. Source:
López de Prado, Advances in Financial Machine Learning (2018), chapter 7, of
which only splits that train on the past are taken.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.intp]


@dataclass(frozen=True, eq=False, slots=True)
class Spans:
    """Where labels start and end, in indices or seconds, ascending by start."""

    start: NDArray[np.int64]
    end: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.start)


@dataclass(frozen=True, eq=False, slots=True)
class Fold:
    """Rows to learn from and rows to be judged on, which lie wholly after them."""

    train: Rows
    test: Rows


def purge(spans: Spans, rows: Rows, before: int, embargo: int = 0) -> Rows:
    """Return those of `rows` whose labels were known `embargo` before the instant `before`."""
    return rows[spans.end[rows] + embargo <= before]


def hold_out(spans: Spans, rows: Rows, count: int, embargo: int = 0) -> Fold:
    """Split off the last `count` of `rows`, and purge the others of what overlaps them."""
    train, test = rows[: len(rows) - count], rows[len(rows) - count :]
    return Fold(purge(spans, train, int(spans.start[test[0]]), embargo), test)


def fixed_split(spans: Spans, test_from: int, embargo: int = 0) -> Fold:
    """Return one split: all labels that lie from `test_from` on are tested.

    That is an instant in the unit of `spans`; a label that starts there is tested, and
    learnt from are those known `embargo` before. Raises `ValueError` where either is none.
    """
    rows = np.arange(len(spans))
    train, test = purge(spans, rows, test_from, embargo), rows[spans.start >= test_from]
    if not len(train) or not len(test):
        raise ValueError(f"a split at {test_from} leaves {len(train)} and {len(test)} rows")
    return Fold(train, test)


def walk_forward(
    spans: Spans,
    *,
    folds: int,
    first_test: float = 0.5,
    embargo: int = 0,
    min_train: int = 1,
    window: int | None = None,
) -> list[Fold]:
    """Return `folds` splits whose tests follow one another through the rows' last part.

    The tests share the rows after the fraction `first_test` evenly. Each trains
    on all purged rows before it, or on the newest `window` of them. Raises
    `ValueError` where a fold would keep fewer than `min_train` rows or no test.
    """
    rows = np.arange(len(spans))
    edges = np.linspace(int(len(rows) * first_test), len(rows), folds + 1).astype(int)
    splits = []
    for start, stop in pairwise(edges):
        if stop == start:
            raise ValueError(f"{len(rows)} rows are too few for {folds} folds")
        train = purge(spans, rows[:start], int(spans.start[start]), embargo)
        train = train[-window:] if window else train
        if len(train) < min_train:
            raise ValueError(
                f"a fold keeps {len(train)} rows of the {min_train} it must learn from"
            )
        splits.append(Fold(train, rows[start:stop]))
    return splits
