"""Which market a name means."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InvalidRequest, NotFound
from core.names import spell_symbol
from core.series import Market
from core.symbols.market_names import MarketNames, letters, parse_symbol_map, usual_market

BTC, TETHER = Market("coinbase", "BTC-USD"), Market("binance", "BTCUSDT")
GOLD, PAIR, OTHER = Market("file", "XAUUSD"), Market("mt5", "EURUSD"), Market("file", "EURUSD")
HELD = [BTC, TETHER, GOLD, PAIR, OTHER]


def names(told: dict[str, str] | None = None, *more: Market) -> MarketNames:
    return MarketNames([*HELD, *more], parse_symbol_map(told or {}), "coinbase")


@pytest.mark.parametrize(
    ("name", "platform", "market"),
    [
        ("BTC-USD", None, BTC),
        ("BTC/USD", None, BTC),
        ("BTCUSD", None, BTC),
        ("btc_usd", None, BTC),
        ("BTCUSDT", None, TETHER),
        ("XAUUSD", None, GOLD),
        ("xau/usd", None, GOLD),
        ("EURUSD", "mt5", PAIR),
        ("EUR/USD", "file", OTHER),
    ],
)
def test_a_name_means_the_exact_the_alike_or_the_only_market(
    name: str, platform: str | None, market: Market
) -> None:
    assert names().find(name, platform) == market


def test_what_the_settings_say_goes_before_what_is_held() -> None:
    told = names({"BTCUSD": "binance:BTCUSDT", "GOLD": "mt5:XAUUSD"})
    assert told.find("BTCUSD") == told.find("btc-usd", "binance") == TETHER
    assert told.find("GOLD") == Market("mt5", "XAUUSD")
    assert told.find("BTC-USD") == told.find("BTCUSD", "coinbase") == BTC


@pytest.mark.parametrize(
    ("name", "platform", "near"),
    [
        ("XAUUSX", None, "XAUUSD"),
        ("EURUS", "mt5", "EURUSD"),
        ("BTCUSDC", None, "BTCUSD"),  # no tether is a dollar but where the settings say so
    ],
)
def test_an_unknown_name_is_not_found_with_the_nearest(
    name: str, platform: str | None, near: str
) -> None:
    with pytest.raises(NotFound, match=f"Nearest: .*{near}"):
        names().find(name, platform)
    with pytest.raises(NotFound, match=r"is known as X\.\Z"):
        MarketNames([], {}, "coinbase").find("X")


def test_a_name_of_several_markets_names_them() -> None:
    with pytest.raises(InvalidRequest, match="file, mt5; name one") as caught:
        names().find("EURUSD")
    assert (caught.value.field, caught.value.choices) == ("platform", ["file", "mt5"])
    with pytest.raises(InvalidRequest, match=r"BTC\.USD or BTC_USD"):
        names({}, Market("x", "BTC.USD"), Market("x", "BTC_USD")).find("BTCUSD", "x")


def test_errors_name_no_market_that_somebody_may_not_see() -> None:
    with pytest.raises(NotFound, match=r"Nearest: EURUSD\.\Z"):
        names({"XAU": "file:XAUUSD"}).find("EURUSX", None, lambda one: one == PAIR)
    assert names().find("EURUSD", None, lambda one: one == PAIR) == PAIR
    assert names().find("EURUSD", None, lambda one: False) in (PAIR, OTHER)


def test_the_very_symbol_elsewhere_goes_before_one_of_equal_letters() -> None:
    assert names({}, Market("x", "XAU-USD")).find("XAUUSD") == GOLD


SYMBOLS = st.text("AZaz09-_./^=", min_size=1, max_size=12).map(spell_symbol)
MARKETS = st.sets(st.builds(Market, st.sampled_from(["coinbase", "x"]), SYMBOLS), max_size=8)


@given(MARKETS)
def test_the_name_that_is_shown_of_a_market_finds_it_again(markets: set[Market]) -> None:
    shown = MarketNames(markets, {}, "coinbase")
    for market in markets:
        assert shown.find(shown.name_of(market), market.platform) == market


def test_names_are_shown_as_users_say_them() -> None:
    told = names({"GOLD": "file:XAUUSD"}, Market("mt5", "BRK.B"))
    shown = {told.name_of(market) for market in told.markets}
    assert shown == {"BTCUSD", "BTCUSDT", "GOLD", "EURUSD", "BRK.B"}
    assert letters("brk.b") == "BRKB"


@pytest.mark.parametrize("told", [{"A": "coinbase"}, {"A": "co in:B"}, {"A:": "x:B"}])
def test_a_map_that_names_no_market_is_refused(told: dict[str, str]) -> None:
    with pytest.raises(InvalidRequest):
        parse_symbol_map(told)


def test_usual_names_say_where_they_can_be_fetched() -> None:
    assert usual_market("btc-usd") == BTC
    assert usual_market("XAUUSD", "coinbase") is None
