"""Every accepted trade can be read back, once and in order, from Redis and from files."""

import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis

from core.messages import IdKind
from storage.journal.archive import JournalArchive
from storage.journal.pages import Position, TradeRow
from storage.journal.query import Entry, TradeReader
from storage.trades.writer import TradeWriter
from tests.integration.storage.trades.test_trade_writer import START, make_trades, pack
from tests.trade_oracle import RawTrade

FAR = 2**60


@pytest.fixture
def archive(redis_client: "redis.Redis", tmp_path: Path) -> JournalArchive:
    return JournalArchive(redis_client, tmp_path)


def read_all(reader: TradeReader, limit: int, start: int = 0, end: int = FAR) -> list[TradeRow]:
    """Return all trades by paging to the end."""
    rows: list[TradeRow] = []
    after: Position | None = None
    while True:
        page = reader.page("x", "A-B", start, end, limit, after)
        assert len(page.rows) <= limit
        rows += page.rows
        after = page.next_position
        if after is None:
            return rows


def write_shuffled(client: "redis.Redis", rows: list[RawTrade], seed: int) -> None:
    shuffled = list(rows)
    random.Random(seed).shuffle(shuffled)
    writer = TradeWriter(client)
    for at in range(0, len(shuffled), 23):
        writer.write("x", {"A-B": [pack(shuffled[at : at + 23])]})


@pytest.mark.parametrize(("limit", "count"), [(1, 200), (7, 600), (100, 1_500), (5_000, 1_500)])
def test_paging_tells_every_trade_once_and_in_order(
    redis_client: "redis.Redis", archive: JournalArchive, limit: int, count: int
) -> None:
    rows = make_trades(count, seed=limit)
    write_shuffled(redis_client, rows, seed=limit)

    told = read_all(TradeReader(redis_client, archive), limit)

    assert [(t.trade_id, t.time, t.price, t.size) for t in told] == [
        (row.trade_id, row.time, float(row.price), float(row.size)) for row in rows
    ]


def test_old_batches_move_to_files_and_are_read_as_before(
    redis_client: "redis.Redis", archive: JournalArchive
) -> None:
    rows = make_trades(3_000, seed=5)
    write_shuffled(redis_client, rows, seed=5)
    reader = TradeReader(redis_client, archive)
    before = read_all(reader, 500)

    moved = archive.spill("x", "A-B", rows[-1].time // 1_000)

    assert moved > 0
    assert redis_client.xlen("journal:x:A-B") > 0
    assert read_all(reader, 500) == before
    part = [row for row in before if rows[700].time <= row.time <= rows[2_000].time]
    assert read_all(reader, 500, rows[700].time, rows[2_000].time) == part


@pytest.mark.parametrize("limit", [3, 40])
def test_pages_keep_the_order_where_an_hour_lies_in_redis_and_in_its_file(
    redis_client: "redis.Redis", archive: JournalArchive, limit: int
) -> None:
    minute, hour = 60_000_000, START // 3_600_000_000 * 3_600_000_000
    rows = [RawTrade(n, hour + n * minute // 7, "1", "2") for n in range(400)]
    # Wide and narrow ones by turns: some begin before others of the same hour and end after them.
    parts = [rows[0:400:3], *(rows[at : at + 9] for at in range(0, 400, 9))]
    writer = TradeWriter(redis_client)
    for number, part in enumerate(parts):
        writer.write("x", {"A-B": [pack(part)]})
        if number == len(parts) // 2:
            assert archive.spill("x", "A-B", FAR // 1_000) > 0
    assert redis_client.xlen("journal:x:A-B") > 0

    told = read_all(TradeReader(redis_client, archive), limit)

    assert [trade.trade_id for trade in told] == list(range(400))


@pytest.mark.parametrize("in_files", [False, True])
def test_pages_of_a_shuffled_hour_read_it_once_and_tell_what_came_meanwhile(
    redis_client: "redis.Redis",
    archive: JournalArchive,
    monkeypatch: pytest.MonkeyPatch,
    in_files: bool,
) -> None:
    hour = START // 3_600_000_000 * 3_600_000_000
    rows = [RawTrade(n, hour + n * 1_000_000, "1", "2") for n in range(0, 1_000, 2)]
    for first in range(5):
        TradeWriter(redis_client).write("x", {"A-B": [pack(rows[first::5])]})
    if in_files:
        archive.spill("x", "A-B", FAR // 1_000)
    reader, read = TradeReader(redis_client, archive), Counter[str]()
    whole = TradeReader.entries

    def counted(*args: Any) -> Iterator[Entry]:
        for entry in whole(*args):
            read[entry.name] += 1
            yield entry

    monkeypatch.setattr(TradeReader, "entries", counted)
    ids, after = list[int | None](), None
    for place in range(6):
        page = reader.page("x", "A-B", 0, FAR, 50, after)
        ids, after = [*ids, *(row.trade_id for row in page.rows)], page.next_position
        if place == 2:
            assert set(read.values()) == {1}
            late = RawTrade(301, hour + 301 * 1_000_000, "1", "2")
            TradeWriter(redis_client).write("x", {"A-B": [pack([late])]})
        if place == 4:
            archive.spill("x", "A-B", FAR // 1_000)
    assert ids == [*range(0, 302, 2), 301, *range(302, 598, 2)]
    assert max(read.values()) <= 3


def test_a_frame_cut_short_by_a_crash_hides_no_other(
    redis_client: "redis.Redis", archive: JournalArchive, tmp_path: Path
) -> None:
    rows = make_trades(200, seed=1)
    write_shuffled(redis_client, rows, seed=1)
    archive.spill("x", "A-B", FAR // 1_000)
    path = next((tmp_path / "x" / "A-B").glob("*.journal"))
    whole = read_all(TradeReader(redis_client, archive), 1_000)

    path.write_bytes(path.read_bytes() + b"\x03\x00\xff\x00\x00\x00abc")

    assert read_all(TradeReader(redis_client, archive), 1_000) == whole
    late = RawTrade(9_999, rows[0].time, "1", "1")
    TradeWriter(redis_client).write("x", {"A-B": [pack([late])]})
    archive.spill("x", "A-B", FAR // 1_000)
    assert len(read_all(TradeReader(redis_client, archive), 1_000)) == len(whole) + 1


def test_identical_trades_without_ids_are_all_told_over_pages(
    redis_client: "redis.Redis", archive: JournalArchive
) -> None:
    rows = [RawTrade(0, START, "1", "2")] * 5
    TradeWriter(redis_client).write("x", {"A-B": [pack(rows, IdKind.NONE)]})

    told = read_all(TradeReader(redis_client, archive), 2)

    assert told == [TradeRow(None, START, 1.0, 2.0, "buy", None)] * 5
