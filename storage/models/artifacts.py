"""Files of trained models: synced, moved into place in one step, and verified before every use.

A folder is a model's only once a record names it. One without a record, left by
a crash, is invisible and swept away later.
"""

import hashlib
import hmac
import os
import secrets
import shutil
import time
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from core.errors import CorruptArtifact, NotFound

# New models lie here, each under the id of its training. Models of earlier versions stay where
# they were: those with a name below `models/NAME/ID`, all others in `slot_models`.
MODELS = "models"
_EARLIER = "slot_models"
_NEW = f"{MODELS}/.new"
_SWEEP_SECONDS = 3_600


class Artifacts:
    """Folders of files below `root`, the data folder; a place is a folder's path from there."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def new_folder(self) -> Path:
        """Return an empty temporary folder to write a model's files into."""
        path = self.root / _NEW / secrets.token_hex(16)
        path.mkdir(mode=0o700, parents=True)
        return path

    def publish(self, draft: Path, run_id: str) -> str:
        """Move a folder whose files are sealed to the place of a training, and return that."""
        place = f"{MODELS}/{run_id}"
        move(draft, self.root / place)
        return place

    def read(self, place: str, digests: Mapping[str, str]) -> dict[str, bytes]:
        """Return a model's files by name, all verified; raises as `read_file` does."""
        return {name: self.read_file(place, digests, name) for name in digests}

    def read_file(self, place: str, digests: Mapping[str, str], name: str) -> bytes:
        """Return a file's bytes once they agree with its digest.

        Raises `NotFound` for a file that is none of the model's, and
        `CorruptArtifact` for one that is missing or altered.
        """
        if name not in digests:
            raise NotFound("The model has no such file.")
        return read_verified(self.root / place / name, digests[name])

    def remove(self, place: str) -> None:
        """Remove a model's folder, and those around it that have become empty."""
        path = self.root / place
        shutil.rmtree(path, ignore_errors=True)
        _remove_empty(path.parent, self.root)

    def sweep(self, kept: Collection[str]) -> int:
        """Remove what crashes left behind over an hour ago beside `kept`; returns how many."""
        oldest = time.time() - _SWEEP_SECONDS
        doomed = [
            path
            for path in self._folders()
            if path.relative_to(self.root).as_posix() not in kept and path.stat().st_mtime < oldest
        ]
        for path in doomed:
            self.remove(path.relative_to(self.root).as_posix())
        return len(doomed)

    def _folders(self) -> Iterator[Path]:
        """Yield the folders that hold no other folder."""
        for part in (MODELS, _EARLIER):
            for path, folders, _ in os.walk(self.root / part):
                # An empty folder of drafts, or of all models, is no draft.
                if not folders and Path(path) not in (self.root / part, self.root / _NEW):
                    yield Path(path)


def seal(folder: Path) -> dict[str, str]:
    """Sync every file of a folder to disk and return SHA-256 digests by file name."""
    digests = {}
    for path in sorted(folder.iterdir()):
        with path.open("rb") as file:
            digests[path.name] = hashlib.file_digest(file, "sha256").hexdigest()
            os.fsync(file.fileno())
    _sync_folder(folder)
    return digests


def move(source: Path, target: Path) -> None:
    """Rename a folder to its place and sync the folders around it."""
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    source.rename(target)
    for folder in (target.parent, target.parent.parent):
        _sync_folder(folder)


def read_verified(path: Path, digest: str) -> bytes:
    """Return a file's bytes if their SHA-256 is `digest`; raises `CorruptArtifact`.

    A symbolic link in the file's place is refused.
    """
    try:
        number = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError as error:
        raise CorruptArtifact("A file of the model is missing.") from error
    with os.fdopen(number, "rb") as file:
        content = file.read()
    if not hmac.compare_digest(hashlib.sha256(content).hexdigest(), digest):
        raise CorruptArtifact("A file of the model differs from its digest.")
    return content


def _remove_empty(folder: Path, root: Path) -> None:
    """Remove a folder and its parents as far as they are empty; those of all models stay."""
    while folder.parent != root and folder != root / _NEW:
        try:
            folder.rmdir()
        except OSError:
            return
        folder = folder.parent


def _sync_folder(folder: Path) -> None:
    number = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
