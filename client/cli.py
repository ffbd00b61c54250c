"""The command `tickcast`: everything that talks to a server.

Exit codes: 0 done; 1 the server or a task said no; 2 wrong usage; 3 the server
is away or busy, try again; 130 interrupted. `operate.cli` adds the commands
that work on the data folder itself.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from importlib.metadata import version
from typing import Annotated, Any

import msgspec
import typer
from rich.console import Console
from rich.table import Table
from typer.core import TyperGroup

from client.commands import (
    agent,
    candle_files,
    candles,
    check,
    forecasts,
    live,
    series,
    slots,
    submit,
    tasks,
    trading,
)
from client.commands.output import AsJson, answer, connect, facts, table
from client.errors import AnswerError, ServerAway, TaskPending, TooManyRequests, Unavailable
from client.words import for_command_line
from core.errors import TickcastError
from core.plain_text import escape_controls

FAILED, TRY_AGAIN, INTERRUPTED = 1, 3, 130


class SentencesGroup(TyperGroup):
    """Turns every deliberate error of any command into one sentence and an exit code."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Note whether the caller is a program, then parse as ever."""
        ctx.meta["client.as_json"] = "--json" in args
        with valid_ones_named():
            return super().parse_args(ctx, args)

    def invoke(self, ctx: Any) -> Any:
        """Run the command; deliberate errors end in `typer.Exit`."""
        try:
            with valid_ones_named():
                return super().invoke(ctx)
        except TickcastError as error:
            tell(error, as_json=ctx.meta["client.as_json"])
            raise typer.Exit(exit_code(error)) from None
        except KeyboardInterrupt:
            typer.echo("Interrupted. Tasks that were started go on: tickcast tasks", err=True)
            raise typer.Exit(INTERRUPTED) from None


@contextmanager
def valid_ones_named() -> Iterator[None]:
    """Have the error of an unknown option or command name those that there are."""
    try:
        yield
    except Exception as error:
        # Typer brings a Click of its own, whose errors have no public names.
        usage: Any = error
        context = getattr(error, "ctx", None)
        if context is not None and hasattr(error, "possibilities"):
            options = [name for one in context.command.params for name in one.opts]
            usage.possibilities = sorted(name for name in options if name.startswith("--"))
        elif context is not None and str(getattr(error, "message", "")).startswith("No such comm"):
            usage.message += f" There are: {', '.join(context.command.list_commands(context))}."
        raise


def exit_code(error: TickcastError) -> int:
    """Return the exit code of an error: may the caller try again as it is?"""
    again = ServerAway | Unavailable | TooManyRequests | TaskPending
    return TRY_AGAIN if isinstance(error, again) else FAILED


def tell(error: TickcastError, *, as_json: bool) -> None:
    """Write one error to standard error, as a sentence or as JSON."""
    request_id = error.request_id if isinstance(error, AnswerError) else None
    if as_json:
        body = {
            "error": error.type,
            "detail": for_command_line(error.detail),
            "request_id": request_id,
        }
        sys.stderr.write(escape_controls(msgspec.json.encode(body).decode()) + "\n")
        return
    # Details hold colons and brackets that are no markup: `coinbase:X:3600`, `candles[3]`.
    console = Console(stderr=True, highlight=False, soft_wrap=True, markup=False, emoji=False)
    console.print("Error: ", style="bold red", end="")
    console.print(escape_controls(for_command_line(error.detail), lines=True))
    if request_id:
        console.print(f"Request {escape_controls(request_id)} in the server's log.", style="dim")


app = typer.Typer(
    name="tickcast",
    cls=SentencesGroup,
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,
)


def _tell_version(asked: bool) -> None:
    if asked:
        typer.echo(f"tickcast {version('tickcast')}")
        raise typer.Exit


@app.callback()
def tickcast(
    url: Annotated[
        str | None, typer.Option(help="Address of the server; else TICKCAST_URL.")
    ] = None,
    data_dir: Annotated[
        str | None, typer.Option(help="Its data folder, for the key; else TICKCAST_DATA_DIR.")
    ] = None,
    show_version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_tell_version, help="Tell it.")
    ] = False,
) -> None:
    """Market data and forecasts of a Tickcast server.

    The key comes from TICKCAST_API_KEY, or for a server of this machine from its
    data folder; never from the command line, which others can see.
    """
    given = {"TICKCAST_URL": url, "TICKCAST_DATA_DIR": data_dir}
    os.environ.update({name: value for name, value in given.items() if value is not None})


@app.command()
def status(as_json: AsJson = False) -> None:
    """Show whether the server and each of its parts are well; exit 3 unless all are."""
    with connect(as_json) as client:
        health = client.status()
        where = client.base_url
    answer(as_json, health, lambda health: _health_tables(where, health))
    if health.get("status") != "healthy":
        raise typer.Exit(TRY_AGAIN)


def _health_tables(where: str, health: dict[str, Any]) -> list[Table]:
    pairs = {"server": where, "status": health.get("status"), "version": health.get("version"),
             "up for": _duration(health.get("uptime"))} | health.get("parts", {})  # fmt: skip
    clock = health.get("clock") or {}
    pairs["clock"] = clock.get("status")
    for platform, found in (clock.get("offsets") or {}).items():
        pairs[f"clock of {platform}"] = f"{found.get('offset_ms', 0):+,.0f} ms"
    told = {name: value for name, value in pairs.items() if value is not None}
    columns = ("queue", "consumed", "running", "waiting")
    rows = [
        (name, *[found.get(column) for column in columns])
        for name, found in (health.get("workers") or {}).items()
    ]
    return [facts("", told), *([table("\nWorkers", ("name", *columns), rows)] if rows else [])]


def _duration(seconds: float | None) -> str | None:
    return None if seconds is None else str(timedelta(seconds=round(seconds)))


candles.ingest.command("candles")(candle_files.ingest_candles)
app.add_typer(candles.ingest, name="ingest")
app.command("candles")(candles.candles)
app.command("list")(candles.list_series)
app.add_typer(series.app, name="series")
app.command("train")(forecasts.train)
app.command("predict")(forecasts.predict)
app.add_typer(forecasts.models, name="models")
app.command("forecast")(slots.forecast)
app.command("evaluate")(slots.evaluate)
app.command("train-slot")(slots.train_slot)
app.command("walk")(slots.walk)
app.command("ledger")(slots.ledger)
app.command("verify")(slots.verify)
app.command("scoreboard")(slots.scoreboard)
app.command("leaktest")(slots.leaktest)
app.command("submit")(submit.submit)
app.add_typer(tasks.app, name="tasks")
app.add_typer(candles.watch, name="watch")
app.add_typer(trading.app, name="trading")
app.command("ask")(agent.ask)
app.command("feed")(live.feed)
app.command("replay")(live.replay)
app.command("check")(check.check)


def run() -> None:
    """Run the command line and exit."""
    app()


if __name__ == "__main__":
    run()
