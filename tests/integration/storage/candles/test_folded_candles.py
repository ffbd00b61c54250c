"""Candles that are made where they are asked for, by a plain loop as oracle."""

import random
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from core.clock.grids import Grid
from core.series import CandleFlag, Series
from storage.candles.candle_columns import Candles
from storage.candles.folding.folded_candles import FoldedCandles, FoldedPage
from storage.candles.market_hours import MarketHours
from storage.candles.series_facts import SeriesFacts
from storage.stores import Stores

HOUR, DAY = 3_600, 86_400
# A Monday.
START = int(datetime(2024, 1, 1, tzinfo=UTC).timestamp())
HOURS, FOURS = Series("x", "A", HOUR), Series("x", "A", 4 * HOUR)
NEW_YORK = ZoneInfo("America/New_York")
Bar = tuple[int, float, float, float, float, float, bool]


def hold(stores: Stores, openings: list[int], series: Series = HOURS) -> Candles:
    rows = [[t, 10 + n % 9, 20 + n % 7, 5 - n % 5, 9 + n % 3, 1.0] for n, t in enumerate(openings)]
    candles = Candles.from_rows([[float(one) for one in row] for row in rows])
    stores.candles.write(series, candles)
    return candles


def folded(stores: Stores, now: int) -> FoldedCandles:
    hours = MarketHours(stores.candles, stores.facts)
    return FoldedCandles(stores.candles, stores.facts, hours, clock=lambda: now * 1_000)


def bars(page: FoldedPage) -> list[Bar]:
    held = page.candles
    gaps = (held.flags & CandleFlag.GAP) != 0
    columns = (held.time, held.open, held.high, held.low, held.close, held.volume, gaps)
    return list(zip(*(column.tolist() for column in columns), strict=True))


def oracle(held: Candles, now: int) -> list[Bar]:
    """Return the bars of four hours that are whole: not the first or the last of half a one."""
    parts: dict[int, list[int]] = {}
    for n, opened in enumerate(held.time.tolist()):
        parts.setdefault(opened // (4 * HOUR) * 4 * HOUR, []).append(n)
    found = []
    for opened, inside in parts.items():
        first, last = held.time[inside[0]], held.time[inside[-1]]
        if inside[0] == 0 and first != opened:
            continue
        if inside[-1] == len(held) - 1 and last != opened + 3 * HOUR:
            continue
        if opened + 4 * HOUR <= now:
            high, low = max(held.high[inside]), min(held.low[inside])
            prices = held.open[inside[0]], high, low, held.close[inside[-1]]
            found.append((opened, *prices, float(len(inside)), len(inside) < 4))
    return found


@pytest.mark.parametrize("seed", range(12))
def test_pages_of_either_way_are_the_whole_candles_that_a_loop_makes(
    stores: Stores, seed: int
) -> None:
    draw = random.Random(seed)
    count = draw.choice([1, 3, 30, 300])
    start = START + draw.randrange(4) * HOUR
    share = draw.choice([0.3, 0.9, 1.0])
    openings = [start + n * HOUR for n in range(count) if draw.random() < share] or [start]
    held, now = hold(stores, openings), openings[-1] + draw.choice([1, 2, 9]) * HOUR
    reader, limit = folded(stores, now), draw.choice([1, 3, 50])
    ahead: list[Bar] = []
    page = reader.page(FOURS, START - DAY, None, limit, newest=False)
    ahead += bars(page)
    while page.more and len(page.candles):
        page = reader.page(FOURS, int(page.candles.time[-1]) + 1, None, limit, newest=False)
        ahead += bars(page)
    page = reader.page(FOURS, None, None, limit, newest=True)
    back = bars(page)
    while page.more and len(page.candles):
        page = reader.page(FOURS, None, int(page.candles.time[0]), limit, newest=True)
        back = bars(page) + back
    assert ahead == back == oracle(held, now)
    assert page.source == HOUR


def test_a_closed_market_leaves_no_gap_and_a_missing_hour_does(stores: Stores) -> None:
    def is_open(second: int) -> bool:
        local = datetime.fromtimestamp(second, NEW_YORK)
        week_hour = local.weekday() * 24 + local.hour
        return week_hour < 4 * 24 + 17 or week_hour >= 6 * 24 + 17

    weeks = [START + n * HOUR for n in range(10 * 7 * 24)]
    missing = START + 9 * 7 * DAY + 2 * DAY + 5 * HOUR
    openings = [at for at in weeks if is_open(at) and at != missing]
    hold(stores, openings)
    reader = folded(stores, weeks[-1] + 60 * HOUR)
    for length in (4 * HOUR, DAY):
        page = reader.page(Series("x", "A", length), None, None, 1_000, newest=True)
        gaps = page.candles.take((page.candles.flags & CandleFlag.GAP) != 0)
        assert gaps.time.tolist() == [missing // length * length]


def test_the_grid_is_the_series_own_and_the_longest_candles_are_joined(stores: Stores) -> None:
    days = Series("x", "A", DAY)
    hold(stores, [START + n * HOUR for n in range(20 * 24)])
    hold(stores, [START + n * 300 for n in range(50)], Series("x", "A", 300))
    hold(stores, [START + n * 300 for n in range(50)], Series("y", "A", 300))
    stores.facts.settle(days, SeriesFacts(Grid(17 * HOUR, "America/New_York")), replace=False)
    page = folded(stores, START + 40 * DAY).page(days, None, None, 5, newest=True)
    hours = {datetime.fromtimestamp(at, NEW_YORK).hour for at in page.candles.time.tolist()}
    assert (page.source, hours, len(page.candles)) == (HOUR, {17}, 5)
    assert np.all(page.candles.volume == 24)


def test_what_is_held_is_read_and_without_anything_there_is_no_newest(stores: Stores) -> None:
    hold(stores, [START + n * 4 * HOUR for n in range(9)], FOURS)
    hold(stores, [START + n * HOUR for n in range(90)])
    reader = folded(stores, START + 40 * DAY)
    page = reader.page(FOURS, None, None, 100, newest=True)
    assert (page.source, len(page.candles), page.newest) == (None, 9, START + 8 * 4 * HOUR)
    assert reader.page(Series("x", "A", 60), None, None, 1, newest=True).newest is None
