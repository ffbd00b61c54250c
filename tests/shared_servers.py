"""Which tests `make test` gives to which process, and in which order.

Those of a file stay in one process, and so do those that share a server. Whole servers, which
mostly wait, go to the first two processes; a third, which yields the cores to them, works
meanwhile on what needs none.
"""

import os
from pathlib import PurePosixPath
from typing import Any

from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

E2E = PurePosixPath("tests/e2e")
ALONE = E2E / "alone"
# The third process, and how far it yields: a server's test that has a time to keep is not late.
THIRD, NICENESS = "gw2", 5


def shared_by(file: str) -> str:
    """Return what tests of a file share with others: a folder's server, or nothing but the file.

    Those at the own level of tests/e2e and of its dashboard share a server, too.
    """
    folder = PurePosixPath(file).parent
    if not folder.is_relative_to(E2E) or folder == ALONE:
        return file
    return str(E2E if folder == E2E / "dashboard" else folder)


def yield_if_third() -> None:
    """Let the cores go to the other processes first, if this is the third."""
    if os.environ.get("PYTEST_XDIST_WORKER") == THIRD:
        os.nice(NICENESS)


class SharedServers(LoadScopeScheduling):  # type: ignore[misc]
    """Gives whole scopes to processes, in order, as `--dist loadfile` does with files."""

    def _split_scope(self, nodeid: str) -> Any:
        return shared_by(nodeid.split("::", 1)[0])

    def _assign_work_unit(self, node: Any) -> None:
        if node.gateway.id == THIRD:
            alone = [scope for scope in self.workqueue if not scope.startswith(str(E2E))]
            if not alone:
                node.shutdown()
                return
            # From the end, where the short ones are: what is long is begun by the others.
            self.workqueue.move_to_end(alone[-1], last=False)
        super()._assign_work_unit(node)
