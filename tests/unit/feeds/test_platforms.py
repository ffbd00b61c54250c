"""The list of platforms is what the installed ccxt offers, no more and no less."""

from importlib import import_module
from typing import Any

import pytest

from core.clock.resolutions import RESOLUTIONS
from core.errors import InvalidRequest, NotFound
from core.platforms import (
    CCXT_NAMES,
    PLATFORMS,
    RESOLUTIONS_OFFERED,
    WITHOUT_CANDLES,
    ccxt_name,
    check_platform,
    check_platform_resolution,
    raw_symbol,
)
from feeds.exchange_candles import timeframes


@pytest.fixture(scope="module")
def exchanges() -> dict[str, Any]:
    ccxt = import_module("ccxt")
    return {name: getattr(ccxt, name)() for name in ccxt.exchanges}


def test_the_names_are_those_of_ccxt(exchanges: dict[str, Any]) -> None:
    assert exchanges.keys() == CCXT_NAMES


def test_platforms_without_candles_are_those_whose_api_has_none(exchanges: dict[str, Any]) -> None:
    assert {n for n, e in exchanges.items() if not e.has.get("fetchOHLCV")} == WITHOUT_CANDLES
    assert not PLATFORMS & WITHOUT_CANDLES


def test_resolutions_are_those_that_each_exchange_offers(exchanges: dict[str, Any]) -> None:
    for platform in PLATFORMS:
        lengths = timeframes(exchanges[ccxt_name(platform)])
        known = tuple(length for length in RESOLUTIONS if length in lengths)
        assert RESOLUTIONS_OFFERED[platform] == known, platform


def test_coinbase_is_coinbase_exchange_and_advanced_trade_has_its_own_name() -> None:
    assert ccxt_name("coinbase") == "coinbaseexchange"
    assert ccxt_name("coinbaseadvanced") == "coinbase"
    assert ccxt_name("kraken") == "kraken"


@pytest.mark.parametrize("name", ["coinbse", "bit2c", "", "file", "Binance", "x" * 1_000])
def test_an_unknown_platform_is_not_found(name: str) -> None:
    with pytest.raises(NotFound):
        check_platform(name)


def test_an_unknown_platform_is_told_the_nearest() -> None:
    with pytest.raises(NotFound, match="coinbase"):
        check_platform("coinbse")


def test_a_resolution_that_the_platform_lacks_is_refused_with_those_it_has() -> None:
    with pytest.raises(InvalidRequest, match="60, 300, 900, 3600, 21600, 86400"):
        check_platform_resolution("coinbase", 1_800)
    assert check_platform_resolution("binance", 1_800) == 1_800


@pytest.mark.parametrize(
    ("platform", "written", "raw"),
    [
        ("coinbase", "BTC/USD", "BTC-USD"),
        ("binance", "BTC/USDT", "BTCUSDT"),
        ("gate", "BTC/USDT", "BTC_USDT"),
        ("coinbase", "BTC-USD", "BTC-USD"),
    ],
)
def test_a_unified_symbol_becomes_the_platforms_own(platform: str, written: str, raw: str) -> None:
    assert raw_symbol(platform, written) == raw
