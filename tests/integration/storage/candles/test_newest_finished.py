"""The newest finished candle is the last one that had ended when it was stored."""

import pytest
import redis

from core.series import CandleFlag, make_series
from storage.candles.candle_columns import Candles
from storage.candles.candle_store import CandleStore
from storage.candles.newest_finished import newest_finished, newest_is_unfinished

SERIES = make_series("file", "A", "1m")


@pytest.mark.parametrize(
    ("flags", "newest", "unfinished"),
    [
        ([], None, False),
        ([CandleFlag.PARTIAL], None, True),
        ([0], 60, False),
        ([0, CandleFlag.PARTIAL], 60, True),
        ([0, CandleFlag.OPEN_OUTSIDE], 120, False),
    ],
)
def test_the_newest_finished_candle_is_the_last_without_the_mark(
    redis_client: "redis.Redis", flags: list[int], newest: int | None, unfinished: bool
) -> None:
    store = CandleStore(redis_client)
    rows = [[60 * (n + 1), 1, 2, 1, 2, 1, -1, int(flag)] for n, flag in enumerate(flags)]
    store.write(SERIES, Candles.from_rows(rows))

    assert newest_finished(store, SERIES) == newest
    assert newest_is_unfinished(store, SERIES) is unfinished
