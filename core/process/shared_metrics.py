"""Counters that many processes keep together, in files of a folder that one of them reads."""

import os
import socket
from pathlib import Path

FOLDER_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"


def share_metrics(folder: Path) -> None:
    """Have `prometheus_client` keep this process's counts in `folder`, unless told another.

    To be called before anything of it is imported: it decides then. A file is
    named by host and process, since containers that share a folder may have the
    same process ids.
    """
    os.environ.setdefault(FOLDER_VARIABLE, str(folder))
    Path(os.environ[FOLDER_VARIABLE]).mkdir(parents=True, exist_ok=True)
    from prometheus_client import values

    host = socket.gethostname().replace("_", "-")
    values.ValueClass = values.MultiProcessValue(  # type: ignore[no-untyped-call]
        lambda: f"{host}-{os.getpid()}"
    )
