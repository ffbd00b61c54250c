"""Trained models: files in a folder of their own each, and a record that vouches for them.

The record's row is the commit point. A folder without a row, left by a crash,
is invisible and swept away later; a row always points to a complete folder.
"""

import builtins
import difflib
import secrets
import shutil
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Engine, Row, and_, delete, insert, select

from core.errors import Conflict, CorruptArtifact, NotFound, Unavailable
from core.names import check_name
from core.series import Series
from storage.database import reading, writing
from storage.models import model_files
from storage.tables import lstm_models

_NEW = ".new"
_SWEEP_SECONDS = 3_600


class ModelRecord(msgspec.Struct, frozen=True):
    """A trained model. `created_at` is epoch ms; `digests` are SHA-256 in hex by file name.

    `folder`, below the store's own, is set by the store.
    """

    name: str
    id: str
    series: Series
    created_at: int
    digests: dict[str, str]
    metadata: dict[str, Any]
    folder: str = ""


class ModelStore:
    """Models below `folder`, recorded in SQL; `DatabaseUnavailable` from every method."""

    def __init__(self, engine: Engine, folder: Path) -> None:
        self._engine = engine
        self.folder = folder

    def new_folder(self) -> Path:
        """Return an empty temporary folder to write a model's files into."""
        path = self.folder / _NEW / secrets.token_hex(16)
        path.mkdir(mode=0o700, parents=True)
        return path

    def save(self, record: ModelRecord, temp_folder: Path, overwrite: bool = False) -> ModelRecord:
        """Publish the files of a folder from `new_folder`, all or nothing.

        The digests are computed here; any that the record brings must agree
        (`CorruptArtifact`). Raises `Conflict` if name and id exist and `overwrite`
        is not set; the files are then gone. Returns the record as stored.
        """
        check_name(record.name, "model_name")
        check_name(record.id, "model_id")
        digests = model_files.seal(temp_folder)
        if record.digests and record.digests != digests:
            raise CorruptArtifact("The model's files differ from their digests.")
        place = f"{record.name}/{record.id}/{secrets.token_hex(8)}"
        model_files.move(temp_folder, self.folder / place)
        stored = msgspec.structs.replace(record, digests=digests, folder=place)
        try:
            old = self._swap(stored, overwrite)
        except Conflict:
            self._remove(place)
            raise
        if old:
            self._remove(old)
        return stored

    def get(self, name: str, model_id: str) -> ModelRecord:
        """Return a model's record; raises `NotFound` naming the nearest."""
        with reading(self._engine) as connection:
            row = connection.execute(select(lstm_models).where(_is(name, model_id))).one_or_none()
            if row is not None:
                return _to_record(row)
            known = connection.execute(select(lstm_models.c.name, lstm_models.c.id)).all()
        raise NotFound(f"There is no such model.{_nearest(name, model_id, known)}")

    def exists(self, name: str, model_id: str) -> bool:
        """Say whether a model is recorded."""
        with reading(self._engine) as connection:
            found = select(lstm_models.c.name).where(_is(name, model_id))
            return connection.execute(found).one_or_none() is not None

    def list(self) -> builtins.list[ModelRecord]:
        """Return all records, newest first."""
        order = lstm_models.c.created_at.desc(), lstm_models.c.name, lstm_models.c.id
        with reading(self._engine) as connection:
            rows = connection.execute(select(lstm_models).order_by(*order)).all()
        return [_to_record(row) for row in rows]

    def delete(self, name: str, model_id: str) -> None:
        """Delete a model, record first; raises `NotFound`."""
        gone = delete(lstm_models).where(_is(name, model_id)).returning(lstm_models.c.folder)
        with writing(self._engine) as connection:
            folder = connection.execute(gone).scalar()
        self._remove(folder or self.get(name, model_id).folder)

    def read_file(self, record: ModelRecord, filename: str) -> bytes:
        """Return a file's bytes once they agree with the digest in the record.

        Raises `NotFound` for a file that the model does not have,
        `CorruptArtifact` for one that is missing or altered, and `Unavailable` if
        the model was replaced or deleted after the record was read.
        """
        if filename not in record.digests:
            raise NotFound("The model has no such file.")
        try:
            return model_files.read_verified(
                self.folder / record.folder / filename, record.digests[filename]
            )
        except CorruptArtifact:
            if not self._is_current(record):
                raise Unavailable("The model was replaced at this moment; ask again.") from None
            raise

    def sweep(self) -> int:
        """Remove what crashes left behind over an hour ago; returns how many folders."""
        with reading(self._engine) as connection:
            kept = set(connection.execute(select(lstm_models.c.folder)).scalars())
        drafts = self.folder.glob(f"{_NEW}/*")
        places = self.folder.glob("[!.]*/*/*")
        orphans = [p for p in places if p.relative_to(self.folder).as_posix() not in kept]
        oldest = time.time() - _SWEEP_SECONDS
        doomed = [p for p in (*drafts, *orphans) if p.stat().st_mtime < oldest]
        for path in doomed:
            shutil.rmtree(path, ignore_errors=True)
        return len(doomed)

    def _swap(self, record: ModelRecord, overwrite: bool) -> str | None:
        """Put the row in the old one's place; return the old folder."""
        here = _is(record.name, record.id)
        with writing(self._engine) as connection:
            old = connection.execute(select(lstm_models.c.folder).where(here)).scalar()
            if old and not overwrite:
                raise Conflict("model_name and model_id exist; choose another id or overwrite.")
            connection.execute(delete(lstm_models).where(here))
            connection.execute(insert(lstm_models).values(_to_row(record)))
        return old

    def _is_current(self, record: ModelRecord) -> bool:
        with reading(self._engine) as connection:
            here = select(lstm_models.c.folder).where(_is(record.name, record.id))
            return connection.execute(here).scalar() == record.folder

    def _remove(self, place: str) -> None:
        path = self.folder / place
        shutil.rmtree(path, ignore_errors=True)
        model_files.remove_empty(path.parent, self.folder)


def _is(name: str, model_id: str) -> ColumnElement[bool]:
    return and_(lstm_models.c.name == name, lstm_models.c.id == model_id)


def _nearest(name: str, model_id: str, known: Iterable[Any]) -> str:
    names = [f"{row.name}/{row.id}" for row in known]
    near = difflib.get_close_matches(f"{name}/{model_id}"[:130], names, n=3, cutoff=0.4)
    return f" Nearest: {', '.join(near)}." if near else ""


def _to_row(record: ModelRecord) -> dict[str, Any]:
    row = msgspec.structs.asdict(record)
    return row | msgspec.structs.asdict(row.pop("series"))


def _to_record(row: Row[Any]) -> ModelRecord:
    values = {n: row._mapping[n] for n in ModelRecord.__struct_fields__ if n != "series"}
    return ModelRecord(**values, series=Series(row.platform, row.symbol, row.resolution))
