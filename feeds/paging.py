"""Collect a long range of candles page by page, through failures and past caps.

A page with holes is asked for again, from its first hole to its last, until an
answer brings nothing new: what an exchange left out by mistake comes, and a real
outage costs one more call.
"""

import random
import time
from collections.abc import Callable

import msgspec

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
    cursor: int | None = None,
    policy: RetryPolicy | None = None,
    sleep: Callable[[float], None] = time.sleep,
    luck: Callable[[], float] = random.random,
) -> Collected:
    """Fetch every candle that opens from `start` to `end`, both included, in seconds.

    `fetch_page(first, last)` returns the rows whose openings lie in the range,
    at most `page_limit` of them. After each page `on_page(rows, next_cursor)`
    gets its rows, oldest first, each opening once; a run that starts again with
    that `cursor` goes on where this one stopped. What `on_page` or `sleep`
    raises passes through.

    Raises `ExchangeUnavailable` when a page fails as often as `policy` bears, and
    whatever else `fetch_page` raises.
    """
    done = Collected(gaps=[])
    last = end - end % resolution
    first = _on_grid(start if cursor is None else max(start, cursor), resolution)
    ask = _Asker(fetch_page, policy or RetryPolicy(), sleep, luck, done)
    while first <= last:
        until = min(last, first + (page_limit - 1) * resolution)
        page = _complete(ask, range(first, until + 1, resolution))
        _note(done, page, range(first, until + 1, resolution))
        first = until + resolution
        on_page([page[at] for at in sorted(page)], first)
    return done


def _on_grid(second: int, resolution: int) -> int:
    return -(-second // resolution) * resolution


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


def _complete(ask: _Asker, openings: range) -> dict[int, list[float]]:
    page = ask(openings[0], openings[-1])
    while missing := [at for at in openings if at not in page]:
        held = len(page)
        page |= ask(missing[0], missing[-1])
        if len(page) == held:
            break
    return page


def _note(done: Collected, page: dict[int, list[float]], openings: range) -> None:
    done.fetched += len(page)
    if page:
        done.first = min(page) if done.first is None else done.first
        done.last = max(page)
    for at in openings:
        if at not in page:
            after = at + openings.step
            if done.gaps and done.gaps[-1][1] == at:
                done.gaps[-1] = (done.gaps[-1][0], after)
            else:
                done.gaps.append((at, after))
