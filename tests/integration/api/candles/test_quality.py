"""Where an exchange's finished candle differs from our complete one, both are kept."""

import pytest

from core.series import CandleFlag, Market, make_series
from storage.candles.candle_columns import Candles
from storage.live.quality import QualityCount, QualityLog
from storage.stores import Stores
from tests.integration.api.conftest import Api

SERIES = make_series("coinbase", "BTC-USD", "1m")
OPENING = 1_718_409_600
BUILT = int(CandleFlag.FROM_TRADES)


def _candle(close: float, flags: int = 0, opening: int = OPENING) -> Candles:
    return Candles.from_rows([[opening, 10.0, 12.0, 9.0, close, 5.0, 7, flags]])


async def test_both_candles_are_listed_with_the_counts(api: Api, stores: Stores) -> None:
    QualityLog(stores.redis).count(Market("coinbase", "BTC-USD"), {QualityCount.LATE: 3})
    stores.candles.write(SERIES, _candle(11.0, BUILT))
    stores.candles.write(SERIES, _candle(11.5))
    stores.candles.write(SERIES, _candle(11.5))

    page = (await api("GET", "/quality/coinbase/BTC-USD")).json

    assert page["counts"]["late"] == 3
    [found] = page["differences"]
    assert (found["resolution"], found["time"]) == (60, "2024-06-15T00:00:00Z")
    assert (found["ours"]["close"], found["theirs"]["close"]) == (11.0, 11.5)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (_candle(11.0, BUILT), _candle(11.0)),
        (_candle(11.0, BUILT | CandleFlag.PARTIAL), _candle(11.5)),
        (_candle(11.0, BUILT | CandleFlag.GAP), _candle(11.5)),
        (_candle(11.0, BUILT), _candle(11.5, int(CandleFlag.PARTIAL))),
        (_candle(11.0), _candle(11.5)),
    ],
    ids=["equal", "ours unfinished", "ours with a gap", "theirs unfinished", "both theirs"],
)
async def test_only_whole_candles_that_differ_are_listed(
    api: Api, stores: Stores, ours: Candles, theirs: Candles
) -> None:
    stores.candles.write(SERIES, ours)
    stores.candles.write(SERIES, theirs)

    assert (await api("GET", "/quality/coinbase/BTC-USD")).json["differences"] == []


async def test_the_pages_of_differences_lead_from_the_newest_to_the_oldest(
    api: Api, stores: Stores
) -> None:
    for minute in range(3):
        stores.candles.write(SERIES, _candle(11.0, BUILT, OPENING + 60 * minute))
        stores.candles.write(SERIES, _candle(11.5, 0, OPENING + 60 * minute))
    times, cursor = [], ""
    while cursor is not None:
        page = (
            await api("GET", "/quality/coinbase/BTC-USD", params={"limit": 1, "cursor": cursor})
        ).json
        times += [found["time"][14:16] for found in page["differences"]]
        cursor = page["next_cursor"]
    assert times == ["02", "01", "00"]
