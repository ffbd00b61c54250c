"""Which code made a model: the release, and a fingerprint of what learns, ours and others'."""

import hashlib
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

# Models are made by all of `ml` and by what that takes from `core`.
CORE_MODULES = (
    "errors",
    "forecast_target",
    "jobs",
    "lstm_limits",
    "models",
    "names",
    "next_candle",
    "resolutions",
    "series",
    "signals",
    "times",
)
_LIBRARIES = (
    "numpy",
    "pandas",
    "scipy",
    "scikit-learn",
    "TA-Lib",
    "lightgbm",
    "xgboost-cpu",
    "tensorflow-cpu",
    "tensorflow",
    "keras",
    "onnx",
    "onnxruntime",
)


@cache
def code_version() -> str:
    """Return the release and the first 16 digits of a hash over sources and libraries."""
    digest = hashlib.sha256()
    for name, content in _sources():
        digest.update(f"{name}\n".encode())
        digest.update(content)
    for library in _LIBRARIES:
        digest.update(f"{library} {_version(library)}\n".encode())
    return f"{version('tickcast')}+{digest.hexdigest()[:16]}"


def _sources() -> list[tuple[str, bytes]]:
    core, ml = _folder("core"), _folder("ml")
    paths = [core / f"{name}.py" for name in CORE_MODULES] + sorted(ml.rglob("*.py"))
    return [(path.relative_to(ml.parent).as_posix(), path.read_bytes()) for path in paths]


def _version(library: str) -> str:
    # TensorFlow comes under one of two names.
    try:
        return version(library)
    except PackageNotFoundError:
        return "none"


def _folder(package: str) -> Path:
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(package)
    return Path(spec.origin).parent
