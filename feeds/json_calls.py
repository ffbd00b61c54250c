"""GET calls of a provider's JSON, paced, bounded, and failing in our own words."""

from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from core.errors import ExchangeRefused, ExchangeUnavailable
from feeds.rate_gate import shared_gate

if TYPE_CHECKING:
    from feeds.exchange_session import Answer

# Asking again is useless; 403 and 451 are how exchanges shut out a country, 401 a wrong key.
REFUSING_STATUSES = frozenset({400, 401, 403, 404, 405, 410, 422, 451})

Parameters = Mapping[str, str | int]


class JsonCalls:
    """Calls of one provider at one address, the pause between them shared by the process.

    Not for use by several threads at once. Raises `ExchangeRefused` for an address that is
    none.
    """

    def __init__(
        self,
        platform: str,
        url: str,
        *,
        timeout_s: float,
        pause_s: float,
        headers: Mapping[str, str] | None = None,
        asked_for: str = "candles",
    ) -> None:
        # requests costs a tenth of a second to import: only who fetches pays for it.
        from feeds.exchange_session import ExchangeSession

        self._platform = platform
        self._url = _checked(url, platform)
        self._session = ExchangeSession(max_seconds=2 * timeout_s)
        self._session.headers.update(headers or {})
        self._timeout_s = timeout_s
        self._pause_s = pause_s
        self._asked_for = asked_for

    @property
    def last(self) -> "Answer":
        """What was last answered, beside its body."""
        return self._session.last

    def get(self, path: str, parameters: Parameters) -> bytes:
        """Return the body of a good answer.

        Raises `ExchangeUnavailable` when asking again may help, `ExchangeRefused` when not.
        """
        import requests
        from urllib3.exceptions import HTTPError  # of the body, which requests does not map

        shared_gate(f"{self._asked_for} {self._url}").wait(self._pause_s)
        try:
            response = self._session.request(
                "GET", self._url + path, params=parameters, timeout=self._timeout_s
            )
        except requests.exceptions.SSLError as error:
            raise ExchangeRefused(f"The certificate of {self._platform} is not trusted.") from error
        except (requests.RequestException, HTTPError, OSError) as error:
            raise ExchangeUnavailable(f"The connection to {self._platform} failed.") from error
        self._check_status(response.status_code)
        return response.content

    def unreadable(self) -> ExchangeUnavailable:
        """Return the error of an answer that holds something else."""
        return ExchangeUnavailable(f"{self._platform} gave an answer that cannot be read.")

    def _check_status(self, status: int) -> None:
        if status in REFUSING_STATUSES:
            said = f"{self._platform} refused the request for {self._asked_for}"
            raise ExchangeRefused(f"{said} with status {status}.")
        if status >= 400:
            detail = f"{self._platform} answered with status {status}."
            raise ExchangeUnavailable(detail, retry_after=self.last.retry_after)


def _checked(url: str, platform: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise ExchangeRefused(f"The address set for {platform} is not an http or https one.")
    return url.rstrip("/")
