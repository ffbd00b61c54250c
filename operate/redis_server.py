"""Turns into the embedded Redis: `python -m operate.redis_server`."""

import os
import sys

from core.errors import TickcastError
from core.settings import read_settings
from operate.embedded_redis import server_command


def main() -> str:
    """Replace this process by the Redis server; return a sentence if that fails."""
    try:
        settings = read_settings()
        line, environment = server_command(settings)
        os.execve(line[0], [*line, "--loglevel", "warning"], environment)  # noqa: S606
    except TickcastError as error:
        return error.detail
    except OSError as error:
        return f"Redis cannot be run: {error.strerror}."


if __name__ == "__main__":
    sys.exit(main())
