"""An hour of 100,000 trades that came shuffled, page by page over HTTP."""

import random
from functools import partial
from typing import Any

import httpx

from bench.live import live_tickcast
from bench.measure import interleaved, seconds_of, show
from bench.stream_client import BODY, Stream
from bench.trade_messages import PER_SECOND, bodies, match

TRADES, HOUR_S = 100_000, 3_600
PAGES = (1_000, 10_000)
GOAL_S = 1.0


def run() -> None:
    """Print the median of each size of a page."""
    dice = random.Random(1)
    apart = HOUR_S * PER_SECOND // TRADES
    trades = [match("PAGE0-USD", n + 1, n * apart, dice) for n in range(TRADES)]
    dice.shuffle(trades)
    with live_tickcast() as tickcast:
        Stream(tickcast).store(bodies(iter(trades), BODY), "PAGE", 1, TRADES)
        headers = {"X-API-Key": tickcast.key}
        with httpx.Client(base_url=tickcast.url, headers=headers, timeout=60) as client:
            contenders = {
                f"pages of {size:,}": seconds_of(partial(_read, client, size)) for size in PAGES
            }
            medians = interleaved(contenders)
    show(
        f"Read {TRADES:,} trades of an hour that came shuffled, over HTTP",
        {
            name: f"{seconds:.2f} s (goal {GOAL_S:g} s: {'met' if seconds <= GOAL_S else 'MISSED'})"
            for name, seconds in medians.items()
        },
    )


def _read(client: httpx.Client, size: int) -> None:
    """Read all pages, and see that each trade came once, in the order of time."""
    asked: dict[str, Any] = {"limit": size}
    ids: list[int] = []
    while asked.get("cursor", "") is not None:
        page = client.get("/trades/coinbase/PAGE0-USD", params=asked).raise_for_status().json()
        ids += [trade["trade_id"] for trade in page["trades"]]
        asked["cursor"] = page["next_cursor"]
    if ids != list(range(1, TRADES + 1)):
        raise RuntimeError("the pages do not hold each trade once, in order")
