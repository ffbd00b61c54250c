"""`tickcast submit`: forecasts of a model of your own, from a file into the ledger."""

import csv
from collections import Counter
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from client.commands.output import AsJson, answer, connect, table
from core.errors import InvalidRequest
from core.ledger import LIVE

FAILED = 1


def submit(
    file: Annotated[
        Path,
        typer.Argument(
            help="CSV with a header, or NDJSON: a forecast a line.", exists=True, dir_okay=False
        ),
    ],
    forecaster: Annotated[str, typer.Option(help="Whose forecasts they are.")],
    ledger: Annotated[
        str, typer.Option(help="live, or walk.NAME for forecasts of the past.")
    ] = LIVE,
    platform: Annotated[str | None, typer.Option(help="Where the file names none.")] = None,
    symbol: Annotated[str | None, typer.Option(help="Where the file names none.")] = None,
    resolution: Annotated[str | None, typer.Option(help="Where the file names none.")] = None,
    as_json: AsJson = False,
) -> None:
    """Hand in forecasts, to be scored beside Tickcast's; exit 1 unless all were accepted.

    Columns: opening, predicted, and as you like symbol, resolution, platform,
    horizon, low_80, high_80, low_95, high_95, prob_up, or quantiles by level (0.1).
    """
    given = {"platform": platform, "symbol": symbol, "resolution": resolution}
    common = {name: value for name, value in given.items() if value is not None}
    rows = _read(file)
    with connect(as_json) as tickcast:
        told = tickcast.submit(forecaster, rows, ledger=ledger, **common)
    answer(as_json, told, _shown)
    if told["late"] or told["refused"]:
        raise typer.Exit(FAILED)


def _read(file: Path) -> list[dict[str, Any]]:
    """Return the rows of a file; raises `InvalidRequest` naming the line that is none."""
    try:
        text = file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise InvalidRequest(f"{file.name} is no text in UTF-8.") from None
    if not text.lstrip().startswith("{"):
        return list(csv.DictReader(text.splitlines()))
    rows = []
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip():
            try:
                rows.append(msgspec.json.decode(line, type=dict[str, Any]))
            except msgspec.DecodeError:
                raise InvalidRequest(f"Line {number} of {file.name} is no JSON object.") from None
    return rows


def _shown(told: dict[str, Any]) -> list[Any]:
    new = told["accepted"] - told["repeated"]
    counts = f"{new:,} entered, {told['repeated']:,} there before, {told['late']:,} late, "
    lines: list[Any] = [counts + f"{len(told['refused']):,} refused (ledger {told['ledger']})."]
    reasons = Counter(one["reason"] for one in told["refused"])
    first = {one["reason"]: one["index"] for one in reversed(told["refused"])}
    if reasons:
        rows = [(count, first[reason], reason) for reason, count in reasons.most_common()]
        lines.append(table("Refused", ("rows", "first", "reason"), rows))
    return lines
