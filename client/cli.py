"""The command `tickcast`: everything that talks to a server.

Exit codes: 0 done; 1 the server or a task said no; 2 wrong usage; 3 the server
is away or busy, try again; 130 interrupted. `operate.cli` adds the commands
that work on the data folder itself.
"""

import os
import sys
from typing import Annotated, Any

import msgspec
import typer
from rich.console import Console
from typer.core import TyperGroup

from client.commands import candles, forecasts, tasks
from client.commands.output import AsJson, answer, connect, facts
from client.errors import AnswerError, ServerAway, TaskPending, TooManyRequests, Unavailable
from core.errors import TickcastError

FAILED, TRY_AGAIN, INTERRUPTED = 1, 3, 130


class SentencesGroup(TyperGroup):
    """Turns every deliberate error of any command into one sentence and an exit code."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Note whether the caller is a program, then parse as ever."""
        ctx.meta["client.as_json"] = "--json" in args
        return super().parse_args(ctx, args)

    def invoke(self, ctx: Any) -> Any:
        """Run the command; deliberate errors end in `typer.Exit`."""
        try:
            return super().invoke(ctx)
        except TickcastError as error:
            tell(error, as_json=ctx.meta["client.as_json"])
            raise typer.Exit(exit_code(error)) from None
        except KeyboardInterrupt:
            typer.echo("Interrupted. Tasks that were started go on: tickcast tasks", err=True)
            raise typer.Exit(INTERRUPTED) from None


def exit_code(error: TickcastError) -> int:
    """Return the exit code of an error: may the caller try again as it is?"""
    again = ServerAway | Unavailable | TooManyRequests | TaskPending
    return TRY_AGAIN if isinstance(error, again) else FAILED


def tell(error: TickcastError, *, as_json: bool) -> None:
    """Write one error to standard error, as a sentence or as JSON."""
    request_id = error.request_id if isinstance(error, AnswerError) else None
    if as_json:
        body = {"error": error.type, "detail": error.detail, "request_id": request_id}
        sys.stderr.write(msgspec.json.encode(body).decode() + "\n")
        return
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    console.print("Error: ", style="bold red", end="")
    console.print(error.detail, markup=False)
    if request_id:
        console.print(f"Request {request_id} in the server's log.", style="dim")


app = typer.Typer(
    name="tickcast",
    cls=SentencesGroup,
    help="Market data and forecasts of a Tickcast server.",
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,
)


@app.callback()
def tickcast(
    url: Annotated[
        str | None, typer.Option(help="Address of the server; else TICKCAST_URL.")
    ] = None,
    data_dir: Annotated[
        str | None, typer.Option(help="Its data folder, for the key; else TICKCAST_DATA_DIR.")
    ] = None,
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
    answer(as_json, health, lambda health: [facts(where, _flat(health))])
    if health.get("status") != "healthy":
        raise typer.Exit(TRY_AGAIN)


def _flat(health: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    pairs: dict[str, Any] = {}
    for name, value in health.items():
        path = f"{prefix}{name}"
        pairs |= _flat(value, f"{path} ") if isinstance(value, dict) else {path: value}
    return pairs


app.add_typer(candles.ingest, name="ingest")
app.command("candles")(candles.candles)
app.command("train")(forecasts.train)
app.command("predict")(forecasts.predict)
app.add_typer(forecasts.models, name="models")
app.add_typer(tasks.app, name="tasks")
app.add_typer(candles.watch, name="watch")


def run() -> None:
    """Run the command line and exit."""
    app()
