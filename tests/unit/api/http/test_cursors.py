"""Cursors are opaque and come back unchanged, or not at all."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.http.cursors import read_cursor, write_cursor
from core.errors import InvalidRequest


@given(st.integers(0, 2**62))
def test_a_cursor_stands_for_its_position(position: int) -> None:
    assert read_cursor(write_cursor(position)) == position


@given(st.text(max_size=64))
def test_any_other_text_is_refused_or_is_a_cursor(text: str) -> None:
    try:
        position = read_cursor(text)
    except InvalidRequest:
        return
    assert write_cursor(position) == text


@pytest.mark.parametrize("text", ["", "0", "dA", "MTIz", "dC01", "dDUg", "\x00", "dDEy=", "=="])
def test_a_made_up_cursor_is_refused(text: str) -> None:
    with pytest.raises(InvalidRequest, match="cursor"):
        read_cursor(text)
