"""A Redis of the bench's own, in a folder that goes afterwards."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.settings import Settings
from operate.embedded_redis import start_redis, stop_redis


@contextmanager
def bench_redis() -> Iterator[Settings]:
    """Run the embedded Redis with our own defaults (fsync on every write)."""
    with tempfile.TemporaryDirectory(prefix="tickcast-bench-") as folder:
        settings = Settings(data_dir=Path(folder), _env_file=None)
        process = start_redis(settings)
        try:
            yield settings
        finally:
            stop_redis(process)
