"""Candles and forecasts in parts that one request may carry, and the parts' results as one."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

import pandas as pd

from client.errors import BadFrame
from client.frames import time_text

ROWS_PER_REQUEST = 100_000  # the server's limit; at most 150 bytes a row stay under 16 MiB
FORECASTS_PER_REQUEST = 1_000
_BOUNDS = {"0.8": ("low_80", "high_80"), "0.95": ("low_95", "high_95")}
_PLAIN = ("platform", "symbol", "resolution", "horizon", "opening", "predicted", "prob_up")
_NESTED = ("intervals", "quantiles")


def parts(frame: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """Yield the frame in the order given, in parts of at most 100,000 rows."""
    for first in range(0, len(frame), ROWS_PER_REQUEST):
        yield frame.iloc[first : first + ROWS_PER_REQUEST]


def to_csv(part: pd.DataFrame) -> bytes:
    """Return a part as CSV with a header; floats in the shortest form that reads back equal."""
    return part.to_csv(index=False, na_rep="nan").encode()


def merged(
    results: list[dict[str, Any]],
    size: int | None = None,
    indexed: Collection[str] = ("rejected",),
) -> dict[str, Any]:
    """Return the parts' results as one: counts added, lists joined, first and last the widest.

    `index` in the lists `indexed` counts from the start of the first part; each has `size`
    rows, of uploads `ROWS_PER_REQUEST`.
    """
    total: dict[str, Any] = {}
    for number, result in enumerate(results):
        for name, value in _reindexed(result, number * (size or ROWS_PER_REQUEST), indexed).items():
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


def _reindexed(result: dict[str, Any], start: int, indexed: Collection[str]) -> dict[str, Any]:
    return result | {
        name: [row | {"index": row["index"] + start} for row in result[name]]
        for name in indexed
        if isinstance(result.get(name), list)
    }


def forecast_items(
    forecasts: pd.DataFrame | Iterable[Mapping[str, Any]], common: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """Return forecasts as `POST /ledger/forecasts` takes them.

    Each has the fields of that route, or plain columns: `low_80`, `high_80`,
    `low_95`, `high_95`, and quantiles named by their level (`0.1`). A frame may have
    `opening` as its index. What is empty or NaN counts as not said, and `common` stands
    for what a row does not name. Raises `BadFrame` naming a column that has no meaning.
    """
    rows = _records(forecasts) if isinstance(forecasts, pd.DataFrame) else forecasts
    return [_item(number, dict(common) | dict(row)) for number, row in enumerate(rows)]


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    if "opening" not in frame.columns and isinstance(frame.index, pd.DatetimeIndex):
        frame = frame.rename_axis("opening").reset_index()
    return [{str(name): value for name, value in row.items()} for row in frame.to_dict("records")]


def _item(row_number: int, row: dict[str, Any]) -> dict[str, Any]:
    said = {name: value for name, value in row.items() if not _is_empty(value)}
    item: dict[str, Any] = {name: said.pop(name) for name in (*_PLAIN, *_NESTED) if name in said}
    for level, names in _BOUNDS.items():
        bounds = [_number(row_number, name, said.pop(name)) for name in names if name in said]
        if len(bounds) == 1:
            raise BadFrame(f"Row {row_number}: {names[0]} and {names[1]} belong together.")
        if bounds:
            item["intervals"] = item.get("intervals", {}) | {level: bounds}
    for name in [name for name in said if name.replace(".", "", 1).isdigit()]:
        item["quantiles"] = item.get("quantiles", {}) | {
            name: _number(row_number, name, said.pop(name))
        }
    if said:
        raise BadFrame(f"Row {row_number}: {', '.join(said)} is no field of a forecast.")
    for name in ("predicted", "prob_up"):
        if name in item:
            item[name] = _number(row_number, name, item[name])
    lacking = [name for name in ("opening", "symbol", "resolution") if name not in item]
    if lacking:
        raise BadFrame(f"Row {row_number} names no {lacking[0]}.")
    item["horizon"] = int(_number(row_number, "horizon", item.get("horizon", 1)))
    item["resolution"] = str(item["resolution"])
    item["opening"] = time_text(item["opening"])
    return item


def _number(row_number: int, name: str, value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        raise BadFrame(f"Row {row_number}: {name} is no number.") from None


def _is_empty(value: Any) -> bool:
    return bool(pd.api.types.is_scalar(value)) and (value == "" or bool(pd.isna(value)))
