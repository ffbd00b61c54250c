"""Which processes make Tickcast, as the Procfile lists them."""

import os
import re
import sys
from collections.abc import Mapping
from itertools import cycle
from pathlib import Path

from core.settings import Settings
from operate.child_process import ChildProcess
from operate.output import COLOURS

PROCFILE = Path(__file__).parent.parent / "Procfile"
REDIS = "redis"
_LINE = re.compile(r"^([A-Za-z0-9_-]+):\s*(.+)$", re.MULTILINE)


def read_commands(path: Path = PROCFILE) -> dict[str, str]:
    """Return the command of every process, in the order of the file."""
    return dict(_LINE.findall(path.read_text()))


def child_processes(commands: Mapping[str, str], settings: Settings) -> list[ChildProcess]:
    """Return the processes to run, Redis among them only where it is the embedded one."""
    environment = child_environment(settings)
    colours = cycle(COLOURS)
    return [
        ChildProcess(name, command, environment, next(colours))
        for name, command in commands.items()
        if name != REDIS or settings.embedded_redis
    ]


def child_environment(settings: Settings) -> dict[str, str]:
    """Return our environment with what every process of ours needs besides.

    The variables that the command line of make may set are handed on as we
    understood them, so that all processes agree whatever `.env` says.
    """
    return {
        **os.environ,
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]),
        "PYTHONUNBUFFERED": "1",
        # Every Celery worker would say so in five lines; `make run` says it once.
        "PYTHONWARNINGS": os.environ.get("PYTHONWARNINGS", "ignore:You're running the worker"),
        "PROMETHEUS_MULTIPROC_DIR": str(settings.metrics_dir),
        "TICKCAST_HOST": settings.host,
        "TICKCAST_PORT": str(settings.port),
        "TICKCAST_DATA_DIR": str(settings.data_dir),
    }
