"""Shapes that several routes share. Field order is that of the JSON."""

from typing import Annotated, Any

from msgspec import UNSET, Meta, Struct, UnsetType

from core.clock.resolutions import RESOLUTION_PATTERN, RESOLUTIONS
from core.clock.times import LATEST_MS, format_time
from core.jobs import Job
from core.names import NAME_PATTERN, SYMBOL_PATTERN

Json = dict[str, Any]

Name = Annotated[
    str,
    Meta(pattern=NAME_PATTERN, description="1 to 64 letters, digits, dots, underscores, hyphens."),
]
# A version may be written as a number; it becomes its digits.
Version = Annotated[str, Meta(pattern=NAME_PATTERN)] | Annotated[int, Meta(ge=0, le=10**18)]
Symbol = Annotated[
    str,
    Meta(
        pattern=SYMBOL_PATTERN,
        description="As the platform writes it (`BTC-USD`), or with a slash (`BTC/USD`). Others' "
        "symbols (`BTC/USDT:USDT`, `^GSPC`) are kept in the spelling of a name: `0.x5E.GSPC`.",
    ),
]
_NAMED: Json = {"pattern": RESOLUTION_PATTERN, "examples": ["1m", "1h", "1d"]}
# In a query, where one left empty counts as not given.
ResolutionName = Annotated[
    str, Meta(extra_json_schema=_NAMED | {"pattern": f"^$|{RESOLUTION_PATTERN}"})
]
Resolution = Annotated[
    Annotated[int, Meta(extra_json_schema={"enum": RESOLUTIONS})]
    | Annotated[str, Meta(extra_json_schema=_NAMED)],
    Meta(description="Length of a candle, in seconds or by name."),
]
_WHEN = "ISO 8601, or epoch seconds or milliseconds, UTC."
_SINCE_1970 = Meta(ge=0, lt=LATEST_MS, description=_WHEN)
_TEXT = Meta(description=_WHEN, extra_json_schema={"format": "date-time"})
Time = Annotated[int, _SINCE_1970] | Annotated[float, _SINCE_1970] | Annotated[str, _TEXT]
# In a query all is text, and a parameter left empty counts as not given.
TimeText = Annotated[str, Meta(description=_WHEN, extra_json_schema={"type": ["string", "number"]})]


class Root(Struct):
    """What runs here, and where it is described."""

    status: str
    service: str
    version: str
    docs: str
    message: str = "GET /docs shows all routes."


class TaskQueued(Struct):
    """Work that goes on in the background."""

    status: str
    task_id: str
    href: str


class TaskProgress(Struct):
    """How far the work has come; `total` 0: not known yet."""

    done: int
    total: int
    unit: str
    message: str


class TaskError(Struct):
    """Why a task failed."""

    type: str
    detail: str


class TaskSubject(Struct, omit_defaults=True):
    """What a task is about, as far as it was told: a series, a model, candles ahead."""

    platform: str | UnsetType = UNSET
    symbol: str | UnsetType = UNSET
    resolution: int | UnsetType = UNSET
    model: str | UnsetType = UNSET
    horizon: int | UnsetType = UNSET


class Task(Struct):
    """A piece of background work. `stages` run one after another; `stage` counts from 0."""

    task_id: str
    name: str
    state: str
    progress: TaskProgress
    result: Json | None
    error: TaskError | None
    created_at: str
    started_at: str | None
    finished_at: str | None
    stages: list[str]
    stage: int
    attempt: int
    subject: TaskSubject


class TaskPage(Struct):
    """Tasks, newest first; `total` counts those that match the filters."""

    tasks: list[Task]
    total: int
    limit: int
    offset: int


def show_task(job: Job) -> Task:
    """Return a job as the API shows it."""
    progress, error = job.progress, job.error
    return Task(
        job.id,
        job.name,
        job.state.value,
        TaskProgress(progress.done, progress.total, progress.unit, progress.message),
        job.result,
        TaskError(error.type, error.detail) if error else None,
        format_time(job.created_at),
        show_time(job.started_at),
        show_time(job.finished_at),
        job.stages,
        job.stage,
        job.attempt,
        _subject(job.request),
    )


def _subject(request: Json) -> TaskSubject:
    told = {name: value for name in TaskSubject.__struct_fields__ if (value := request.get(name))}
    if name := request.get("model_name"):
        told["model"] = f"{name}/{request.get('model_id')}"
    return TaskSubject(**told)


def show_time(instant_ms: int | None) -> str | None:
    """Return an instant for JSON; None stays None."""
    return None if instant_ms is None else format_time(instant_ms)


def given(struct: Struct) -> Json:
    """Return the fields of a request that were given and are not null."""
    fields = {name: getattr(struct, name) for name in struct.__struct_fields__}
    return {name: value for name, value in fields.items() if value is not None}
