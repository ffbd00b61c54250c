"""`tickcast ingest candles`: a file read, shown as it was recognised, and stored."""

import math
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from rich.console import RenderableType
from rich.table import Table

from client.commands.output import AsJson, answer, connect, facts, moment, show, table
from client.commands.tasks import plain
from client.frames import parsed_frame
from core.candle_files.layouts import FORMATS
from core.candle_files.parsed import COLUMNS, ParsedCandles, ReadOptions
from core.clock.times import LATEST_MS, epoch_ms, format_time
from core.errors import InvalidRequest
from feeds.candle_files import read_candle_file

PREVIEW_ROWS = 5


def ingest_candles(
    file: Annotated[
        Path,
        typer.Argument(
            help="CSV, NDJSON, JSON, Parquet or Arrow, also .gz or .zip.",
            exists=True,
            dir_okay=False,
        ),
    ],
    symbol: Annotated[str, typer.Option(help="Symbol to store them under.")],
    resolution: Annotated[str, typer.Option(help="Length of a candle: 1m, 5m, 1h, 1d.")],
    platform: Annotated[str, typer.Option(help="Source to store them under.")] = "file",
    format_: Annotated[
        str, typer.Option("--format", help=f"What wrote the file: {', '.join(FORMATS)}.")
    ] = "",
    columns: Annotated[
        str, typer.Option(help="Our columns by the file's: time=Date+Time,open=First; or numbers.")
    ] = "",
    zone: Annotated[
        str, typer.Option(help="Clock of its times: America/New_York, UTC+2, NY+7 for brokers.")
    ] = "",
    grid: Annotated[
        str, typer.Option(help="Time of day at which candles open: 17:00@America/New_York.")
    ] = "",
    dry_run: Annotated[bool, typer.Option(help="Show what was recognised; store nothing.")] = False,
    skip_bad_rows: Annotated[
        bool, typer.Option(help="Report bad rows and store the others.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Store the candles of a file of nearly any source, and say how it was read."""
    parsed = _read(file, ReadOptions(format_, columns, zone))
    how = {"recognised": msgspec.to_builtins(parsed.recognised), "warnings": parsed.warnings}
    if dry_run:
        found = how | {"rows": len(parsed.rows), "unreadable": len(parsed.unreadable)}
        answer(as_json, found | {"first": _first(parsed)}, lambda _: _shown(parsed, preview=True))
        return
    if not as_json:
        show(*_shown(parsed, preview=parsed.recognised.guessed or bool(parsed.warnings)))
    _refuse(parsed, skip=skip_bad_rows)
    with connect(as_json) as tickcast:
        result = tickcast.ingest_candles(
            parsed_frame(parsed), platform=platform, symbol=symbol, resolution=resolution,
            skip_bad_rows=skip_bad_rows, zone=zone, grid=grid,
        )  # fmt: skip
    result |= {"recognised": how["recognised"]}
    result["warnings"] = list(dict.fromkeys([*parsed.warnings, *result.get("warnings", [])]))
    for row in result.get("rejected") or []:
        row["reason"] = parsed.unreadable.get(row["index"], row["reason"])
    answer(as_json, result, _stored)


def _read(file: Path, options: ReadOptions) -> ParsedCandles:
    try:
        return read_candle_file(file, options)
    except OSError:
        raise typer.BadParameter(f"{file} cannot be read.") from None


def _refuse(parsed: ParsedCandles, *, skip: bool) -> None:
    """Raise `InvalidRequest` for the first row that could not be read, unless it is left out."""
    if parsed.unreadable and not skip:
        index = min(parsed.unreadable)
        more = len(parsed.unreadable) - 1
        others = f", and {more} rows more" if more else ""
        raise InvalidRequest(
            f"candles[{index}]: {parsed.unreadable[index]}{others}. Mend them, or leave them out "
            "with --skip-bad-rows. Nothing was stored."
        )


def _shown(parsed: ParsedCandles, *, preview: bool) -> list[RenderableType]:
    found = parsed.recognised
    pairs = ", ".join(f"{ours}={theirs or '(no name)'}" for ours, theirs in found.columns.items())
    guess = " (guessed from the values: nothing in the file names them)" if found.guessed else ""
    shown: list[RenderableType] = [
        f"Recognised {found.format}{guess}: {len(parsed.rows):,} rows, {found.times}.",
        f"Columns {pairs}.",
    ]
    if found.ignored:
        shown.append(f"Not used: {', '.join(name or '(no name)' for name in found.ignored)}.")
    shown += [f"Warning: {warning}" for warning in parsed.warnings]
    if preview:
        names = (*COLUMNS, "trades")
        shown.append(table("The first rows as they are read (UTC)", names, _first(parsed)))
    return shown


def _first(parsed: ParsedCandles) -> list[list[Any]]:
    """Return the first rows with their times written out; a count that is not known is None."""
    return [
        [_moment(row[0]), *row[1:6], row[6] if row[6] >= 0 else None]
        for row in parsed.rows[:PREVIEW_ROWS]
    ]


def _moment(number: float) -> str:
    if not math.isfinite(number) or not 0 <= (instant := epoch_ms(number)) < LATEST_MS:
        return ""
    return moment(format_time(instant))


def _stored(result: dict[str, Any]) -> list[Table]:
    bad = result.get("rejected") or []
    hidden = ("recognised", "warnings")
    shown = [facts("Stored", plain({n: v for n, v in result.items() if n not in hidden}))]
    if bad:
        rows = [(row["index"], row["reason"]) for row in bad[:20]]
        shown.append(table("Rejected (the first 20)", ("row", "reason"), rows))
    return shown
