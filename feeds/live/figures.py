"""What a collector counts: rates, lag, reconnects, gaps."""

import time
from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

RATE_SPAN_S = 10
_LATENCIES_KEPT = 2_000


class Rate:
    """How many a second, over the last ten seconds or since the first."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._seconds: deque[list[int]] = deque()
        self._begun: float | None = None

    def add(self, count: int = 1) -> None:
        """Count some more."""
        now = self._clock()
        second = int(now)
        if self._begun is None:
            self._begun = now
        if self._seconds and self._seconds[-1][0] == second:
            self._seconds[-1][1] += count
        else:
            self._seconds.append([second, count])

    def per_second(self) -> float:
        """Return the present rate."""
        now = self._clock()
        while self._seconds and self._seconds[0][0] < now - RATE_SPAN_S:
            self._seconds.popleft()
        if self._begun is None or not self._seconds:
            return 0.0
        span = min(max(now - self._begun, 1.0), RATE_SPAN_S)
        return sum(count for _, count in self._seconds) / span


@dataclass(slots=True)
class MarketFigures:
    """One symbol: trades pushed; ids that the feed left out: missing now, fetched, left alone."""

    trades: int = 0
    newest_id: int | None = None
    lag_ms: int | None = None
    missing: int = 0
    fetched: int = 0
    left: int = 0
    rate: Rate = field(default_factory=Rate)


@dataclass(slots=True)
class BookFigures:
    """The connection that order books come over; `anew` counts books that had to begin again."""

    exchange_connected: bool = False
    exchange_reconnects: int = 0
    exchange_said: str = ""
    live: int = 0
    books: int = 0
    anew: int = 0
    told: int = 0


@dataclass(slots=True)
class FeedFigures:
    """A whole collector; `left` ids are for the server to fetch, from its own gap ledger.

    `pushed` and `acknowledged` count messages, `refused` frames that were no JSON. What was
    acknowledged was `accepted` (trades and quotes), `ignored` or `rejected` for `reasons`.
    """

    markets: dict[str, MarketFigures] = field(default_factory=dict)
    exchange_connected: bool = False
    exchange_reconnects: int = 0
    exchange_said: str = ""
    server_connected: bool = False
    server_reconnects: int = 0
    server_said: str = ""
    pushed: int = 0
    acknowledged: int = 0
    accepted: int = 0
    ignored: int = 0
    rejected: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    refused: int = 0
    sent_again: int = 0
    waiting: int = 0
    unanswered: int = 0
    books: BookFigures = field(default_factory=BookFigures)
    push_rate: Rate = field(default_factory=Rate)
    latencies: deque[float] = field(default_factory=lambda: deque(maxlen=_LATENCIES_KEPT))

    def of(self, symbol: str) -> MarketFigures:
        """Return a symbol's figures."""
        return self.markets.setdefault(symbol, MarketFigures())

    def note_answer(
        self, accepted: int, ignored: int, rejected: int, reasons: Mapping[str, int]
    ) -> None:
        """Count what the server made of messages."""
        self.accepted += accepted
        self.ignored += ignored
        self.rejected += rejected
        self.reasons.update(reasons)

    def total(self, name: str) -> int:
        """Return the sum of one figure over all symbols."""
        return sum(getattr(market, name) for market in self.markets.values())

    def latency_ms(self, share: float) -> float | None:
        """Return the time from push to acknowledgement that `share` of the frames stay below."""
        return quantile(sorted(self.latencies), share)


def quantile(ordered: Sequence[float], share: float) -> float | None:
    """Return the nearest-rank quantile of ascending seconds, in milliseconds."""
    if not ordered:
        return None
    return 1_000 * ordered[min(int(share * len(ordered)), len(ordered) - 1)]
