"""The series of the next candle as JSON: points on lines, packed by runs of candles."""

from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from core.next_candle import (
    NextDirection,
    NextErrors,
    NextPrices,
    RealCandle,
    SeriesPoint,
)
from storage.models.series_chunks import Chunk, bucket_of, pack

if TYPE_CHECKING:
    from ml.models.next_candle_series import CandleSeries


def pack_points(series: "CandleSeries", resolution: int) -> Iterator[tuple[int, Chunk]]:
    """Yield chunks of points by bucket, in order of time."""
    buckets = bucket_of(series.time, resolution)
    lines = _lines(series)
    edges = [0, *(np.flatnonzero(np.diff(buckets)) + 1).tolist(), len(buckets)]
    for first, after in pairwise(edges):
        if after > first:
            yield int(buckets[first]), pack(lines[first:after])


def _lines(series: "CandleSeries") -> list[bytes]:
    encode = msgspec.json.Encoder().encode
    return [encode(point) for point in _points(series)]


def _points(series: "CandleSeries") -> Iterator[SeriesPoint]:
    times = np.datetime_as_string(series.time.astype("M8[s]"), timezone="UTC").tolist()
    real = [series.real[name].tolist() for name in ("open", "high", "low", "close", "volume")]
    said = [
        series.predicted[name].tolist() for name in ("open", "high", "low", "close", "amplitude")
    ]
    close, amplitude = (series.errors[name].tolist() for name in ("close", "amplitude"))
    up, down, seen = (c.tolist() for c in (series.prob_up, series.prob_down, series.in_sample))
    for row, time in enumerate(times):
        yield SeriesPoint(
            RealCandle(time, *(column[row] for column in real)),
            NextPrices(*(column[row] for column in said)),
            _direction(up[row], down[row]),
            _errors(close[row], amplitude[row]),
            seen[row],
        )


def _direction(up: float, down: float) -> NextDirection:
    return NextDirection(int(up > 0.5), up, down, round(max(1 - up - down, 0.0), 6))


def _errors(close: float, amplitude: float) -> NextErrors:
    # Only NaN differs from itself: the next candle is not there.
    if close != close:
        return NextErrors(None, None, None)
    return NextErrors(abs(close), close, abs(amplitude))
