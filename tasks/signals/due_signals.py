"""What signals are sealed of, and what was not made in time: counted once, with its reason."""

from collections.abc import Callable

import msgspec

from core.clock.openings import end_of
from core.clock.sessions import Sessions
from core.forecast_target import ForecastTarget, grace_ms
from core.ledger import SIGNALS
from core.signals import NO_CANDLE, NO_MODEL
from storage.candles.newest_finished import newest_finished
from storage.candles.series_state import SeriesState
from storage.ledger.ledger_rows import Missed
from storage.models.runs import TargetRecord
from storage.stores import Stores
from tasks.forecasts.missed_forecasts import missed_since, period
from tasks.jobs.loaded_models import models

NOT_MADE = "no signal was made in time"


class Due(msgspec.Struct, frozen=True):
    """A target to seal signals of, since when (epoch ms), and what is known of its trainings.

    `held` is the state of its series when the pass began.
    """

    target: ForecastTarget
    since: int
    offered: bool
    record: TargetRecord | None
    held: SeriesState | None = None

    @property
    def champion(self) -> str | None:
        """Return the training that speaks."""
        return self.record.champion_id if self.record else None

    @property
    def made_of(self) -> tuple[str, str | None]:
        """Return what a signal is made of: nothing is new while that stays."""
        return self.mark, self.champion

    @property
    def mark(self) -> str:
        """Return the mark of its series when the pass began."""
        return self.held.mark if self.held else ""

    def sessions(self, stores: Stores) -> dict[str, object]:
        """Return the market's sessions as the champion learnt them."""
        return dict(models.run(stores, self.champion or "").metadata["sessions"])

    def openings(self, stores: Stores, newest: int) -> tuple[int, int]:
        """Return the openings (s) of the first and the last candle after the newest one."""
        hours = Sessions.from_dict(self.sessions(stores))
        ahead = hours.next_openings(newest, self.target.horizon)
        return int(ahead[0]), int(ahead[-1])


class SignalMisses:
    """Counts what is missed; remembers for its process until when it has looked.

    `reasons` are those for which the newest signals could not be made.
    """

    def __init__(self, stores: Stores, clock: Callable[[], int]) -> None:
        self._stores = stores
        self._clock = clock
        self._counted: dict[ForecastTarget, int] = {}
        self.reasons: dict[ForecastTarget, str] = {}

    def is_due(self, due: Due) -> bool:
        """Say whether a deadline has passed since the last look at a target."""
        return self._counted.get(due.target) != period(self._clock(), due.target.resolution)

    def of(self, due: Due) -> list[Missed]:
        """Return what a target has missed since the last look, if a deadline has passed."""
        target = due.target
        if not self.is_due(due):
            return []
        self._counted[target] = period(self._clock(), target.resolution)
        if due.champion is None:
            return self._unspoken(due)
        assert due.record is not None
        since = max(due.since, due.record.champion_since or 0)
        accounted = self._stores.ledger_reader.accounted_until(target, SIGNALS)
        sessions = due.sessions(self._stores)
        found = missed_since(target, sessions, since, accounted, self._clock())
        if found is None:
            return []
        return [Missed(target, found.opening, found.last_opening, found.count, self._why(due))]

    def _why(self, due: Due) -> str:
        """Return why the newest signal was not made."""
        known = self.reasons.get(due.target)
        if known is not None:
            return known
        newest = newest_finished(self._stores.candles, due.target.series)
        step = due.target.resolution
        late = self._clock() - grace_ms(step)
        if newest is None:
            return NO_CANDLE
        first, _ = due.openings(self._stores, newest)
        over = end_of(first, step, self._stores.facts.get(due.target.series).grid)
        return NO_CANDLE if over * 1_000 <= late else NOT_MADE

    def _unspoken(self, due: Due) -> list[Missed]:
        """Return that a slot has no model yet, once for each candle that it lacks one for."""
        target, step = due.target, due.target.resolution
        newest = newest_finished(self._stores.candles, target.series)
        grid = self._stores.facts.get(target.series).grid
        if newest is None or end_of(newest, step, grid) * 1_000 < due.since:
            return []
        opening = newest
        for _ in range(target.horizon):
            opening = end_of(opening, step, grid)
        return [Missed(target, opening, opening, 1, NO_MODEL)]
