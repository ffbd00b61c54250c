"""`tickcast series`: what is held, described, deleted, renamed, and that undone for a day."""

from collections.abc import Callable
from functools import partial
from typing import Annotated, Any

import typer
from rich.console import RenderableType

from client.commands.candles import list_series
from client.commands.output import AsJson, Platform, Symbol, answer, connect, moment, show, table
from core.clock.resolutions import resolution_name

app = typer.Typer(help="Series that are held: list, describe, delete, rename, undo.",
                  no_args_is_help=True)  # fmt: skip
app.command("list")(list_series)

MaybeResolution = Annotated[
    str | None, typer.Argument(help="Length of a candle; all of the market unless given.")
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Tell what would be done; do nothing.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]


@app.command()
def describe(platform: Platform, symbol: Symbol, as_json: AsJson = False) -> None:
    """Describe each series of a market: rows, holes, marks, age, and what hangs on it."""
    with connect(as_json) as tickcast:
        answer(as_json, tickcast.describe(platform, symbol), _described)


@app.command()
def delete(
    platform: Platform,
    symbol: Symbol,
    resolution: MaybeResolution = None,
    dry_run: DryRun = False,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Delete the candles of a market or of one series; ledgers and models stay."""
    with connect(as_json) as tickcast:
        move = partial(tickcast.delete_series, platform, symbol, resolution)
        told = _carried_out(move, "Delete", dry_run=dry_run, yes=yes or as_json)
    answer(as_json, told, _moved)


@app.command()
def rename(
    platform: Platform,
    symbol: Symbol,
    to: Annotated[str, typer.Argument(help="The symbol that they get.")],
    dry_run: DryRun = False,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Give the candles of a market another symbol; ledgers and models stay with the old one."""
    with connect(as_json) as tickcast:
        move = partial(tickcast.rename_series, platform, symbol, to)
        told = _carried_out(move, "Rename", dry_run=dry_run, yes=yes or as_json)
    answer(as_json, told, _moved)


@app.command()
def undo(move_id: Annotated[str, typer.Argument(help="The id that was told.")]) -> None:
    """Undo a deletion or a renaming of less than a day ago."""
    with connect(False) as tickcast:
        back = tickcast.undo_series(move_id)
    show(f"Back: {', '.join(back)}.")


def _carried_out(
    move: Callable[..., dict[str, Any]], what: str, *, dry_run: bool, yes: bool
) -> dict[str, Any]:
    """Tell what a move would do, ask, and do it; return what it is answered."""
    would = move(dry_run=True)
    if dry_run:
        return would
    if not yes:
        show(*_described(would["series"]), would["kept"])
        typer.confirm(f"{what} these candles?", abort=True)
    return move()


def _described(series: list[dict[str, Any]]) -> list[RenderableType]:
    names = ("resolution", "candles", "first (UTC)", "last (UTC)", "holes", "missing", "marks",
             "stale", "models", "ledger rows")  # fmt: skip
    rows = [
        (resolution_name(one["resolution"]), one["rows"], moment(one["first"]),
         moment(one["last"]), one["holes"], one["missing"], _marks(one["flags"]),
         "yes" if one["stale"] else "", one["champions"], one["ledger_rows"])
        for one in series
    ]  # fmt: skip
    title = f"{series[0]['platform']}:{series[0]['symbol']}" if series else ""
    return [table(title, names, rows)]


def _marks(flags: dict[str, int]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in flags.items())


def _moved(told: dict[str, Any]) -> list[RenderableType]:
    if told["dry_run"]:
        return [*_described(told["series"]), "Nothing was done.", told["kept"]]
    until = moment(told["until"])
    return [f"Done. Until {until} UTC it is undone by: tickcast series undo {told['id']}"]
