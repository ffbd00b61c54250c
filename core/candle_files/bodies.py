"""Bodies and files of candles by their kind: CSV, NDJSON, JSON, Arrow or Parquet."""

from typing import Any

import msgspec

from core.candle_files.documents import find_rows
from core.candle_files.parsed import ParsedCandles, ReadOptions
from core.candle_files.read import read_csv, read_values
from core.candle_files.tables import check_number, decode
from core.columnar.read_tables import read_table_rows
from core.columnar.tables import ARROW, PARQUET
from core.errors import MalformedRequest

CSV, JSON, NDJSON = "csv", "json", "ndjson"


def read_body(data: bytes, kind: str, options: ReadOptions) -> ParsedCandles:
    """Return the rows of a whole file or body.

    Raises `MalformedRequest` for what cannot be read, `InvalidRequest` for a
    layout that is not known, `TooLarge` beyond the rows allowed.
    """
    if kind == CSV:
        return read_csv(data, options)
    if kind in (ARROW, PARQUET):
        return read_values(read_table_rows(data, kind, options.most_rows), options)
    text = decode(data, "JSON in UTF-8")
    if kind == JSON:
        return read_values(find_rows(_decoded(text, "The body")), options)
    check_number(text.count("\n"), options.most_rows)
    lines = enumerate(text.split("\n"), 1)
    values = [_decoded(line, f"Line {number}") for number, line in lines if line.strip()]
    return read_values(values, options)


def _decoded(text: str, what: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError as error:
        raise MalformedRequest(f"{what} is not JSON: {error}.") from None
    except RecursionError:
        raise MalformedRequest(f"{what} is nested too deeply.") from None
