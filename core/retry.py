"""How failures that pass are waited out."""

from typing import NamedTuple


class RetryPolicy(NamedTuple):
    """How failures that pass are waited out: at most `attempts`, pauses in seconds.

    The pause doubles from `first_s` up to `longest_s`, of which a random half
    is taken off, so that many do not return at once. A Retry-After of the other
    side is obeyed when it is longer, up to `obeyed_s`.
    """

    attempts: int = 7
    first_s: float = 0.5
    longest_s: float = 20.0
    obeyed_s: float = 120.0

    def pause(self, failures: int, retry_after: int | None, luck: float) -> float:
        """Return the pause after so many failures in a row; `luck` is in [0, 1)."""
        backoff = min(self.longest_s, self.first_s * 2.0 ** (failures - 1))
        return max(backoff * (1 - luck / 2), min(retry_after or 0, self.obeyed_s))
