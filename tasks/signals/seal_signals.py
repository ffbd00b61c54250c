"""Signals of watched series, sealed at each candle's close; what was not in time is missed.

Nobody chooses which are kept: the schedule makes one for every watched target whose
model speaks, and counts those that it could not make, with the reason.
"""

import logging
from collections.abc import Callable, Iterator

import msgspec

from core.clock.times import now_ms
from core.errors import ModelUnavailable, TickcastError
from core.forecast_target import ForecastTarget, deadline_ms
from core.ledger import SIGNALS
from core.models import SIGNAL
from core.signals import SIGNAL_ANSWER, SignalWords
from storage.candles.newest_finished import newest_finished
from storage.ledger.ledger_rows import Missed
from storage.ledger.sealed_signals import Unsealed
from storage.models.answer_cache import Asked
from storage.models.runs import TargetRecord
from storage.models.signals import SignalRecord
from storage.stores import Stores
from tasks.forecasts.missed_forecasts import missed_since, period
from tasks.jobs.loaded_models import models
from tasks.signals.generate_signal import signal_of

logger = logging.getLogger(__name__)

NOT_MADE = "no signal was made in time"


def unsealed(
    record: SignalRecord, target: ForecastTarget, first_opening: int, opening: int
) -> Unsealed:
    """Return what is sealed of a signal; its first and its last candle open then (s)."""
    about = {
        "target": target,
        "first_opening": first_opening,
        "opening": opening,
        # A day of 23 hours ends sooner than its length says.
        "input_end": min(record.opening + record.resolution, first_opening),
        "signal_id": record.id,
    }
    return msgspec.convert(msgspec.structs.asdict(record) | about, Unsealed)


class SignalSealer:
    """Seals signals; remembers for its process what has been dealt with."""

    def __init__(
        self, stores: Stores, words: SignalWords, clock: Callable[[], int] = now_ms
    ) -> None:
        self._stores = stores
        self._words = words
        self._clock = clock
        self._dealt: dict[ForecastTarget, int] = {}
        self._counted: dict[ForecastTarget, int] = {}
        self._reasons: dict[ForecastTarget, str] = {}

    def run(self) -> int:
        """Deal with all that is due; returns how many signals were sealed."""
        return sum(self._deal_with(record, since) for record, since in self._watched())

    def _watched(self) -> Iterator[tuple[TargetRecord, int]]:
        """Yield the watched targets that have a champion, and since when (ms) they are watched."""
        records = [r for r in self._stores.registry.targets(SIGNAL) if r.champion_id is not None]
        watches = {w.series: w.created_at for w in self._stores.watches.list()} if records else {}
        for record in records:
            if record.target.series in watches:
                yield record, watches[record.target.series]

    def _deal_with(self, record: TargetRecord, watched_at: int) -> int:
        try:
            made = self._make(record)
            missed = self._missed(record, watched_at)
            if not made and not missed:
                return 0
            rows = self._stores.sealed.append(made, missed).rows
        except TickcastError as error:
            logger.warning("signals of %s: %s", record.target, error.detail)
            return 0
        if made:
            self._dealt[record.target] = made[0].input_end - record.target.resolution
            self._forget(record.target)  # the answer is to show the seal
        return len(rows)

    def _make(self, record: TargetRecord) -> list[Unsealed]:
        """Return the signal from the newest finished candle, if it is new and in time."""
        target, stores = record.target, self._stores
        newest = newest_finished(stores.candles, target.series)
        if newest is None or self._dealt.get(target) == newest:
            return []
        first, last = self._openings(record, newest)
        known = stores.sealed.find(target, last)
        if known or self._clock() > deadline_ms(first, target.resolution):
            self._dealt[target] = newest
            return []
        try:
            said = signal_of(self._words, stores, target.series, target.horizon)
        except ModelUnavailable as error:  # after a gap, until enough candles follow it
            self._reasons[target] = error.detail
            return []
        signal = stores.signals.get(said.id)
        if signal.opening != newest or signal.costs_bps is None:
            self._forget(target)  # it is of an older candle, or of an earlier version
            return []
        self._reasons.pop(target, None)
        return [unsealed(signal, target, first, last)]

    def _missed(self, record: TargetRecord, watched_at: int) -> list[Missed]:
        target, step = record.target, record.target.resolution
        passed = period(self._clock(), step)
        if self._counted.get(target) == passed:
            return []
        begun_at = self._stores.sealed.begun_at()
        if begun_at is None:
            return []
        since = max(watched_at, record.champion_since or 0, begun_at)
        accounted = self._stores.ledger_reader.accounted_until(target, SIGNALS)
        found = missed_since(target, self._sessions(record), since, accounted, self._clock())
        self._counted[target] = passed
        if found is None:
            return []
        reason = self._reasons.get(target, NOT_MADE)
        return [Missed(target, found.opening, found.last_opening, found.count, reason)]

    def _openings(self, record: TargetRecord, newest: int) -> tuple[int, int]:
        """Return the openings (s) of the first and the last candle after the newest one."""
        # NumPy comes in with this import.
        from core.clock.sessions import Sessions

        hours = Sessions.from_dict(self._sessions(record))
        ahead = hours.next_openings(newest, record.target.horizon)
        return int(ahead[0]), int(ahead[-1])

    def _sessions(self, record: TargetRecord) -> dict[str, object]:
        run = models.run(self._stores, record.champion_id or "")
        return dict(run.metadata["sessions"])

    def _forget(self, target: ForecastTarget) -> None:
        self._stores.answers.forget(Asked(SIGNAL_ANSWER, target.series, target.horizon))
