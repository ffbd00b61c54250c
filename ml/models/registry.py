"""Models by name, and as folders of files."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from core.errors import CorruptArtifact, InvalidRequest, NotFound
from ml.models.baseline import BASELINES, BaselineModel
from ml.models.boosting.boosters import BoostingOptions
from ml.models.protocol import Files, Model

FILE = "model.json"
MODELS = ("boosting", "lstm", *BASELINES)


class _Named(msgspec.Struct):
    name: str


def make_model(
    name: str, horizon: int, seed: int = 0, options: Mapping[str, Any] | None = None
) -> Model:
    """Return an unfitted model; `options` are those of `BoostingOptions` or `LstmOptions`.

    Raises `NotFound` for an unknown name and `InvalidRequest` for options that
    do not exist or do not fit.
    """
    if name in BASELINES:
        return BaselineModel(name, horizon, seed)
    if name == "boosting":
        # Imported here: the libraries of boosting take a second to load.
        from ml.models.boosting.close_model import BoostingModel

        return BoostingModel(horizon, seed, read_options(options or {}))
    if name == "lstm":
        from ml.models.lstm.slot_model import LstmModel, slot_options

        return LstmModel(horizon, seed, slot_options(dict(options or {}), horizon, seed))
    raise NotFound(f"model must be one of {', '.join(MODELS)}.")


def read_options(options: Mapping[str, Any]) -> BoostingOptions:
    """Check options that came from outside; raises `InvalidRequest`."""
    try:
        return msgspec.convert(dict(options), BoostingOptions)
    except msgspec.ValidationError as error:
        raise InvalidRequest(f"options: {error}.") from error


def read_model(files: Files) -> Model:
    """Return the model that `to_files` of any model wrote; raises `CorruptArtifact`."""
    try:
        name = msgspec.json.decode(files[FILE], type=_Named).name
        if name in BASELINES:
            return BaselineModel.from_files(files)
        if name == "lstm":
            from ml.models.lstm.slot_model import LstmModel

            return LstmModel.from_files(files)
        from ml.models.boosting.close_model import BoostingModel

        return BoostingModel.from_files(files)
    except (KeyError, msgspec.DecodeError) as error:
        raise CorruptArtifact("A stored model cannot be read; train it again.") from error


def save_model(model: Model, folder: Path) -> None:
    """Write the model's files into an existing folder."""
    for name, content in model.to_files().items():
        (folder / name).write_bytes(content)


def load_model(folder: Path) -> Model:
    """Return the model that `save_model` wrote; raises `CorruptArtifact`."""
    return read_model({path.name: path.read_bytes() for path in folder.iterdir()})
