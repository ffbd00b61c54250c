"""Features candle by candle: equal to the bit to those of a whole history."""

from collections.abc import Iterable, Mapping

import numpy as np

from ml.data.sessions import Sessions
from ml.features.registry import CANDLE, FEATURES, MAKER
from ml.features.steps import Follower, Step


class FeatureStream:
    """Follows one stream of finished candles; starts anew after each gap.

    Holds handles of the TA-Lib library: it can be neither pickled nor handed to
    another process. Feed a new one with past candles instead.
    """

    def __init__(self, sessions: Sessions, names: Iterable[str] = tuple(FEATURES)) -> None:
        self._names = tuple(names)
        self._steps = _in_order(self._names)
        self._sessions = sessions
        self._last: int | None = None
        self._followers: list[Follower] = []

    def update(self, candle: Mapping[str, float]) -> dict[str, float]:
        """Return the features of `candle`, NaN while warming up.

        `candle` has `time` (s), open, high, low, close and volume. Raises
        `ValueError` for a candle that is not newer than the last.
        """
        self._follow_time(int(candle["time"]))
        row = {name: float(candle[name]) for name in CANDLE}
        with np.errstate(invalid="ignore"):
            for follower in self._followers:
                follower.update(row)
        return {name: row[name] for name in self._names}

    def _follow_time(self, time: int) -> None:
        last, self._last = self._last, time
        if last is not None and time <= last:
            self._last = last
            raise ValueError(f"candle {time} is not newer than {last}")
        if last is None or self._sessions.missing_before(np.array([last, time]))[1] > 0:
            self._followers = [step.follow() for step in self._steps]


def _in_order(names: Iterable[str]) -> list[Step]:
    """Return the steps that `names` need, each after those that it reads."""
    steps: dict[str, Step] = {}

    def add(name: str) -> None:
        if name in CANDLE:
            return
        step = MAKER[name]
        for needed in step.inputs:
            add(needed)
        steps.setdefault(step.outputs[0], step)

    for name in names:
        add(name)
    return list(steps.values())
