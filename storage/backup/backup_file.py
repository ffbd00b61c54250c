"""The file of a backup: one tar whose members are all listed, with digests, in its manifest."""

import hashlib
import io
import os
import re
import secrets
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import msgspec

from core.errors import CorruptArtifact, NotFound

FORMAT = 1
MANIFEST = "manifest.json"
SEAL = "manifest.sha256"

_NAME = r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}"
_ALLOWED = re.compile(
    rf"redis/\d{{8}}\.(dump|stream)|sql/[a-z_]{{1,64}}\.jsonl"
    rf"|models/({_NAME}/){{1,3}}{_NAME}|journal/{_NAME}/{_NAME}/{_NAME}"
    rf"|(slot_models|slots)/{_NAME}/{_NAME}|ledger/heads\.jsonl"
)
_PIECE = 1 << 20


class Manifest(msgspec.Struct, frozen=True):
    """What a backup holds. `created_at` is epoch ms; `digests` are SHA-256 by member."""

    format: int
    version: str
    revision: str
    created_at: int
    counts: dict[str, int]
    digests: dict[str, str]


class BackupWriter:
    """Adds members to a tar; see `writing_backup`."""

    def __init__(self, tar: tarfile.TarFile) -> None:
        self._tar = tar
        self.digests: dict[str, str] = {}

    def add(self, name: str, content: bytes) -> None:
        """Add a member."""
        self.add_stream(name, io.BytesIO(content), len(content))

    def add_stream(self, name: str, source: IO[bytes], size: int) -> None:
        """Add a member of the first `size` bytes of `source`."""
        if not _ALLOWED.fullmatch(name):
            raise CorruptArtifact("A name does not belong into a backup.")
        reader = _Digesting(source)
        self._put(name, reader, size)
        self.digests[name] = reader.digest.hexdigest()

    def close(self, manifest: Manifest) -> None:
        """Add the manifest and its digest, which come last: a cut-off file has none."""
        content = msgspec.json.format(msgspec.json.encode(manifest), indent=1)
        seal = hashlib.sha256(content).hexdigest().encode()
        self._put(MANIFEST, io.BytesIO(content), len(content))
        self._put(SEAL, io.BytesIO(seal), len(seal))

    def _put(self, name: str, source: Any, size: int) -> None:
        member = tarfile.TarInfo(name)
        member.size, member.mode = size, 0o600
        self._tar.addfile(member, source)


@contextmanager
def writing_backup(path: Path) -> Iterator[BackupWriter]:
    """Write a backup beside its place and rename it there once it is complete and synced."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    number = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(number, "wb") as file:
            with tarfile.open(fileobj=file, mode="w") as tar:
                yield BackupWriter(tar)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def members(path: Path) -> Iterator[tuple[str, IO[bytes]]]:
    """Yield every member's name and content, to be read before the next one is asked for.

    Only plain files with names that a backup may hold pass: nothing is ever
    extracted to a path that the tar chooses. Raises `CorruptArtifact` otherwise.
    """
    with tarfile.open(path, "r:") as tar:
        for member in tar:
            name, content = member.name, tar.extractfile(member) if member.isreg() else None
            if content is None or not (name in (MANIFEST, SEAL) or _ALLOWED.fullmatch(name)):
                raise CorruptArtifact("The backup holds something that does not belong there.")
            yield name, content


def check_backup(path: Path) -> Manifest:
    """Return the manifest once every member agrees with it; raises `CorruptArtifact`."""
    try:
        digests = _digests(path)
        manifest = _manifest(path, digests.pop(MANIFEST, None))
    except FileNotFoundError as error:
        raise NotFound(f"There is no file {path.name}; name the backup to read.") from error
    except (tarfile.TarError, msgspec.MsgspecError, EOFError, ValueError) as error:
        raise CorruptArtifact("The file is no backup, or it is damaged.") from error
    digests.pop(SEAL, None)
    if manifest.digests != digests:
        raise CorruptArtifact("The backup is damaged: a part differs from its digest.")
    return manifest


def _digests(path: Path) -> dict[str, str]:
    digests: dict[str, str] = {}
    for name, content in members(path):
        if name in digests:
            raise CorruptArtifact("The backup holds a part twice.")
        digests[name] = _digest(content)
    return digests


def _manifest(path: Path, digest: str | None) -> Manifest:
    parts = {n: content.read() for n, content in members(path) if n in (MANIFEST, SEAL)}
    if digest is None or parts.get(SEAL, b"").decode(errors="replace") != digest:
        raise CorruptArtifact("The backup is damaged or was cut off.")
    manifest = msgspec.json.decode(parts[MANIFEST], type=Manifest)
    if manifest.format != FORMAT:
        raise CorruptArtifact("The backup was written by another version, in another format.")
    return manifest


def _digest(content: IO[bytes]) -> str:
    digest = hashlib.sha256()
    while piece := content.read(_PIECE):
        digest.update(piece)
    return digest.hexdigest()


class _Digesting:
    """A reader that keeps the digest of what was read from it."""

    def __init__(self, source: IO[bytes]) -> None:
        self._source = source
        self.digest = hashlib.sha256()

    def read(self, size: int) -> bytes:
        piece = self._source.read(size)
        self.digest.update(piece)
        return piece
