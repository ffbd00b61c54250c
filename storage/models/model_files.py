"""Files of a model on disk: synced, moved in one step, and verified before use."""

import hashlib
import hmac
import os
from pathlib import Path

from core.errors import CorruptArtifact


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
    for last in (False, True):
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            source.rename(target)
            break
        except FileNotFoundError:
            # Somebody who deleted the last version may have removed the empty parent just now.
            if last:
                raise
    for folder in (target.parent, target.parent.parent, target.parent.parent.parent):
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


def remove_empty(folder: Path, root: Path) -> None:
    """Remove a folder and its parents below `root` as far as they are empty."""
    while folder != root:
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
