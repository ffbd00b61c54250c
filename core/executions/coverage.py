"""Which signals an account's terminals could follow, which they did, and why not the others."""

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence

import msgspec

from core.executions.copy import PaperSignal
from core.robots.presence import LATE_MS
from core.signals import enter_by

OFFLINE, LATE, UNKNOWN = "offline", "late", "unknown"
# A position may be opened so long (ms) after a signal's last moment for it.
_PATIENCE_MS = 60_000


class Presence(msgspec.Struct, frozen=True):
    """When an account's terminals gave their first and their last sign (epoch ms)."""

    first: int
    last: int


class Opened(msgspec.Struct, frozen=True):
    """A position that belongs to no signal: of a slot and side, opened then (epoch ms)."""

    symbol: str
    resolution: int
    side: str
    opened_at: int


class Signs(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of an account's terminals besides the signals that they `copied` (by `seq`).

    `told` says why they did not follow one, `unmatched` which positions belong to no signal.
    """

    copied: Collection[int]
    told: Mapping[int, str]
    presence: Presence | None
    unmatched: Sequence[Opened] = ()


# Of an account whose terminals gave no sign at all.
NO_SIGNS = Signs(copied=(), told={}, presence=None)


class Coverage(msgspec.Struct, frozen=True, kw_only=True):
    """Signals to act on while a terminal was there, those copied, and why the rest were not.

    `skipped` counts those too that came while none was there, as `offline`.
    """

    signals: int
    copied: int
    skipped: dict[str, int]

    @property
    def percent(self) -> float | None:
        """The share that was copied, None without any."""
        return round(100 * self.copied / self.signals, 1) if self.signals else None


def coverage(signals: Sequence[PaperSignal], signs: Signs) -> Coverage:
    """Return the coverage of signals, by when they were made, by one account."""
    by_seq = {one.seq: one for one in signals}
    copied = by_seq.keys() & set(signs.copied)
    told = (by_seq.keys() & signs.told.keys()) - copied
    here = {one.seq for one in _while_there(signals, signs.presence)}
    open_ = here - copied - told
    late = {seq for seq in open_ if _came_too_late(by_seq[seq], signs.unmatched)}
    reasons = Counter(signs.told[seq] for seq in told)
    reasons[LATE] += len(late)
    reasons[UNKNOWN] += len(open_ - late)
    followed = here | copied | told
    reasons[OFFLINE] += len(by_seq) - len(followed)
    skipped = {why: count for why, count in sorted(reasons.items()) if count}
    return Coverage(signals=len(followed), copied=len(copied), skipped=skipped)


def joined(parts: Iterable[Coverage]) -> Coverage:
    """Return the coverage of several accounts together."""
    every = list(parts)
    reasons: Counter[str] = Counter()
    for one in every:
        reasons.update(one.skipped)
    return Coverage(
        signals=sum(one.signals for one in every),
        copied=sum(one.copied for one in every),
        skipped=dict(sorted(reasons.items())),
    )


def _while_there(signals: Sequence[PaperSignal], there: Presence | None) -> Sequence[PaperSignal]:
    if there is None:
        return []
    begin = bisect_left(signals, there.first, key=lambda one: one.made_at)
    return signals[begin : bisect_right(signals, there.last + LATE_MS, key=lambda one: one.made_at)]


def _came_too_late(signal: PaperSignal, unmatched: Sequence[Opened]) -> bool:
    """Say whether a position of a signal's slot and side was opened when it was too late for it."""
    slot = signal.symbol, signal.resolution, signal.type
    last = enter_by(signal.first_opening, signal.resolution) * 1_000 + _PATIENCE_MS
    return any(
        (one.symbol, one.resolution, one.side) == slot and last < one.opened_at < signal.end * 1_000
        for one in unmatched
    )
