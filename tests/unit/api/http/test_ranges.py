"""Ranges of time as requests give them."""

import pytest
import time_machine

from api.http.ranges import CANDLES_LIMIT, Range, check_size, opening_seconds, past_range
from core.errors import InvalidRequest

NOW = 1_700_000_000_000


@pytest.fixture(autouse=True)
def _now() -> object:
    with time_machine.travel(NOW / 1_000, tick=False):
        yield


@pytest.mark.parametrize(
    "start", [1_600_000_000, 1_600_000_000_000, "1600000000", "2020-09-13T12:26:40Z"]
)
def test_a_start_may_be_iso_or_epoch_seconds_or_milliseconds(start: int | str) -> None:
    assert past_range(start, None) == Range(1_600_000_000_000, NOW)


def test_an_end_that_lies_ahead_is_now() -> None:
    assert past_range(0, "2090-01-01") == Range(0, NOW)


@pytest.mark.parametrize(
    ("start", "end", "said"),
    [
        ("2023-11-15", None, "start lies in the future"),
        (NOW, None, "start lies in the future"),
        (1_600_000_000, 1_600_000_000, "start must be before end"),
        (1_600_000_001, 1_600_000_000, "start must be before end"),
        ("soon", None, "start must be an ISO 8601 time"),
        (0, "later", "end must be an ISO 8601 time"),
        (float("nan"), None, "start must be"),
        (float("inf"), None, "start must be"),
        (-1, None, "start must be"),
    ],
)
def test_a_range_that_cannot_be_fetched_is_refused(
    start: float | str, end: float | str | None, said: str
) -> None:
    with pytest.raises(InvalidRequest, match=said):
        past_range(start, end)


def test_a_field_within_another_is_named_in_full() -> None:
    with pytest.raises(InvalidRequest, match=r"fetch\.start must be before fetch\.end"):
        past_range(2, 1, "fetch.")


def test_a_range_is_bounded_by_the_candles_it_spans() -> None:
    step = 60
    largest = Range(0, (CANDLES_LIMIT - 1) * step * 1_000)
    assert check_size(largest, step) == CANDLES_LIMIT
    with pytest.raises(InvalidRequest, match="the limit is"):
        check_size(largest._replace(end=largest.end + step * 1_000), step)


def test_reading_takes_both_ends_and_leaves_them_open_where_they_are_missing() -> None:
    assert opening_seconds(None, None) == (None, None)
    assert opening_seconds("1600000000000", "1600000000999") == (1_600_000_000, 1_600_000_000)
    assert opening_seconds("1600000000001", None) == (1_600_000_001, None)
    with pytest.raises(InvalidRequest, match="start must not be after end"):
        opening_seconds(2, 1)
