"""What jobs are asked: rows that wait are read, whichever version wrote them."""

from typing import Any

import msgspec
import pytest

from core.requests import BackfillCandles, FetchCandles, LeakTest, Span, StoreCandles
from core.series import Series

SERIES: dict[str, Any] = {"platform": "coinbase", "symbol": "BTC-USD", "resolution": 300}


def test_a_fetch_is_asked_by_itself_or_as_the_first_task_of_a_training() -> None:
    alone = SERIES | {"start": 1_000, "end": 2_000}
    training = SERIES | {
        "model_name": "m",
        "model_id": "1",
        "fetch": {"start": 1_000, "end": 2_000},
    }
    for row in (alone, training):
        request = msgspec.convert(row, FetchCandles)
        assert request.span == Span(1_000, 2_000)
        assert request.series == Series("coinbase", "BTC-USD", 300)


@pytest.mark.parametrize(
    ("kind", "row"),
    [
        (
            StoreCandles,
            {"duplicates": 1, "rejected": [{"index": 7, "reason": "high below low"}]},
        ),
        (BackfillCandles, {"days": 90, "start": 300, "end": 900, "sleep_ms": 200, "limit": 1_000}),
        (LeakTest, {"seed": 3, "uploaded": True}),
    ],
)
def test_a_request_comes_back_from_its_row_as_it_was(kind: Any, row: dict[str, Any]) -> None:
    read = msgspec.to_builtins(msgspec.convert(SERIES | row, kind))
    assert read | SERIES | row == read
