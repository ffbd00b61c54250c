"""Candles as columns keep every bit, packed or not."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import CorruptArtifact
from storage.candles.candle_columns import Candles

ROWS = st.lists(
    st.tuples(st.integers(0, 2**40), *[st.floats(allow_nan=False)] * 5, st.integers(-1, 2**50)).map(
        list
    ),
    max_size=20,
)


def same(one: Candles, other: Candles) -> bool:
    pairs = zip(one.columns().values(), other.columns().values(), strict=True)
    return all(a.dtype == b.dtype and a.tobytes() == b.tobytes() for a, b in pairs)


@given(ROWS)
def test_packing_and_unpacking_changes_no_bit(rows: list[list[float]]) -> None:
    candles = Candles.from_rows(rows)
    assert same(Candles.from_bytes(candles.to_bytes()), candles)


@given(ROWS, st.integers(0, 20))
def test_cutting_and_joining_changes_no_bit(rows: list[list[float]], place: int) -> None:
    candles = Candles.from_rows(rows)
    halves = [candles.take(slice(place)), candles.take(slice(place, None))]
    assert same(Candles.join(halves), candles)


@pytest.mark.parametrize("damage", [b"", b"TCC1", b"TCC1" + b"\xff" * 8, b"PK\x03\x04" + bytes(72)])
def test_foreign_bytes_are_refused(damage: bytes) -> None:
    with pytest.raises(CorruptArtifact):
        Candles.from_bytes(damage)


def test_a_cut_off_copy_is_refused() -> None:
    packed = Candles.from_rows([[60, 1, 1, 1, 1, 1]]).to_bytes()
    with pytest.raises(CorruptArtifact):
        Candles.from_bytes(packed[:-1])


def test_what_a_row_does_not_say_is_unknown() -> None:
    candles = Candles.from_rows([[60, 1, 3, 0.5, 2, 9]])
    assert (candles.trades.tolist(), candles.flags.tolist()) == ([-1], [0])


def test_unpacked_columns_can_be_written_to() -> None:
    candles = Candles.from_bytes(Candles.from_rows([[60, 1, 1, 1, 1, 1]]).to_bytes())
    candles.close[0] = 2
    assert candles.close.tolist() == [2]


def test_a_frame_has_a_column_for_each_field() -> None:
    frame = Candles.from_rows([[60, 1, 3, 0.5, 2, 9, 4, 1]]).to_frame()
    assert list(frame) == ["time", "open", "high", "low", "close", "volume", "trades", "flags"]
    assert frame.dtypes["time"] == np.int64


def test_no_candles_have_no_length() -> None:
    assert len(Candles.empty()) == len(Candles.join([])) == 0
