"""Candles of the exchange that late trades contradict: listed in the quality log."""

from msgspec.structs import replace

from core.clock.times import now_ms
from core.series import CandleFlag, Market, Series
from storage.candles.differences import CandleValues, Difference
from storage.stores import Stores
from storage.trades.aggregates import Aggregate
from storage.trades.stream_stores import StreamStores

# The trades of a candle come in several batches: it is compared when none came for so long (ms).
SETTLED_MS = 60_000


def compare_late(stores: Stores, stream: StreamStores, market: Market, now: int) -> int | None:
    """Compare what late trades made of candles with the exchange's own, and list differences.

    The exchange's candle stays. Returns when to do so again (epoch ms), None if nothing waits.
    """

    def compare(due: list[tuple[int, int]]) -> list[Difference]:
        found = (_compare(stores, stream, Series(*market, length), at) for length, at in due)
        return [one for one in found if one is not None]

    if stream.quality.settles_at(market, SETTLED_MS) is None:
        return None
    stream.quality.compare_settled(market, now - SETTLED_MS, compare)
    return stream.quality.settles_at(market, SETTLED_MS)


def _compare(
    stores: Stores, stream: StreamStores, series: Series, opening: int
) -> Difference | None:
    sums = stream.upkeep.sums(series, [opening])
    held = stores.candles.read(series, start=opening, end=opening)
    if not sums or not len(held):
        return None
    if int(held.flags[0]) & (CandleFlag.FROM_TRADES | CandleFlag.PARTIAL):
        return None
    count = int(held.trades[0])
    theirs = CandleValues(
        float(held.open[0]),
        float(held.high[0]),
        float(held.low[0]),
        float(held.close[0]),
        float(held.volume[0]),
        count if count >= 0 else None,
    )
    ours = _values(sums[opening])
    # A count that the exchange does not tell is no difference.
    alike = theirs if theirs.trades is not None else replace(theirs, trades=ours.trades)
    return None if ours == alike else Difference(now_ms(), series.resolution, opening, ours, theirs)


def _values(part: Aggregate) -> CandleValues:
    return CandleValues(part.open, part.high, part.low, part.close, part.volume, part.trades)
