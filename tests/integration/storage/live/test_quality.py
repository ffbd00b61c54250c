"""What a market's data went through is counted, and differences of candles are kept."""

import redis

from core.series import Market
from storage.candles.differences import CandleValues, Difference
from storage.live.quality import QualityCount, QualityLog

MARKET = Market("x", "A-B")


def difference(number: int) -> Difference:
    ours = CandleValues(1.0, 2.0, 1.0, 2.0, 5.0, 3)
    return Difference(
        1_700_000_000_000 + number, 60, number * 60, ours, CandleValues(1, 2, 1, 2, 6)
    )


def test_counts_add_up_and_are_told_even_where_nothing_was_counted(
    redis_client: "redis.Redis",
) -> None:
    log = QualityLog(redis_client)
    log.count(MARKET, {QualityCount.LATE: 2, QualityCount.REBUILT: 0})
    log.count(MARKET, {QualityCount.LATE: 3})

    assert log.counts(MARKET) == {name.value: 5 * (name == "late") for name in QualityCount}


def test_differences_come_newest_first_page_by_page(redis_client: "redis.Redis") -> None:
    log, all_of_them = QualityLog(redis_client), [difference(number) for number in range(5)]
    log.note(MARKET, all_of_them)

    first, cursor = log.newest(MARKET, 3)
    rest, end = log.newest(MARKET, 3, cursor)

    assert first + rest == all_of_them[::-1]
    assert end is None


def test_the_log_of_differences_is_bounded(redis_client: "redis.Redis") -> None:
    log = QualityLog(redis_client)
    log.note(MARKET, [difference(number) for number in range(1_005)])

    assert redis_client.xlen("quality:x:A-B:log") == 1_000
