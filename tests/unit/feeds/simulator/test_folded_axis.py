"""A line played forwards and backwards for ever, against the same written out."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from feeds.simulator.folded_axis import FoldedAxis

ASCENDING = st.lists(st.integers(0, 50), min_size=1, max_size=12).map(sorted)
UNIQUE = st.sets(st.integers(0, 200), min_size=1, max_size=12).map(sorted)


def written_out(values: list[int], step: int, runs: int) -> list[int]:
    """Return the numbers of so many runs by stepping through the pauses between them."""
    pauses = np.diff(values).tolist()
    line = [values[0]]
    for run in range(runs):
        for pause in pauses if run % 2 == 0 else pauses[::-1]:
            line.append(line[-1] + pause)
        line.append(line[-1] + step)
    return line[:-1]


@given(values=ASCENDING, step=st.integers(1, 9), limit=st.integers(-5, 400))
def test_it_goes_on_with_the_same_pauses_backwards(
    values: list[int], step: int, limit: int
) -> None:
    axis = FoldedAxis(np.array(values), step, endless=True)
    line = written_out(values, step, 6)

    assert [axis.value(i) for i in range(len(line))] == line
    if limit < line[-1]:
        assert axis.through(limit) == sum(value <= limit for value in line)


@given(values=ASCENDING, step=st.integers(1, 9), limit=st.integers(-5, 400))
def test_one_that_is_not_endless_ends_with_its_file(
    values: list[int], step: int, limit: int
) -> None:
    axis = FoldedAxis(np.array(values), step, endless=False)

    assert axis.through(limit) == sum(value <= limit for value in values)


@given(values=UNIQUE, index=st.integers(0, 100))
def test_an_index_comes_from_a_row_there_and_back(values: list[int], index: int) -> None:
    rows = [*range(len(values)), *reversed(range(len(values)))]

    row, backwards = FoldedAxis(np.array(values), 1, endless=True).row(index)

    assert row == rows[index % len(rows)]
    assert backwards == (index % len(rows) >= len(values))
