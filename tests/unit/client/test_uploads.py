import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from client import uploads

COUNTS = st.integers(0, 1_000)
RESULT = st.fixed_dictionaries(
    {
        "inserted": COUNTS,
        "duplicates": COUNTS,
        "rejected": st.lists(st.fixed_dictionaries({"index": COUNTS, "reason": st.just("x")})),
        "first": st.sampled_from(["2025-01-01T00:00:00Z", "2025-01-02T00:00:00Z", None]),
        "last": st.sampled_from(["2025-01-03T00:00:00Z", "2025-01-04T00:00:00Z", None]),
    }
)
PRICES = st.floats(1e-9, 1e9, allow_nan=False)


@pytest.mark.parametrize("rows", [0, 1, 4, 5, 6, 11])
def test_parts_hold_every_row_once_and_none_is_too_long(
    rows: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "ROWS_PER_REQUEST", 5)
    frame = pd.DataFrame({"time": range(rows)})

    parts = list(uploads.parts(frame))

    assert [value for part in parts for value in part["time"]] == list(range(rows))
    assert all(1 <= len(part) <= 5 for part in parts)


@given(st.lists(PRICES, min_size=1, max_size=20))
def test_prices_read_back_from_csv_equal_to_the_bit(prices: list[float]) -> None:
    frame = pd.DataFrame({"time": 1, "close": prices})

    lines = uploads.to_csv(frame).decode().splitlines()[1:]

    assert [float(line.split(",")[1]) for line in lines] == prices


def test_values_that_the_server_shall_judge_are_sent() -> None:
    frame = pd.DataFrame({"time": [1, 2, 3], "close": [np.nan, np.inf, -1.0]})

    assert uploads.to_csv(frame) == b"time,close\n1,nan\n2,inf\n3,-1.0\n"


def test_a_full_request_stays_under_the_limit_of_the_body() -> None:
    longest = -1.2345678901234567e-100
    columns = dict.fromkeys(["open", "high", "low", "close", "volume"], longest)
    frame = pd.DataFrame({"time": 1_735_689_600_000} | columns, index=range(1_000))

    assert len(uploads.to_csv(frame)) * 100 < 16 * 2**20


@given(st.lists(RESULT, min_size=1, max_size=4))
def test_merging_adds_counts_joins_lists_and_widens_the_range(results: list[dict]) -> None:
    merged = uploads.merged(results)

    assert merged["inserted"] == sum(result["inserted"] for result in results)
    assert len(merged["rejected"]) == sum(len(result["rejected"]) for result in results)
    assert merged["first"] == min((r["first"] for r in results if r["first"]), default=None)
    assert merged["last"] == max((r["last"] for r in results if r["last"]), default=None)


def test_a_rejected_row_is_named_by_its_place_in_the_whole_upload() -> None:
    part = {"rejected": [{"index": 3, "reason": "x"}]}

    assert [row["index"] for row in uploads.merged([part, part])["rejected"]] == [3, 100_003]


def test_nothing_sent_is_nothing_told() -> None:
    assert uploads.merged([]) == {}
