"""Processes that were forked from one count together."""

import multiprocessing
import os
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from core.process.shared_counts import SharedCounts

FORK = multiprocessing.get_context("fork")
NAMES = st.sampled_from(["a", "b", "sockets of 10.0.0.1"])


@given(st.lists(st.tuples(st.integers(0, 3), NAMES, st.booleans()), max_size=60))
def test_what_is_open_is_the_sum_of_all_rows(steps: list[tuple[int, str, bool]]) -> None:
    counts, opened = SharedCounts(rows=4), Counter[tuple[int, str]]()
    for row, name, opens in steps:
        counts._own = counts._bases[row]
        if opens:
            counts.opened(name)
            opened[row, name] += 1
        elif opened[row, name]:
            counts.closed(name)
            opened[row, name] -= 1
    for name in ("a", "b", "sockets of 10.0.0.1"):
        assert counts.open(name) == sum(opened[row, name] for row in range(4))


def test_forks_see_each_others_counts_and_what_one_held_ends_with_it() -> None:
    counts = SharedCounts(rows=2)
    held, go = FORK.Event(), FORK.Event()

    def child() -> None:
        counts.take_row(1)
        for _ in range(3):
            counts.opened("a")
            counts.happened("b")
        held.set()
        go.wait(30)
        os._exit(0)  # as if it were killed: nothing is given back

    process = FORK.Process(target=child)
    process.start()
    assert held.wait(30)
    assert counts.opened("a") == 4
    assert counts.happened("b")[0] in (1, 4)  # 1 if the minute ended in between
    go.set()
    process.join(30)
    counts.clear_row(1)
    assert counts.open("a") == 1


def test_what_happened_is_counted_by_the_minute_in_every_row() -> None:
    now = 30.0
    counts = SharedCounts(rows=2, clock=lambda: now)
    assert [counts.happened("a")[0] for _ in range(3)] == [1, 2, 3]
    counts._own = counts._bases[1]
    assert counts.happened("a") == (4, 30.0)
    now = 90.0
    assert counts.happened("a") == (1, 30.0)
    now = 150.0
    # The first row has been silent since: what it wrote into this table counts no more.
    assert counts.happened("a") == (1, 30.0)
    counts._own = counts._bases[0]
    assert counts.happened("a") == (2, 30.0)


def test_names_without_end_take_no_memory_and_share_hardly_any_count() -> None:
    counts = SharedCounts()
    for number in range(5_000):
        counts.opened(f"address {number}")
    assert sum(counts.open(f"other {number}") > 0 for number in range(2_000)) < 100
