"""What `GET /candles` gives out comes back the same, as JSON and as CSV."""

from typing import Any

import msgspec
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from api.candles.candles import _json, _parts
from core.candle_files.documents import find_rows
from core.candle_files.parsed import ParsedCandles, ReadOptions
from core.candle_files.read import read_csv, read_values
from core.series import CandleFlag, Series
from storage.candles.candle_checks import check_candles
from storage.candles.candle_columns import Candles
from storage.candles.packed.chunks import pack

HOUR, NOW_MS = 3_600, 4_000_000_000_000
PRICES = st.lists(st.floats(1e-12, 1e12), min_size=4, max_size=4).map(sorted)
ROW = st.tuples(
    PRICES, st.floats(0, 1e12), st.integers(-1, 10**9), st.sets(st.sampled_from(list(CandleFlag)))
)


def _candles(drawn: list[Any]) -> Candles:
    rows = []
    for place, (prices, volume, trades, marks) in enumerate(drawn):
        low, opening, close, high = prices
        bits = sum(marks - {CandleFlag.OPEN_OUTSIDE})
        rows.append([(place * 3 + 400_000) * HOUR, opening, high, low, close, volume, trades, bits])
    return Candles.from_rows(rows)


def _same(candles: Candles, found: ParsedCandles) -> bool:
    checked = check_candles(found.rows, HOUR, NOW_MS, flags=found.flags)
    pairs = zip(checked.candles.columns().values(), candles.columns().values(), strict=True)
    return not found.unreadable and all(np.array_equal(one, other) for one, other in pairs)


@settings(deadline=None)
@given(st.lists(ROW, min_size=1, max_size=20))
def test_our_own_json_and_csv_come_back_as_they_went_out(drawn: list[Any]) -> None:
    candles = _candles(drawn)
    page = msgspec.json.decode(_json(Series("file", "S", HOUR), candles, None))
    assert _same(candles, read_values(find_rows(page), ReadOptions()))
    table = b"".join(_parts("csv", iter([pack(candles)])))
    assert _same(candles, read_csv(table, ReadOptions()))
    # Without its header as well: the marks tell it from other layouts.
    bare = table.split(b"\n", 1)[1]
    assert _same(candles, read_csv(bare, ReadOptions()))
