"""Candles made of trades open where their series' grid says, through changes of clocks."""

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import redis

from core.clock.grids import parse_grid
from core.clock.resolutions import DAY, HOUR
from core.series import CandleFlag, Series
from storage.candles.series_facts import SeriesFacts, SeriesFactsStore
from storage.journal.archive import JournalArchive
from storage.trades.exclusion import Exclusions, Print
from storage.trades.maintenance import TradeUpkeep
from storage.trades.writer import TradeWriter
from tests.integration.storage.trades.test_trade_writer import (
    assert_equals_oracle,
    pack,
    stored_candles,
)
from tests.trade_oracle import RawTrade, oracle_candles

NEW_YORK = ZoneInfo("America/New_York")
CHANGES = {
    "spring": datetime(2026, 3, 5, tzinfo=NEW_YORK),
    "autumn": datetime(2025, 10, 30, tzinfo=NEW_YORK),
}
GRIDS = {DAY: "17:00@America/New_York", HOUR: "09:30@America/New_York"}


def _trades(begin: datetime, seed: int) -> list[RawTrade]:
    """Return trades of seven days, one about every ten minutes."""
    dice, time = random.Random(seed), int(begin.timestamp()) * 1_000_000
    rows = []
    for number in range(1_000):
        time += dice.randrange(1, 1_200_000_000)
        rows.append(
            RawTrade(number, time, f"{dice.uniform(1, 2):.5f}", f"{dice.uniform(1, 9):.2f}")
        )
    return rows


def _openings(begin: datetime) -> dict[int, list[int]]:
    """Return where candles open by the wall clock, told by the standard library alone."""

    def days() -> Iterator[int]:
        for n in range(-2, 12):
            yield int((begin + timedelta(days=n)).replace(hour=17).timestamp())

    first = int(begin.timestamp()) - 2 * DAY
    # New York's clock moves by whole hours: half past is half past in UTC.
    hours = range(first // HOUR * HOUR + 1_800, first + 14 * DAY, HOUR)
    return {DAY: list(days()), HOUR: list(hours)}


def _expected(rows: list[RawTrade], openings: list[int]) -> dict[int, tuple[float, ...]]:
    """Return the candles between openings: of each span's trades as if it were one candle."""
    found = {}
    for begin, end in pairwise(openings):
        inside = [row for row in rows if begin <= row.time // 1_000_000 < end]
        if inside:
            # A length that holds any of the spans, so that the oracle makes one candle of it.
            (found[begin],) = oracle_candles(inside, 2**40).values()
    return found


def _flags(client: "redis.Redis", resolution: int) -> dict[int, int]:
    rows = client.execute_command("TS.RANGE", f"flags:x:A-B:{resolution}", "-", "+")
    return {at // 1_000: int(float(value)) for at, value in rows}


@pytest.fixture
def upkeep(redis_client: "redis.Redis", tmp_path: Path) -> TradeUpkeep:
    return TradeUpkeep(redis_client, JournalArchive(redis_client, tmp_path))


def _settle(client: "redis.Redis") -> None:
    for resolution, grid in GRIDS.items():
        facts = SeriesFacts(parse_grid(grid))
        SeriesFactsStore(client).settle(Series("x", "A-B", resolution), facts, replace=False)


def _write(client: "redis.Redis", rows: list[RawTrade], seed: int) -> None:
    shuffled = list(rows)
    random.Random(seed).shuffle(shuffled)
    writer = TradeWriter(client)
    for at in range(0, len(rows), 90):
        writer.write("x", {"A-B": [pack(shuffled[at : at + 90])]})


@pytest.mark.parametrize("change", CHANGES)
def test_trades_make_the_candles_of_a_grid_that_moves_with_a_clock(
    redis_client: "redis.Redis", upkeep: TradeUpkeep, change: str
) -> None:
    rows, openings = _trades(CHANGES[change], 1), _openings(CHANGES[change])
    _settle(redis_client)
    _write(redis_client, rows, 2)

    for resolution in (DAY, HOUR):
        assert stored_candles(redis_client, "A-B", resolution) == _expected(
            rows, openings[resolution]
        )
        *_, last = sorted(marks := _flags(redis_client, resolution))
        assert [at for at, mark in marks.items() if mark & CandleFlag.PARTIAL] == [last]
    for resolution in (60, 300, 900):
        assert stored_candles(redis_client, "A-B", resolution) == oracle_candles(rows, resolution)


@pytest.mark.parametrize("change", CHANGES)
def test_a_day_that_is_longer_or_shorter_ends_when_the_clock_says(
    redis_client: "redis.Redis", upkeep: TradeUpkeep, change: str
) -> None:
    openings = _openings(CHANGES[change])[DAY]
    odd = next((a, b) for a, b in pairwise(openings) if b - a != DAY)
    assert odd[1] - odd[0] in (DAY - HOUR, DAY + HOUR)
    _settle(redis_client)
    _write(redis_client, [RawTrade(1, odd[0] * 1_000_000 + 5, "1.5", "2")], 1)

    upkeep.close_quiet("x", "A-B", odd[1] * 1_000 - 1, 0)
    assert _flags(redis_client, DAY)[odd[0]] & CandleFlag.PARTIAL
    upkeep.close_quiet("x", "A-B", odd[1] * 1_000, 0)
    assert not _flags(redis_client, DAY)[odd[0]] & CandleFlag.PARTIAL


@pytest.mark.parametrize("lost", ["ts:x:A-B:86400:close", "flags:x:A-B:86400", "agg:x:A-B:86400"])
def test_what_is_lost_of_a_moving_grid_is_rebuilt_on_it(
    redis_client: "redis.Redis", upkeep: TradeUpkeep, lost: str
) -> None:
    rows, openings = _trades(CHANGES["autumn"], 3), _openings(CHANGES["autumn"])
    _settle(redis_client)
    _write(redis_client, rows, 4)
    assert redis_client.delete(lost) == 1

    upkeep.rebuild("x", "A-B", rows[0].time // 1_000, rows[-1].time // 1_000)

    for resolution in (DAY, HOUR):
        assert stored_candles(redis_client, "A-B", resolution) == _expected(
            rows, openings[resolution]
        )


def test_a_grid_that_is_given_later_moves_the_candles_that_were_built_before(
    redis_client: "redis.Redis", upkeep: TradeUpkeep
) -> None:
    rows, openings = _trades(CHANGES["spring"], 5), _openings(CHANGES["spring"])
    writer = TradeWriter(redis_client)
    writer.write("x", {"A-B": [pack(rows[:600])]})
    assert_equals_oracle(redis_client, "A-B", rows[:600])

    _settle(redis_client)
    writer.write("x", {"A-B": [pack(rows[600:])]})
    assert upkeep.dirty() == [("x", "A-B")]
    upkeep.rebuild("x", "A-B", rows[0].time // 1_000, rows[-1].time // 1_000)

    for resolution in (DAY, HOUR):
        assert stored_candles(redis_client, "A-B", resolution) == _expected(
            rows, openings[resolution]
        )


def test_a_bad_print_leaves_the_candles_of_a_moving_grid(
    redis_client: "redis.Redis", upkeep: TradeUpkeep, tmp_path: Path
) -> None:
    rows, openings = _trades(CHANGES["autumn"], 6), _openings(CHANGES["autumn"])
    bad = rows[500]._replace(price="10000000")
    _settle(redis_client)
    _write(redis_client, [*rows[:500], bad, *rows[501:]], 7)

    exclusions = Exclusions(redis_client, JournalArchive(redis_client, tmp_path))
    assert exclusions.exclude("x", "A-B", [Print(bad.time, bad.trade_id, float(bad.price))]) == 1

    rest = [*rows[:500], *rows[501:]]
    for resolution in (DAY, HOUR):
        assert stored_candles(redis_client, "A-B", resolution) == _expected(
            rest, openings[resolution]
        )
