"""The request header `Prefer` (RFC 7240): wait for the result, or do not."""

import re
from typing import NamedTuple

from falcon.asgi import Request

WAIT_LIMIT = 60
_WAIT = re.compile(r'wait\s*=\s*"?(\d{1,9})"?\Z')


class Wait(NamedTuple):
    """Seconds to wait for a result, and what of `Prefer` that heeds (empty: none was given)."""

    seconds: int
    applied: str


def preferred_wait(req: Request, default: int) -> Wait:
    """Return how long to wait: `wait=N` up to 60 s, none with `respond-async`, else `default`.

    Preferences that we do not know or cannot read are ignored, as RFC 7240 asks.
    With both, `wait` says how long and the answer is asynchronous after that.
    """
    wanted = [
        part.split(";")[0].strip().lower() for part in (req.get_header("Prefer") or "").split(",")
    ]
    waits = [found for part in wanted if (found := _WAIT.match(part))]
    if waits:
        # The first of a repeated preference counts (RFC 7240, section 2).
        seconds = min(int(waits[0][1]), WAIT_LIMIT)
        return Wait(seconds, f"wait={seconds}")
    if "respond-async" in wanted:
        return Wait(0, "respond-async")
    return Wait(default, "")
