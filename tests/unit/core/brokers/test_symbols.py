"""A broker's names lose their decorations where they are pairs or metals, and only there."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.brokers.symbols import CURRENCIES, canonical_symbol, check_maps, is_pair_of_currencies
from core.errors import InvalidRequest
from core.names import check_name

PAIRS = ["EURUSD", "GBPJPY", "XAUUSD", "USDCNH", "BTCUSD"]
PREFIXES = ["", "#", ".", "_"]
SUFFIXES = ["", ".m", "m", "+", "#", "_i", "-ECN", ".pro", "pro", ".raw", "!", "c", ".a", "micro"]


@pytest.mark.parametrize("pair", PAIRS)
@pytest.mark.parametrize("prefix", PREFIXES)
@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_decorated_pair_is_that_pair(pair: str, prefix: str, suffix: str) -> None:
    assert canonical_symbol(f"{prefix}{pair}{suffix}") == pair
    assert canonical_symbol(f"{prefix}{pair.lower()}{suffix}") == pair


@pytest.mark.parametrize(
    ("name", "symbol"),
    [
        ("GOLD", "XAUUSD"),
        ("GOLD.m", "XAUUSD"),
        ("GOLDm", "XAUUSD"),
        ("SILVER#", "XAGUSD"),
        ("EUR/USD", "EURUSD"),
        ("XAUEUR.m", "XAUEUR"),
        ("EUR.USD", "EURUSD"),
        ("m.EURUSD", "EURUSD"),
        ("FX_EURUSD.r", "EURUSD"),
        ("OANDA:XAUUSD", "XAUUSD"),
        ("iEURUSD", "EURUSD"),
    ],
)
def test_metals_and_written_pairs_are_known(name: str, symbol: str) -> None:
    assert canonical_symbol(name) == symbol


@pytest.mark.parametrize(
    "name", ["BRK.B", "BRK.A", "US500.cash", "DE40", "GOLDMAN", "AAPL.US", "BTCUSDT", "ETHUSDC"]
)
def test_what_may_be_no_decoration_stays(name: str) -> None:
    assert canonical_symbol(name) == name


@given(st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=20))
def test_every_name_becomes_a_symbol_that_a_key_may_hold_or_is_refused(name: str) -> None:
    try:
        assert check_name(canonical_symbol(name), "symbol")
    except InvalidRequest:
        assert len(canonical_symbol(name)) > 64 or not canonical_symbol(name)[:1].isalnum()


@given(st.sampled_from(sorted(CURRENCIES)), st.sampled_from(sorted(CURRENCIES)))
def test_two_currencies_are_a_pair_and_one_twice_is_none(base: str, quote: str) -> None:
    assert is_pair_of_currencies(base + quote) == (base != quote)


def test_maps_name_symbols_and_none_twice() -> None:
    check_maps({"mt5-ic": {"US500.cash": "US500"}})
    for wrong in ({"mt5-ic": {"a": "US 500"}}, {"mt5-ic": {"a": "US500", "b": "US500"}}):
        with pytest.raises(InvalidRequest):
            check_maps(wrong)
