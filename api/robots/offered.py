"""The slots that are offered: which a caller may see, and which one a path means."""

import difflib
import time
from collections.abc import Callable, Sequence

from api.robots.words import timeframe_code
from core.clock.resolutions import parse_resolution
from core.errors import NotFound
from core.forecast_target import ForecastTarget
from storage.access.access_keys import AccessKey
from storage.ledger.signal_slots import SignalSlot, SignalSlotStore

# Slots change when an operator changes the settings: a scan need not ask SQL each time.
_BELIEF_SECONDS = 1.0


def visible(account: AccessKey | None, slots: Sequence[SignalSlot]) -> list[SignalSlot]:
    """Return the slots that an account may see: all of them, as long as there are no plans."""
    return list(slots)


class OfferedSlots:
    """Slots by symbol and length of candles."""

    def __init__(self, slots: SignalSlotStore, clock: Callable[[], float] = time.monotonic) -> None:
        self._slots = slots
        self._clock = clock
        self._believed: tuple[float, list[SignalSlot]] = (float("-inf"), [])

    def now(self, account: AccessKey | None) -> list[SignalSlot]:
        """Return what is offered now and visible, by symbol and length of candles."""
        return visible(account, [slot for slot in self._all() if slot.retired_at is None])

    def ever(self, account: AccessKey | None) -> list[ForecastTarget]:
        """Return the visible targets that were ever offered."""
        return sorted({slot.target for slot in visible(account, self._all())}, key=_order)

    def named(self, account: AccessKey | None, symbol: str, timeframe: str) -> list[ForecastTarget]:
        """Return the targets of a slot, retired ones too; raises `NotFound` with near names."""
        length = parse_resolution(timeframe, "tf")
        targets = self.ever(account)
        found = [one for one in targets if (one.symbol, one.resolution) == (symbol, length)]
        if not found:
            wanted = f"{symbol} {timeframe_code(length)}"
            known = {f"{one.symbol} {timeframe_code(one.resolution)}": None for one in targets}
            near = difflib.get_close_matches(wanted, known, n=3, cutoff=0.3)
            hint = f" Nearest: {', '.join(near)}." if near else ""
            raise NotFound(f"{wanted} is not offered.{hint}")
        return found

    def _all(self) -> list[SignalSlot]:
        at, slots = self._believed
        if self._clock() - at > _BELIEF_SECONDS:
            slots = sorted(self._slots.all(), key=lambda slot: _order(slot.target))
            self._believed = self._clock(), slots
        return slots


def _order(target: ForecastTarget) -> tuple[str, int, str]:
    return target.symbol, target.resolution, target.model
