"""Candle files on a disk: plain, gzipped or zipped, by the ending of their name."""

import gzip
import zipfile
from pathlib import Path
from typing import IO

from core.candle_files.bodies import CSV, JSON, NDJSON, read_body
from core.candle_files.parsed import ParsedCandles, ReadOptions, Row
from core.columnar.tables import ARROW, PARQUET
from core.errors import InvalidRequest, MalformedRequest

Rows = list[Row]

# What a packed file may grow to.
LARGEST = 2 << 30
_KINDS = {
    ".json": JSON, ".ndjson": NDJSON, ".jsonl": NDJSON, ".parquet": PARQUET, ".pq": PARQUET,
    ".arrow": ARROW, ".arrows": ARROW, ".feather": ARROW,
}  # fmt: skip


def read_candle_file(path: Path, options: ReadOptions | None = None) -> ParsedCandles:
    """Read a file by its ending: .csv, .ndjson, .jsonl, .json, .parquet, .arrow or .feather.

    Each may be packed as .gz or .zip.

    Raises `MalformedRequest` or `InvalidRequest` as `core.candle_files.bodies.read_body`
    does, `OSError` when the file itself cannot be read.
    """
    suffixes = [suffix.lower() for suffix in path.suffixes]
    try:
        if suffixes[-1:] == [".zip"]:
            return _read_zip(path, options)
        if suffixes[-1:] == [".gz"]:
            with gzip.open(path) as packed:
                return _read(packed, suffixes[:-1][-1:], options)
        with path.open("rb") as plain:
            return _read(plain, suffixes[-1:], options)
    except (EOFError, gzip.BadGzipFile, zipfile.BadZipFile):
        raise MalformedRequest("The file is cut short or is not what its ending says.") from None


def read_candles(path: Path) -> Rows:
    """Return the rows of a file, six numbers and the count of trades where it is known.

    Rows that could not be read are NaN; raises like `read_candle_file`.
    """
    return [row if row[6] >= 0 else row[:6] for row in read_candle_file(path).rows]


def _read_zip(path: Path, options: ReadOptions | None) -> ParsedCandles:
    with zipfile.ZipFile(path) as packed:
        names = [name for name in packed.namelist() if not name.endswith("/")]
        if len(names) != 1:
            raise InvalidRequest(f"The archive holds {len(names)} files; send one at a time.")
        with packed.open(names[0]) as member:
            return _read(member, [Path(names[0]).suffix.lower()], options)


def _read(source: IO[bytes] | gzip.GzipFile, suffix: list[str],
          options: ReadOptions | None) -> ParsedCandles:  # fmt: skip
    data = source.read(LARGEST + 1)
    if len(data) > LARGEST:
        raise MalformedRequest(f"The file exceeds {LARGEST:,} bytes; split it.")
    return read_body(data, _KINDS.get("".join(suffix), CSV), options or ReadOptions())
