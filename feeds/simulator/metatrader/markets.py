"""Made-up currencies and gold, tick by tick, with an edge planted in them or none.

The same seed and span give the same prices. Times go in and out in UTC; a broker shows
them by its own clock.
"""

from typing import Self

import msgspec
import numpy as np
from numpy.typing import NDArray

from core.clock.resolutions import DAY, HOUR
from core.clock.wall_times import wall_seconds

Times = NDArray[np.int64]
Floats = NDArray[np.float64]

M5, H1 = 300, HOUR
# Ticks of a candle of five minutes, half a minute apart.
TICKS = 10
TICK_S = M5 // TICKS
# What a candle's return carries on of the one before where an edge is planted, and a candle's
# volatility (log-return) without that: livelier than the real ones, so that trades end soon.
PLANTED, NOISE = 0.8, 0.0
VOLATILITY = 2e-4
_EPOCH_WEEKDAY = 3  # 1 January 1970 was a Thursday; Monday is 0
_SATURDAY = 5


class Instrument(msgspec.Struct, frozen=True):
    """What a broker says of a symbol; `spread` in points, `contract` in units a lot.

    `first_hour` is the first hour of the server's day at which it is traded: gold rests
    from midnight to one o'clock.
    """

    symbol: str
    digits: int
    price: float
    spread: int
    contract: float
    first_hour: int = 0

    @property
    def point(self) -> float:
        """Return the smallest step of the price."""
        return float(f"1e-{self.digits}")


EURUSD = Instrument("EURUSD", 5, 1.08, 10, 100_000)
GBPUSD = Instrument("GBPUSD", 5, 1.27, 13, 100_000)
XAUUSD = Instrument("XAUUSD", 2, 2_400.0, 24, 100, first_hour=1)
INSTRUMENTS = {each.symbol: each for each in (EURUSD, GBPUSD, XAUUSD)}


class Quote(msgspec.Struct, frozen=True):
    """Prices at an instant (epoch ms, UTC)."""

    time_ms: int
    bid: float
    ask: float


class Bar(msgspec.Struct, frozen=True, array_like=True):
    """A candle of bid prices as a terminal has it; `time` is its opening (s), `spread` in points.

    Whose clock `time` is by is said where bars are handed over.
    """

    time: int
    open: float
    high: float
    low: float
    close: float
    tick_volume: int
    spread: int


class MadeMarket:
    """One market between two instants: its candles of five minutes and the ticks in them."""

    def __init__(
        self, instrument: Instrument, times: Times, bids: Floats, spreads: NDArray[np.int64]
    ) -> None:
        """Take openings (UTC s, ascending), bids (a row a candle) and spreads in points."""
        self.instrument = instrument
        self.times = times
        self.bids = bids
        self.spreads = spreads

    @classmethod
    def make(
        cls, instrument: Instrument, start: int, end: int, *,
        edge: float = PLANTED, seed: int = 0, zone: str = "NY+7", weekends: bool = False,
    ) -> Self:  # fmt: skip
        """Return a market from `start` to `end` (UTC s).

        It is closed on the Saturdays and Sundays of the clock `zone`, unless `weekends`
        keeps it open: then it never rests.
        """
        rng = np.random.default_rng([seed, *instrument.symbol.encode()])
        times = np.arange(-(-start // M5) * M5, end, M5, dtype=np.int64)
        if not weekends:
            times = times[_is_open(wall_seconds(times, zone), instrument)]
        noise = rng.standard_normal((len(times), TICKS)) / np.sqrt(TICKS)
        returns = _carrying_on(noise.sum(axis=1), edge)
        carried = edge * np.concatenate([[0.0], returns[:-1]])
        steps = VOLATILITY * (noise + carried[:, None] / TICKS)
        bids = instrument.price * np.exp(np.cumsum(steps.ravel())).reshape(steps.shape)
        spreads = np.maximum(instrument.spread + rng.integers(-2, 3, len(times)), 1)
        return cls(instrument, times, np.round(bids, instrument.digits), spreads)

    def finished(self, until: int) -> slice:
        """Return which candles have ended by an instant (UTC s)."""
        return slice(0, int(np.searchsorted(self.times + M5, until, "right")))

    def quote(self, at_ms: int) -> Quote | None:
        """Return the newest tick at an instant (ms), None before the first."""
        place = int(np.searchsorted(self.times, at_ms // 1_000, "right")) - 1
        if place < 0:
            return None
        tick = min((at_ms // 1_000 - int(self.times[place])) // TICK_S, TICKS - 1)
        return self._quote(place, int(tick))

    def quotes(self, after_ms: int, until_ms: int) -> list[Quote]:
        """Return the ticks after an instant up to another (ms, the latter included)."""
        first = max(int(np.searchsorted(self.times, after_ms // 1_000 - M5)), 0)
        last = int(np.searchsorted(self.times, until_ms // 1_000, "right"))
        found = (self._quote(i, k) for i in range(first, last) for k in range(TICKS))
        return [one for one in found if after_ms < one.time_ms <= until_ms]

    def _quote(self, place: int, tick: int) -> Quote:
        bid = float(self.bids[place, tick])
        ask = bid + int(self.spreads[place]) * self.instrument.point
        at = int(self.times[place]) + tick * TICK_S
        return Quote(at * 1_000, bid, round(ask, self.instrument.digits))


def bars_of(
    market: MadeMarket, length: int, until: int, zone: str, *, count: int, since: int | None = None
) -> list[Bar]:
    """Return finished bars of `length` (M5 or H1), opening by the clock of `zone`.

    A bar is finished by `until` (UTC s). They are the last `count`, or the first `count`
    that open at or after `since` (s by that clock).
    """
    held = market.finished(until)
    walls = wall_seconds(market.times[held], zone)
    whole = walls // length * length
    if not len(walls):
        return []
    ends = np.append(np.flatnonzero(whole[1:] != whole[:-1]) + 1, len(whole))
    starts = np.concatenate([[0], ends[:-1]])
    if market.times[held][-1] + whole[-1] + length - walls[-1] > until:
        starts, ends = starts[:-1], ends[:-1]
    openings = whole[starts]
    first = len(openings) - count if since is None else int(np.searchsorted(openings, since))
    wanted = slice(max(first, 0), max(first, 0) + count)
    return [
        _bar(market, int(opening), int(a), int(b))
        for opening, a, b in zip(openings[wanted], starts[wanted], ends[wanted], strict=True)
    ]


def _bar(market: MadeMarket, opening: int, start: int, end: int) -> Bar:
    ticks = market.bids[start:end]
    return Bar(
        time=opening,
        open=float(ticks[0, 0]),
        high=float(ticks.max()),
        low=float(ticks.min()),
        close=float(ticks[-1, -1]),
        tick_volume=ticks.size,
        spread=int(market.spreads[start:end].min()),
    )


def _carrying_on(noise: Floats, share: float) -> Floats:
    returns = noise.copy()
    for i in range(1, len(returns) if share else 0):
        returns[i] += share * returns[i - 1]
    return returns


def _is_open(walls: Times, instrument: Instrument) -> NDArray[np.bool_]:
    weekday = (walls // DAY + _EPOCH_WEEKDAY) % 7
    return np.asarray((weekday < _SATURDAY) & (walls % DAY >= instrument.first_hour * HOUR))
