"""What the headers of an answer say of time."""

import time
from email.utils import parsedate_to_datetime

MAX_RETRY_AFTER_S = 3_600


def retry_after(header: str | None) -> int | None:
    """Return whole seconds from either form of the header, at most an hour."""
    if not header:
        return None
    try:
        seconds = float(header)
    except ValueError:
        moment = _http_date(header)
        seconds = -1.0 if moment is None else moment - time.time()
    return round(min(max(0.0, seconds), MAX_RETRY_AFTER_S)) if seconds == seconds else None


def clock_offset(header: str | None, ours: float) -> int | None:
    """Return the clock of a `Date` header less ours (ms), `ours` in epoch seconds.

    Good to about half a second, since the header counts whole seconds.
    """
    moment = _http_date(header) if header else None
    return None if moment is None else round((moment + 0.5 - ours) * 1_000)


def _http_date(header: str) -> float | None:
    try:
        return parsedate_to_datetime(header).timestamp()
    except ValueError:
        return None
