"""Trades of an exchange by their ids, page by page over REST."""

import random
import time
from collections.abc import Callable, Iterator

import msgspec

from core.errors import ExchangeUnavailable
from core.names import check_name
from core.retry import RetryPolicy
from feeds.connector import FetchedTrade, PageRequest
from feeds.json_calls import JsonCalls
from feeds.venues import find_connector

_SPARE_PAGES = 20


class ExchangeTrades:
    """Asks one platform for trades that have happened.

    `base_url` replaces the exchange's own address (the simulator, say). The
    exchange's rate limit is kept, process-wide; `sleep_ms` is added to it, and
    `rate_limit_ms` replaces it where the other side has none. Not for use by
    several threads at once. Raises `NotFound` for a platform without connector.
    """

    def __init__(
        self,
        platform: str,
        *,
        base_url: str | None = None,
        timeout_s: float = 15.0,
        sleep_ms: int = 0,
        rate_limit_ms: float | None = None,
        policy: RetryPolicy | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.platform = platform
        self._venue = find_connector(platform)
        limit_ms = self._venue.rate_limit_ms if rate_limit_ms is None else rate_limit_ms
        self._calls = JsonCalls(
            platform,
            base_url or self._venue.rest_url,
            timeout_s=timeout_s,
            pause_s=(limit_ms + sleep_ms) / 1_000,
            asked_for="trades",
        )
        self._policy = policy or RetryPolicy(attempts=5)
        self._sleep = sleep

    def pages(self, symbol: str, first_id: int, last_id: int) -> Iterator[list[FetchedTrade]]:
        """Yield what the exchange has of `first_id..last_id`, both included, in pages.

        Pages come in the exchange's own order. Raises `ExchangeUnavailable` when
        asking again later may help, `ExchangeRefused` when not.
        """
        check_name(symbol, "symbol")
        request = self._venue.first_page(symbol, first_id, last_id)
        # Pages that are all but empty must not keep us for ever.
        for _ in range(_SPARE_PAGES + 4 * (last_id - first_id + 1) // self._venue.page_limit):
            found = self._ask(request)
            wanted = [row for row in found if first_id <= row.trade_id <= last_id]
            if wanted:
                yield wanted
            following = self._venue.next_page(symbol, first_id, last_id, found) if found else None
            if following is None:
                return
            request = following
        raise ExchangeUnavailable(f"{self.platform} spreads the trades over too many pages.")

    def _ask(self, request: PageRequest) -> list[FetchedTrade]:
        for failures in range(1, self._policy.attempts + 1):
            try:
                return self._ask_once(request)
            except ExchangeUnavailable as error:
                if failures == self._policy.attempts:
                    raise
                luck = random.random()  # noqa: S311
                self._sleep(self._policy.pause(failures, error.retry_after, luck))
        raise ValueError("a policy needs at least one attempt")

    def _ask_once(self, request: PageRequest) -> list[FetchedTrade]:
        body = self._calls.get(request.path, request.params)
        try:
            return self._venue.read_page(body)
        except msgspec.MsgspecError as error:
            raise self._calls.unreadable() from error
