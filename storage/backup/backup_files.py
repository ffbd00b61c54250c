"""The part of a backup that comes from files: models and the journal's old hours."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from sqlalchemy import Connection, select

from core.errors import CorruptArtifact
from storage.backup.backup_file import BackupWriter
from storage.database import reading
from storage.models.run_tables import runs
from storage.stores import Stores

_TRIES = 3

ModelFile = tuple[str, Path, str]  # member of the backup, path, digest


@contextmanager
def model_snapshot(stores: Stores) -> Iterator[tuple[Connection, list[ModelFile]]]:
    """Give a view of SQL together with the files of the models that it names.

    The files are links of our own, so that a model may be replaced meanwhile.
    Raises `CorruptArtifact` naming a model whose files are missing.
    """
    links = stores.registry.new_folder()
    try:
        for attempt in range(_TRIES):
            with reading(stores.engine) as connection:
                try:
                    files = _link_all(connection, stores, links / str(attempt))
                except CorruptArtifact:
                    # Replaced between our look at SQL and at the files: look again.
                    if attempt + 1 < _TRIES:
                        continue
                    raise
                yield connection, files
                return
    finally:
        shutil.rmtree(links, ignore_errors=True)


def add_models(writer: BackupWriter, connection: Connection, files: list[ModelFile]) -> int:
    """Add models' files; raises `CorruptArtifact` for one that its record disowns."""
    for member, path, digest in files:
        _add(writer, member, path)
        if writer.digests[member] != digest:
            raise _damaged(connection, member.rpartition("/")[0])
    return len(files)


def add_journal(writer: BackupWriter, data_dir: Path) -> int:
    """Add the journal's files as they are now; they only ever grow."""
    paths = sorted(path for path in data_dir.glob("journal/*/*/*") if path.is_file())
    for path in paths:
        with suppress(FileNotFoundError):
            _add(writer, path.relative_to(data_dir).as_posix(), path)
    return len(paths)


def put(path: Path, content: IO[bytes]) -> None:
    """Write a file in the place of an old one."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.restored")
    with draft.open("wb") as file:
        shutil.copyfileobj(content, file)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def _link_all(connection: Connection, stores: Stores, links: Path) -> list[ModelFile]:
    files = []
    kept = select(runs.c.folder, runs.c.digests).where(runs.c.folder != "")
    for folder, digests in connection.execute(kept).all():
        (links / folder).mkdir(parents=True)
        for name, digest in digests.items():
            member, link = f"{folder}/{name}", links / folder / name
            try:
                os.link(stores.data_dir / folder / name, link)
            except FileNotFoundError as error:
                raise _damaged(connection, folder) from error
            files.append((member, link, digest))
    return files


def _add(writer: BackupWriter, member: str, path: Path) -> None:
    with path.open("rb") as file:
        writer.add_stream(member, file, os.fstat(file.fileno()).st_size)


def _damaged(connection: Connection, folder: str) -> CorruptArtifact:
    run = connection.execute(select(runs).where(runs.c.folder == folder)).one()
    if run.name is None:
        return CorruptArtifact(f"The files of the model of training {run.id} are damaged.")
    model = f"{run.name}/{run.name_id}"
    return CorruptArtifact(f"The files of the model {model} are damaged; delete it first.")
