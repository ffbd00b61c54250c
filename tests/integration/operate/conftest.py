"""A data folder on which the commands work."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.settings import Settings
from storage.stores import Stores, open_stores


@pytest.fixture
def folder(redis_settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """The settings of a folder that a command finds by its environment."""
    own = {"data_dir": tmp_path, "redis_url": redis_settings.redis_address}
    for name, value in own.items():
        monkeypatch.setenv(f"TICKCAST_{name.upper()}", str(value))
    monkeypatch.chdir(tmp_path)
    return redis_settings.model_copy(update=own)


@pytest.fixture
def opened(folder: Settings) -> Iterator[Stores]:
    """The stores of the folder on which the command works."""
    stores = open_stores(folder)
    yield stores
    stores.close()
