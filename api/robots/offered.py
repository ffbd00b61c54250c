"""The slots that are offered: which a caller may see, and which one a path means."""

import difflib
import time
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from core.brokers.symbols import pair_of
from core.clock.resolutions import parse_resolution, timeframe_code
from core.clock.times import now_ms
from core.errors import NotFound, NotInPlan, RequestError
from core.forecast_target import ForecastTarget
from core.names import spell_symbol
from core.robots.accounts import EVERYTHING, OWNER, Account, SlotLimits
from core.series import Market
from core.symbols.market_names import MarketNames
from storage.ledger.signal_slots import SignalSlot, SignalSlotStore

# Slots change when an operator changes the settings: a scan need not ask SQL each time.
_BELIEF_SECONDS = 1.0
NO_PLAN = "none"


def visible(account: Account | None, slots: Sequence[SignalSlot]) -> list[SignalSlot]:
    """Return the slots that an account's plan and lists let it see now; without one, all."""
    limits = limits_of(account)
    return [slot for slot in slots if limits.allow(slot.target.symbol, slot.target.resolution)]


def is_visible(account: Account | None, symbol: str, resolution: int | None) -> bool:
    """Say of one slot what `visible` says of many; without a length (s), of any of a symbol."""
    return limits_of(account).allow(symbol, resolution)


def limits_of(account: Account | None) -> SlotLimits:
    """Return which slots an account may see now; without one, all."""
    return EVERYTHING if account is None else account.limits(now_ms())


def tier_of(account: Account | None) -> str:
    """Return an account's plan; an owner's key, which has no account, sees what owners see."""
    return OWNER if account is None else account.tier(now_ms()) or NO_PLAN


def not_in_plan(account: Account | None, wanted: str) -> NotInPlan:
    """Return what an account is told of something that its plan does not show."""
    return NotInPlan(f"{wanted} is not part of the account's plan, {tier_of(account)}.")


class OfferedSlots:
    """Slots by symbol and length of candles."""

    def __init__(
        self,
        slots: SignalSlotStore,
        told: Mapping[str, Market] = MappingProxyType({}),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._slots = slots
        self._told = dict(told)
        self._clock = clock
        self._believed: tuple[float, list[SignalSlot]] = (float("-inf"), [])

    def now(self, account: Account | None) -> list[SignalSlot]:
        """Return what is offered now and visible, by symbol and length of candles."""
        return visible(account, [slot for slot in self._all() if slot.retired_at is None])

    def ever(self, account: Account | None) -> list[ForecastTarget]:
        """Return the visible targets that were ever offered."""
        return list(dict.fromkeys(slot.target for slot in visible(account, self._all())))

    def named(self, account: Account | None, symbol: str, timeframe: str) -> list[ForecastTarget]:
        """Return the targets of a slot, retired ones too.

        Raises `NotFound` with near names, and `NotInPlan` for what the account may not see.
        """
        length = parse_resolution(timeframe, "tf")
        return self._found(account, symbol, length)

    def chosen(
        self, account: Account | None, symbol: str | None, timeframe: str | None
    ) -> list[tuple[str, int]]:
        """Return the visible slots (symbol, seconds) ever offered, of one of either if named.

        Raises `NotFound` and `NotInPlan` as `named` does, where what is named has none.
        """
        length = None if timeframe is None else parse_resolution(timeframe, "tf_code")
        targets = (
            self.ever(account)
            if symbol is None and length is None
            else self._found(account, symbol, length)
        )
        return sorted({(one.symbol, one.resolution) for one in targets})

    def current(
        self, account: Account | None, symbol: str, length: int | None, platform: str | None
    ) -> list[ForecastTarget]:
        """Return the targets of a symbol that are offered now, of a length and a platform if given.

        Raises as `named` does.
        """
        mine, every = (
            [one.target for one in self.now(whose) if platform in (None, one.target.platform)]
            for whose in (account, None)
        )
        return _meant(account, mine, every, self.spelt(symbol), length)

    def _found(
        self, account: Account | None, symbol: str | None, length: int | None
    ) -> list[ForecastTarget]:
        symbol = None if symbol is None else self.spelt(symbol)
        return _meant(account, self.ever(account), self.ever(None), symbol, length)

    def spelt(self, name: str) -> str:
        """Return the symbol of the offered slots that a name means; the name if it is none.

        `eur/usd` is EURUSD, and what the settings call GOLD whatever market they name.
        """
        markets = {Market(one.platform, one.symbol) for one in self.ever(None)}
        if any(name == market.symbol for market in markets):
            return name
        found = MarketNames(markets, self._told, next(iter(markets)).platform if markets else "")
        try:
            return found.find(name).symbol
        except RequestError:
            return name

    def listed(self, name: str) -> str:
        """Return the symbol that a name in a list of what may be seen means, offered or not yet."""
        symbol = self.spelt(name)
        if any(symbol == one.symbol for one in self.ever(None)):
            return symbol
        return (pair_of(name) if name.isalpha() else None) or spell_symbol(name)

    def known(self, account: Account | None, name: str) -> str:
        """Return the symbol that a name means, whoever may see it.

        Raises `NotFound`, with near names that the account may see, if it was never offered.
        """
        symbol, every = self.spelt(name), self.ever(None)
        if all(symbol != one.symbol for one in every):
            _meant(account, self.ever(account), every, symbol, None)
        return symbol

    def _all(self) -> list[SignalSlot]:
        at, slots = self._believed
        if self._clock() - at > _BELIEF_SECONDS:
            slots = sorted(self._slots.all(), key=lambda slot: _order(slot.target))
            self._believed = self._clock(), slots
        return slots


def _meant(
    account: Account | None,
    mine: Sequence[ForecastTarget],
    every: Sequence[ForecastTarget],
    symbol: str | None,
    length: int | None,
) -> list[ForecastTarget]:
    """Return those of `mine` that are meant, or raise why there are none."""

    def is_meant(one: ForecastTarget) -> bool:
        return symbol in (None, one.symbol) and length in (None, one.resolution)

    if found := [one for one in mine if is_meant(one)]:
        return found
    wanted = " ".join(name for name in (symbol, length and timeframe_code(length)) if name)
    if any(is_meant(one) for one in every):
        raise not_in_plan(account, wanted)
    known = {f"{one.symbol} {timeframe_code(one.resolution)}": None for one in mine}
    near = difflib.get_close_matches(wanted, known, n=3, cutoff=0.3)
    hint = f" Nearest: {', '.join(near)}." if near else ""
    raise NotFound(f"{wanted} is not offered.{hint}")


def _order(target: ForecastTarget) -> tuple[str, int, str]:
    return target.symbol, target.resolution, target.model
