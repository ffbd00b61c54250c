"""The registry: every training for a target, and which of them speaks for it.

A run is recorded once, with the decision on it; its row is the commit point,
its files are in place before. Runs never change. A target has at most one
champion: the run that was promoted last. Runs with a name are in `named_runs`.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import Connection, Engine, Row, Select, func, insert, or_, select, update

from core.clock.times import now_ms
from core.errors import Conflict, NotFound
from core.forecast_target import ForecastTarget
from core.models import CLOSE, NEXT_CANDLE, known_models
from storage.database import reading, writing
from storage.ledger.ledger_reads import is_target
from storage.models import artifacts
from storage.models.artifacts import Artifacts
from storage.models.run_tables import runs, targets
from storage.models.runs import RunRecord, TargetRecord, hash_of_files, run_record, target_record

_LONGEST_ERROR = 500
# How a note on files that are not what their record says begins.
DAMAGED = "damaged files"
# No ledger row rests on a model of the next candle: of those of one target the newest so many
# are kept, beside the champion.
KEPT = 5


class Registry:
    """Targets and runs in SQL, models in files; `DatabaseUnavailable` from every method."""

    def __init__(self, engine: Engine, files: Artifacts, clock: Callable[[], int] = now_ms) -> None:
        self._engine = engine
        self.files = files
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
            return target_record(_target_row(connection, target))

    def target(self, target: ForecastTarget) -> TargetRecord:
        """Return what is known of a target; raises `NotFound`."""
        with reading(self._engine) as connection:
            return target_record(_target_row(connection, target))

    def targets(self, *kinds: str) -> list[TargetRecord]:
        """Return all targets of these kinds, of closes by default, that were ever to be trained."""
        models = [name for kind in kinds or (CLOSE,) for name in known_models(kind)]
        order = [targets.c[field] for field in ForecastTarget.__struct_fields__]
        # The names of some of them go on with what sets them apart: `barrier_signals.rr_3_1`.
        named = [targets.c.model.startswith(f"{name}.") for name in models]
        chosen = select(targets).where(or_(targets.c.model.in_(models), *named)).order_by(*order)
        with reading(self._engine) as connection:
            return [target_record(row) for row in connection.execute(chosen)]

    def run(self, run_id: str) -> RunRecord:
        """Return the record of a training; raises `NotFound`."""
        found = self._one(select(runs).where(runs.c.id == run_id))
        if found is None:
            raise NotFound("There is no training with this id.")
        return found

    def runs(self, target: ForecastTarget, limit: int = 50) -> list[RunRecord]:
        """Return the newest trainings of a target, newest first; those with a name left out."""
        newest = select(runs).where(is_target(runs, target), runs.c.name.is_(None))
        newest = newest.order_by(runs.c.created_at.desc(), runs.c.id).limit(limit)
        with reading(self._engine) as connection:
            return [run_record(row) for row in connection.execute(newest)]

    def candidates(self, target: ForecastTarget, options: Mapping[str, Any], seed: int) -> int:
        """Return how many recipes were tried on a target, this one included.

        A recipe trained again on newer candles is no new candidate: it is judged on what
        nobody could choose it by.
        """
        held = select(runs.c.options, runs.c.seed).where(
            is_target(runs, target), runs.c.name.is_(None)
        )
        with reading(self._engine) as connection:
            tried = [(row.options, row.seed) for row in connection.execute(held)]
        recipes = [*tried, (dict(options), seed)]
        return len({msgspec.json.encode(each, order="deterministic") for each in recipes})

    def run_of_job(self, job_id: str, target: ForecastTarget) -> RunRecord | None:
        """Return the run for a target that a job recorded, if it came so far."""
        return self._one(select(runs).where(runs.c.job_id == job_id, is_target(runs, target)))

    def champion(self, target: ForecastTarget) -> RunRecord | None:
        """Return the champion of a target, if it has one."""
        joined = runs.join(targets, targets.c.champion_id == runs.c.id)
        return self._one(select(runs).select_from(joined).where(is_target(targets, target)))

    def champion_id(self, target: ForecastTarget) -> str | None:
        """Return the id of a target's champion, None if it has none."""
        here = select(targets.c.champion_id).where(is_target(targets, target))
        with reading(self._engine) as connection:
            return connection.execute(here).scalar()

    def new_folder(self) -> Path:
        """Return an empty temporary folder to write a model's files into."""
        return self.files.new_folder()

    def enter(self, run: RunRecord, draft: Path, champion_id: str | None) -> RunRecord:
        """Record a training with its files, and make it the champion if it is `promoted`.

        `champion_id` is the champion that it was compared with; raises `Conflict`
        if that has changed, and `NotFound` for a target that was never configured.
        """
        digests = artifacts.seal(draft)
        place = self.files.publish(draft, run.id)
        whole = msgspec.structs.replace(
            run, digests=digests, model_hash=hash_of_files(digests), folder=place
        )
        try:
            with writing(self._engine) as connection:
                self._enter(connection, whole, champion_id)
                dropped = _drop_old_files(connection, whole.target)
        except Conflict:
            self.files.remove(place)
            raise
        for old in dropped:
            self.files.remove(old)
        return whole

    def step_down(self, run: RunRecord) -> RunRecord | None:
        """Let the champion before `run`, whose files are damaged, speak again.

        Returns who speaks now, None if no other was promoted before; that the files
        are damaged is noted in either case, until a training is promoted.
        """
        note = f"{DAMAGED} of training {run.id}; train again, or restore a backup"
        before = (
            select(runs)
            .where(
                is_target(runs, run.target),
                runs.c.promoted,
                runs.c.name.is_(None),
                runs.c.folder != "",
                runs.c.created_at < run.created_at,
            )
            .order_by(runs.c.created_at.desc(), runs.c.id)
            .limit(1)
        )
        with writing(self._engine) as connection:
            row = connection.execute(before).one_or_none()
            values: dict[str, Any] = {"last_error": note}
            if row is not None:
                values |= {"champion_id": row.id, "promoted_at": row.created_at}
            still = is_target(targets, run.target) & (targets.c.champion_id == run.id)
            connection.execute(update(targets).where(still).values(values))
        champion = self.champion(run.target)
        return None if champion is None or champion.id == run.id else champion

    def damaged(self) -> dict[str, str]:
        """Return by target what is noted of damaged files."""
        noted = select(targets).where(targets.c.last_error.startswith(DAMAGED))
        with reading(self._engine) as connection:
            found = [target_record(row) for row in connection.execute(noted)]
        return {str(record.target): record.last_error or "" for record in found}

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
        """Return a model's files by name, all verified.

        Raises `CorruptArtifact` if one was altered, and `NotFound` if they are not
        kept any more.
        """
        if not run.digests:
            raise NotFound("The model of this training is not kept any more; train again.")
        return self.files.read(run.folder, run.digests)

    def sweep(self) -> int:
        """Remove folders that crashes left behind over an hour ago; returns how many."""
        with reading(self._engine) as connection:
            kept = set(connection.execute(select(runs.c.folder)).scalars())
        return self.files.sweep(kept)

    def _one(self, query: Select[Any]) -> RunRecord | None:
        with reading(self._engine) as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else run_record(row)

    def _enter(self, connection: Connection, run: RunRecord, champion_id: str | None) -> None:
        now = self._clock()
        row = _target_row(connection, run.target)
        if row.champion_id != champion_id:
            raise Conflict("Another champion was chosen meanwhile; train again.")
        values: dict[str, Any] = {"attempted_at": now, "failures": 0, "last_error": None}
        if run.promoted:
            since = func.coalesce(targets.c.champion_since, now)
            values |= {"champion_id": run.id, "promoted_at": now, "champion_since": since}
        connection.execute(insert(runs).values(run.values()))
        connection.execute(update(targets).where(is_target(targets, run.target)).values(values))


def _drop_old_files(connection: Connection, target: ForecastTarget) -> list[str]:
    """Note that the models of a target's oldest runs are not kept; returns their folders."""
    if target.kind != NEXT_CANDLE:
        return []
    champion = select(func.coalesce(targets.c.champion_id, "")).where(is_target(targets, target))
    older = (
        select(runs.c.id, runs.c.folder)
        .where(
            is_target(runs, target), runs.c.folder != "", runs.c.id != champion.scalar_subquery()
        )
        .order_by(runs.c.created_at.desc(), runs.c.id)
        .offset(KEPT)
    )
    found = connection.execute(older).all()
    here = runs.c.id.in_([row.id for row in found])
    connection.execute(update(runs).where(here).values(digests={}, folder=""))
    return [row.folder for row in found]


def _target_row(connection: Connection, target: ForecastTarget) -> Row[Any]:
    row = connection.execute(select(targets).where(is_target(targets, target))).one_or_none()
    if row is None:
        raise NotFound("No training was ever asked for this slot.")
    return row
