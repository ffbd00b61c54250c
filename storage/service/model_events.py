"""What became of trainings of signals' models: who speaks anew, who does not, what failed."""

from collections.abc import Collection
from typing import Any, Literal

import msgspec
from sqlalchemy import Engine, Row, or_, select

from core.jobs import JobState
from core.models import SIGNAL, known_models
from core.requests import SeriesRequest
from storage.database import reading
from storage.models.run_tables import runs
from storage.tables import jobs

# More of a day are not told.
MOST = 500
_CHAMPION = "champion"


class ModelEvent(msgspec.Struct, frozen=True, kw_only=True):
    """An event at an instant (epoch ms).

    `trained`: the first model of a target, which speaks whatever it found; `promoted`: it speaks
    in the place of another; `refused`: the one before goes on; `failed`: there is no model.
    """

    symbol: str
    resolution: int
    model_hash: str | None
    event: Literal["trained", "promoted", "refused", "failed"]
    at: int
    reason: str


def model_events(engine: Engine, since: int, trainings: Collection[str]) -> list[ModelEvent]:
    """Return the events since an instant (epoch ms), the newest first.

    `trainings` are the names of jobs that train. Raises `DatabaseUnavailable`.
    """
    named = [runs.c.model == name for name in known_models(SIGNAL)]
    # The names of some go on with what sets them apart: `barrier_signals.rr_3_1`.
    named += [runs.c.model.startswith(f"{name}.") for name in known_models(SIGNAL)]
    made = select(runs).where(runs.c.created_at >= since, runs.c.name.is_(None), or_(*named))
    failed = select(jobs).where(
        jobs.c.state == JobState.FAILED, jobs.c.finished_at >= since, jobs.c.name.in_(trainings)
    )
    with reading(engine) as connection:
        rows = connection.execute(made.order_by(runs.c.created_at.desc()).limit(MOST)).all()
        ended = connection.execute(failed.order_by(jobs.c.finished_at.desc()).limit(MOST)).all()
    found = [_of_run(row) for row in rows]
    found += [event for row in ended if (event := _of_job(row))]
    return sorted(found, key=lambda event: -event.at)[:MOST]


def _of_run(row: Row[Any]) -> ModelEvent:
    against = [name for one in row.decision.get("comparisons", ()) for name in one["against"]]
    promoted: Literal["trained", "promoted"] = "promoted" if _CHAMPION in against else "trained"
    return ModelEvent(
        symbol=row.symbol,
        resolution=row.resolution,
        model_hash=row.model_hash,
        event=promoted if row.promoted else "refused",
        at=row.created_at,
        reason=str(row.decision.get("reason", "")),
    )


def _of_job(row: Row[Any]) -> ModelEvent | None:
    """Return that a training failed, None if it was of another kind of model."""
    asked, told = row.request, row.error or {}
    model = str(asked.get("model", ""))
    if model and model.partition(".")[0] not in known_models(SIGNAL):
        return None
    series = msgspec.convert(asked, SeriesRequest).series
    return ModelEvent(
        symbol=series.symbol,
        resolution=series.resolution,
        model_hash=None,
        event="failed",
        at=row.finished_at,
        reason=str(told.get("detail", "")),
    )
