"""What every command shares: the connection, options, tables, JSON."""

import sys
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Annotated, Any, TypeAlias

import msgspec
import typer
from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from client.tickcast import Tickcast
from core.plain_text import escape_controls

AsJson: TypeAlias = Annotated[
    bool, typer.Option("--json", help="Print JSON, for programs; no progress bars.")
]
Wait: TypeAlias = Annotated[bool, typer.Option(help="Wait for the end, or print the task's id.")]
Platform: TypeAlias = Annotated[
    str, typer.Argument(help="Exchange or source: coinbase, binance, file, ...")
]
Symbol: TypeAlias = Annotated[str, typer.Argument(help="As the platform writes it: BTC-USD.")]
Resolution: TypeAlias = Annotated[str, typer.Argument(help="Length of a candle: 1m, 5m, 1h, 1d.")]
ModelName: TypeAlias = Annotated[str, typer.Argument(help="Name of the model.")]
ModelId: TypeAlias = Annotated[str, typer.Argument(help="Version of the model.")]

# Rich cuts tables to 80 columns where it sees no terminal; a file or a pipe has room.
PIPE_WIDTH = 160
_STATE_STYLES = {
    "succeeded": "green", "healthy": "green", "ready": "green", "skilled": "green", "ok": "green",
    "running": "cyan", "queued": "cyan", "starting": "cyan",
    "unproven": "yellow", "negligible": "yellow", "degraded": "yellow", "cancelled": "yellow",
    "late": "yellow", "stale": "yellow", "warning": "yellow",
    "failed": "red", "unhealthy": "red", "no_skill": "red", "down": "red", "away": "red",
}  # fmt: skip


def connect(as_json: bool) -> Tickcast:
    """Return a client of the server that the environment names."""
    return Tickcast(progress=False if as_json else None)


def answer(as_json: bool, data: Any, render: Callable[[Any], Iterable[RenderableType]]) -> None:
    """Print `data` as JSON, or what `render` makes of it."""
    if as_json:
        text = msgspec.json.format(msgspec.json.encode(data)).decode()
        print(escape_controls(text, lines=True))
    else:
        show(*render(data))


def show(*renderables: RenderableType) -> None:
    """Print tables and sentences to standard output."""
    # No markup: names such as `coinbase:X:1h` would be read as pictures.
    width = None if sys.stdout.isatty() else PIPE_WIDTH
    console = Console(width=width, highlight=False, markup=False, emoji=False)
    for renderable in renderables:
        if isinstance(renderable, str):
            console.print(escape_controls(renderable, lines=True), soft_wrap=True)
        else:
            console.print(renderable)


def table(title: str, columns: Iterable[str], rows: Iterable[Iterable[Any]]) -> Table:
    """Return a table; numbers stand to the right, states are coloured."""
    cells = [[_cell(value) for value in row] for row in rows]
    made = Table(
        title=title or None, title_justify="left", title_style="bold", box=None, pad_edge=False
    )
    for number, column in enumerate(columns):
        right = any(row[number].justify == "right" for row in cells)
        made.add_column(column, justify="right" if right else "left", header_style="dim")
    for row in cells:
        made.add_row(*row)
    return made


def facts(title: str, pairs: dict[str, Any]) -> Table:
    """Return a table of names and values, all to the left."""
    made = table(title, ("", ""), [(name, str(_cell(value))) for name, value in pairs.items()])
    made.show_header = False
    return made


def number(value: float) -> str:
    """Return a number with thousands marked and as many digits as its size deserves."""
    if isinstance(value, int):
        return f"{value:,}"
    decimals = 2 if abs(value) >= 1_000 else 4 if abs(value) >= 10 else 5
    return f"{value:,.{decimals}f}" if abs(value) >= 1e-3 or value == 0 else f"{value:.3g}"


def moment(value: datetime | str | None) -> str:
    """Return a time in UTC to the second, as people read it."""
    if value is None:
        return ""
    text = value if isinstance(value, str) else value.isoformat()
    return text[:19].replace("T", " ")


_LENGTHS = (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1))


def length(seconds: float | None) -> str:
    """Return how long something took or is ago, in one unit: 45 s, 12 min, 30 h, 212 d."""
    if seconds is None:
        return ""
    unit, size = next(one for one in _LENGTHS if seconds >= 2 * one[1] or one[1] == 1)
    return f"{seconds / size:,.0f} {unit}"


def percent(share: float | None, form: str = ".1%") -> Text:
    """Return a share as a cell in percent; none is empty."""
    return Text("" if share is None else format(share, form), justify="right")


def _cell(value: Any) -> Text:
    if isinstance(value, Text):
        return value
    if value is None:
        return Text("")
    if isinstance(value, int | float) and not isinstance(value, bool):
        return Text(number(value), justify="right")
    text = moment(value) if isinstance(value, datetime) else str(value)
    return Text(escape_controls(text), style=_STATE_STYLES.get(text, ""))
