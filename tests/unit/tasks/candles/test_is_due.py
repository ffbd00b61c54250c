"""When a watched series wants a run."""

from hypothesis import given
from hypothesis import strategies as st

from core.series import Series
from storage.candles.watches import Watch
from tasks.candles.refresh_watched import LONGEST_PAUSE_MS, RETRY_MS, SETTLE_MS, is_due

MINUTE = 60_000


def _watch(
    success: int | None = None, run: int | None = None, error: str | None = None, step: int = 60
) -> Watch:
    return Watch(Series("coinbase", "BTC-USD", step), 0, run, success, error)


def test_a_new_watch_is_due_at_once() -> None:
    assert is_due(_watch(), 0)


def test_a_watch_is_due_two_seconds_after_each_candle_ended() -> None:
    watch = _watch(success=10 * MINUTE + SETTLE_MS, run=10 * MINUTE + SETTLE_MS)

    assert not is_due(watch, 11 * MINUTE + SETTLE_MS - 1)
    assert is_due(watch, 11 * MINUTE + SETTLE_MS)


def test_a_long_candle_is_looked_at_every_five_minutes() -> None:
    watch = _watch(success=SETTLE_MS, run=SETTLE_MS, step=86_400)

    assert not is_due(watch, SETTLE_MS + LONGEST_PAUSE_MS - 1)
    assert is_due(watch, SETTLE_MS + LONGEST_PAUSE_MS)


@given(st.integers(0, 2_000_000_000_000))
def test_after_a_failure_half_a_minute_passes(run: int) -> None:
    watch = _watch(success=run - 1, run=run, error="away")

    assert not is_due(watch, run + RETRY_MS - 1)
    assert is_due(watch, run + RETRY_MS)


@given(st.integers(0, 2_000_000_000_000), st.sampled_from([60, 300, 3_600, 86_400]))
def test_a_watch_that_just_succeeded_is_never_due(now: int, step: int) -> None:
    assert not is_due(_watch(success=now, run=now, step=step), now)
