"""What ccxt raises, as our own errors: try again later, or never."""

from importlib import import_module

import requests

from core.errors import ExchangeRefused, ExchangeUnavailable, TickcastError
from feeds.exchange_session import Answer
from feeds.json_calls import REFUSING_STATUSES

RATE_STATUSES = frozenset({418, 429})


def our_error(error: Exception, platform: str, answer: Answer) -> TickcastError:
    """Return the error of ours that stands for `error`, a failure inside ccxt.

    `answer` is what the exchange last said. Anything that is not clearly a
    refusal counts as passing, so that a garbled answer is asked for again.
    """
    ccxt = import_module("ccxt")
    if isinstance(error.__cause__, requests.exceptions.SSLError):
        return ExchangeRefused(f"The certificate of {platform} is not trusted.")
    if answer.status in REFUSING_STATUSES:
        return _refused(error, platform, answer.status)
    if isinstance(error, (ccxt.BadResponse, ccxt.NullResponse, ccxt.OperationFailed)):
        return _unavailable(error, platform, answer)
    if isinstance(error, ccxt.BaseError) and answer.status < 500:
        return _refused(error, platform, answer.status)
    return _unavailable(error, platform, answer)


def _refused(error: Exception, platform: str, status: int) -> ExchangeRefused:
    ccxt = import_module("ccxt")
    if isinstance(error, ccxt.AuthenticationError):
        return ExchangeRefused(f"{platform} asks for an account before it gives candles.")
    if isinstance(error, ccxt.NotSupported):
        return ExchangeRefused(f"{platform} does not offer that.")
    said = f" with status {status}" if status >= 400 else ""
    return ExchangeRefused(f"{platform} refused the request for candles{said}.")


def _unavailable(error: Exception, platform: str, answer: Answer) -> ExchangeUnavailable:
    ccxt = import_module("ccxt")
    wait = answer.retry_after
    if answer.status in RATE_STATUSES or isinstance(error, ccxt.RateLimitExceeded):
        return ExchangeUnavailable(f"{platform} limits the rate of requests.", retry_after=wait)
    if isinstance(error, ccxt.RequestTimeout):
        return ExchangeUnavailable(f"{platform} did not answer in time.", retry_after=wait)
    if answer.status >= 500:
        detail = f"{platform} answered with status {answer.status}."
        return ExchangeUnavailable(detail, retry_after=wait)
    if not answer.status:
        return ExchangeUnavailable(f"The connection to {platform} failed.", retry_after=wait)
    return ExchangeUnavailable(f"{platform} gave an answer that cannot be read.", retry_after=wait)
