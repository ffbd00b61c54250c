"""Trainings with a name of their own: read, replaced and deleted by it.

The row is the commit point: the files are in place before it is written, and an
old version's are removed after that.
"""

import builtins
import difflib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Engine, and_, delete, insert, select

from core.errors import Conflict, CorruptArtifact, NotFound, Unavailable
from core.names import check_name
from storage.database import reading, writing
from storage.models import artifacts
from storage.models.artifacts import Artifacts
from storage.models.run_tables import runs
from storage.models.runs import RunRecord, hash_of_files, run_record


class NamedRuns:
    """The runs of the registry that have a name; `DatabaseUnavailable` from every method."""

    def __init__(self, engine: Engine, files: Artifacts) -> None:
        self._engine = engine
        self._files = files

    def save(self, run: RunRecord, draft: Path, overwrite: bool = False) -> RunRecord:
        """Publish the files of a folder from `Artifacts.new_folder`, all or nothing.

        The digests are computed here; any that the record brings must agree
        (`CorruptArtifact`). Raises `Conflict` if name and id exist and `overwrite`
        is not set; the files are then gone. Returns the record as stored.
        """
        check_name(run.name or "", "model_name")
        check_name(run.name_id or "", "model_id")
        digests = artifacts.seal(draft)
        if run.digests and run.digests != digests:
            raise CorruptArtifact("The model's files differ from their digests.")
        place = self._files.publish(draft, run.id)
        stored = msgspec.structs.replace(
            run, digests=digests, model_hash=hash_of_files(digests), folder=place
        )
        try:
            old = self._swap(stored, overwrite)
        except Conflict:
            self._files.remove(place)
            raise
        if old:
            self._files.remove(old)
        return stored

    def get(self, name: str, name_id: str) -> RunRecord:
        """Return a run; raises `NotFound` naming the nearest."""
        with reading(self._engine) as connection:
            row = connection.execute(select(runs).where(_is(name, name_id))).one_or_none()
            if row is not None:
                return run_record(row)
            named = select(runs.c.name, runs.c.name_id).where(runs.c.name.is_not(None))
            known = connection.execute(named).all()
        raise NotFound(f"There is no such model.{_nearest(name, name_id, known)}")

    def exists(self, name: str, name_id: str) -> bool:
        """Say whether a run has this name."""
        with reading(self._engine) as connection:
            found = select(runs.c.id).where(_is(name, name_id))
            return connection.execute(found).one_or_none() is not None

    def list(self) -> builtins.list[RunRecord]:
        """Return all runs with a name, newest first."""
        named = select(runs).where(runs.c.name.is_not(None))
        order = runs.c.created_at.desc(), runs.c.name, runs.c.name_id
        with reading(self._engine) as connection:
            return [run_record(row) for row in connection.execute(named.order_by(*order))]

    def delete(self, name: str, name_id: str) -> None:
        """Delete a run, record first; raises `NotFound`."""
        gone = delete(runs).where(_is(name, name_id)).returning(runs.c.folder)
        with writing(self._engine) as connection:
            folder = connection.execute(gone).scalar()
        self._files.remove(folder or self.get(name, name_id).folder)

    def read_files(self, run: RunRecord) -> dict[str, bytes]:
        """Return the files by name, verified.

        Raises `CorruptArtifact` for one that is missing or altered, and
        `Unavailable` if the run was replaced or deleted after the record was read.
        """
        try:
            return self._files.read(run.folder, run.digests)
        except CorruptArtifact:
            if not self._is_current(run):
                raise Unavailable("The model was replaced at this moment; ask again.") from None
            raise

    def _swap(self, run: RunRecord, overwrite: bool) -> str | None:
        """Put the row in the old one's place; return the old folder."""
        here = _is(run.name or "", run.name_id or "")
        with writing(self._engine) as connection:
            old = connection.execute(select(runs.c.folder).where(here)).scalar()
            if old and not overwrite:
                raise Conflict("model_name and model_id exist; choose another id or overwrite.")
            connection.execute(delete(runs).where(here))
            connection.execute(insert(runs).values(run.values()))
        return old

    def _is_current(self, run: RunRecord) -> bool:
        with reading(self._engine) as connection:
            here = select(runs.c.id).where(runs.c.id == run.id)
            return connection.execute(here).one_or_none() is not None


def _is(name: str, name_id: str) -> ColumnElement[bool]:
    return and_(runs.c.name == name, runs.c.name_id == name_id)


def _nearest(name: str, name_id: str, known: Iterable[Any]) -> str:
    names = [f"{row.name}/{row.name_id}" for row in known]
    near = difflib.get_close_matches(f"{name}/{name_id}"[:130], names, n=3, cutoff=0.4)
    return f" Nearest: {', '.join(near)}." if near else ""
