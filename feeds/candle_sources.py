"""Whoever has candles, behind one protocol: exchanges through ccxt, and providers with a key."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import NamedTuple, Protocol

from core.errors import ExchangeRefused
from core.platforms import ProviderAccess
from feeds.exchange_candles import ExchangeCandles
from feeds.massive.candles import MassiveCandles
from feeds.metaapi.candles import MetaApiCandles


class CandleSource(Protocol):
    """A platform that is asked for candles, a page at a time; `ExchangeCandles` says more."""

    @property
    def platform(self) -> str:
        """Return its name."""

    @property
    def page_limit(self) -> int:
        """Return how many candles one page may span."""

    @property
    def clock_offset_ms(self) -> int | None:
        """Return its clock less ours at the last answer, None if it did not say."""

    def fetch_page(
        self, symbol: str, resolution: int, start_s: int, end_s: int
    ) -> list[list[float]]:
        """Return rows `[time_s, open, high, low, close, volume]` that open in the range."""


class Pace(NamedTuple):
    """How long one call may take, and the pause between two."""

    timeout_s: float
    sleep_ms: int


_PROVIDERS: Mapping[str, Callable[[ProviderAccess, Pace], CandleSource]] = MappingProxyType(
    {
        "massive": lambda access, pace: MassiveCandles(access, *pace),
        "metaapi": lambda access, pace: MetaApiCandles(access, *pace),
    }
)


def open_source(
    platform: str, pace: Pace, base_url: str | None, providers: Mapping[str, ProviderAccess]
) -> CandleSource:
    """Return the source of a platform's candles, at another address if one is given.

    Raises `NotFound` for an unknown platform, and `ExchangeRefused` for a provider without
    a key.
    """
    if platform not in _PROVIDERS:
        return ExchangeCandles(
            platform, base_url=base_url, timeout_s=pace.timeout_s, sleep_ms=pace.sleep_ms
        )
    access = providers[platform]
    if access.missing:
        raise ExchangeRefused(f"{platform} gives candles with a key only: set {access.missing}.")
    return _PROVIDERS[platform](access._replace(url=base_url or access.url), pace)
