"""Trainings of the next candle: what was validated, when, and the model that came of it."""

import hashlib
import hmac
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Engine, Row, and_, insert, select, update

from core.errors import CorruptArtifact, NotFound
from core.series import Series
from storage.database import reading, writing
from storage.models.next_candle_tables import next_candle_runs as runs

# Models of the newest so many trainings of a series are kept; of the others, their records.
KEPT = 5


class NextCandleRun(msgspec.Struct, frozen=True, kw_only=True):
    """One training. Instants are epoch ms; `first_time` and `last_time` are openings (s).

    `result` is what `ml.evaluation.judge_next_candle` says. With the same candles, options,
    seed and code a training gives a model of the same `model_hash`.
    """

    id: str
    platform: str
    symbol: str
    resolution: int
    job_id: str
    started_at: int
    finished_at: int
    message: str
    days: int
    first_time: int
    last_time: int
    candles: int
    options: dict[str, Any]
    seed: int
    code_version: str
    result: dict[str, Any]
    model_hash: str

    @property
    def series(self) -> Series:
        """Return the series that it was trained on."""
        return Series(self.platform, self.symbol, self.resolution)


_COLUMNS = [runs.c[name] for name in NextCandleRun.__struct_fields__]


class NextCandleRuns:
    """Records in SQL; every method may raise `DatabaseUnavailable`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(self, run: NextCandleRun, model: str) -> None:
        """Record a training with its model (JSON), and drop the models of much older ones.

        A record that its job has made already stays as it is.
        """
        with writing(self._engine) as connection:
            known = select(runs.c.id).where(runs.c.job_id == run.job_id)
            if connection.execute(known).first() is not None:
                return
            values = msgspec.structs.asdict(run) | {"model": model}
            connection.execute(insert(runs).values(values))
            newest = select(runs.c.id).where(_of(run.series)).order_by(*_NEWEST).limit(KEPT)
            kept = connection.execute(newest).scalars().all()
            old = _of(run.series), runs.c.model.is_not(None), runs.c.id.not_in(kept)
            connection.execute(update(runs).where(*old).values(model=None))

    def newest(self, series: Series) -> NextCandleRun | None:
        """Return the newest training of a series, None if there was none."""
        query = select(*_COLUMNS).where(_of(series)).order_by(*_NEWEST).limit(1)
        with reading(self._engine) as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else _to_run(row)

    def of_job(self, job_id: str) -> NextCandleRun | None:
        """Return the training that a job recorded, None if it did not come so far."""
        query = select(*_COLUMNS).where(runs.c.job_id == job_id)
        with reading(self._engine) as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else _to_run(row)

    def series(self) -> list[Series]:
        """Return the series that were ever trained on, sorted."""
        query = select(runs.c.platform, runs.c.symbol, runs.c.resolution).distinct()
        with reading(self._engine) as connection:
            return sorted(Series(*row) for row in connection.execute(query))

    def model(self, run_id: str) -> bytes:
        """Return a model's JSON.

        Raises `NotFound` if it was dropped, and `CorruptArtifact` if it was altered.
        """
        query = select(runs.c.model, runs.c.model_hash).where(runs.c.id == run_id)
        with reading(self._engine) as connection:
            row = connection.execute(query).one_or_none()
        if row is None or row.model is None:
            raise NotFound("The model of this training is not kept any more; train again.")
        content: bytes = row.model.encode()
        if not hmac.compare_digest(hash_of(content), row.model_hash):
            raise CorruptArtifact("A stored model differs from its digest; train it again.")
        return content


_NEWEST = runs.c.finished_at.desc(), runs.c.id


def hash_of(model: bytes) -> str:
    """Return the SHA-256 of a model's JSON, in hex."""
    return hashlib.sha256(model).hexdigest()


def _of(series: Series) -> ColumnElement[bool]:
    return and_(*(runs.c[name] == getattr(series, name) for name in Series.__struct_fields__))


def _to_run(row: Row[Any]) -> NextCandleRun:
    return NextCandleRun(**row._mapping)
