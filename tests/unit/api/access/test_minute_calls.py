"""Calls are counted by name, minute by minute."""

import pytest

from api.access.minute_calls import MinuteCalls
from core.errors import TooManyRequests


def test_a_name_has_its_share_of_each_minute() -> None:
    now = 0.0
    calls = MinuteCalls(clock=lambda: now)
    for name in ("a", "a", "b"):
        calls.count(name, 2, "No more.")
    with pytest.raises(TooManyRequests, match="No more") as refused:
        calls.count("a", 2, "No more.")
    assert refused.value.retry_after == 60
    now = 60.0
    calls.count("a", 2, "No more.")


def test_names_without_end_take_no_memory_without_end() -> None:
    calls = MinuteCalls(clock=lambda: 0.0)
    for number in range(25_000):
        calls.count(str(number), 2, "No more.")
    assert len(calls._calls) <= 10_000
