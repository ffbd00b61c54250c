"""`tickcast tasks`: what the server does, did and shall do."""

from typing import Annotated, Any

import typer
from rich.table import Table

from client.commands.output import AsJson, answer, connect, facts, table
from client.tasks import Task, TaskPage
from core.jobs import JobState

app = typer.Typer(help="Background work: list, show, wait, cancel.", no_args_is_help=False)
TaskId = Annotated[str, typer.Argument(help="Id of the task.")]


@app.callback(invoke_without_command=True)
def list_tasks(
    context: typer.Context,
    state: Annotated[JobState | None, typer.Option(help="Only tasks in this state.")] = None,
    name: Annotated[str | None, typer.Option(help="Only tasks of this name.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=200, help="At most so many.")] = 20,
    as_json: AsJson = False,
) -> None:
    """List the newest tasks."""
    if context.invoked_subcommand:
        return
    with connect(as_json) as tickcast:
        answer(as_json, tickcast.tasks(state=state, name=name, limit=limit), _page)


@app.command("show")
def show_task(task_id: TaskId, as_json: AsJson = False) -> None:
    """Show one task with its result or the reason why it failed."""
    with connect(as_json) as tickcast:
        answer(as_json, tickcast.task(task_id), task_view)


@app.command("wait")
def wait_task(
    task_id: TaskId,
    timeout: Annotated[float | None, typer.Option(help="Seconds to wait at most.")] = None,
    as_json: AsJson = False,
) -> None:
    """Wait for a task to end, and show its result."""
    with connect(as_json) as tickcast:
        answer(as_json, tickcast.wait(task_id, timeout), task_view)


@app.command("cancel")
def cancel_task(task_id: TaskId, as_json: AsJson = False) -> None:
    """Cancel a task; one that runs ends at its next report."""
    with connect(as_json) as tickcast:
        answer(as_json, tickcast.cancel(task_id), task_view)


def task_view(task: Task) -> list[Table]:
    """Return where a task stands, and the plain figures of its result."""
    pairs = {"task": task.task_id, "name": task.name, "state": task.state,
             "progress": _progress(task), "created": task.created_at,
             "started": task.started_at, "finished": task.finished_at}  # fmt: skip
    if task.error:
        pairs |= {"error": task.error.type, "reason": task.error.detail}
    pairs |= plain(task.result or {})
    return [facts("", {name: value for name, value in pairs.items() if value not in (None, "")})]


def plain(found: dict[str, Any]) -> dict[str, Any]:
    """Return the fields whose values fit into one cell; of a list, how long it is."""
    counted = {name: len(value) if isinstance(value, list) else value
               for name, value in found.items()}  # fmt: skip
    return {name: value for name, value in counted.items() if isinstance(value, str | int | float)}


def _page(page: TaskPage) -> list[Table]:
    rows = [(t.task_id, t.name, t.state, _progress(t), t.created_at) for t in page.tasks]
    columns = ("id", "name", "state", "progress", "created (UTC)")
    return [table(f"Tasks ({len(rows)} of {page.total:,})", columns, rows)]


def _progress(task: Task) -> str:
    done = task.progress
    counts = f"{done.done:,}/{done.total:,} {done.unit}" if done.total else ""
    return f"{counts} {done.message}".strip()
