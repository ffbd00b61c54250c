"""Which code made a model: the release, and a fingerprint of the sources that learn."""

import hashlib
from functools import cache
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

# What a trained model depends on, of ours and of others.
_PACKAGES = ("core", "ml")
_LIBRARIES = ("numpy", "pandas", "scipy", "lightgbm", "xgboost-cpu", "TA-Lib")


@cache
def code_version() -> str:
    """Return the release and the first 16 digits of a hash over sources and libraries."""
    digest = hashlib.sha256()
    for package in _PACKAGES:
        for path in sorted(_folder(package).rglob("*.py")):
            digest.update(f"{package}/{path.relative_to(_folder(package))}\n".encode())
            digest.update(path.read_bytes())
    for library in _LIBRARIES:
        digest.update(f"{library} {version(library)}\n".encode())
    return f"{version('tickcast')}+{digest.hexdigest()[:16]}"


def _folder(package: str) -> Path:
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(package)
    return Path(spec.origin).parent
