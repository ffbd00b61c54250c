"""An upload's body, read and checked: what is stored, what is refused, and how it was read."""

from typing import Any

import msgspec

from api.candles.number_rows import Document, read_document, read_lines
from api.candles.requested_series import stored_series
from api.candles.schemas_candles import (
    ROWS_LIMIT,
    CandlesIngestQuery,
    CandlesRequest,
)
from api.http.json_text import parse_lines
from api.http.request_body import JSON
from api.http.validation import convert_body
from core.candle_files.documents import find_rows
from core.candle_files.parsed import ParsedCandles, ReadOptions, Recognised
from core.candle_files.read import read_csv, read_rows, read_values
from core.candle_files.tables import check_number
from core.clock.grids import Grid, parse_grid
from core.clock.openings import check_spacing, learn_grid, on_grid
from core.clock.times import now_ms
from core.columnar.read_apart import read_apart
from core.columnar.tables import ARROW, MEDIA_TYPES, PARQUET
from core.errors import InvalidRequest
from core.series import Series
from storage.candles.candle_checks import (
    NOT_IN_ORDER,
    CheckedCandles,
    RejectedRow,
    check_candles,
    opening_seconds,
)
from storage.candles.candle_store import CandleStore
from storage.candles.series_facts import SeriesFacts, SeriesFactsStore

CSV = "text/csv"
# Arrow as a stream or a file, and Parquet.
TABLES = {
    MEDIA_TYPES[ARROW]: ARROW,
    "application/vnd.apache.arrow.file": ARROW,
    MEDIA_TYPES[PARQUET]: PARQUET,
}


class Upload(msgspec.Struct, frozen=True):
    """A series, its checked candles, what is kept of it, and how the body was read."""

    series: Series
    checked: CheckedCandles
    facts: SeriesFacts
    recognised: Recognised
    warnings: list[str]


class ReadUpload:
    """Reads bodies; the series' grid is looked up, learnt, or given."""

    def __init__(self, candles: CandleStore, facts: SeriesFactsStore) -> None:
        self._candles = candles
        self._facts = facts

    def read(self, platform: str, kind: str, body: bytes, query: CandlesIngestQuery) -> Upload:
        """Return a body's candles; raises `RequestError` saying what is wrong with them."""
        document, rows = read_document(body) if kind == JSON else Document(None)
        if _is_ours(document):
            upload = convert_body(_with_series(document, query), CandlesRequest)
            named: tuple[str, int | str] = upload.symbol, upload.resolution
            values: Any = upload.candles
            asked = {name: getattr(upload, name) or getattr(query, name) for name in _ASKED}
            more = bool(upload.next_cursor)
        else:
            named, asked = _named(query), {name: getattr(query, name) for name in _ASKED}
            values, more = document, False
        series = stored_series(platform, *named)
        options = ReadOptions(
            **{name: asked[name] or "" for name in ("format", "columns", "zone")},
            most_rows=ROWS_LIMIT,
        )
        parsed = read_rows(rows, options) if rows else _parsed(kind, body, values, options)
        warnings = [*parsed.warnings, *([_MORE_PAGES] if more else [])]
        facts = self._settled(series, parsed, asked["grid"] or "", options.zone)
        checked = check_candles(
            parsed.rows, series.resolution, now_ms(), grid=facts.grid, flags=parsed.flags
        )
        # A row that could not be read counts as one that is no candle; its reason says more.
        rejected = [
            RejectedRow(row.index, parsed.unreadable.get(row.index, row.reason))
            for row in checked.rejected
        ]
        _refuse(rejected, len(checked.candles), query.on_error)
        checked = checked._replace(rejected=rejected)
        return Upload(series, checked, facts, parsed.recognised, warnings)

    def _settled(self, series: Series, parsed: ParsedCandles, grid: str, zone: str) -> SeriesFacts:
        """Return the series' grid and zone: kept before, given now, or shown by the first rows."""
        times = opening_seconds(parsed.rows)
        check_spacing(times, series.resolution)
        kept = self._facts.get(series)
        if grid:
            return SeriesFacts(self._given(series, parse_grid(grid, zone), kept.grid), zone)
        if not kept.grid.is_plain or self._candles.count(series):
            return SeriesFacts(kept.grid, zone)
        return SeriesFacts(learn_grid(times, series.resolution, zone), zone)

    def _given(self, series: Series, grid: Grid, kept: Grid) -> Grid:
        """Return a grid that was given; raises `InvalidRequest` if candles held are off it."""
        if grid != kept:
            held = self._candles.times(series)
            if not on_grid(held, series.resolution, grid).all():
                raise InvalidRequest(
                    f"grid: candles that are held of the series open at {kept}, not at {grid}; "
                    "send these under another symbol.",
                    field="grid",
                )
        return grid


# So many rows of odd prices, most of all, are another layout and not bad rows.
_MANY = 3
_ASKED = ("format", "columns", "zone", "grid")
_MORE_PAGES = "The body is one page of several: next_cursor says that more candles follow it."


def _is_ours(document: Any) -> bool:
    """Say whether a document is in our form; others lay their candles under that name, too."""
    if not isinstance(document, dict) or "candles" not in document:
        return False
    known = {"symbol", "resolution"} & document.keys()
    return bool(known) or document.keys() <= set(CandlesRequest.__struct_fields__)


def _with_series(document: dict[str, Any], query: CandlesIngestQuery) -> dict[str, Any]:
    given = {"symbol": query.symbol, "resolution": query.resolution}
    return {name: value for name, value in given.items() if value} | document


def _parsed(kind: str, body: bytes, values: Any, options: ReadOptions) -> ParsedCandles:
    if kind == CSV:
        return read_csv(body, options)
    if kind in TABLES:
        return read_values(read_apart(body, TABLES[kind], ROWS_LIMIT), options)
    if kind == JSON:
        return read_values(find_rows(values), options)
    check_number(body.count(b"\n"), ROWS_LIMIT)
    rows = read_lines(body)
    return read_rows(rows, options) if rows else read_values(parse_lines(body), options)


def _named(query: CandlesIngestQuery) -> tuple[str, str]:
    if not query.symbol or not query.resolution:
        raise InvalidRequest("symbol and resolution are required in the query with this body.")
    return query.symbol, query.resolution


def _refuse(rejected: list[RejectedRow], accepted: int, on_error: str) -> None:
    if rejected and on_error != "skip":
        others = f", and {len(rejected) - 1} rows more" if len(rejected) > 1 else ""
        raise InvalidRequest(
            f"candles[{rejected[0].index}]: {rejected[0].reason}{others}. "
            "Mend them, or send ?on_error=skip to leave them out."
        )
    swapped = sum(row.reason in NOT_IN_ORDER for row in rejected)
    if swapped >= _MANY and swapped * 2 > accepted + len(rejected):
        raise InvalidRequest(
            f"candles: in {swapped} of {accepted + len(rejected)} rows high, low and close do not "
            "fit each other: the columns seem to be others. Map them with columns=time=...,open=..."
            ",high=...,low=...,close=...,volume=...",
            field="columns",
        )
    if not accepted:
        raise InvalidRequest("candles: there is no row that could be stored.")
