"""How often somebody called within a minute, counted for all api processes together."""

import math

from core.errors import TooManyRequests
from core.process.shared_counts import SharedCounts


class MinuteCalls:
    """Limits calls by name, an address or a key, within any minute; a refused one does not count.

    In memory and not in Redis, so that it costs nothing, and holds while Redis is away.
    """

    def __init__(self, counts: SharedCounts) -> None:
        self._counts = counts

    def count(self, name: str, limit: int, sentence: str) -> None:
        """Count one call; raises `TooManyRequests` with the sentence beyond the limit."""
        seconds = self._counts.happened(name, limit)
        if seconds:
            raise TooManyRequests(sentence, retry_after=math.ceil(seconds))
