"""Candles in parts that one request may carry, and the parts' results as one."""

from collections.abc import Iterator
from typing import Any

import pandas as pd

ROWS_PER_REQUEST = 100_000  # the server's limit; at most 150 bytes a row stay under 16 MiB


def parts(frame: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """Yield the frame in the order given, in parts of at most 100,000 rows."""
    for first in range(0, len(frame), ROWS_PER_REQUEST):
        yield frame.iloc[first : first + ROWS_PER_REQUEST]


def to_csv(part: pd.DataFrame) -> bytes:
    """Return a part as CSV with a header; floats in the shortest form that reads back equal."""
    return part.to_csv(index=False, na_rep="nan").encode()


def merged(results: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the parts' results as one: counts added, lists joined, first and last the widest.

    `index` of a rejected row counts from the start of the whole upload.
    """
    total: dict[str, Any] = {}
    for number, result in enumerate(results):
        for name, value in _reindexed(result, number * ROWS_PER_REQUEST).items():
            total[name] = _joined(name, total[name], value) if name in total else value
    return total


def _joined(name: str, held: Any, new: Any) -> Any:
    if held is None or new is None:
        return new if held is None else held
    if isinstance(held, list):
        return [*held, *new]
    if isinstance(held, int | float) and not isinstance(held, bool):
        return held + new
    if name == "first":
        return min(held, new)  # ISO 8601 in UTC sorts as text
    return max(held, new) if name == "last" else new


def _reindexed(result: dict[str, Any], start: int) -> dict[str, Any]:
    rejected = result.get("rejected")
    if not isinstance(rejected, list):
        return result
    moved = [row | {"index": row["index"] + start} for row in rejected]
    return result | {"rejected": moved}
