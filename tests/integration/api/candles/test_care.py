"""Series are described, deleted and renamed; for a day that can be undone."""

import pytest

from core.series import Series
from storage.stores import Stores
from tests.integration.api.conftest import Api
from tests.integration.api.work import HOURLY, hold_candles, hold_partial
from tests.made_forecasts import forecasts

MARKET = "/candles/coinbase/BTC-USD"


def _held(stores: Stores, series: Series = HOURLY) -> list[float]:
    closes: list[float] = stores.candles.read(series).close.tolist()
    return closes


async def test_a_market_is_described_with_what_hangs_on_it(api: Api, stores: Stores) -> None:
    hold_partial(stores, 5)
    [told] = (await api("GET", MARKET)).json["series"]
    assert (told["rows"], told["holes"], told["missing"]) == (5, 0, 0)
    assert told["flags"] == {"partial": 1}
    assert (told["resolution"], told["watched"], told["traded"]) == (3_600, False, False)
    assert told["ledger_rows"] == 0


@pytest.mark.parametrize("path", [MARKET, f"{MARKET}/1h"])
async def test_what_is_deleted_is_told_first_and_comes_back_for_a_day(
    api: Api, stores: Stores, path: str
) -> None:
    stores.ledger.append(forecasts(2))
    hold_candles(stores, 5)
    before = _held(stores)
    dry = (await api("DELETE", f"{path}?dry_run=true")).json
    assert (dry["dry_run"], dry["id"], dry["series"][0]["rows"]) == (True, None, 5)
    assert _held(stores) == before
    gone = (await api("DELETE", path)).json
    assert (_held(stores), (await api("GET", MARKET)).status_code) == ([], 404)
    assert len((await api("GET", "/ledger")).json["rows"]) == 2  # never deleted
    undone = await api("POST", f"/candles/undo/{gone['id']}")
    assert undone.json == {"series": ["coinbase:BTC-USD:3600"]}
    assert _held(stores) == before
    assert (await api("POST", f"/candles/undo/{gone['id']}")).status_code == 404


async def test_what_is_stored_again_meanwhile_is_not_overwritten(api: Api, stores: Stores) -> None:
    hold_candles(stores, 5)
    gone = (await api("DELETE", MARKET)).json
    hold_candles(stores, 3)
    assert (await api("POST", f"/candles/undo/{gone['id']}")).status_code == 409
    assert len(_held(stores)) == 3


async def test_a_market_gets_another_symbol_and_its_own_again(api: Api, stores: Stores) -> None:
    hold_candles(stores, 5)
    before, new = _held(stores), Series("coinbase", "OLD-USD", 3_600)
    moved = (await api("POST", f"{MARKET}/rename", json={"to": "OLD-USD"})).json
    assert (_held(stores), _held(stores, new)) == ([], before)
    assert stores.candles.all_series() == [new]
    hold_candles(stores, 3)
    assert (await api("POST", f"{MARKET}/rename", json={"to": "OLD-USD"})).status_code == 409
    stores.candles.delete(HOURLY)
    await api("POST", f"/candles/undo/{moved['id']}")
    assert (_held(stores), _held(stores, new)) == (before, [])


async def test_what_would_come_again_by_itself_is_not_deleted(api: Api, stores: Stores) -> None:
    hold_candles(stores, 3)
    stores.watches.add(HOURLY)
    refused = await api("DELETE", MARKET)
    assert (refused.status_code, len(_held(stores))) == (409, 3)
    assert "DELETE /watch" in refused.json["detail"]
    reader = {"X-API-Key": stores.keys.create("reader", "r")[0]}
    assert (await api("DELETE", MARKET, headers=reader)).status_code == 403
