"""Calls are counted by name, minute by minute."""

import pytest

from api.access.minute_calls import MinuteCalls
from core.errors import TooManyRequests
from core.process.shared_counts import SharedCounts


def test_a_name_has_its_share_of_each_minute() -> None:
    now = 0.0
    calls = MinuteCalls(SharedCounts(clock=lambda: now))
    for name in ("a", "a", "b"):
        calls.count(name, 2, "No more.")
    with pytest.raises(TooManyRequests, match="No more") as refused:
        calls.count("a", 2, "No more.")
    assert refused.value.retry_after == 60
    for _ in range(5):
        now += 60
        calls.count("a", 2, "No more.")
