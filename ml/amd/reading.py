"""The phase of the newest candle, with what it was told by and what its claims were worth."""

from typing import NamedTuple

import msgspec
import numpy as np

from ml.amd.claims import ClaimRecord, claims_of
from ml.amd.hypothesis import DIRECTION, Look, look_for_effects
from ml.amd.measures import PhaseRules
from ml.amd.phases import (
    ACCUMULATION,
    DISTRIBUTION,
    MANIPULATION,
    NONE,
    PHASES,
    Box,
    Episode,
    Phases,
    find_phases,
)
from ml.features.history import History

# The phase of now is told by so many look-backs of candles, however long the history is.
LOOKBACKS = 10
# Of a longer history the newest so many candles are evidence.
MOST_CANDLES = 20_000
# More of what may be risked is never advised.
LARGEST_POSITION = 0.7
LONG, SHORT, NO_SIDE = "long", "short", "none"


class PhaseEpisode(NamedTuple):
    """A phase from one candle to another, both openings in seconds."""

    phase: str
    start: int
    last: int


class AmdReading(msgspec.Struct, frozen=True):
    """What is said of the newest candle; `start` is an opening (s).

    `signals` are the rules that hold now. `strength` from 0 to 1 says how far the phase's own
    condition is exceeded. `position_size` is 0 unless a question about the direction after
    this phase passed.
    """

    phase: str
    start: int
    box: tuple[float, float] | None
    compression: float
    volume_ratio: float | None
    signals: list[str]
    strength: float
    claim: ClaimRecord
    looks: list[Look]
    direction: str
    position_size: float
    episodes: list[PhaseEpisode]
    candles: int


def current_phases(history: History, rules: PhaseRules) -> Phases:
    """Return the phases of the newest candles, as many as decide about the phase of now."""
    kept = LOOKBACKS * rules.lookback
    newest = history.frame.tail(kept).reset_index(drop=True)
    return find_phases(History(newest, history.sessions), rules)


def read_phase(history: History, rules: PhaseRules) -> AmdReading:
    """Return what there is to say of the newest candle, which must have a phase."""
    now, past = current_phases(history, rules), find_phases(history, rules)
    episode = now.episodes[-1]
    claim = claims_of(past, episode.code)
    looks = look_for_effects(past)
    measures, times = now.measures, now.history.times
    volume_ratio = float(measures.volume_ratio[-1])
    size = position_size(episode, claim, looks)
    return AmdReading(
        phase=PHASES[episode.code].value,
        start=int(times[_first_candle(episode)]),
        box=(episode.box.high, episode.box.low) if episode.box else None,
        compression=float(measures.compression[-1]),
        volume_ratio=volume_ratio if np.isfinite(volume_ratio) else None,
        signals=_rules_that_hold(now, episode),
        strength=_strength(now, episode),
        claim=claim,
        looks=looks,
        direction={1: LONG, -1: SHORT}.get(episode.side, NO_SIDE),
        position_size=size,
        episodes=_shown(now),
        candles=len(history.times),
    )


def position_size(episode: Episode, claim: ClaimRecord, looks: list[Look]) -> float:
    """Return how much of what may be risked the phase advises: nothing unless it is proven."""
    phase = PHASES[episode.code].value
    mine = (look for look in looks if look.asked == DIRECTION and look.phase == phase)
    proven = any(look.passed for look in mine)
    return min(LARGEST_POSITION, claim.confidence) if episode.side and proven else 0.0


def _first_candle(episode: Episode) -> int:
    """Return the row with which a phase begins: a range does so before it is recognised."""
    in_range = episode.code == ACCUMULATION and episode.box is not None
    return episode.box.first if in_range and episode.box else episode.start


def _rules_that_hold(phases: Phases, episode: Episode) -> list[str]:
    rules, measures = phases.rules, phases.measures
    compression, ratio = float(measures.compression[-1]), float(measures.volume_ratio[-1])
    swept, broke = episode.code == MANIPULATION, episode.code == DISTRIBUTION
    close = float(phases.history.path.close[-1])
    holds = {
        "range_compression": compression <= rules.compressed,
        "low_volume": ratio <= rules.quiet,
        "high_volume": ratio >= rules.busy,
        "sweep_high": swept and episode.side < 0,
        "sweep_low": swept and episode.side > 0,
        "breakout_up": broke and episode.side > 0,
        "breakout_down": broke and episode.side < 0,
        "inside_box": episode.box is not None and _inside(episode.box, close),
    }
    return [name for name, held in holds.items() if held]


def _inside(box: Box, close: float) -> bool:
    return box.low <= close <= box.high


def _strength(phases: Phases, episode: Episode) -> float:
    rules, measures, box = phases.rules, phases.measures, episode.box
    if episode.code == NONE or box is None:
        return 0.0
    if episode.code == ACCUMULATION:
        return _share(1 - float(measures.compression[-1]) / rules.compressed)
    if episode.code == MANIPULATION:
        beyond = box.low - episode.extreme if episode.side > 0 else episode.extreme - box.high
        return _share(beyond / float(measures.true_range[episode.start]))
    close = float(phases.history.path.close[-1])
    distance = close - box.high if episode.side > 0 else box.low - close
    return _share(distance / (2 * float(measures.true_range[-1])))


def _share(value: float) -> float:
    return float(np.clip(value, 0.0, 1.0))


def _shown(phases: Phases) -> list[PhaseEpisode]:
    """Return the stretches of one phase each, but for candles that have none yet."""
    times, codes = phases.history.times, phases.codes
    begins = np.flatnonzero(np.diff(codes, prepend=-1) | np.diff(phases.known, prepend=False))
    ends = np.append(begins[1:], len(times)) - 1
    return [
        PhaseEpisode(PHASES[codes[begin]].value, int(times[begin]), int(times[end]))
        for begin, end in zip(begins.tolist(), ends.tolist(), strict=True)
        if phases.known[begin]
    ]
