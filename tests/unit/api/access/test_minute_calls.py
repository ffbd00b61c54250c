"""Calls are counted by name, within any minute."""

import pytest

from api.access.minute_calls import MinuteCalls
from core.errors import TooManyRequests
from core.process.shared_counts import SharedCounts


def test_a_name_has_its_share_of_any_minute() -> None:
    now = 0.0
    calls = MinuteCalls(SharedCounts(clock=lambda: now))
    for name in ("a", "a", "b"):
        calls.count(name, 2, "No more.")
    with pytest.raises(TooManyRequests, match="No more") as refused:
        calls.count("a", 2, "No more.")
    assert refused.value.retry_after == 65
    for _ in range(5):
        now += 65
        calls.count("a", 2, "No more.")


def test_two_bursts_around_the_turn_of_a_minute_are_no_more_than_one() -> None:
    now = 59.9
    calls = MinuteCalls(SharedCounts(clock=lambda: now))
    calls.count("a", 1, "No more.")
    for now in (60.1, 90.0, 119.8):  # noqa: B007 - the clock reads it
        with pytest.raises(TooManyRequests):
            calls.count("a", 1, "No more.")
