"""Old trades are deleted: their candles stay, and no trade is counted twice or in the dark."""

from pathlib import Path

import pytest
import redis

from core.clock.resolutions import DAY
from core.messages import IdKind
from core.settings import Settings
from storage.trades.exclusion import Print
from storage.trades.stream_stores import StreamStores, open_stream_stores
from tasks.jobs.purge_records import purge_archive
from tests.integration.storage.trades.test_trade_writer import (
    START,
    assert_equals_oracle,
    make_trades,
    pack,
    stored_candles,
)
from tests.trade_oracle import RawTrade

NOW_MS = START // 1_000 + 100 * DAY * 1_000


@pytest.fixture
def stream(redis_settings: Settings, redis_client: "redis.Redis", tmp_path: Path) -> StreamStores:
    own = redis_settings.model_copy(update={"data_dir": tmp_path})
    return open_stream_stores(own, redis_client)


def purged(stream: StreamStores) -> int:
    stream.archive.spill("x", "A-B", 2**52)
    return purge_archive(stream.archive, 30, NOW_MS)


def write(stream: StreamStores, rows: list[RawTrade], kind: IdKind = IdKind.TRADE) -> list[int]:
    """Return how many were new, repeated and set aside."""
    (found,) = stream.writer.write("x", {"A-B": [pack(rows, kind)]})
    return [found.new, found.duplicates, found.quarantined]


def test_nothing_is_deleted_unless_it_is_asked_for(stream: StreamStores) -> None:
    write(stream, make_trades(100, 3))
    stream.archive.spill("x", "A-B", 2**52)
    assert purge_archive(stream.archive, 0, NOW_MS) == 0
    assert stream.archive.hours("x", "A-B")


def test_candles_outlive_their_trades_and_what_comes_again_or_late_is_counted_once(
    redis_client: "redis.Redis", stream: StreamStores
) -> None:
    rows = make_trades(400, 5)
    write(stream, rows[:300])
    assert purged(stream) > 0
    assert stream.archive.hours("x", "A-B") == []

    assert write(stream, rows[:300]) == [0, 300, 0]
    assert write(stream, rows) == [100, 300, 0]
    assert_equals_oracle(redis_client, "A-B", rows)
    assert purged(stream) > 0
    for day in stream.upkeep.days("x", "A-B"):
        stream.upkeep.rebuild_day("x", "A-B", day)
    assert_equals_oracle(redis_client, "A-B", rows)


def test_without_ids_what_may_have_been_counted_is_refused_with_its_reason(
    redis_client: "redis.Redis", stream: StreamStores
) -> None:
    old = [row._replace(trade_id=0) for row in make_trades(50, 7)]
    new = [row._replace(time=row.time + 99 * DAY * 1_000_000) for row in old]
    write(stream, old, IdKind.NONE)
    assert purged(stream) > 0
    before = stored_candles(redis_client, "A-B", DAY)

    assert write(stream, old + new, IdKind.NONE) == [50, 0, 50]
    rejected, _ = stream.quarantine.newest("x", 100)
    assert len(rejected) == 50
    assert {one.reason[:5] for one in rejected} == {"no id"}
    assert before.items() <= stored_candles(redis_client, "A-B", DAY).items()
    # Those that are kept are told apart as ever.
    assert write(stream, new, IdKind.NONE) == [0, 50, 0]


def test_a_print_of_a_day_without_trades_tears_no_candle(
    redis_client: "redis.Redis", stream: StreamStores
) -> None:
    rows = make_trades(200, 9)
    write(stream, rows)
    bad = Print(rows[50].time, rows[50].trade_id, float(rows[50].price))
    assert stream.exclusions.exclude("x", "A-B", [bad]) == 1
    without = stored_candles(redis_client, "A-B", 60)
    assert purged(stream) > 0

    other = Print(rows[60].time, rows[60].trade_id, float(rows[60].price))
    assert stream.exclusions.exclude("x", "A-B", [other]) == 0
    for day in stream.upkeep.days("x", "A-B"):
        stream.upkeep.rebuild_day("x", "A-B", day)
    assert stored_candles(redis_client, "A-B", 60) == without
