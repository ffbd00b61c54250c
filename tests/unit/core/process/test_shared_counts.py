"""Processes that were forked from one count together."""

import multiprocessing
import os
from collections import Counter, defaultdict

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
            counts.happened("b", 4)
        held.set()
        go.wait(30)
        os._exit(0)  # as if it were killed: nothing is given back

    process = FORK.Process(target=child)
    process.start()
    assert held.wait(30)
    assert counts.opened("a") == 4
    assert counts.happened("b", 4) == 0
    assert counts.happened("b", 4) > 0
    go.set()
    process.join(30)
    counts.clear_row(1)
    assert counts.open("a") == 1


@given(
    st.lists(
        st.tuples(st.sampled_from([0, 0.1, 4.9, 5, 17.3, 59.9, 60, 70]), st.integers(0, 2), NAMES),
        max_size=40,
    ),
    st.integers(1, 5),
)
def test_within_any_minute_no_more_happens_than_may_whoever_counts(
    steps: list[tuple[float, int, str]], limit: int
) -> None:
    now = 30.0
    counts, taken = SharedCounts(rows=3, clock=lambda: now), defaultdict[str, list[float]](list)
    for passed, row, name in steps:
        now += passed
        counts._own = counts._bases[row]
        wait = counts.happened(name, limit)
        within = [time for time in taken[name] if time > now - 60]
        if wait == 0:
            assert len(within) < limit
            taken[name].append(now)
        else:
            # One that happened in the step before this minute may still count.
            assert len([time for time in taken[name] if time > now - 65]) >= limit
            now += wait
            assert counts.happened(name, limit) == 0
            taken[name].append(now)


def test_names_without_end_take_no_memory_and_share_hardly_any_count() -> None:
    counts = SharedCounts()
    for number in range(5_000):
        counts.opened(f"address {number}")
    assert sum(counts.open(f"other {number}") > 0 for number in range(2_000)) < 100
