"""Candles prepared by the closures of their market, as all who judge its freshness know them."""

from typing import TYPE_CHECKING, NamedTuple

from core.answers.signals import PhaseName
from core.clock.openings import end_of
from core.process.recent import Recent
from core.series import Series
from storage.stores import Stores

if TYPE_CHECKING:
    import pandas as pd

    from ml.features.history import History


def market_history(stores: Stores, series: Series, frame: "pd.DataFrame") -> "History":
    """Return the finished candles of a frame, with the closures of their market.

    A piece of a series shows no closures by itself: phases must not begin anew after each
    weekend in a short piece, and go on in a long one.
    """
    # TA-Lib and pandas come in with this import.
    from ml.data.candle_frames import finished
    from ml.features.history import History

    whole = finished(frame)
    newest = int(whole["time"].iloc[-1]) if len(whole) else 0
    return History(whole, stores.freshness.sessions(series, newest))


class NewestPhase(NamedTuple):
    """The phase of a series' newest candle, when that opened and closed (s), and the one before.

    `known` says whether enough candles precede both.
    """

    phase: PhaseName
    before: PhaseName
    known: bool
    opening: int
    closed: int


class NewestPhases:
    """Phases of the newest candles by the mark of the last write to their series.

    Whoever seals a signal and whoever tells of phases ask for the same one.
    """

    def __init__(self, capacity: int = 1_024) -> None:
        self._kept: Recent[tuple[str, Series, str], NewestPhase] = Recent(capacity)

    def get(self, stores: Stores, series: Series, mark: str, frame: "pd.DataFrame") -> NewestPhase:
        """Return the phase of the newest finished candle of a frame, which must have one.

        `mark` is the series' before its candles were read.
        """
        key = str(stores.data_dir), series, mark
        return self._kept.get(key, lambda: _found(market_history(stores, series, frame)))


def _found(history: "History") -> NewestPhase:
    # TA-Lib and pandas come in with this import.
    from ml.amd.measures import PhaseRules
    from ml.amd.phases import PHASES
    from ml.amd.reading import current_phases

    phases = current_phases(history, PhaseRules())
    names = [PHASES[code].value for code in phases.codes[-2:]]
    known = len(names) == 2 and bool(phases.known[-2:].all())
    opening, sessions = int(phases.history.times[-1]), phases.history.sessions
    closed = end_of(opening, sessions.resolution, sessions.grid)
    return NewestPhase(names[-1], names[0], known, opening, closed)


newest_phases = NewestPhases()
