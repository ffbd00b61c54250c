"""Accounts of subscribers: what each may see, and until when.

Instants are epoch milliseconds UTC, lengths of candles seconds.
"""

from collections.abc import Collection
from types import MappingProxyType
from typing import TypeVar

import msgspec

from core.clock.resolutions import HOUR

BASIC, PRO, OWNER = "basic", "pro", "owner"
# From the smallest plan to the greatest.
TIERS = (BASIC, PRO, OWNER)
USUAL_CALLS = 300

Item = TypeVar("Item")


class SlotLimits(msgspec.Struct, frozen=True):
    """Which slots may be seen: symbols and lengths of candles, None for any."""

    symbols: frozenset[str] | None = None
    resolutions: frozenset[int] | None = None

    def allow(self, symbol: str, resolution: int | None) -> bool:
        """Say whether a slot is among them; without a length (s), whether any of the symbol is."""
        of_length = resolution is None or self.resolutions is None or resolution in self.resolutions
        return of_length and (self.symbols is None or symbol in self.symbols)

    def narrowed(
        self, symbols: Collection[str] | None, resolutions: Collection[int] | None
    ) -> "SlotLimits":
        """Return what is allowed by these limits and by the lists; a list never widens."""
        return SlotLimits(_both(self.symbols, symbols), _both(self.resolutions, resolutions))


EVERYTHING = SlotLimits()
LIMITS_OF_TIERS = MappingProxyType(
    {
        BASIC: SlotLimits(frozenset({"EURUSD", "GBPUSD", "XAUUSD"}), frozenset({HOUR, 4 * HOUR})),
        PRO: EVERYTHING,
        OWNER: EVERYTHING,
    }
)


class Entitlement(msgspec.Struct, frozen=True):
    """A plan for a span of time, and who said so; without an end it goes on."""

    source: str
    source_ref: str
    plan_tier: str
    starts_at: int
    ends_at: int | None
    state: str

    def holds(self, now: int) -> bool:
        """Say whether it is active at an instant."""
        return self.starts_at <= now and (self.ends_at is None or now < self.ends_at)


class Account(msgspec.Struct, frozen=True):
    """A subscriber; what may be seen follows from the entitlements and the allow-lists."""

    id: int
    user_name: str
    email: str | None
    locale: str
    symbols_allowed: tuple[str, ...] | None
    tfs_allowed: tuple[int, ...] | None
    rate_limit_per_min: int
    notes: str
    created_at: int
    closed_at: int | None
    entitlements: tuple[Entitlement, ...] = ()

    def tier(self, now: int) -> str | None:
        """Return the highest plan that is active, None without any."""
        if self.closed_at is not None:
            return None
        active = [one.plan_tier for one in self.entitlements if one.holds(now)]
        return max(active, key=TIERS.index, default=None)

    def active_until(self, now: int) -> int | None:
        """Return when the last of what is active ends, None if it does not."""
        ends = [one.ends_at for one in self.entitlements if one.holds(now)]
        return None if None in ends else max((end for end in ends if end is not None), default=None)

    def ended_at(self, now: int) -> int | None:
        """Return when the last plan ended, None while one is active or where there was none."""
        if self.tier(now) is not None:
            return None
        past = [one.ends_at for one in self.entitlements if one.ends_at and one.ends_at <= now]
        return self.closed_at or max(past, default=None)

    def limits(self, now: int) -> SlotLimits:
        """Return which slots the account may see; none without an active plan."""
        tier = self.tier(now)
        if tier is None:
            return SlotLimits(frozenset(), frozenset())
        return LIMITS_OF_TIERS[tier].narrowed(self.symbols_allowed, self.tfs_allowed)


def _both(known: frozenset[Item] | None, given: Collection[Item] | None) -> frozenset[Item] | None:
    if given is None:
        return known
    return frozenset(given) if known is None else known & frozenset(given)
