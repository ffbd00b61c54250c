"""The data folder: made private, locked against a second start, and brought up to date."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.errors import TickcastError
from core.settings import Settings
from storage.access.access_keys import AccessKeyStore
from storage.access.owner_key import ensure_owner_key
from storage.database import migrate, open_database
from storage.locks import lock_file

LOCK_TIMEOUT_S = 2.0


class DataFolderInUse(TickcastError):
    """Another Tickcast runs on this folder, or the folder cannot be written."""

    type = "data_folder_in_use"


@contextmanager
def locked_data_folder(settings: Settings) -> Iterator[None]:
    """Make the data folder and hold its lock; the kernel frees it however we end."""
    folder = settings.data_dir
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise DataFolderInUse(
            f"The data folder {folder} cannot be written ({error.strerror}); set DATA_DIR."
        ) from None
    try:
        _lock(descriptor, folder)
        yield
    finally:
        os.close(descriptor)


def prepare_data_folder(settings: Settings) -> str:
    """Migrate the records and make the owner's key; return the key.

    Safe when several processes do it at once, as containers do.
    """
    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    engine = open_database(settings.database_address)
    try:
        migrate(engine, settings.data_dir)
        keys = AccessKeyStore(engine)
        return ensure_owner_key(keys, settings.owner_key, settings.owner_key_file)
    finally:
        engine.dispose()


@contextmanager
def own_metrics_folder(settings: Settings) -> Iterator[None]:
    """Have the folder of the counters, emptied, for one run; memory is given back at the end."""
    folder = empty_metrics_folder(settings)
    try:
        yield
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def empty_metrics_folder(settings: Settings) -> Path:
    """Return the folder where processes share their Prometheus counters, emptied."""
    folder = settings.metrics_dir
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)
    return folder


def _lock(descriptor: int, folder: Path) -> None:
    if not lock_file(descriptor, LOCK_TIMEOUT_S):
        raise DataFolderInUse(
            f"Another Tickcast already runs on {folder}; stop it or set DATA_DIR."
        )
