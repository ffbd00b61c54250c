"""What is known of a market and of its costs, and who said so."""

from typing import Any

import pytest

from core.clock.times import now_ms
from core.series import Series
from storage.stores import Stores
from storage.trades.tickers import Ticker, TickerStore
from tests.integration.api.conftest import Api
from tests.integration.api.work import hold_candles

BTC, EURUSD = "/markets/coinbase/BTC-USD", "/markets/mt5/EURUSD"


async def test_a_market_has_default_costs_until_somebody_tells_others(api: Api) -> None:
    before = (await api("GET", BTC)).json
    assert before["costs"]["round_trip_bps"] == 20.0
    assert (before["costs"]["source"], before["tick_size"], before["bids"]) == (
        "default", None, False,
    )  # fmt: skip
    told = {"tick_size": 0.01, "zone": "America/New_York", "costs": {"commission_bps": 8}}
    shown = (await api("PUT", BTC, json=told)).json
    assert shown == (await api("GET", BTC)).json
    assert (shown["tick_size"], shown["zone"]) == (0.01, "America/New_York")
    assert (shown["costs"]["round_trip_bps"], shown["costs"]["source"]) == (8.0, "set")


async def test_a_part_is_set_without_touching_the_others_and_null_takes_it_back(api: Api) -> None:
    await api("PUT", EURUSD, json={"digits": 5, "costs": {"spread_bps": 0.8}})
    await api("PUT", EURUSD, json={"costs": {"commission_bps": 0.5}})
    shown = (await api("GET", EURUSD)).json
    assert (shown["digits"], shown["costs"]["round_trip_bps"]) == (5, 1.3)
    taken_back = {"digits": None, "costs": {"spread_bps": None}}
    shown = (await api("PUT", EURUSD, json=taken_back)).json
    assert shown["digits"] is None
    assert (shown["costs"]["spread_bps"], shown["costs"]["commission_bps"]) == (2.0, 0.5)
    assert shown["costs"]["sources"]["spread_bps"] == "default"


async def test_a_spread_is_measured_from_pushed_quotes(api: Api, stores: Stores) -> None:
    now, quotes = now_ms(), []
    for n in range(40):
        spread = 0.0001 if n % 4 else 0.01  # a quarter is torn apart
        quotes.append(Ticker("EURUSD", now - 1_000 * n, None, 1.0, 1.0 + spread))
    TickerStore(stores.redis).write("mt5", quotes)
    costs = (await api("GET", EURUSD)).json["costs"]
    assert costs["spread_bps"] == pytest.approx(1.0, rel=1e-3)
    assert costs["source"] == "measured"


async def test_markets_are_listed_where_candles_are_held_or_something_was_told(
    api: Api, stores: Stores
) -> None:
    hold_candles(stores, 10, Series("file", "GBPUSD", 3_600))
    await api("PUT", EURUSD, json={"contract_size": 100_000})
    shown = (await api("GET", "/markets")).json["markets"]
    assert [(one["platform"], one["symbol"]) for one in shown] == [
        ("file", "GBPUSD"), ("mt5", "EURUSD"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "body",
    [
        {"costs": {"spread_bps": -1}},
        {"costs": {"fee": 1}},
        {"tick_size": 0},
        {"zone": "Atlantis/Nowhere"},
        {"sessions": ["Mon"] * 65},
    ],
)
async def test_what_cannot_be_is_refused_and_nothing_is_kept(
    api: Api, body: dict[str, Any]
) -> None:
    assert (await api("PUT", BTC, json=body)).status_code == 422
    assert (await api("GET", "/markets")).json == {"markets": []}
