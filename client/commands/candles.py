"""`tickcast ingest`, `tickcast candles`, `tickcast watch`: candles in and out."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import pandas as pd
import typer
from rich.table import Table

from client.calls.candles import HeldSeries, Watch
from client.commands.output import (
    AsJson,
    Platform,
    Resolution,
    Symbol,
    Wait,
    answer,
    connect,
    length,
    moment,
    show,
    table,
)
from client.commands.tasks import task_view
from core.clock.resolutions import resolution_name

# Candles in a table, unless told otherwise.
SHOWN = 100
UTC_FORMAT = "%Y-%m-%dT%H:%M:%SZ"

ingest = typer.Typer(help="Store candles: an exchange's, or those of a file.", no_args_is_help=True)
watch = typer.Typer(help="Series that are fetched and forecast at each close: list, add, remove.")
Start = Annotated[str | None, typer.Option(help="First opening: 2025-01-31T12:00:00Z, or epoch.")]
End = Annotated[str | None, typer.Option(help="Last opening, included.")]


@ingest.command("kline")
def ingest_kline(
    platform: Platform,
    symbol: Symbol,
    resolution: Resolution,
    start: Start = None,
    end: End = None,
    days: Annotated[int | None, typer.Option(min=1, help="So many days back from now.")] = None,
    wait: Wait = True,
    as_json: AsJson = False,
) -> None:
    """Let the server fetch candles from an exchange, by --start (and --end) or by --days."""
    if (start is None) == (days is None):
        raise typer.BadParameter("give either --start or --days")
    first = start if start is not None else datetime.now(UTC) - timedelta(days=days or 0)
    with connect(as_json) as tickcast:
        task = tickcast.ingest_kline(platform, symbol, resolution, first, end, wait=wait)
    answer(as_json, task, task_view)


def candles(
    platform: Platform,
    symbol: Symbol,
    resolution: Resolution,
    start: Start = None,
    end: End = None,
    limit: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="The newest so many; the first from --start on. Of a table 100, else all.",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(help="Write all of them to a file: .parquet, .arrow, .feather or .csv."),
    ] = None,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show the candles held of a series."""
    with connect(as_json or as_csv) as tickcast:
        if out is not None:
            show(f"Written: {tickcast.save_candles(out, platform, symbol, resolution, start, end)}")
            return
        if limit is None and not (as_json or as_csv):
            limit = SHOWN
        frame = tickcast.candles(
            platform, symbol, resolution, start, end, limit, newest=start is None
        )
    if as_csv:
        print(frame.to_csv(date_format=UTC_FORMAT), end="")
    elif as_json:
        print(frame.reset_index().to_json(orient="records", date_format="iso", date_unit="s"))
    else:
        show(_candle_table(f"{platform}:{symbol}:{resolution}", frame))


def _candle_table(title: str, frame: pd.DataFrame) -> Table:
    told = [
        name for name in frame.columns if frame[name].notna().any() and (frame[name] != "").any()
    ]
    times = [moment.strftime("%Y-%m-%d %H:%M:%S") for moment in pd.DatetimeIndex(frame.index)]
    rows = zip(times, *[frame[name].tolist() for name in told], strict=True)
    return table(title, ("time (UTC)", *told), rows)


def list_series(as_json: AsJson = False) -> None:
    """List the series that candles are held of: how many, from when to when."""
    with connect(as_json) as tickcast:
        answer(as_json, tickcast.series(), _series_tables)


def _series_tables(found: list[HeldSeries]) -> list[Table]:
    names = ("platform", "symbol", "resolution", "candles", "first (UTC)", "last (UTC)",
             "age", "state", "live")  # fmt: skip
    rows = [
        (one.platform, one.symbol, resolution_name(one.resolution), f"{one.count:,}",
         moment(one.first), moment(one.last), length(one.age), _state(one),
         "yes" if one.traded else "")
        for one in found
    ]  # fmt: skip
    return [table(f"Candles held ({len(found)})", names, rows)]


def _state(one: HeldSeries | Watch) -> str:
    return "stale" if one.stale else "fresh"


@watch.callback(invoke_without_command=True)
def list_watches(context: typer.Context, as_json: AsJson = False) -> None:
    """List the watched series, how their last runs went, and how fresh they are."""
    if context.invoked_subcommand:
        return
    with connect(as_json) as tickcast:
        answer(as_json, tickcast.watches(), _watch_tables)


def _watch_tables(found: list[Watch]) -> list[Table]:
    names = ("platform", "symbol", "resolution", "candles", "age", "state", "last run (UTC)",
             "last success", "last error")  # fmt: skip
    rows = [
        (one.platform, one.symbol, resolution_name(one.resolution),
         "fetched" if one.fetched else "brought", length(one.age), _state(one),
         moment(one.last_run_at), moment(one.last_success_at), one.last_error)
        for one in found
    ]  # fmt: skip
    return [table(f"Watched ({len(found)})", names, rows)]


@watch.command("add")
def add_watch(platform: Platform, symbol: Symbol, resolution: Resolution) -> None:
    """Watch a series from now on: fetched where an exchange has it, forecast at each close."""
    with connect(False) as tickcast:
        added = tickcast.watch(platform, symbol, resolution)
    show(f"{platform}:{symbol}:{resolution} is watched from now on: {_kept(added)}.")


def _kept(watch: Watch) -> str:
    if watch.fetched:
        return "the server fetches its candles at each close"
    now = f", and the newest closed {length(watch.age)} ago" if watch.stale and watch.age else ""
    return f"nothing fetches its candles, it is as fresh as you keep it{now}"


@watch.command("remove")
def remove_watch(platform: Platform, symbol: Symbol, resolution: Resolution) -> None:
    """Watch a series no longer; its candles stay."""
    with connect(False) as tickcast:
        tickcast.unwatch(platform, symbol, resolution)
    show(f"{platform}:{symbol}:{resolution} is watched no longer.")
