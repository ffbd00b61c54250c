"""How a terminal's clocks stand to ours."""

import math
import re

QUARTER_S = 900
# So far (s) from a whole quarter of an hour, a server's clock is wrong rather than in a zone.
TOLERANCE_S = 90
FARTHEST_S = 14 * 3_600


def utc_offset(server_time: float | None, now: int) -> int | None:
    """Return how far (s) a broker's server is ahead of UTC at `now` (epoch ms), None if unclear.

    `server_time` is its time of day as if it were epoch seconds.
    """
    if server_time is None or not math.isfinite(server_time):
        return None
    ahead = server_time - now / 1_000
    offset = round(ahead / QUARTER_S) * QUARTER_S
    fits = abs(ahead - offset) <= TOLERANCE_S and abs(offset) <= FARTHEST_S
    return offset if fits else None


def clock_offset(gmt_time: float | None, now: int) -> int | None:
    """Return how far (s) a terminal's UTC clock is ahead of ours at `now` (epoch ms)."""
    if gmt_time is None or not math.isfinite(gmt_time):
        return None
    return round(gmt_time - now / 1_000)


def is_older(version: str | None, least: str | None) -> bool:
    """Say whether a version is older than the least one, number by number."""
    return bool(version and least) and _numbers(version or "") < _numbers(least or "")


def _numbers(version: str) -> list[int]:
    return [int(part) for part in re.findall(r"\d{1,9}", version)]
