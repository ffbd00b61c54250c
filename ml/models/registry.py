"""Models by name, ours and other packages', and as folders of files."""

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import msgspec

from core.errors import CorruptArtifact
from core.models import model_facts
from ml.models.protocol import FILE, Files, Model


class _Named(msgspec.Struct):
    # LSTMs that were trained under a name wrote none until November 2026.
    name: str = "lstm"


def model_class(name: str) -> type[Model]:
    """Return the class of a model; raises `NotFound` for an unknown name.

    It is imported here: the libraries of boosting and of networks take seconds to load.
    """
    module, _, attribute = model_facts(name).place.partition(":")
    found: type[Model] = getattr(import_module(module), attribute)
    return found


def make_model(
    name: str, horizon: int, seed: int = 0, options: Mapping[str, Any] | None = None
) -> Model:
    """Return an unfitted model.

    Raises `NotFound` for an unknown name and `InvalidRequest` for options that
    do not exist or do not fit.
    """
    told = model_facts(name).options
    return model_class(name)(horizon, seed, {**(options or {}), **told})


def read_model(files: Files) -> Model:
    """Return the model that `to_files` of any model wrote; raises `CorruptArtifact`."""
    try:
        name = msgspec.json.decode(files[FILE], type=_Named).name
        return model_class(name).from_files(files)
    except (KeyError, msgspec.DecodeError) as error:
        raise CorruptArtifact("A stored model cannot be read; train it again.") from error


def save_model(model: Model, folder: Path) -> None:
    """Write the model's files into an existing folder."""
    for name, content in model.to_files().items():
        (folder / name).write_bytes(content)


def load_model(folder: Path) -> Model:
    """Return the model that `save_model` wrote; raises `CorruptArtifact`."""
    return read_model({path.name: path.read_bytes() for path in folder.iterdir()})
