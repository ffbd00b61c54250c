"""The registry: every training for a target, and which of them speaks for it.

A run is recorded once, with the decision on it; its row is the commit point,
its files in a folder of their own are there before. Runs never change. A target
has at most one champion: the run that was promoted last.
"""

import secrets
import shutil
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import Connection, Engine, Row, func, insert, select, update

from core.errors import Conflict, NotFound
from core.forecast_target import ForecastTarget
from core.models import CLOSE, known_models
from core.times import now_ms
from storage.database import reading, writing
from storage.ledger.ledger_reads import is_target
from storage.models import model_files
from storage.models.registry_rows import RunRecord, TargetRecord, hash_of_files
from storage.models.registry_tables import slot_runs, targets

_NEW = ".new"
_SWEEP_SECONDS = 3_600
_LONGEST_ERROR = 500


class Registry:
    """Targets and runs in SQL, models below `folder`; `DatabaseUnavailable` from every method."""

    def __init__(self, engine: Engine, folder: Path, clock: Callable[[], int] = now_ms) -> None:
        self._engine = engine
        self.folder = folder
        self._clock = clock

    def configure(
        self,
        target: ForecastTarget,
        options: Mapping[str, Any],
        retrain_every: int,
        expires_after: int,
    ) -> TargetRecord:
        """Note what trainings of a target are asked for, and how often (s) they come unasked."""
        wanted = {"options": dict(options), "retrain_every": retrain_every}
        wanted |= {"expires_after": expires_after}
        with writing(self._engine) as connection:
            change = update(targets).where(is_target(targets, target)).values(wanted)
            if not connection.execute(change).rowcount:
                anew = msgspec.structs.asdict(target) | {"created_at": self._clock(), "failures": 0}
                connection.execute(insert(targets).values(anew | wanted))
            return _target_record(_target_row(connection, target))

    def target(self, target: ForecastTarget) -> TargetRecord:
        """Return what is known of a target; raises `NotFound`."""
        with reading(self._engine) as connection:
            return _target_record(_target_row(connection, target))

    def targets(self, *kinds: str) -> list[TargetRecord]:
        """Return all targets of these kinds, of closes by default, that were ever to be trained."""
        models = [name for kind in kinds or (CLOSE,) for name in known_models(kind)]
        order = [targets.c[field] for field in ForecastTarget.__struct_fields__]
        chosen = select(targets).where(targets.c.model.in_(models)).order_by(*order)
        with reading(self._engine) as connection:
            return [_target_record(row) for row in connection.execute(chosen)]

    def run(self, run_id: str) -> RunRecord:
        """Return the record of a training; raises `NotFound`."""
        here = select(slot_runs).where(slot_runs.c.id == run_id)
        with reading(self._engine) as connection:
            row = connection.execute(here).one_or_none()
        if row is None:
            raise NotFound("There is no training with this id.")
        return _run_record(row)

    def runs(self, target: ForecastTarget, limit: int = 50) -> list[RunRecord]:
        """Return the newest trainings of a target, newest first."""
        newest = select(slot_runs).where(is_target(slot_runs, target))
        newest = newest.order_by(slot_runs.c.created_at.desc(), slot_runs.c.id).limit(limit)
        with reading(self._engine) as connection:
            return [_run_record(row) for row in connection.execute(newest)]

    def run_of_job(self, job_id: str) -> RunRecord | None:
        """Return the run that a job recorded, if it came so far."""
        with reading(self._engine) as connection:
            here = select(slot_runs).where(slot_runs.c.job_id == job_id)
            row = connection.execute(here).one_or_none()
        return None if row is None else _run_record(row)

    def champion(self, target: ForecastTarget) -> RunRecord | None:
        """Return the champion of a target, if it has one."""
        joined = slot_runs.join(targets, targets.c.champion_id == slot_runs.c.id)
        here = select(slot_runs).select_from(joined).where(is_target(slot_runs, target))
        with reading(self._engine) as connection:
            row = connection.execute(here).one_or_none()
        return None if row is None else _run_record(row)

    def new_folder(self) -> Path:
        """Return an empty temporary folder to write a model's files into."""
        path = self.folder / _NEW / secrets.token_hex(16)
        path.mkdir(mode=0o700, parents=True)
        return path

    def enter(self, run: RunRecord, temp_folder: Path, champion_id: str | None) -> RunRecord:
        """Record a training with its files, and make it the champion if it is `promoted`.

        `champion_id` is the champion that it was compared with; raises `Conflict`
        if that has changed, and `NotFound` for a target that was never configured.
        """
        digests = model_files.seal(temp_folder)
        whole = msgspec.structs.replace(
            run, digests=digests, model_hash=hash_of_files(digests), folder=run.id
        )
        model_files.move(temp_folder, self.folder / whole.folder)
        try:
            with writing(self._engine) as connection:
                self._enter(connection, whole, champion_id)
        except Conflict:
            shutil.rmtree(self.folder / whole.folder, ignore_errors=True)
            raise
        return whole

    def note_attempt(self, target: ForecastTarget) -> None:
        """Note that a training was begun, so that none is begun right after it."""
        with writing(self._engine) as connection:
            change = update(targets).where(is_target(targets, target))
            connection.execute(change.values(attempted_at=self._clock()))

    def note_failure(self, target: ForecastTarget, error: str) -> None:
        """Note that a training ended without a run; the champion stays as it is."""
        values = {"attempted_at": self._clock(), "failures": targets.c.failures + 1}
        with writing(self._engine) as connection:
            change = update(targets).where(is_target(targets, target))
            connection.execute(change.values(**values, last_error=error[:_LONGEST_ERROR]))

    def read_files(self, run: RunRecord) -> dict[str, bytes]:
        """Return a model's files by name; raises `CorruptArtifact` if one was altered."""
        folder = self.folder / run.folder
        return {
            name: model_files.read_verified(folder / name, digest)
            for name, digest in run.digests.items()
        }

    def sweep(self) -> int:
        """Remove folders that crashes left behind over an hour ago; returns how many."""
        with reading(self._engine) as connection:
            kept = set(connection.execute(select(slot_runs.c.folder)).scalars())
        drafts = [*self.folder.glob(f"{_NEW}/*"), *self.folder.glob("[!.]*")]
        oldest = time.time() - _SWEEP_SECONDS
        doomed = [p for p in drafts if p.name not in kept and p.stat().st_mtime < oldest]
        for path in doomed:
            shutil.rmtree(path, ignore_errors=True)
        return len(doomed)

    def _enter(self, connection: Connection, run: RunRecord, champion_id: str | None) -> None:
        now = self._clock()
        row = _target_row(connection, run.target)
        if row.champion_id != champion_id:
            raise Conflict("Another champion was chosen meanwhile; train again.")
        values: dict[str, Any] = {"attempted_at": now, "failures": 0, "last_error": None}
        if run.promoted:
            since = func.coalesce(targets.c.champion_since, now)
            values |= {"champion_id": run.id, "promoted_at": now, "champion_since": since}
        connection.execute(insert(slot_runs).values(run.values()))
        connection.execute(update(targets).where(is_target(targets, run.target)).values(values))


def _target_row(connection: Connection, target: ForecastTarget) -> Row[Any]:
    row = connection.execute(select(targets).where(is_target(targets, target))).one_or_none()
    if row is None:
        raise NotFound("No training was ever asked for this slot.")
    return row


def _target_record(row: Row[Any]) -> TargetRecord:
    values = {
        name: row._mapping[name] for name in TargetRecord.__struct_fields__ if name != "target"
    }
    return TargetRecord(
        target=ForecastTarget(*row[: len(ForecastTarget.__struct_fields__)]), **values
    )


def _run_record(row: Row[Any]) -> RunRecord:
    values = {name: row._mapping[name] for name in RunRecord.__struct_fields__ if name != "target"}
    target = ForecastTarget(*(row._mapping[field] for field in ForecastTarget.__struct_fields__))
    return RunRecord(target=target, **values)
