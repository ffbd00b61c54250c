"""Each market has its own costs: told, measured or taken for granted, in this order."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.markets import ROUND_TRIP, costs_of, has_bid_candles


@pytest.mark.parametrize(
    ("platform", "symbol", "bids"),
    [
        ("coinbase", "BTC-USD", False),
        ("kraken", "EURUSD", False),  # an exchange's candles are of trades whatever it trades
        ("mt5", "US500", True),
        ("file", "EURUSD", True),
        ("dukascopy", "XAU-USD", True),
        ("file", "BTC-USD", False),
        ("file", "SAMPLE", False),
    ],
)
def test_candles_of_currencies_and_metals_are_of_bids_where_no_exchange_made_them(
    platform: str, symbol: str, bids: bool
) -> None:
    assert has_bid_candles(platform, symbol) is bids


@pytest.mark.parametrize(("bids", "costs"), [(False, 20.0), (True, 2.0)])
def test_a_market_of_which_nobody_spoke_costs_a_fee_or_a_spread(bids: bool, costs: float) -> None:
    found = costs_of(bids=bids, told={}, sources={}, measured=None)
    assert (found.round_trip_bps, found.source) == (costs, "default")


def test_what_was_told_outranks_what_was_measured_and_that_the_default() -> None:
    measured = costs_of(bids=True, told={}, sources={}, measured=1.3)
    assert (measured.spread_bps, measured.source) == (1.3, "measured")
    told = {"spread_bps": 0.9, "swap_long": -5.0}
    both = costs_of(bids=True, told=told, sources={"spread_bps": "venue"}, measured=1.3)
    assert (both.spread_bps, both.swap_long, both.source) == (0.9, -5.0, "venue")
    assert both.sources["swap_long"] == "set"
    assert both.sources["commission_bps"] == "default"


@given(st.dictionaries(st.sampled_from(ROUND_TRIP), st.floats(0, 1_000)), st.booleans())
def test_a_round_trip_costs_the_sum_of_its_parts(told: dict[str, float], bids: bool) -> None:
    found = costs_of(bids=bids, told=told, sources={}, measured=None)
    assert found.round_trip_bps == pytest.approx(sum(getattr(found, name) for name in ROUND_TRIP))
    assert all(getattr(found, name) == value for name, value in told.items())
