"""Signals sealed at each candle's close; what was not in time is missed.

Nobody chooses which are kept: the schedule makes one for every watched target whose
model speaks and for every slot that is offered, and counts those that it could not make,
with the reason. Of offered slots the newest stands on the board.
"""

import logging
from collections.abc import Callable, Collection, Iterator, Sequence
from functools import partial
from typing import NamedTuple, TypeVar

import msgspec
from sqlalchemy import Connection

from core.answers.signals import SignalData
from core.clock.times import now_ms
from core.errors import ModelUnavailable, TickcastError
from core.forecast_target import ForecastTarget, deadline_ms
from core.markets import MarketRecord
from core.models import RANGE, SIGNAL
from core.series import Market
from core.signals import ERROR, GAP, SignalWords, signal_answer
from storage.candles.newest_finished import last_finished
from storage.ledger.sealed_signals import Key
from storage.ledger.signal_rows import SealedSignal, Unsealed
from storage.models.answer_cache import Asked
from storage.models.signals import SignalRecord
from storage.stores import Stores
from tasks.signals.due_signals import Due, SignalMisses
from tasks.signals.generate_signal import Known, MadeSignal, make_signal, show_made
from tasks.signals.prepared_candles import origins
from tasks.signals.show_signal import exit_prices
from tasks.signals.speaking import Champions

logger = logging.getLogger(__name__)
T = TypeVar("T")

# So many targets are dealt with before what was made is sealed: the first of many that close at
# once do not wait for the last, and all pay for few synced commits.
AT_ONCE = 6


class Reads(NamedTuple):
    """What a pass reads once for all that is due."""

    champions: Champions
    markets: dict[Market, MarketRecord]


class New(NamedTuple):
    """A candle to make a signal of, and the first and the last after it (openings, s)."""

    due: Due
    newest: int
    first: int
    last: int


class Ready(NamedTuple):
    """The signal of a target's newest candle, and the openings (s) of its first and its last."""

    due: Due
    made: MadeSignal
    first: int
    last: int


def unsealed(
    record: SignalRecord, target: ForecastTarget, first_opening: int, opening: int, **more: object
) -> Unsealed:
    """Return what is sealed of a signal; its first and its last candle open then (s)."""
    about = {
        "target": target,
        "first_opening": first_opening,
        "opening": opening,
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
        self._settled: dict[ForecastTarget, tuple[str, str | None]] = {}
        self._misses = SignalMisses(stores, lambda: self._clock())

    def run(self) -> int:
        """Deal with all that is due; returns how many signals were sealed."""
        due = list(self._due())
        if not due:
            return 0
        states = self._stores.candles.states(list({one.target.series for one in due}))
        held = [msgspec.structs.replace(one, held=states[one.target.series]) for one in due]
        new = [one for one in held if self._is_new(one)]
        if not new:
            return 0
        reads = Reads(self._champions(), self._stores.markets.get_all(map(_market, new)))
        parts = (new[n : n + AT_ONCE] for n in range(0, len(new), AT_ONCE))
        return sum(self._deal_with(part, reads) for part in parts)

    def _is_new(self, due: Due) -> bool:
        """Say whether there may be a signal to make or a miss to count."""
        unseen = due.champion is not None and self._settled.get(due.target) != due.made_of
        return unseen or self._misses.is_due(due)

    def _champions(self) -> Champions:
        every = self._stores.registry.targets(SIGNAL, RANGE)
        return {record.target: record.champion_id for record in every}

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

    def _deal_with(self, part: Sequence[Due], reads: Reads) -> int:
        new = [one for due in part for one in self._guarded(due, partial(self._new, due))]
        sealed = self._stores.sealed.held({one.last for one in new}) if new else set()
        ready = [
            made
            for one in new
            for made in self._guarded(one.due, partial(self._make, one, reads, sealed))
        ]
        missed = [one for due in part for one in self._guarded(due, partial(self._misses.of, due))]
        if not ready and not missed:
            return 0
        try:
            kept = self._kept(ready)
            rows = self._stores.sealed.append(
                list(map(_whole, kept)), missed, partial(self._enter, kept)
            ).rows
        except TickcastError as error:
            logger.warning("%d signals are not sealed: %s", len(ready), error.detail)
            return 0
        offered = {due.target for due in part if due.offered}
        try:
            self._stores.board.tell([row for row in rows if row.target in offered])
            self._forget(*(one.due.target for one in ready))  # the answer is to show the seal
        except TickcastError as error:
            # Not dealt with: the next run finds them sealed, and puts them on the board.
            logger.warning("%d signals are sealed and not shown: %s", len(rows), error.detail)
            return len(rows)
        for one in kept:
            self._settle(one.due, one.made.record.opening)
        return len(rows)

    def _guarded(self, due: Due, act: Callable[[], list[T]]) -> list[T]:
        """Do something for a target; a fault keeps nothing from the others."""
        try:
            return act()
        except TickcastError as error:
            self._misses.reasons[due.target] = ERROR
            logger.warning("signals of %s: %s", due.target, error.detail)
        except Exception:
            self._misses.reasons[due.target] = ERROR
            logger.exception("signals of %s: a fault of ours", due.target)
        return []

    def _new(self, due: Due) -> list[New]:
        """Return the newest finished candle, if it has not been dealt with."""
        if due.champion is None or self._settled.get(due.target) == due.made_of:
            return []
        newest = last_finished(origins.candles(self._stores, due.target.series, due.held))
        if newest is None or self._dealt.get(due.target) == newest:
            self._settle(due, newest)
            return []
        return [New(due, newest, *due.openings(self._stores, newest))]

    def _make(self, new: New, reads: Reads, sealed: Collection[Key]) -> list[Ready]:
        """Return the signal of a candle, if it is not `sealed` and in time."""
        due, target, stores = new.due, new.due.target, self._stores
        is_sealed = (target, new.last) in sealed
        if is_sealed and due.offered and (row := stores.sealed.find(target, new.last)):
            # Who sealed it may have ended, or lost Redis, before it stood on the board.
            stores.board.put([row])
        if is_sealed or self._clock() > deadline_ms(new.first, target.resolution):
            self._settle(due, new.newest)
            return []
        assert due.held is not None
        known = Known(reads.champions, reads.markets[_market(due)], due.held)
        try:
            made = make_signal(self._words, stores, target, due.mark, known)
        except ModelUnavailable as error:  # after a gap, until enough candles follow it
            self._misses.reasons[target] = GAP
            logger.debug("%s: %s", target, error.detail)
            return []
        if made.record.opening != new.newest:
            return []  # a newer candle came meanwhile
        self._misses.reasons.pop(target, None)
        return [Ready(due, made, new.first, new.last)]

    def _kept(self, ready: Sequence[Ready]) -> list[Ready]:
        """Return signals as they are kept; one that was given before stands as it was given."""
        records = self._stores.signals.given([one.made.record for one in ready])
        return [
            one._replace(made=msgspec.structs.replace(one.made, record=record))
            for one, record in zip(ready, records, strict=True)
            if record.costs_bps is not None  # else it was given by an earlier version
        ]

    def _enter(
        self, kept: Sequence[Ready], connection: Connection, rows: Sequence[SealedSignal]
    ) -> None:
        """Keep what is to commit with the seals: the signals, and what readers are told of them."""
        self._stores.signals.enter(connection, [one.made.record for one in kept])
        told = {one.made.record.id: _told(one) for one in kept}
        self._stores.signal_events.enter(connection, rows, told)

    def _settle(self, due: Due, newest: int | None) -> None:
        """Remember that a candle (opening, s) has been dealt with, and all that was written."""
        if newest is not None:
            self._dealt[due.target] = newest
        self._settled[due.target] = due.made_of

    def _forget(self, *targets: ForecastTarget) -> None:
        asked = [Asked(signal_answer(one.model), one.series, one.horizon) for one in targets]
        self._stores.answers.forget(*asked)


def _market(due: Due) -> Market:
    return Market(due.target.platform, due.target.symbol)


def _told(one: Ready) -> tuple[SignalData, int]:
    """Return what readers are told of a signal, and until when (epoch ms) it may be entered."""
    return show_made(one.made, one.due.target, None), 1_000 * one.made.valid_until


def _whole(one: Ready) -> Unsealed:
    """Return a signal with what it is scored by: its side and exits, also of a hold, and priors."""
    made, chances = one.made, one.made.chances
    profit, stop = exit_prices(chances)
    _, probability_tp, probability_sl = chances.exits
    low, high = made.price_range["interval"]["0.9"] if made.price_range else (None, None)
    either, buy = made.loaded.run.metadata["model"]["priors"]["signal"]
    return unsealed(
        made.record,
        one.due.target,
        one.first,
        one.last,
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
