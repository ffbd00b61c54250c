"""Answers of many rows as CSV, Arrow or Parquet: whole, and sent while they are being read."""

import csv
import io
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Sequence
from typing import Annotated, Any, Literal, TypeVar

from falcon import MEDIA_JSON
from falcon.asgi import Request, Response
from msgspec import Meta

from api.http.threads import in_thread
from core.clock.times import format_each_microsecond, format_time
from core.columnar.tables import (
    ARROW,
    END_OF_STREAM,
    MEDIA_TYPES,
    PARQUET,
    Fields,
    Kind,
    Values,
    make_batch,
    stream_head,
    stream_message,
    to_parquet,
)

JSON, CSV = "json", "csv"
CSV_TYPE = "text/csv; charset=utf-8"
NEXT_CURSOR = "X-Next-Cursor"
# What one answer as Parquet holds at most: it is made as a whole.
PARQUET_ROWS = 2_000_000
# Answers up to this are sent at once; of larger ones, so much at a time (bytes).
_AT_ONCE = 1 << 20
_BY_MEDIA_TYPE = {"text/csv": CSV} | {kind: form for form, kind in MEDIA_TYPES.items()}

Form = Annotated[
    Literal["json", "csv", "arrow", "parquet"],
    Meta(
        description="Else what `Accept` prefers, else json. As csv, arrow (an IPC stream) and "
        "parquet all rows come in one answer unless `limit` is given."
    ),
]
PAGED = "Of json 1,000 if it is not given; of the other formats, all."
Columns = Sequence[Values]
Page = TypeVar("Page")
# Runs a function where it may block: `in_thread`, or `in_database_thread` for what needs SQL alone.
Run = Callable[..., Awaitable[Any]]


def wanted_form(req: Request, given: str | None) -> str:
    """Return how an answer is to be written: what the query says, or else `Accept`."""
    if given:
        return given
    preferred = req.client_prefers((MEDIA_JSON, *_BY_MEDIA_TYPE))
    return _BY_MEDIA_TYPE.get(preferred or MEDIA_JSON, JSON)


def table_parts(form: str, fields: Fields, pages: Iterable[Columns]) -> Iterator[bytes]:
    """Yield a table in a form, of pages of columns."""
    if form == CSV:
        yield (",".join(field.name for field in fields) + "\n").encode()
        for page in pages:
            yield _csv_lines(fields, page)
        return
    batches = (make_batch(fields, page) for page in pages)
    if form == PARQUET:
        yield to_parquet(fields, batches)
        return
    yield from stream_parts(fields, (stream_message(fields, batch) for batch in batches))


def stream_parts(fields: Fields, messages: Iterable[bytes]) -> Iterator[bytes]:
    """Yield a stream of Arrow, of the messages of its batches."""
    yield stream_head(fields)
    yield from messages
    yield END_OF_STREAM


def first_pages(pages: Iterable[Page], rows_of: Callable[[Page], int], most: int) -> list[Page]:
    """Return pages until they hold so many rows; at least one."""
    held, rows = list[Page](), 0
    for page in pages:
        held.append(page)
        rows += rows_of(page)
        if rows >= most:
            break
    return held


async def send_table(
    resp: Response, form: str, name: str, parts: Iterator[bytes], run: Run = in_thread
) -> None:
    """Send parts one after another; what fails before the first megabyte is an error as ever."""
    resp.content_type = MEDIA_TYPES.get(form, CSV_TYPE)
    suffix = {ARROW: "arrows"}.get(form, form)
    resp.set_header("Content-Disposition", f'attachment; filename="{name}.{suffix}"')
    resp.append_header("Vary", "Accept")
    gathered = _gathered(parts)
    first = await run(next, gathered, b"")
    if len(first) < _AT_ONCE:
        resp.data = first
    else:
        resp.stream = _rest(first, gathered, run)


async def _rest(part: bytes, parts: Iterator[bytes], run: Run) -> AsyncIterator[bytes]:
    while part:
        yield part
        part = await run(next, parts, b"")


def _gathered(parts: Iterator[bytes]) -> Iterator[bytes]:
    """Yield parts joined to some of about a megabyte: each costs a change of threads."""
    waiting, size = [], 0
    for part in parts:
        waiting.append(part)
        size += len(part)
        if size >= _AT_ONCE:
            yield b"".join(waiting)
            waiting, size = [], 0
    if waiting:
        yield b"".join(waiting)


def _csv_lines(fields: Fields, columns: Columns) -> bytes:
    target = io.StringIO()
    cells = [_cells(field.kind, column) for field, column in zip(fields, columns, strict=True)]
    csv.writer(target, lineterminator="\n").writerows(zip(*cells, strict=True))
    return target.getvalue().encode()


def _cells(kind: Kind, column: Values) -> Iterable[Any]:
    values = column if isinstance(column, list) else list(column)
    if kind is Kind.TIME:
        return ["" if one is None else format_time(int(one)) for one in values]
    if kind is Kind.MICROTIME:
        return format_each_microsecond(int(one) for one in values)
    if kind is Kind.TRUTH:
        return ["" if one is None else str(bool(one)).lower() for one in values]
    return values
