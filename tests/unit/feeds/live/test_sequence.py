"""What a feed leaves out is known, whatever the order and the repetitions."""

import random

from hypothesis import given
from hypothesis import strategies as st

from feeds.live.sequence import MOST_PARTS, Sequence


def missing(ids: Sequence) -> set[int]:
    return {n for part in ids.missing for n in range(part.first, part.last + 1)}


@given(st.integers(1, 200), st.integers(0, 10_000), st.floats(0, 0.6))
def test_missing_is_exactly_what_lies_between_and_did_not_come(
    count: int, seed: int, lost: float
) -> None:
    dice, ids = random.Random(seed), Sequence()
    came = [n for n in range(count) if n == 0 or dice.random() >= lost]
    order = came[:1] + dice.sample(came[1:], len(came) - 1) + dice.choices(came, k=5)
    for n in order:
        ids.heard(n, n, 0.0)

    assert missing(ids) == set(range(max(came))) - set(came)
    assert ids.newest == max(came)


def test_the_first_trade_has_nothing_before_it() -> None:
    ids = Sequence()
    ids.heard(500, 500, 0.0)

    assert ids.missing == []


def test_a_heartbeat_shows_trades_lost_at_the_end() -> None:
    ids = Sequence()
    ids.heard(5, 5, 0.0)
    ids.exists(8, 0.0)
    ids.heard(7, 7, 0.0)

    assert missing(ids) == {6, 8}


def test_what_is_missing_is_due_after_a_grace_and_again_after_a_pause() -> None:
    ids = Sequence(grace_s=1.0)
    ids.heard(1, 1, 10.0)
    ids.heard(5, 5, 10.0)
    assert ids.due(10.5) == []
    (part,) = ids.due(11.0)

    ids.arrived(3, 3)
    ids.postpone(part.first, part.last, 20.0)

    assert ids.due(19.0) == []
    assert [(one.first, one.last, one.attempts) for one in ids.due(20.0)] == [(2, 2, 1), (4, 4, 1)]


def test_so_many_parts_that_memory_would_grow_are_joined_and_none_is_forgotten() -> None:
    ids = Sequence()
    for n in range(0, 4 * MOST_PARTS, 2):
        ids.heard(n, n, 0.0)

    assert len(ids.missing) <= MOST_PARTS
    assert missing(ids) >= set(range(1, 4 * MOST_PARTS - 2, 2))
