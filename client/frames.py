"""Between pandas and the wire: candles, forecasts and scores as frames.

Every frame has a DatetimeIndex in UTC named `time`: the opening of the candle.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, TypeAlias

import msgspec
import numpy as np
import pandas as pd

from client.arrow import ArrowTable, is_table, table_frame
from client.errors import BadFrame
from core.candle_files.parsed import UNKNOWN_TRADES, ParsedCandles
from core.clock.times import format_time
from core.series import flag_names

PRICES = ["open", "high", "low", "close"]
COLUMNS = [*PRICES, "volume"]

# ISO 8601 text, epoch seconds or milliseconds, or a datetime (UTC where it has no zone).
Time: TypeAlias = str | float | datetime
Rows: TypeAlias = Sequence[Sequence[float | None]]


class Candle(msgspec.Struct, frozen=True):
    """One candle of `GET /candles`."""

    time: str
    open: float
    high: float
    low: float
    close: float
    volume: float
    trades: int | None = None
    flags: list[str] = []


def time_text(moment: Time | None) -> str | None:
    """Return a time as the query wants it; text and epoch numbers go as they are."""
    if isinstance(moment, datetime):
        stamp = pd.Timestamp(moment)
        aware = stamp.tz_localize("UTC") if stamp.tzinfo is None else stamp
        return format_time(round(aware.timestamp() * 1_000))
    return None if moment is None else str(moment)


def time_range(start: Time, end: Time | None) -> dict[str, str | None]:
    """Return a range as a body wants it; without an end it goes up to now."""
    return {"start": time_text(start)} | ({} if end is None else {"end": time_text(end)})


def candle_frame(candles: Iterable[Candle]) -> pd.DataFrame:
    """Return candles as a frame: prices and volume as floats, `trades`, `flags`.

    `trades` is Int64 (NA where the source does not count them); `flags` is text,
    the marks joined by commas, empty for an ordinary candle.
    """
    rows = [(c.time, c.open, c.high, c.low, c.close, c.volume, c.trades, ",".join(c.flags))
            for c in candles]  # fmt: skip
    frame = pd.DataFrame(rows, columns=["time", *COLUMNS, "trades", "flags"])
    frame["time"] = pd.to_datetime(frame["time"], utc=True, format="ISO8601").dt.as_unit("s")
    kinds = dict.fromkeys(COLUMNS, "float64") | {"trades": "Int64", "flags": "str"}
    return frame.astype(kinds).set_index("time")


def upload_frame(candles: pd.DataFrame | Rows | ArrowTable) -> pd.DataFrame:
    """Return candles ready for the wire: `time` as epoch numbers, then the columns of a row.

    A frame needs the columns open, high, low, close and volume, in any case, and
    either a DatetimeIndex or a column `time` (datetimes, or epoch seconds or
    milliseconds); times without a zone are taken as UTC. Marks in `flags` go along.
    So does a table that tells its rows by Arrow's C interface: of polars, pyarrow, DuckDB.
    Rows are lists `[time, open, high, low, close, volume]`, with a trade count
    behind if you like.
    Values are not judged here: the server's rules are the only ones. Raises `BadFrame`.
    """
    if isinstance(candles, pd.DataFrame):
        return _from_frame(candles)
    if is_table(candles):
        return _from_frame(table_frame(candles))
    rows: Rows = candles  # type: ignore[assignment]
    widths = {len(row) for row in rows}
    if len(widths) > 1 or not widths <= {6, 7}:
        raise BadFrame("Every row must be [time, open, high, low, close, volume(, trades)].")
    return pd.DataFrame(list(rows), columns=["time", *COLUMNS, "trades"][: max(widths or {6})])


def _from_frame(given: pd.DataFrame) -> pd.DataFrame:
    frame = given.rename(columns=lambda name: str(name).strip().lower())
    missing = [name for name in COLUMNS if name not in frame.columns]
    if missing:
        hint = " Give zeros if the source has none." if missing == ["volume"] else ""
        raise BadFrame(f"The frame lacks the column(s) {', '.join(missing)}.{hint}")
    ready = frame[COLUMNS].reset_index(drop=True)
    ready.insert(0, "time", _epoch(_times(frame)))
    if "trades" in frame.columns and frame["trades"].notna().all():
        ready["trades"] = frame["trades"].to_numpy()
    if "flags" in frame.columns and (frame["flags"].fillna("") != "").any():
        ready["flags"] = frame["flags"].fillna("").str.replace(",", " ").to_numpy()
    return ready


def parsed_frame(parsed: ParsedCandles) -> pd.DataFrame:
    """Return what was read of a file as a frame that `upload_frame` takes; bad rows are NaN."""
    frame = pd.DataFrame(parsed.rows, columns=["time", *COLUMNS, "trades"], dtype="float64")
    if (frame["time"] % 1 == 0).all():
        frame["time"] = frame["time"].astype("int64")
    if (frame["trades"] == UNKNOWN_TRADES).all():
        frame = frame.drop(columns="trades")
    if parsed.flags is not None:
        frame["flags"] = [" ".join(flag_names(bits)) for bits in parsed.flags]
    return frame


def _times(frame: pd.DataFrame) -> "pd.Series[Any]":
    if "time" in frame.columns:
        return frame["time"]
    if isinstance(frame.index, pd.DatetimeIndex):
        return frame.index.to_series()
    raise BadFrame("The frame needs a DatetimeIndex or a column time.")


def _epoch(times: "pd.Series[Any]") -> Any:
    """Return epoch seconds where all times are whole seconds, else epoch milliseconds."""
    if pd.api.types.is_numeric_dtype(times):
        return times.to_numpy()
    try:
        moments = pd.DatetimeIndex(pd.to_datetime(times, utc=True, format="ISO8601"))
    except (ValueError, TypeError):
        raise BadFrame("The frame's times must be datetimes, ISO 8601 or epoch numbers.") from None
    if moments.hasnans:
        raise BadFrame(f"Row {int(np.argmax(moments.isna()))} of the frame has no time.")
    milliseconds = moments.as_unit("ms").asi8
    return milliseconds if np.any(milliseconds % 1_000) else milliseconds // 1_000
