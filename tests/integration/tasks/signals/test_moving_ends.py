"""What lasts a day from 17:00 New York lasts 23 or 25 hours where that clock changes."""

from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec
import numpy as np
import pytest

from api.robots.items import scan_item
from core.clock.grids import parse_grid
from core.clock.times import format_time
from core.forecast_target import ForecastTarget
from core.series import CandleFlag, Market
from storage.candles.candle_columns import Candles
from storage.candles.freshness import FreshnessStore
from storage.candles.series_facts import SeriesFacts
from storage.database import reading, writing
from storage.ledger import append_only
from storage.ledger.ledger_tables import ledger_events
from storage.ledger.sealed_signals import SealedSignals
from storage.markets.snapshots import SnapshotReader
from storage.service.service_state import newest_close
from storage.stores import Stores
from tasks.forecasts.score_forecasts import ForecastScorer
from tests.clocks import clock_at
from tests.integration.tasks.forecasts import desk
from tests.made_forecasts import forecast
from tests.made_signals import unsealed

DAY, GRACE = 86_400, 30
TARGET = ForecastTarget("file", "GOLD", DAY, 1, "barrier_signals")
NEW_YORK = ZoneInfo("America/New_York")
# A day in whose midst the clock changes, and how long it is in hours.
CHANGES = pytest.mark.parametrize(
    ("year", "month", "day", "hours"), [(2026, 3, 7, 23), (2026, 10, 31, 25), (2026, 6, 6, 24)]
)


@pytest.fixture
def placed(stores: Stores) -> Stores:
    stores.facts.settle(
        TARGET.series, SeriesFacts(parse_grid("17:00@America/New_York")), replace=True
    )
    with writing(stores.engine) as connection:
        append_only.lift(connection)  # the database's clock would not believe it
    return stores


def _opening(year: int, month: int, day: int) -> int:
    return int(datetime(year, month, day, 17, tzinfo=NEW_YORK).timestamp())


def _seal(stores: Stores, opening: int) -> None:
    """Seal a signal to buy whose only candle opens then."""
    like = unsealed(
        opening=opening - DAY, input_end=opening, current_price=100.0, take_profit=102.0
    )
    one = msgspec.structs.replace(like, target=TARGET, first_opening=opening, opening=opening)
    sealed = SealedSignals(stores.engine, stores.heads, clock=lambda: opening * 1_000 + 2_345)
    assert sealed.append([one]).rows


@CHANGES
def test_a_signal_of_such_a_day_is_current_and_held_until_the_day_ends(
    placed: Stores, year: int, month: int, day: int, hours: int
) -> None:
    opening = _opening(year, month, day)
    end = opening + hours * 3_600
    _seal(placed, opening)

    for _ in ("from the ledger", "from the board"):
        row = placed.board.newest([TARGET])[TARGET]
        assert (row.first_close, row.end) == (end, end)
        assert not row.is_stale(end + GRACE - 1)
        assert row.is_stale(end + GRACE)
        assert scan_item(row, None, opening).exit_by == format_time(end * 1_000)
    (paper,) = placed.facts.on_grids(placed.record_reads.directional(0))
    assert paper.end == end


@CHANGES
def test_a_candle_of_such_a_day_closes_where_the_next_one_opens(
    placed: Stores, year: int, month: int, day: int, hours: int
) -> None:
    opening = _opening(year, month, day)
    end = opening + hours * 3_600
    candle: Candles = desk.candles(1, 0, seed=1).replace(time=np.array([opening], np.int64))
    with clock_at(datetime.fromtimestamp(end + 60).astimezone().isoformat()):
        placed.candles.write(TARGET.series, candle)
        assert newest_close(placed, TARGET.series) == end * 1_000
        freshness = FreshnessStore(placed.redis, placed.candles, placed.facts)
        reader = SnapshotReader(placed.redis, freshness, placed.markets)
        found = reader.read(Market("file", "GOLD"), [DAY])
        assert found is not None
        assert found.at == end * 1_000


@CHANGES
def test_an_outcome_is_known_as_soon_as_such_a_day_has_ended(
    placed: Stores, year: int, month: int, day: int, hours: int
) -> None:
    opening = _opening(year, month, day)
    target = msgspec.structs.replace(TARGET, model="ewma")
    one = msgspec.structs.replace(
        forecast(), target=target, first_opening=opening, opening=opening, input_end=opening
    )
    with clock_at(datetime.fromtimestamp(opening + 1).astimezone().isoformat()):
        assert placed.ledger.append([one]).rows
    candle: Candles = desk.candles(1, 0, seed=1).replace(time=np.array([opening], np.int64))
    forming = candle.replace(flags=np.array([int(CandleFlag.PARTIAL)], candle.flags.dtype))
    for seconds, came, known in ((-1, forming, 0), (3, candle, 1)):
        at = datetime.fromtimestamp(opening + hours * 3_600 + seconds).astimezone()
        with clock_at(at.isoformat()):
            placed.candles.write(target.series, came)
            assert ForecastScorer().run(placed) == known


@CHANGES
def test_an_outcome_of_the_past_is_stamped_with_the_end_of_such_a_day(
    placed: Stores, year: int, month: int, day: int, hours: int
) -> None:
    opening, grid = _opening(year, month, day), parse_grid("17:00@America/New_York")
    target = msgspec.structs.replace(TARGET, model="ewma")
    one = msgspec.structs.replace(
        forecast(), target=target, first_opening=opening, opening=opening, input_end=opening
    )
    placed.ledger.create_replay("replay-1", "a-job", {})
    (row,) = placed.ledger.append_replayed("replay-1", [one]).rows
    placed.ledger.record_outcomes("replay-1", {row.seq: 101.0}, grid=grid)
    with reading(placed.engine) as connection:
        stamps = connection.execute(ledger_events.select()).mappings().all()
    assert [stamp["recorded_at"] for stamp in stamps] == [(opening + hours * 3_600) * 1_000]
