"""Signals sealed at each candle's close; what was not in time is missed.

Nobody chooses which are kept: the schedule makes one for every watched target whose
model speaks and for every slot that is offered, and counts those that it could not make,
with the reason. Of offered slots the newest stands on the board.
"""

import logging
from collections.abc import Callable, Iterator
from functools import partial
from itertools import islice

import msgspec

from core.answers.signals import SignalData
from core.clock.times import now_ms
from core.errors import ModelUnavailable, TickcastError
from core.forecast_target import ForecastTarget, deadline_ms, grace_ms
from core.ledger import SIGNALS
from core.models import SIGNAL
from core.signals import ERROR, GAP, NO_CANDLE, NO_MODEL, SignalWords, signal_answer
from storage.candles.newest_finished import newest_finished
from storage.ledger.ledger_rows import Missed
from storage.ledger.signal_rows import Unsealed
from storage.models.answer_cache import Asked
from storage.models.runs import TargetRecord
from storage.models.signals import SignalRecord
from storage.stores import Stores
from tasks.forecasts.missed_forecasts import missed_since, period
from tasks.jobs.loaded_models import models
from tasks.signals.generate_signal import MadeSignal, make_signal, show_made
from tasks.signals.show_signal import exit_prices

logger = logging.getLogger(__name__)

NOT_MADE = "no signal was made in time"
# So many targets are dealt with before what was made is sealed: the first of many that close at
# once do not wait for the last, and all pay for few synced commits.
AT_ONCE = 12


class Due(msgspec.Struct, frozen=True):
    """A target to seal signals of, since when (epoch ms), and what is known of its trainings."""

    target: ForecastTarget
    since: int
    offered: bool
    record: TargetRecord | None


def unsealed(
    record: SignalRecord, target: ForecastTarget, first_opening: int, opening: int, **more: object
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
    return msgspec.convert(msgspec.structs.asdict(record) | about | more, Unsealed)


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
        due = self._due()
        return sum(map(self._deal_with, iter(lambda: tuple(islice(due, AT_ONCE)), ())))

    def _due(self) -> Iterator[Due]:
        """Yield offered slots, and watched targets that have a champion."""
        stores = self._stores
        records = {record.target: record for record in stores.registry.targets(SIGNAL)}
        offered = {slot.target: slot.offered_since for slot in stores.slots.offered()}
        for target, since in offered.items():
            yield Due(target, since, True, records.get(target))
        spoken = [r for t, r in records.items() if r.champion_id is not None and t not in offered]
        watches = {w.series: w.created_at for w in stores.watches.list()} if spoken else {}
        begun_at = stores.sealed.begun_at() if spoken else None
        for record in spoken:
            if record.target.series in watches:
                never = self._clock() if begun_at is None else begun_at
                since = max(watches[record.target.series], never)
                yield Due(record.target, since, False, record)

    def _deal_with(self, part: tuple[Due, ...]) -> int:
        made: list[Unsealed] = []
        missed: list[Missed] = []
        told: dict[str, tuple[SignalData, int]] = {}
        for due in part:
            try:
                made += self._make(due, told)
                missed += self._missed(due)
            except TickcastError as error:
                self._reasons[due.target] = ERROR
                logger.warning("signals of %s: %s", due.target, error.detail)
            except Exception:
                self._reasons[due.target] = ERROR
                logger.exception("signals of %s: a fault of ours", due.target)
        if not made and not missed:
            return 0
        try:
            enter = partial(self._stores.signal_events.enter, told=told)
            rows = self._stores.sealed.append(made, missed, enter).rows
        except TickcastError as error:
            logger.warning("%d signals are not sealed: %s", len(made), error.detail)
            return 0
        offered = {due.target for due in part if due.offered}
        try:
            self._stores.board.tell([row for row in rows if row.target in offered])
            for one in made:
                self._forget(one.target)  # the answer is to show the seal
        except TickcastError as error:
            # Not dealt with: the next run finds them sealed, and puts them on the board.
            logger.warning("%d signals are sealed and not shown: %s", len(rows), error.detail)
            return len(rows)
        for one in made:
            self._dealt[one.target] = one.input_end - one.target.resolution
        return len(rows)

    def _make(self, due: Due, told: dict[str, tuple[SignalData, int]]) -> list[Unsealed]:
        """Return the signal from the newest finished candle, if it is new and in time.

        What its readers are told is added to `told`.
        """
        target, stores = due.target, self._stores
        if _champion(due) is None:
            return []
        newest = newest_finished(stores.candles, target.series)
        if newest is None or self._dealt.get(target) == newest:
            return []
        first, last = self._openings(due, newest)
        sealed = stores.sealed.find(target, last)
        if sealed is not None and due.offered:
            # Who sealed it may have ended, or lost Redis, before it stood on the board.
            stores.board.put([sealed])
        if sealed is not None or self._clock() > deadline_ms(first, target.resolution):
            self._dealt[target] = newest
            return []
        asked = Asked(signal_answer(target.model), target.series, target.horizon)
        try:
            made = make_signal(self._words, stores, target, stores.answers.look(asked).mark)
        except ModelUnavailable as error:  # after a gap, until enough candles follow it
            self._reasons[target] = GAP
            logger.debug("%s: %s", target, error.detail)
            return []
        if made.record.opening != newest or made.record.costs_bps is None:
            self._forget(target)  # it is of an older candle, or of an earlier version
            return []
        self._reasons.pop(target, None)
        told[made.record.id] = show_made(stores, made, target), 1_000 * made.valid_until
        return [_whole(made, target, first, last)]

    def _missed(self, due: Due) -> list[Missed]:
        target, step = due.target, due.target.resolution
        passed = period(self._clock(), step)
        if self._counted.get(target) == passed:
            return []
        self._counted[target] = passed
        if _champion(due) is None:
            return self._unspoken(due)
        assert due.record is not None
        since = max(due.since, due.record.champion_since or 0)
        accounted = self._stores.ledger_reader.accounted_until(target, SIGNALS)
        found = missed_since(target, self._sessions(due), since, accounted, self._clock())
        if found is None:
            return []
        return [Missed(target, found.opening, found.last_opening, found.count, self._why(due))]

    def _why(self, due: Due) -> str:
        """Return why the newest signal was not made."""
        known = self._reasons.get(due.target)
        if known is not None:
            return known
        newest = newest_finished(self._stores.candles, due.target.series)
        step = due.target.resolution
        late = self._clock() - grace_ms(step)
        if newest is None or self._openings(due, newest)[0] * 1_000 + step * 1_000 <= late:
            return NO_CANDLE
        return NOT_MADE

    def _unspoken(self, due: Due) -> list[Missed]:
        """Return that a slot has no model yet, once for each candle that it lacks one for."""
        target, step = due.target, due.target.resolution
        newest = newest_finished(self._stores.candles, target.series)
        if newest is None or (newest + step) * 1_000 < due.since:
            return []
        opening = newest + target.horizon * step
        return [Missed(target, opening, opening, 1, NO_MODEL)]

    def _openings(self, due: Due, newest: int) -> tuple[int, int]:
        """Return the openings (s) of the first and the last candle after the newest one."""
        # NumPy comes in with this import.
        from core.clock.sessions import Sessions

        hours = Sessions.from_dict(self._sessions(due))
        ahead = hours.next_openings(newest, due.target.horizon)
        return int(ahead[0]), int(ahead[-1])

    def _sessions(self, due: Due) -> dict[str, object]:
        return dict(models.run(self._stores, _champion(due) or "").metadata["sessions"])

    def _forget(self, target: ForecastTarget) -> None:
        asked = Asked(signal_answer(target.model), target.series, target.horizon)
        self._stores.answers.forget(asked)


def _champion(due: Due) -> str | None:
    return due.record.champion_id if due.record else None


def _whole(made: MadeSignal, target: ForecastTarget, first: int, last: int) -> Unsealed:
    """Return a signal with what it is scored by: its side and exits, also of a hold, and priors."""
    chances = made.chances
    profit, stop = exit_prices(chances)
    _, probability_tp, probability_sl = chances.exits
    low, high = made.price_range["interval"]["0.9"] if made.price_range else (None, None)
    either, buy = made.loaded.run.metadata["model"]["priors"]["signal"]
    return unsealed(
        made.record,
        target,
        first,
        last,
        take_profit=profit,
        stop_loss=stop,
        side=chances.side,
        probability_tp=probability_tp,
        probability_sl=probability_sl,
        input_end=made.origin.input_end,
        prior_hold=1 - either,
        prior_buy=either * buy,
        prior_sell=either * (1 - buy),
        range_low=low,
        range_high=high,
        verdict=made.loaded.run.verdict,
        run_id=made.record.run_id,
        **made.regimes,
    )
