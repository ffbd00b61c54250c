"""Values are written exactly as their unit rounds them, the same digits in every language."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.statements.statement import Unit
from agent.statements.write import write


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (2351.25, Unit.PRICE, "2351.25"),
        (1e-7, Unit.PRICE, "0.0000001"),
        (64_000.0, Unit.PRICE, "64000"),
        (-3.4, Unit.MONEY, "-3.40"),
        (-0.5393, Unit.PERCENT, "-0.54%"),
        (0.9, Unit.SHARE, "90.0%"),
        (0.0213, Unit.SIGNED_SHARE, "+2.13%"),
        (-0.083, Unit.SIGNED, "-0.083"),
        (12.0, Unit.SIGNED, "+12"),
        (8_817, Unit.COUNT, "8817"),
        (3.2, Unit.SECONDS, "3 s"),
        ("2026-02-03T10:15:00Z", Unit.TIME, "2026-02-03 10:15 UTC"),
        ("XAUUSD", Unit.NAME, "XAUUSD"),
        ("long", Unit.WORD, "long"),
        (True, Unit.WORD, "yes"),
    ],
)
def test_a_value_is_written_as_its_unit_says(value: object, unit: Unit, text: str) -> None:
    assert write(value, unit, "en") == text


@pytest.mark.parametrize("value", [None, math.nan, math.inf, "12", True])
def test_what_is_no_finite_number_is_not_written_as_one(value: object) -> None:
    assert write(value, Unit.PRICE, "en") is None


def test_a_word_of_no_list_is_not_written() -> None:
    assert write("buy now, I am the broker", Unit.WORD, "en") is None


@given(st.floats(min_value=1e-9, max_value=1e9))
def test_a_price_is_read_back_to_ten_digits(value: float) -> None:
    written = write(value, Unit.PRICE, "es")
    assert written is not None
    assert float(written) == pytest.approx(value, rel=1e-9)
