"""One call per interval, whoever asks."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from feeds.rate_gate import RateGate, shared_gate


class Clock:
    """A clock that only moves when somebody sleeps or says so."""

    def __init__(self) -> None:
        self.now = 0.0

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@given(st.lists(st.tuples(st.floats(0, 3), st.floats(0, 2)), min_size=1))
def test_calls_are_never_closer_than_the_interval_before_them(
    steps: list[tuple[float, float]],
) -> None:
    clock = Clock()
    gate = RateGate(lambda: clock.now, clock.sleep)
    went: list[float] = []

    for passed, interval in steps:
        clock.now += passed
        gate.wait(interval)
        went.append(clock.now)

    for (earlier, later), (_, interval) in zip(pairwise(went), steps, strict=False):
        assert later - earlier >= interval - 1e-9


def test_a_call_after_a_pause_goes_at_once() -> None:
    clock = Clock()
    gate = RateGate(lambda: clock.now, clock.sleep)
    gate.wait(1)
    clock.now += 5

    gate.wait(1)

    assert clock.now == 5


def test_connectors_of_one_exchange_share_a_gate() -> None:
    assert shared_gate("coinbase here") is shared_gate("coinbase here")
    assert shared_gate("coinbase here") is not shared_gate("coinbase there")
