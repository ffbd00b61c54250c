"""Trades of an exchange by their ids, page by page over REST."""

import random
import time
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import msgspec

from core.errors import ExchangeRefused, ExchangeUnavailable
from core.names import check_name
from core.retry import RetryPolicy
from feeds.connector import FetchedTrade, PageRequest
from feeds.rate_gate import shared_gate
from feeds.venues import find_connector

_SPARE_PAGES = 20
REFUSING_STATUSES = frozenset({400, 401, 403, 404, 405, 410, 422, 451})


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
        # requests costs a tenth of a second to import: only who fetches pays for it.
        from feeds.exchange_session import ExchangeSession

        self.platform = platform
        self._venue = find_connector(platform)
        self._url = _checked(base_url, platform) if base_url else self._venue.rest_url
        self._session = ExchangeSession(max_seconds=2 * timeout_s)
        self._timeout_s = timeout_s
        limit_ms = self._venue.rate_limit_ms if rate_limit_ms is None else rate_limit_ms
        self._pause_s = (limit_ms + sleep_ms) / 1_000
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
        import requests
        from urllib3.exceptions import HTTPError  # of the body, which requests does not map

        shared_gate(f"trades {self._url}").wait(self._pause_s)
        try:
            response = self._session.request(
                "GET", self._url + request.path, params=request.params, timeout=self._timeout_s
            )
        except requests.exceptions.SSLError as error:
            raise ExchangeRefused(f"The certificate of {self.platform} is not trusted.") from error
        except (requests.RequestException, HTTPError, OSError) as error:
            raise ExchangeUnavailable(f"The connection to {self.platform} failed.") from error
        self._check_status(response.status_code)
        try:
            return self._venue.read_page(response.content)
        except msgspec.MsgspecError as error:
            detail = f"{self.platform} gave an answer that cannot be read."
            raise ExchangeUnavailable(detail) from error

    def _check_status(self, status: int) -> None:
        if status in REFUSING_STATUSES:
            said = f"{self.platform} refused the request for trades with status {status}."
            raise ExchangeRefused(said)
        if status >= 400:
            detail = f"{self.platform} answered with status {status}."
            raise ExchangeUnavailable(detail, retry_after=self._session.last.retry_after)


def _checked(base_url: str, platform: str) -> str:
    parts = urlsplit(base_url)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise ExchangeRefused(f"The address set for {platform} is not an http or https one.")
    return base_url.rstrip("/")
