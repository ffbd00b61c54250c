"""Whether signals flow: of slots, candles and workers, in the words that anybody may read."""

from collections.abc import Iterable, Mapping
from typing import Literal

import msgspec

from core.clock.openings import end_of
from core.forecast_target import ForecastTarget
from core.series import Series
from core.signals import GRACE_MS
from storage.candles.candle_store import CandleStore
from storage.candles.newest_finished import newest_finished
from storage.jobs.worker_faults import faults
from storage.ledger.signal_rows import SealedSignal
from storage.ledger.signal_slots import SignalSlot
from storage.stores import Stores

Status = Literal["ok", "degraded", "down"]
# From these shares of stale slots on the service is worse.
DEGRADED_ABOVE, DOWN_FROM = 0.1, 0.5
NO_SIGNAL_YET = "no signal yet"
NO_CANDLE_SINCE = "no candle has come since"
RESTS = "no candle has come since, and the terminal is connected: the market rests"


class ServiceState(msgspec.Struct, frozen=True, kw_only=True):
    """How the service is. Instants are epoch ms; candles are told by their close.

    `stale` maps slots without a current signal to why they have none, `resting` those whose
    market rests, which is no fault. `reference` is the newest close of the market that never
    closes.
    """

    status: Status
    reasons: list[str]
    slots: int
    stale: dict[ForecastTarget, str]
    resting: dict[ForecastTarget, str]
    newest: dict[ForecastTarget, SealedSignal]
    last_candle: int | None
    reference: int | None


def read_state(stores: Stores, reference_symbol: str, now: int) -> ServiceState:
    """Return the state at `now` (epoch ms); raises `Unavailable` while SQL or Redis is away."""
    slots = stores.slots.offered()
    newest = stores.board.newest([slot.target for slot in slots])
    lacking = why_stale(stores, slots, newest, now)
    resting = {target: why for target, why in lacking.items() if why == RESTS}
    stale = {target: why for target, why in lacking.items() if why != RESTS}
    reasons = _reasons(stores, len(slots), len(stale), now)
    return ServiceState(
        status=_status(len(slots), len(stale), reasons),
        reasons=reasons,
        slots=len(slots),
        stale=stale,
        resting=resting,
        newest=newest,
        last_candle=_last_candle(stores, slots),
        reference=_reference(stores, reference_symbol),
    )


def _status(slots: int, stale: int, reasons: list[str]) -> Status:
    if slots and stale >= DOWN_FROM * slots:
        return "down"
    return "degraded" if reasons else "ok"


def _reasons(stores: Stores, slots: int, stale: int, now: int) -> list[str]:
    found = []
    if slots and stale > DEGRADED_ABOVE * slots:
        found.append(f"{stale} of {slots} slots have no current signal")
    if late := stores.freshness.noted():
        found.append(f"{len(late)} series of feeds are late")
    workers = faults(stores.workers.all(), now)
    found += [f"worker {name} is not well" for name, fault in workers.items() if fault]
    return found


def why_stale(
    stores: Stores,
    slots: Iterable[SignalSlot],
    newest: Mapping[ForecastTarget, SealedSignal],
    now: int,
) -> dict[ForecastTarget, str]:
    """Return why slots have no current signal at `now` (epoch ms): those that have none.

    Without a candle, on a holiday say, no signal can be made: that is no fault of ours.
    """
    whys = {one.target: _why(stores.candles, one, newest.get(one.target), now) for one in slots}
    waiting = {target.series for target, why in whys.items() if why == NO_CANDLE_SINCE}
    resting = stores.resting.among(waiting, now // 1_000)
    return {
        target: RESTS if why == NO_CANDLE_SINCE and target.series in resting else why
        for target, why in whys.items()
        if why
    }


def _why(candles: CandleStore, slot: SignalSlot, row: SealedSignal | None, now: int) -> str:
    """Return why a slot has no current signal, empty where it has one."""
    length_ms = slot.target.resolution * 1_000
    if row is not None:
        if not row.is_stale(now // 1_000):
            return ""
        newest = newest_finished(candles, slot.target.series)
        came = newest is not None and newest >= row.first_opening
        return "no signal since the newest candle" if came else NO_CANDLE_SINCE
    # Its first candle has not closed since it is offered.
    waits = now <= slot.offered_since + length_ms + GRACE_MS
    return "" if waits else NO_SIGNAL_YET


def _last_candle(stores: Stores, slots: list[SignalSlot]) -> int | None:
    """Return when the newest candle closed of the series behind the slots (epoch ms)."""
    finest: dict[str, Series] = {}
    for slot in slots:
        known = finest.get(slot.target.symbol)
        if known is None or slot.target.resolution < known.resolution:
            finest[slot.target.symbol] = slot.target.series
    closes = [newest_close(stores, series) for series in finest.values()]
    return max((close for close in closes if close is not None), default=None)


def _reference(stores: Stores, symbol: str) -> int | None:
    watched = [one.series for one in stores.watches.list() if one.series.symbol == symbol]
    finest = min(watched, key=lambda series: series.resolution, default=None)
    return None if finest is None else newest_close(stores, finest)


def newest_close(stores: Stores, series: Series) -> int | None:
    """Return when the newest finished candle of a series closed (epoch ms)."""
    newest = newest_finished(stores.candles, series)
    if newest is None:
        return None
    return end_of(newest, series.resolution, stores.facts.get(series).grid) * 1_000
