"""Which tests `make test` gives to one process: those of a file, and those that share a server."""

from pathlib import PurePosixPath
from typing import Any

from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

E2E = PurePosixPath("tests/e2e")
ALONE = E2E / "alone"


def shared_by(file: str) -> str:
    """Return what tests of a file share with others: a folder's server, or nothing but the file.

    Those at the own level of tests/e2e and of its dashboard share a server, too.
    """
    folder = PurePosixPath(file).parent
    if not folder.is_relative_to(E2E) or folder == ALONE:
        return file
    return str(E2E if folder == E2E / "dashboard" else folder)


class SharedServers(LoadScopeScheduling):  # type: ignore[misc]
    """Gives whole scopes to processes, in order, as `--dist loadfile` does with files."""

    def _split_scope(self, nodeid: str) -> Any:
        return shared_by(nodeid.split("::", 1)[0])
