"""Variables `TICKCAST_*` that nothing reads: most are misspelt settings."""

import difflib
import os
from collections.abc import Iterator

from dotenv import dotenv_values

from core.plain_text import escape_controls
from core.settings import Settings

_PREFIX = Settings.model_config["env_prefix"]
# What the client reads, and what docker-compose.yml does.
_OTHERS = ("URL", "API_KEY", "REDIS_PASSWORD", "DATABASE_PASSWORD", "METRICS_KEY")
_SHOWN = 20


def unread_variables() -> Iterator[str]:
    """Yield a sentence for each variable of the environment or `.env` that is no setting."""
    known = {*map(str.upper, Settings.model_fields), *_OTHERS}
    given = {name.upper() for name in {**os.environ, **dotenv_values(".env")}}
    names = (name.removeprefix(_PREFIX) for name in sorted(given) if name.startswith(_PREFIX))
    for name in [name for name in names if name not in known][:_SHOWN]:
        near = difflib.get_close_matches(name, known, n=1)
        meant = f"; {_PREFIX}{near[0]} is" if near else ""
        yield f"{_PREFIX}{escape_controls(name[:64])} is no setting of Tickcast{meant}."
