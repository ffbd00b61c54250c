"""Which code made a model: the release, and a fingerprint of what learns, ours and others'."""

import ast
import hashlib
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

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
    root = _folder("ml").parent
    for path in sources():
        digest.update(f"{path.relative_to(root).as_posix()}\n".encode())
        digest.update(path.read_bytes())
    for library in _LIBRARIES:
        digest.update(f"{library} {_version(library)}\n".encode())
    return f"{version('tickcast')}+{digest.hexdigest()[:16]}"


def sources() -> list[Path]:
    """Return the files that models are made with: all of `ml`, and what it takes from `core`."""
    core, ml = _folder("core"), _folder("ml")
    found = sorted(ml.rglob("*.py"))
    for path in found:  # grows by what its files import
        wanted = ((core / name).with_suffix(".py") for name in _taken_from_core(path))
        found += [module for module in wanted if module.exists() and module not in found]
    return found


def _taken_from_core(path: Path) -> list[str]:
    tree = ast.walk(ast.parse(path.read_bytes()))
    modules = [node.module for node in tree if isinstance(node, ast.ImportFrom) and node.module]
    ours = [name for name in modules if name.startswith("core.")]
    return sorted(name.removeprefix("core.").replace(".", "/") for name in ours)


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
