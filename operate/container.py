"""Prepares a container, then turns into its command: `python -m operate.container COMMAND...`."""

import os
import sys

from core.errors import TickcastError
from core.process.unread_variables import unread_variables
from core.settings import read_settings
from operate.data_folder import empty_metrics_folder, prepare_data_folder
from operate.readiness import PATIENCE, check_redis
from operate.records import look_after_marks
from storage.redis_connection import connect

METRICS_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"


def main(command: list[str]) -> str:
    """Bring the records up to date and run `command`; return a sentence if that fails."""
    if not command:
        return "Name the command to run, as the Procfile does."
    try:
        settings = read_settings()
        for sentence in unread_variables():
            print(sentence, flush=True)
        with connect(settings.redis_address, timeout=PATIENCE) as client:
            check_redis(client, settings)
        prepare_data_folder(settings)
        for fault in look_after_marks(settings):
            print(fault.sentence, flush=True)
        if METRICS_VARIABLE not in os.environ and command[0] == "gunicorn":
            os.environ[METRICS_VARIABLE] = str(empty_metrics_folder(settings))
        os.execvp(command[0], command)  # noqa: S606
    except TickcastError as error:
        return error.detail
    except OSError as error:
        return f"{command[0]} cannot be run: {error.strerror}."


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
