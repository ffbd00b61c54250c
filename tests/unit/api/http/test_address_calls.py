"""Calls without a key are counted by address."""

import pytest

from api.http.address_calls import AddressCalls
from core.errors import TooManyRequests


def test_an_address_has_its_share_of_each_minute() -> None:
    now = 0.0
    calls = AddressCalls(2, clock=lambda: now)
    for address in ("a", "a", "b"):
        calls.count(address)
    with pytest.raises(TooManyRequests) as refused:
        calls.count("a")
    assert refused.value.retry_after == 60
    now = 60.0
    calls.count("a")


def test_addresses_without_end_take_no_memory_without_end() -> None:
    calls = AddressCalls(2, clock=lambda: 0.0)
    for number in range(25_000):
        calls.count(str(number))
    assert len(calls._calls) <= 10_000
