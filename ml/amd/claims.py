"""How often what a phase claims came true in earlier episodes of the same series.

A range claims that the next candles will be wider than it, a sweep that the other side of the
box is reached before prices go beyond the sweep, a breakout that prices are further out at its
end. An episode counts once its last candle has closed.
"""

from collections.abc import Iterator

import msgspec
import numpy as np

from ml.amd.phases import ACCUMULATION, DISTRIBUTION, MANIPULATION, Box, Episode, Phases

# A frequency of fewer episodes is not worth the name.
LEAST_EPISODES = 30
UNKNOWN = 0.5


class ClaimRecord(msgspec.Struct, frozen=True):
    """Of `n` earlier episodes of a phase, in how many its claim came true."""

    n: int
    came_true: int

    @property
    def unproven(self) -> bool:
        """Say whether episodes are too few for a frequency."""
        return self.n < LEAST_EPISODES

    @property
    def confidence(self) -> float:
        """Return the frequency by the rule of succession (Laplace), even odds if unproven."""
        return UNKNOWN if self.unproven else (self.came_true + 1) / (self.n + 2)


def claims_of(phases: Phases, code: int) -> ClaimRecord:
    """Return what became of the claims of a phase; of none, which claims nothing, nothing."""
    came = list(_outcomes(phases, code))
    return ClaimRecord(len(came), sum(came))


def _outcomes(phases: Phases, code: int) -> Iterator[bool]:
    ahead = phases.rules.box
    path, run = phases.history.path, phases.history.run
    for episode in phases.episodes:
        last = episode.start + ahead
        # The candles after it must be known, and follow without a gap.
        if episode.code != code or episode.box is None or not episode.fresh:
            continue
        if last >= len(run) or run[last] <= ahead:
            continue
        after = slice(episode.start + 1, last + 1)
        yield _came_true(
            episode,
            episode.box,
            path.high[after],
            path.low[after],
            path.close[episode.start : last + 1],
        )


def _came_true(
    episode: Episode,
    box: Box,
    high: "np.ndarray[tuple[int], np.dtype[np.float64]]",
    low: "np.ndarray[tuple[int], np.dtype[np.float64]]",
    close: "np.ndarray[tuple[int], np.dtype[np.float64]]",
) -> bool:
    if episode.code == ACCUMULATION:
        return bool(high.max() - low.min() > box.high - box.low)
    if episode.code == DISTRIBUTION:
        return bool(episode.side * (close[-1] - close[0]) > 0)
    assert episode.code == MANIPULATION
    up = episode.side > 0
    reached = high >= box.high if up else low <= box.low
    undone = low < episode.extreme if up else high > episode.extreme
    # A candle that does both counts as undone: nobody knows which was first.
    return _first(reached) < _first(undone)


def _first(happened: "np.ndarray[tuple[int], np.dtype[np.bool_]]") -> int:
    return int(happened.argmax()) if happened.any() else len(happened)
