"""Work that somebody waits for: what is away is told at once instead of waited out."""

from collections.abc import Iterator
from contextlib import contextmanager

from core.errors import ExchangeUnavailable, TickcastError


class GivenUp(TickcastError):
    """Something is away, and the caller is to decide when to ask again."""

    status = 503
    type = ExchangeUnavailable.type


@contextmanager
def impatient() -> Iterator[None]:
    """Have an exchange that does not answer end the job, which would otherwise wait for it."""
    try:
        yield
    except ExchangeUnavailable as error:
        raise GivenUp(error.detail, retry_after=error.retry_after) from error
