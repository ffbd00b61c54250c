"""A whole Tickcast for a bench, in a folder that goes afterwards."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.running_tickcast import RunningTickcast


@contextmanager
def live_tickcast() -> Iterator[RunningTickcast]:
    """Run Tickcast with its defaults on a free port."""
    with (
        tempfile.TemporaryDirectory(prefix="tickcast-bench-") as folder,
        RunningTickcast(Path(folder) / "data") as tickcast,
    ):
        yield tickcast
