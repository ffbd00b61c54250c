"""Points out of packed chunks: cut to a range, joined without unpacking what lies within."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import msgspec

from api.http.cursors import write_cursor
from api.http.schemas import show_time
from core.next_candle import SeriesPoint
from core.series import Series
from storage.models.series_cache import SeriesAbout
from storage.models.series_chunks import SEPARATOR, Chunk, join_gzip, opening_of, pack_text

CSV_HEADER = (
    "time,open,high,low,close,volume,pred_open_next,pred_high_next,pred_low_next,"
    "pred_close_next,pred_amp_next,cls_dir_next,prob_up,prob_down,prob_unchanged,err_close_abs,"
    "err_close_signed,err_amp_abs,in_sample"
)


class Points(NamedTuple):
    """Chunks of one page, and where (opening, s) the next page begins."""

    chunks: list[Chunk]
    following: int | None

    @property
    def lines(self) -> Iterable[bytes]:
        """Return the points, encoded."""
        return (line for chunk in self.chunks for line in chunk.lines)


def cut(chunks: Sequence[Chunk], start: int, end: int, limit: int) -> Points:
    """Return the first `limit` points that open in `start..end` (s).

    Only the outer chunks are unpacked. The first begins without a separator.
    """
    kept: list[Chunk] = []
    left, last = limit, len(chunks) - 1
    for place, chunk in enumerate(chunks):
        if 0 < place < last and kept and chunk.points <= left:
            kept.append(chunk)
            left -= chunk.points
            continue
        lines = [line for line in chunk.lines if start <= opening_of(line) <= end]
        taken = lines[:left]
        if taken:
            separator = SEPARATOR if kept else b""
            kept.append(pack_text(separator + SEPARATOR.join(taken), len(taken)))
            left -= len(taken)
        if len(taken) < len(lines):
            return Points(kept, opening_of(lines[len(taken)]))
    return Points(kept, None)


def head(
    series: Series,
    about: SeriesAbout | None,
    last_candle: int | None,
    message: str | None,
    following: int | None,
) -> bytes:
    """Return a page's JSON up to its points."""
    fields = {
        "platform": series.platform,
        "symbol": series.symbol,
        "resolution": series.resolution,
        "last_candle": _show_seconds(last_candle),
        "trained_at": show_time(about.trained_at) if about else None,
        "validation_start": _show_seconds(about.validation_start) if about else None,
        "run_id": about.run_id if about else None,
        "message": message,
        "next_cursor": None if following is None else write_cursor(following),
    }
    return msgspec.json.encode(fields)[:-1] + b',"points":['


def as_gzip(beginning: bytes, points: Points) -> bytes:
    """Return a page as gzip."""
    return join_gzip([pack_text(beginning), *points.chunks, pack_text(b"]}")])


def as_json(beginning: bytes, points: Points) -> bytes:
    """Return a page as it is."""
    return b"".join([beginning, *(chunk.text for chunk in points.chunks), b"]}"])


def as_csv(points: Points) -> bytes:
    """Return a page's points as CSV; what is not known yet is left empty."""
    decode = msgspec.json.Decoder(SeriesPoint).decode
    rows = [CSV_HEADER, *(_row(decode(line)) for line in points.lines)]
    return "\n".join([*rows, ""]).encode()


def _row(point: SeriesPoint) -> str:
    parts = point.real, point.pred, point.cls, point.err
    values = [getattr(part, name) for part in parts for name in part.__struct_fields__]
    cells = ["" if value is None else str(value) for value in values]
    return ",".join([*cells, str(point.in_sample).lower()])


def _show_seconds(second: int | None) -> str | None:
    return None if second is None else show_time(second * 1_000)
