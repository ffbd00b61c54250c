"""Collect a long range of candles page by page, through failures and past caps.

A page with holes is asked for again, from its first hole to its last, until an
answer brings nothing new: what an exchange left out by mistake comes, and a real
outage costs one more call.
"""

import random
import time
from collections.abc import Callable, Sequence
from itertools import pairwise

import msgspec
import numpy as np

from core.clock.grids import PLAIN, Grid
from core.clock.openings import LEAST_ROWS, end_of, learn_grid, on_grid, openings
from core.clock.resolutions import DAY
from core.errors import ExchangeUnavailable
from core.retry import RetryPolicy

Rows = list[list[float]]
Gap = tuple[int, int]


class Collected(msgspec.Struct):
    """What a collection brought.

    `calls` counts the pages that the exchange answered, `retries` the attempts
    that failed. `gaps` are half-open pairs [first missing opening, opening of
    the first candle held again), in seconds, on the grid.
    """

    calls: int = 0
    retries: int = 0
    fetched: int = 0
    first: int | None = None
    last: int | None = None
    gaps: list[Gap] = []


def collect(
    fetch_page: Callable[[int, int], Rows],
    start: int,
    end: int,
    resolution: int,
    page_limit: int,
    *,
    on_page: Callable[[Rows, int], None],
    grid: Grid = PLAIN,
    cursor: int | None = None,
    policy: RetryPolicy | None = None,
    sleep: Callable[[float], None] = time.sleep,
    luck: Callable[[], float] = random.random,
) -> Collected:
    """Fetch every candle that opens from `start` to `end`, both included, in seconds.

    Candles open on `grid`, or where some of a page do not, on the one that they show.
    `fetch_page(first, last)` returns the rows whose openings lie in the range,
    at most `page_limit` of them. After each page `on_page(rows, next_cursor)`
    gets its rows, oldest first, each opening once; a run that starts again with
    that `cursor` goes on where this one stopped. What `on_page` or `sleep`
    raises passes through.

    Raises `ExchangeUnavailable` when a page fails as often as `policy` bears, and
    whatever else `fetch_page` raises.
    """
    done = Collected(gaps=[])
    first = start if cursor is None else max(start, cursor)
    learnt_at = -1
    ask = _Asker(fetch_page, policy or RetryPolicy(), sleep, luck, done)
    while wanted := _page(first, end, resolution, page_limit, grid):
        page = _complete(ask, wanted)
        if first != learnt_at and (shown := _shown_grid(page, resolution, grid)) != grid:
            grid, learnt_at = shown, first
            continue  # the page ends elsewhere by it
        first = end_of(wanted[-1], resolution, grid)
        _note(done, page, [*wanted, first])
        on_page([page[at] for at in sorted(page)], first)
    return done


def _page(first: int, end: int, resolution: int, page_limit: int, grid: Grid) -> list[int]:
    """Return the next openings from `first` to `end`, at most a page of them."""
    until = min(end + 1, first + (page_limit + 1) * resolution + DAY)
    found: list[int] = openings(first, until, resolution, grid)[:page_limit].tolist()
    return found


def _shown_grid(page: dict[int, list[float]], resolution: int, grid: Grid) -> Grid:
    """Return `grid`, or where candles of a page are off it, the one on which all of them lie."""
    times = np.array(sorted(page), np.int64)
    if len(times) < LEAST_ROWS or on_grid(times, resolution, grid).all():
        return grid
    shown = learn_grid(times, resolution)
    return grid if shown.is_plain else shown


class _Asker:
    """One page, asked for until it comes or patience ends."""

    def __init__(
        self,
        fetch_page: Callable[[int, int], Rows],
        policy: RetryPolicy,
        sleep: Callable[[float], None],
        luck: Callable[[], float],
        done: Collected,
    ) -> None:
        self._fetch_page, self._policy, self._done = fetch_page, policy, done
        self._sleep, self._luck = sleep, luck

    def __call__(self, first: int, last: int) -> dict[int, list[float]]:
        for failures in range(1, self._policy.attempts + 1):
            try:
                rows = self._fetch_page(first, last)
            except ExchangeUnavailable as error:
                self._done.retries += 1
                if failures == self._policy.attempts:
                    raise
                self._sleep(self._policy.pause(failures, error.retry_after, self._luck()))
            else:
                self._done.calls += 1
                return {int(row[0]): row for row in rows if first <= row[0] <= last}
        raise ValueError("a policy needs at least one attempt")


def _complete(ask: _Asker, wanted: Sequence[int]) -> dict[int, list[float]]:
    page = ask(wanted[0], wanted[-1])
    while missing := [at for at in wanted if at not in page]:
        held = len(page)
        page |= ask(missing[0], missing[-1])
        if len(page) == held:
            break
    return page


def _note(done: Collected, page: dict[int, list[float]], wanted: Sequence[int]) -> None:
    """Note what came of a page; the last of `wanted` is the first of the next."""
    done.fetched += len(page)
    if page:
        done.first = min(page) if done.first is None else done.first
        done.last = max(page)
    for at, after in pairwise(wanted):
        if at not in page:
            if done.gaps and done.gaps[-1][1] == at:
                done.gaps[-1] = (done.gaps[-1][0], after)
            else:
                done.gaps.append((at, after))
