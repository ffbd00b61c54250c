"""A feed that stops is seen, in the watch-list and in the log; one that comes is a success."""

import logging

import pytest

from core.clock.times import now_ms
from core.series import Series
from storage.candles.candle_columns import Candles
from storage.stores import Stores
from tasks.candles.check_feeds import check_feeds

BITCOIN = Series("mt5-ic", "BTCUSD", 300)


def hold(stores: Stores, age_s: int) -> None:
    """Hold a candle of a market that never closes, which ended so long ago or less."""
    opening = (now_ms() // 1_000 - age_s) // 300 * 300 - 300
    stores.candles.write(BITCOIN, Candles.from_rows([[opening, 1, 1, 1, 1, 1]]))


def test_a_watched_feed_without_candles_is_no_success(
    stores: Stores, caplog: pytest.LogCaptureFixture
) -> None:
    stores.watches.add(BITCOIN)
    hold(stores, 3 * 86_400)
    with caplog.at_level(logging.WARNING):
        assert check_feeds(stores) == 1
        assert check_feeds(stores) == 1
    (watch,) = stores.watches.list()
    assert watch.last_success_at is None
    assert watch.last_error is not None
    assert "though the market is open" in watch.last_error
    assert list(stores.freshness.noted()) == [BITCOIN]
    assert len(caplog.messages) == 1
    hold(stores, 0)
    assert check_feeds(stores) == 0
    (watch,) = stores.watches.list()
    assert watch.last_error is None
    assert watch.last_success_at
    assert stores.freshness.noted() == {}


def test_what_nobody_watches_is_a_feed_only_if_a_terminal_feeds_its_platform(
    stores: Stores,
) -> None:
    hold(stores, 3_600)
    assert check_feeds(stores) == 0
    stores.feeds.confirm("mt5-ic", "NY+7")
    assert check_feeds(stores) == 1
