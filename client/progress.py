"""Show how far a task has come: a bar on a terminal, a line in a notebook, else a line at times."""

import importlib
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeAlias

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.progress import Progress as Bar

from core.jobs import Progress
from core.plain_text import escape_controls

Show: TypeAlias = Callable[[Progress], None]

# Between two lines where nobody looks at a terminal (s).
QUIET_S = 10.0


@contextmanager
def progress_shown(title: str, wanted: bool | None = None) -> Iterator[Show]:
    """Yield a function that shows a progress under `title`.

    `wanted` None shows it where somebody can see it: when standard error is a
    terminal, or in a notebook; elsewhere a line is written every `QUIET_S`, so that what
    takes long says why. Nothing is ever written to standard output.
    """
    if wanted is not False and _in_notebook():
        yield _notebook_line(title)
    elif wanted or (wanted is None and sys.stderr.isatty()):
        with _bar() as bar:
            yield _on_bar(bar, title)
    elif wanted is None:
        yield _lines(title)
    else:
        yield lambda progress: None


def _lines(title: str, clock: Callable[[], float] = time.monotonic) -> Show:
    told = clock()

    def show(progress: Progress) -> None:
        nonlocal told
        if clock() - told >= QUIET_S:
            told = clock()
            sys.stderr.write(progress_text(title, progress) + "\n")

    return show


def _bar() -> Bar:
    return Bar(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(bar_width=32),
        MofNCompleteColumn(),
        TextColumn("{task.fields[unit]}"),
        TimeElapsedColumn(),
        TimeRemainingColumn(compact=True),
        TextColumn("{task.fields[message]}", style="dim", markup=False),
        console=Console(stderr=True),
    )


def _on_bar(bar: Bar, title: str) -> Show:
    row = bar.add_task(title, total=None, unit="", message="waiting for a worker")

    def show(progress: Progress) -> None:
        bar.update(
            row,
            completed=progress.done,
            total=progress.total or None,
            unit=progress.unit,
            message=escape_controls(progress.message),
        )

    return show


def _notebook_line(title: str) -> Show:
    # IPython has no types of its own.
    display: Any = importlib.import_module("IPython.display").display
    handle: Any = None

    def show(progress: Progress) -> None:
        nonlocal handle
        line = {"text/plain": progress_text(title, progress)}
        if handle is None:
            handle = display(line, raw=True, display_id=True)
        else:
            handle.update(line, raw=True)

    return show


def progress_text(title: str, progress: Progress) -> str:
    """Return one line: the title, a bar of 24 signs and the counts if any, the message."""
    if not progress.total:
        return f"{title}  {escape_controls(progress.message)}"
    share = min(max(progress.done / progress.total, 0.0), 1.0)
    full = round(24 * share)
    counts = f"{progress.done:,}/{progress.total:,} {progress.unit}"
    message = escape_controls(progress.message)
    return f"{title}  {'█' * full}{'·' * (24 - full)}  {counts}  {message}".rstrip()


def _in_notebook() -> bool:
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    return type(shell).__name__ == "ZMQInteractiveShell"
