"""The grid of a series is learnt from what an exchange gives, and anew when clocks change."""

from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from msgspec.structs import asdict

from core.jobs import asked
from core.requests import FetchCandles
from core.series import Series
from storage.stores import Stores
from tasks.candles.collect_candles import collect_candles

NEW_YORK, DAY = ZoneInfo("America/New_York"), 86_400
SERIES = Series("oanda", "EUR_USD", DAY)


class FromSeventeen:
    """An exchange whose days begin at 17:00 in New York, and whose pages hold 50 of them."""

    platform, page_limit, clock_offset_ms = "oanda", 50, None

    def fetch_page(self, symbol: str, resolution: int, start: int, end: int) -> list[list[float]]:
        evenings = (_opening(date(2024, 1, 1) + timedelta(days=n)) for n in range(800))
        return [[at, 1.0, 1.2, 0.9, 1.1, 5.0] for at in evenings if start <= at <= end]


def _opening(day: date) -> int:
    return int(datetime.combine(day, time(17), NEW_YORK).timestamp())


def _fetch(stores: Stores, first: date, last: date) -> dict[str, Any]:
    span = {"start": (_opening(first) - 9_000) * 1_000, "end": _opening(last) * 1_000}
    job = stores.jobs.create("fetch_candles", [("fetch_candles", "fetch")], asdict(SERIES) | span)
    typed = asked(job, FetchCandles)
    return asdict(
        collect_candles(
            lambda _: FromSeventeen(),  # type: ignore[arg-type,return-value]
            *(stores, typed, lambda _: None, lambda _: None),
        )
    )


def test_an_exchange_s_days_from_17_00_new_york_are_kept_whole_over_pages(stores: Stores) -> None:
    result = _fetch(stores, date(2024, 2, 1), date(2025, 2, 28))

    assert (result["inserted"], result["rejected"], result["gaps"]) == (394, 0, [])
    assert str(stores.facts.get(SERIES).grid) == "17:00 America/New_York"
    assert stores.candles.times(SERIES)[-1] == _opening(date(2025, 2, 28))


def test_what_a_summer_showed_is_learnt_anew_when_the_clocks_change(stores: Stores) -> None:
    _fetch(stores, date(2024, 6, 1), date(2024, 10, 1))
    assert str(stores.facts.get(SERIES).grid) == "21:00 UTC"

    result = _fetch(stores, date(2024, 9, 20), date(2024, 12, 1))

    assert str(stores.facts.get(SERIES).grid) == "17:00 America/New_York"
    assert (result["rejected"], result["gaps"]) == (0, [])
    assert stores.candles.count(SERIES) == 184
