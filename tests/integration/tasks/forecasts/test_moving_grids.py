"""Candles that open by a market's clock are forecast for their own openings through its changes."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from core.clock.grids import parse_grid
from core.forecast_target import ForecastTarget
from core.ledger import LIVE
from core.series import Series
from storage.candles.candle_columns import Candles
from storage.candles.series_facts import SeriesFacts
from storage.ledger.ledger_verify import verify_ledger
from storage.stores import Stores
from tasks.forecasts.forecast_slots import SlotForecaster
from tasks.forecasts.score_forecasts import ForecastScorer
from tasks.forecasts.train_slots import train_slot
from tests.clocks import clock_at
from tests.integration.tasks.forecasts import desk

NEW_YORK = ZoneInfo("America/New_York")
FROM_17_00 = parse_grid("17:00@America/New_York")
DAY = 86_400
CHANGES = {"spring": date(2026, 3, 8), "autumn": date(2026, 11, 1)}


def _second(moment: datetime) -> int:
    return int(moment.timestamp())


def _days(first: date, last: date) -> list[int]:
    """Openings of foreign exchange: 17:00 New York from Sunday to Thursday."""
    evenings = (
        datetime.combine(first + timedelta(days=n), time(17), NEW_YORK)
        for n in range((last - first).days)
    )
    return [_second(at) for at in evenings if at.weekday() not in (4, 5)]


def _four_hours(first: date, last: date) -> list[int]:
    """Openings around the clock: 17:00, 21:00, 01:00 and so on by New York's clock."""
    return [
        _second(datetime.combine(first + timedelta(days=n), time(hour), NEW_YORK))
        for n in range((last - first).days)
        for hour in (1, 5, 9, 13, 17, 21)
    ]


def _candles(openings: list[int]) -> Candles:
    like = desk.candles(len(openings), 0, seed=3)
    return like.replace(time=np.array(openings, np.int64))


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("resolution", [DAY, DAY // 6])
def test_a_series_from_17_00_new_york_is_forecast_and_judged_through_a_change_of_clocks(
    stores: Stores, change: str, resolution: int
) -> None:
    day, around = CHANGES[change], 6 if resolution == DAY else 2
    make, history = (_days, 600) if resolution == DAY else (_four_hours, 120)
    openings = make(day - timedelta(days=history), day + timedelta(days=around))
    begin = len(make(day - timedelta(days=history), day - timedelta(days=around)))
    series = Series("file", "EURUSD", resolution)
    target = ForecastTarget("file", "EURUSD", resolution, 2, "ewma")
    stores.facts.settle(series, SeriesFacts(FROM_17_00), replace=True)
    whole = _candles(openings)
    with clock_at(datetime.fromtimestamp(openings[begin] + 60).astimezone().isoformat()):
        stores.candles.write(series, whole.take(slice(0, begin)))
        assert desk.done(stores, train_slot, desk.training(target)).result["promoted"]  # type: ignore[index]
        stores.watches.add(series)
        SlotForecaster(stores).run()  # too late for this candle, which was under way

    forecaster, scorer = SlotForecaster(stores), ForecastScorer()
    for place in range(begin + 1, len(openings)):
        now = datetime.fromtimestamp(openings[place] + 3).astimezone().isoformat()
        with clock_at(now):
            stores.candles.write(series, whole.take(slice(place - 1, place)))
            assert forecaster.run() == 1, now
            scorer.run(stores)

    rows = stores.ledger_reader.page(LIVE, {}, 0, 4_000_000_000, 99).rows
    assert [row.first_opening for row in rows] == openings[begin + 1 :]
    assert [row.opening for row in rows][:-1] == openings[begin + 2 :]
    assert [row.realised for row in rows[:-2]] == whole.close[begin + 2 : -1].tolist()
    assert stores.ledger_reader.missed() == {}
    assert verify_ledger(stores.engine, stores.heads).ok
