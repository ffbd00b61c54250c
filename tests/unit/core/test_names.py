"""Symbols of others' making become names, and are read back as they were written."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.names import NAME_PATTERN, read_symbol, spell_symbol
from core.platforms import raw_symbol


@given(st.text("0AxX5E2.-_^=:/1", min_size=1, max_size=14) | st.text(min_size=1, max_size=8))
def test_every_symbol_is_read_back_as_it_was_written(symbol: str) -> None:
    spelt = spell_symbol(symbol)
    assert read_symbol(spelt) == symbol
    assert re.match(r"[A-Za-z0-9][A-Za-z0-9._-]*\Z", spelt)


@given(st.from_regex(re.compile(NAME_PATTERN.replace("$", r"\Z"))))
def test_a_name_stays_as_it_is_unless_it_looks_like_a_spelling(name: str) -> None:
    assert spell_symbol(name) == name or re.search(r"\.x[0-9A-F]{2,6}\.", name)


@pytest.mark.parametrize("symbol", ["=\n", "a b:c", "{x}=", "BTC/USD\n", "=" * 65, "^\x00"])
def test_what_no_market_is_called_is_not_spelt(symbol: str) -> None:
    assert ".x" not in raw_symbol("file", symbol)
