"""How a terminal's clocks stand to ours."""

import math
import re

from core.brokers.clock import whole_quarters

# So far (s) from ours a terminal's own UTC clock is wrong.
TOLERANCE_S = 90
FARTHEST_S = 14 * 3_600


def utc_offset(server_time: float | None, now: int) -> int | None:
    """Return how far (s) a broker's server is ahead of UTC at `now` (epoch ms), None if unclear.

    `server_time` is its time of day as if it were epoch seconds.
    """
    if server_time is None or not math.isfinite(server_time):
        return None
    offset = whole_quarters(server_time - now / 1_000)
    return offset if offset is not None and abs(offset) <= FARTHEST_S else None


def clock_offset(gmt_time: float | None, now: int) -> int | None:
    """Return how far (s) a terminal's UTC clock is ahead of ours at `now` (epoch ms)."""
    if gmt_time is None or not math.isfinite(gmt_time):
        return None
    return round(gmt_time - now / 1_000)


def is_wrong(offset: int | None) -> bool:
    """Say whether a terminal's UTC clock is so far (s) from ours as none should be."""
    return offset is not None and abs(offset) > TOLERANCE_S


def is_older(version: str | None, least: str | None) -> bool:
    """Say whether a version is older than the least one, number by number."""
    return bool(version and least) and _numbers(version or "") < _numbers(least or "")


def _numbers(version: str) -> list[int]:
    return [int(part) for part in re.findall(r"\d{1,9}", version)]
